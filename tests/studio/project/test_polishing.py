"""The network's picture comes first; the polished one replaces it, unless the drawing is changed before."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.http.errors import RefusalError
from primage.studio.project.rendering import Rendering
from primage.studio.workers.polisher import Polisher, PolishRender
from tests.studio.visitor import Tab, Visitor

BOX = np.pad(np.zeros((8, 10)), 1, constant_values=1)


def polisher(visitor: Visitor) -> Polisher:
    found: Polisher = visitor.app.state.hub.services.polisher
    return found


def rendering(visitor: Visitor, project: str) -> Rendering:
    found: Rendering = visitor.app.state.hub._open[project].rendering
    return found


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def drawn(tab: Tab, x: int = 45, y: int = 3) -> int:
    """Draw a box; the revision."""
    revision: int = tab.draw("edges", x, y, BOX)["history"]["revision"]
    return revision


def renders(tab: Tab, revision: int) -> list[dict[str, Any]]:
    """All renders up to the final one of this revision."""
    found: list[dict[str, Any]] = []
    while not (found and found[-1]["final"] and found[-1]["revision"] >= revision):
        found.append(tab.until("render")[0])
    return found


@contextmanager
def outcomes(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What became of each request to polish."""
    worker, run, found = polisher(visitor), polisher(visitor).run, []

    async def recorded(job: Any) -> Any:
        try:
            result = await run(job)
        except RefusalError as error:
            found.append(error.code)
            raise
        if isinstance(job, PolishRender):
            found.append("polished")
        return result

    with monkeypatch.context() as patch:
        patch.setattr(worker, "run", recorded)
        yield found


