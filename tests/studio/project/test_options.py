"""What a person can choose about a render: strength, one of several variants, places to copy from."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from primage.studio.project.store import ProjectRecord
from primage.synthesis.options import DEFAULT_OPTIONS
from tests.studio.project.test_polishing import decoded, drawn, renders
from tests.studio.visitor import Tab, Visitor


def change(visitor: Visitor, project: str, **options: object) -> dict[str, object]:
    answer = visitor.http.patch(f"/api/projects/{project}", json={"options": options})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()["options"]
    return found


def shown(visitor: Visitor, project: str, size: str = "working") -> np.ndarray:
    return decoded(visitor.get(project, f"/export/result.png?size={size}").content)


def remove(tab: Tab, x: int = 20, y: int = 12) -> int:
    """Something is removed: 20 × 20 px; the revision."""
    patch = {"layer": "origin", "x": x, "y": y, "width": 20, "height": 20}
    number = tab.send([patch], np.full(400, 2, "<u2").tobytes(), title="Remove")
    revision: int = tab.until("accepted", lambda header: header["id"] == number)[0]["history"]["revision"]
    return revision


@pytest.fixture
def shaded(visitor: Visitor) -> Iterator[str]:
    """A project of a wall with some texture, whose right half is darker by 60."""
    pixels = np.full((48, 64, 3), 180) + np.random.default_rng(0).integers(-4, 5, (48, 64, 1))
    pixels[:, 32:] -= 60
    encoded = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(encoded, "PNG")
    made: str = visitor.upload(encoded.getvalue())["id"]
    yield made
    visitor.http.delete(f"/api/projects/{made}")


def test_options_change_one_by_one(visitor: Visitor, project: str) -> None:
    assert visitor.get(project).json()["options"] == DEFAULT_OPTIONS.model_dump()
    change(visitor, project, strength=0.8)
    assert change(visitor, project, seed=3) == {**DEFAULT_OPTIONS.model_dump(), "strength": 0.8, "seed": 3}
    for wrong in ({"strength": 1.5}, {"seed": -1}, {"unknown": 1}):
        answer = visitor.http.patch(f"/api/projects/{project}", json={"options": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    visitor.close(project)
    assert visitor.get(project).json()["options"]["strength"] == 0.8


def test_a_record_of_an_earlier_version(visitor: Visitor, project: str) -> None:
    data = json.loads((visitor.app.state.hub.services.store.folder(project) / "project.json").read_text())
    del data["options"]
    assert ProjectRecord.model_validate(data).options == DEFAULT_OPTIONS
    assert not ProjectRecord.model_validate(data | {"polish": False}).options.polish


def test_the_picked_variant_stays_with_the_project(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        renders(tab, remove(tab))
        variants = [decoded(visitor.get(noisy, f"/variants/{seed}?of=x").content) for seed in range(3)]
        np.testing.assert_array_equal(variants[0], tab.picture)
        for i, j in ((0, 1), (0, 2), (1, 2)):
            assert (variants[i] != variants[j])[14:30, 22:38].mean() > 0.3
            np.testing.assert_array_equal(variants[i][:, :8], variants[j][:, :8])
        change(visitor, noisy, seed=2)
        tab.until("render", lambda header: header["final"])
        np.testing.assert_array_equal(tab.picture, variants[2])
        # Undone and redone, exported, and after a restart: the same picture.
        tab.step("undo")
        tab.step("redo")
        np.testing.assert_array_equal(shown(visitor, noisy), variants[2])
        full = shown(visitor, noisy, "full").astype(int)[14:30, 22:38]  # the hole is painted from the full photo
        apart = [np.abs(full - each[14:30, 22:38]).mean() for each in variants]
        assert apart[2] < 0.8 * min(apart[:2])
    visitor.close(noisy)
    np.testing.assert_array_equal(shown(visitor, noisy), variants[2])
    assert visitor.get(noisy).json()["options"]["seed"] == 2
    assert visitor.http.get(f"/api/projects/{noisy}/variants/-1").status_code == 422


def test_variants_of_an_unedited_drawing_are_the_photo(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        found = decoded(visitor.get(noisy, "/variants/1").content)
        np.testing.assert_array_equal(found, decoded(visitor.get(noisy, "/photo").content))


def test_another_strength_gives_another_picture_and_back(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        renders(tab, drawn(tab))
        before = shown(visitor, noisy)
        change(visitor, noisy, strength=1.0)
        strict = shown(visitor, noisy)
        assert (strict != before).any()
        change(visitor, noisy, strength=0.5)
        np.testing.assert_array_equal(shown(visitor, noisy), before)


def test_the_light_of_a_moved_part_is_fitted_in_every_picture(visitor: Visitor, shaded: str) -> None:
    moved = {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, -0.5, 0]}]}
    with visitor.tab(shaded) as tab:
        tab.rendered(0)
        patch = {"layer": "origin", "x": 40, "y": 16, "width": 16, "height": 16}
        number = tab.send([patch], np.full(256, 3, "<u2").tobytes(), title="Move", pieces=[moved])
        revision = tab.until("accepted", lambda header: header["id"] == number)[0]["history"]["revision"]
        renders(tab, revision)
        photo = decoded(visitor.get(shaded, "/photo").content).astype(int)
        inside = np.s_[20:28, 44:52]
        before = tab.picture.astype(int)
        np.testing.assert_array_equal(before[inside], photo[20:28, 12:20])
        change(visitor, shaded, fit_light=True)
        first, _ = tab.until("render")
        for header in (first, *([] if first["final"] else [tab.until("render", lambda header: header["final"])[0]])):
            assert header["revision"] == revision
            darker = photo[20:28, 12:20] - tab.picture[inside]
            assert abs(darker.mean() - 60) < 6
        for size in ("working", "full"):
            exported = shown(visitor, shaded, size).astype(int)
            np.testing.assert_allclose(exported[inside], tab.picture[inside], atol=1)
        change(visitor, shaded, fit_light=False)
        np.testing.assert_array_equal(shown(visitor, shaded), before)


def test_copy_marks_are_obeyed_undone_and_kept(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        renders(tab, remove(tab))
        before = tab.picture
        marks = np.full((48, 24), 1)
        tab.draw("sources", 40, 0, marks, title="Copy marks")
        renders(tab, tab.revision)
        live = visitor.app.state.hub._open[noisy].rendering
        made = live._picture.synthesised
        columns = np.rint(made.field[made.pixels][:, 1])
        assert columns.max() < 40
        assert (tab.picture != before).any()
        excluded = tab.picture
        tab.step("undo")
        renders(tab, tab.revision)
        np.testing.assert_array_equal(tab.picture, before)
        tab.step("redo")
        # Only from the left.
        tab.draw("sources", 0, 0, np.full((48, 16), 2), title="Copy marks")
        renders(tab, tab.revision)
        made = live._picture.synthesised
        assert np.rint(made.field[made.pixels][:, 1]).max() < 16
        tab.step("undo")
        renders(tab, tab.revision)
        np.testing.assert_array_equal(tab.picture, excluded)
    visitor.close(noisy)
    assert visitor.layers(noisy)["sources"][:, 40:].all()
    assert not visitor.layers(noisy)["origin"][:, 44:].any()  # nothing was drawn


def test_if_nothing_is_left_to_copy_the_person_is_told(visitor: Visitor, noisy: str) -> None:
    with visitor.tab(noisy) as tab:
        tab.rendered(0)
        renders(tab, remove(tab))
        tab.draw("sources", 0, 0, np.full((48, 64), 1))
        assert "nothing of the photo is left to copy" in tab.until("failure")[0]["problem"]["message"]


def test_a_mark_of_another_value_is_refused(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.send([{"layer": "sources", "x": 0, "y": 0, "width": 1, "height": 1}], b"\x03")
        assert "0, 1 or 2" in tab.until("refused")[0]["problem"]["message"]


def test_snapshots_contain_the_marks(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.draw("sources", 3, 4, np.full((5, 6), 2))
        made = visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "marked"}).json()["snapshots"][0]
        tab.draw("sources", 0, 0, np.zeros((48, 64)))
        visitor.http.post(f"/api/projects/{project}/snapshots/{made['id']}/restore")
    assert (visitor.layers(project)["sources"][4:9, 3:9] == 2).all()
