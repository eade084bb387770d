"""The whole workflow, from a photo to an exported result."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import SIDE, within
from tests.browser.person import PATIENCE_MS, Person, box_of


def test_a_photo_dropped_beside_the_box_opens(person: Person, photo: Path) -> None:
    page = person.page
    transfer = page.evaluate_handle(
        """encoded => {
          const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "cat.png", { type: "image/png" }));
          return transfer;
        }""",
        base64.b64encode(photo.read_bytes()).decode(),
    )
    page.dispatch_event("h1", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("h1", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("heading", name="Make the drawing")).to_be_visible(timeout=PATIENCE_MS)


def test_from_photo_to_export(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)

    # The drawing follows a slider.
    areas = person.labels()
    page.get_by_role("slider", name="Areas").fill("5")
    expect(page.get_by_role("button", name="Learn and edit")).to_be_enabled(timeout=PATIENCE_MS)
    assert len(np.unique(person.labels().reshape(-1, 3), axis=0)) <= 5 < len(np.unique(areas.reshape(-1, 3), axis=0))

    # Learn for some seconds, then pause; editing is possible meanwhile.
    person.edit(learn=True)
    panel = page.get_by_role("region", name="Learn this photo")
    expect(panel).to_contain_text(re.compile("left"), timeout=PATIENCE_MS)
    expect(panel).to_contain_text(re.compile(r"Step [1-9]"), timeout=PATIENCE_MS)
    panel.get_by_role("button", name="Pause").click()
    expect(panel).to_contain_text("Paused", timeout=PATIENCE_MS)
    expect(panel.get_by_role("button", name="Resume")).to_be_visible()
    panel.get_by_role("button", name="Stop").click()
    expect(panel).to_contain_text(re.compile("Learned for|Stopped"), timeout=PATIENCE_MS)
    expect(page.locator(".status")).to_contain_text(re.compile(r"[1-9]\d* training steps"), timeout=PATIENCE_MS)

    # Draw in one corner: the result changes there and nowhere else.
    before, lines_before = person.picture(), person.lines()
    person.take("Pencil")
    person.drag([(0.12, 0.8), (0.2, 0.72), (0.3, 0.84), (0.22, 0.9)])
    person.painted()
    after, lines_after = person.picture(), person.lines()
    edited = box_of(lines_before != lines_after)
    changed = box_of(np.abs(after - before).max(axis=2) > 0)
    assert changed is not None, "the result did not change"
    # A quarter of the photo: the surroundings of the line may change with it.
    assert within(edited, changed, SIDE // 10), (edited, changed)
    assert within(changed, edited, SIDE // 4), (edited, changed)

    # Undo, redo.
    person.undo()
    person.painted()
    person.sees_lines(lines_before)
    assert (person.picture() == before).all()
    person.redo()
    person.painted()
    person.sees_lines(lines_after)
    assert (person.picture() == after).all()

    # A reload keeps everything, including the undo history.
    page.reload()
    person.ready()
    person.sees_lines(lines_after)
    assert (person.picture() == after).all()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("button", name="Pencil", exact=True).last).to_be_visible()
    person.undo()
    person.painted()
    person.sees_lines(lines_before)
    person.redo()
    person.painted()

    # Take a snapshot, draw more, return to it.
    page.get_by_label("Name of the snapshot").fill("Whisker")
    page.get_by_role("button", name="Save snapshot", exact=True).click()
    expect(page.get_by_role("list", name="Snapshots")).to_contain_text("Whisker", timeout=PATIENCE_MS)
    person.take("Line")
    person.drag([(0.6, 0.2), (0.9, 0.3)])
    person.painted()
    assert (person.lines() != lines_after).any()
    page.get_by_role("list", name="Snapshots").get_by_role("button", name="Whisker").first.click()
    expect(page.get_by_role("button", name=re.compile("^Undo .*Whisker"))).to_be_visible(timeout=PATIENCE_MS)
    person.painted()
    person.sees_lines(lines_after)

    # Export.
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Result, full size")).click()
    exported = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert exported.size == (SIDE, SIDE)
    assert any("primage" in key.lower() for key in exported.info)
    shown = person.picture()
    assert np.abs(np.asarray(exported.convert("RGB")).astype(int) - shown).mean() < 2
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Lines")).click()
    lines = np.asarray(Image.open(download.value.path()).convert("L")) < 128
    assert (lines == lines_after).all()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Project")).click()
    archive = Path(download.value.path())
    page.get_by_role("button", name="Close").click()

    # The exported zip opens as the same project.
    page.get_by_role("button", name=re.compile("^Primage")).click()
    copied = archive.with_name("copy.zip")
    copied.write_bytes(archive.read_bytes())
    page.get_by_label("Photo or project file").set_input_files(copied)
    person.ready()
    person.sees_lines(lines_after)