def test_the_polished_picture_follows_the_first(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        assert {header["final"] for header in renders(tab, 0)} == {True}  # the photo, unedited
        revision = drawn(tab)
        first, _ = tab.until("render", lambda header: header["revision"] == revision)
        unpolished = tab.picture
        second = renders(tab, revision)[-1]  # a newer model may have been published in between
        assert (first["final"], second["final"]) == (False, True)
        assert second["revision"] == revision
        assert first["seconds"] < second["seconds"]
        assert (tab.picture != unpolished).any()
        assert first["edited"] == second["edited"]
        kept = np.ones((48, 64), bool)
        edited = second["edited"]
        kept[edited["y"] : edited["y"] + edited["height"], edited["x"] : edited["x"] + edited["width"]] = False
        photo = decoded(visitor.get(noisy, "/photo").content)
        np.testing.assert_array_equal(tab.picture[kept], photo[kept])
    # A tab that comes later gets the polished picture, once.
    with visitor.tab(noisy) as later:
        assert later.until("render")[0]["final"]
        np.testing.assert_array_equal(later.picture, tab.picture)


def test_edits_without_effect_come_with_the_polished_picture(
    visitor: Visitor, noisy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, part = polisher(visitor).run, (0.5, 0.0625, 1.0, 0.5)

    async def unseen(job: Any) -> Any:
        result = await run(job)
        return replace(result, without_effect=(part,)) if isinstance(job, PolishRender) else result

    monkeypatch.setattr(polisher(visitor), "run", unseen)
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        revision = drawn(tab)
        first, _ = tab.until("render", lambda header: header["revision"] == revision)
        assert (first["final"], first["without_effect"]) == (False, [])
        assert tuple(renders(tab, revision)[-1]["without_effect"][0]) == part
        with visitor.tab(noisy) as later:
            assert len(later.until("render")[0]["without_effect"]) == 1
        tab.step("undo")
        assert tab.rendered(revision + 1)["without_effect"] == []


def test_the_next_stroke_stops_the_synthesis(visitor: Visitor, noisy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with visitor.tab(noisy) as tab, outcomes(visitor, monkeypatch) as found:
        renders(tab, drawn(tab))
        found.clear()
        os.kill(polisher(visitor).pid, signal.SIGSTOP)  # so that the synthesis does not end before the stroke
        try:
            earlier = drawn(tab, 5, 30)
            assert not tab.until("render", lambda header: header["revision"] == earlier)[0]["final"]
            latest = drawn(tab, 2, 36)
            # The next first picture does not wait for the synthesis.
            assert not tab.until("render", lambda header: header["revision"] == latest)[0]["final"]
        finally:
            os.kill(polisher(visitor).pid, signal.SIGCONT)
        assert [header["revision"] for header in renders(tab, latest)] == [latest]
        assert found == ["superseded", "polished"]


def test_a_stroke_elsewhere_leaves_polished_pixels(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        renders(tab, drawn(tab))
        before, first = rendering(visitor, noisy)._polished[1], rendering(visitor, noisy)._polished[0]  # type: ignore[index]
        revision = drawn(tab, 2, 36)
        assert not tab.until("render", lambda header: header["revision"] == revision)[0]["final"]
        unchanged = np.abs(tab.picture.astype(int) - before).max(axis=2) == 0
        assert (first != before).any(axis=2)[unchanged].any()


def test_without_synthesis_the_first_picture_is_final(
    visitor: Visitor, noisy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visitor.get(noisy).json()["options"]["polish"] is True
    with visitor.tab(noisy) as tab, outcomes(visitor, monkeypatch) as found:
        answer = visitor.http.patch(f"/api/projects/{noisy}", json={"options": {"polish": False}})
        assert answer.json()["options"]["polish"] is False
        revision = drawn(tab)
        assert tab.until("render", lambda header: header["revision"] == revision)[0]["final"]
        plain = tab.picture
        np.testing.assert_array_equal(decoded(visitor.get(noisy, "/render").content), plain)
        assert found == []
        visitor.http.patch(f"/api/projects/{noisy}", json={"options": {"polish": True}})
        tab.until("render", lambda header: header["final"] and found == ["polished"])
        assert (tab.picture != plain).any()
        visitor.http.patch(f"/api/projects/{noisy}", json={"options": {"polish": False}})
        tab.until("render", lambda header: header["final"] and np.array_equal(tab.picture, plain))
    visitor.close(noisy)
    assert visitor.get(noisy).json()["options"]["polish"] is False


def test_exports_are_polished(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        revision = drawn(tab)
        exported = [
            decoded(visitor.get(noisy, f"/export/result.png?size={size}").content) for size in ("working", "full")
        ]  # they wait
        renders(tab, revision)
        for found in exported:  # the photo has the drawing's size
            np.testing.assert_array_equal(found, tab.picture)
        visitor.close(noisy)
        # Reopened, it is polished before it is exported.
        assert decoded(visitor.get(noisy, "/render").content).shape == tab.picture.shape
        assert rendering(visitor, noisy)._polished is not None


def test_a_newer_model_s_picture_is_shown_polished(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        renders(tab, drawn(tab))
        shown = tab.picture
        assert visitor.http.portal is not None
        live = rendering(visitor, noisy)
        visitor.http.portal.call(lambda: live.request(newer_model=True))
        header, _ = tab.until("render")
        assert (header["final"], header["rectangle"]) == (True, None)
        np.testing.assert_array_equal(tab.picture, shown)


def test_if_the_synthesis_fails_the_first_picture_is_final(
    visitor: Visitor, noisy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_job: object) -> None:
        raise RefusalError(500, "failed", "no patches today")

    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        monkeypatch.setattr(polisher(visitor), "run", fail)
        revision = drawn(tab)
        assert not tab.until("render", lambda header: header["revision"] == revision)[0]["final"]
        assert tab.until("failure")[0]["problem"]["message"] == "no patches today"
        header, _ = tab.until("render")
        assert (header["final"], header["rectangle"]) == (True, None)
        np.testing.assert_array_equal(decoded(visitor.get(noisy, "/render").content), tab.picture)


def test_a_worker_that_died_is_started_again(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        renders(tab, drawn(tab))
        pid = polisher(visitor).pid
        os.kill(pid, signal.SIGSTOP)
        revision = drawn(tab, 5, 30)
        tab.until("render", lambda header: header["revision"] == revision)
        os.kill(pid, signal.SIGKILL)
        assert "polishing worker" in tab.until("failure")[0]["problem"]["message"]
        assert renders(tab, revision)[-1]["final"]
        assert polisher(visitor).pid != pid
