"""The timeline: a part moves between two keys, on the screen and in the exported file."""

from __future__ import annotations

import itertools
import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.axe import problems
from tests.browser.person import PATIENCE_MS, Person


def test_two_keys_are_played_and_exported(editor: Person) -> None:
    page = editor.page
    photo = editor.picture()
    editor.keys("Shift+T")
    strip = page.get_by_role("region", name="Timeline")
    strip.get_by_role("button", name="Set first key").click()
    first = strip.get_by_role("group", name="First key")
    expect(first).to_contain_text("set")
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.take("Move")
    editor.drag([(0.4, 0.4), (0.7, 0.6)])
    strip.get_by_role("button", name="Set second key").click()  # it places what floats
    result = editor.picture()
    for name, value in (("Duration in seconds", "0.5"), ("Frames per second", "6")):
        field = strip.get_by_role("spinbutton", name=name)
        field.click()  # its unit goes, and all of it is selected
        expect(field).to_have_value(re.compile(r"^[\d.]+$"))
        field.fill(value)
        field.press("Enter")
        expect(field).to_have_value(re.compile(rf"^{value}"))
    strip.get_by_label("Repeat").select_option("Back and forth")
    editor.keys("Shift+Space")
    expect(strip.get_by_text("Painting frame")).to_be_visible(timeout=PATIENCE_MS)
    expect(strip.get_by_role("link", name="Export")).to_be_visible(timeout=PATIENCE_MS)
    # It plays: one frame after the other is seen.
    for number in ("2", "1", "0", "1"):
        expect(page.locator("[data-layer=frame]")).to_have_attribute("data-frame", number, timeout=PATIENCE_MS)
    editor.keys("Shift+Space")
    expect(strip.get_by_role("button", name="Play", exact=True)).to_be_visible()
    slider, frames = strip.get_by_role("slider", name="Frame"), []
    for number in range(4):
        slider.fill(str(number))
        expect(page.locator("[data-layer=frame]")).to_have_attribute("data-frame", str(number))
        page.wait_for_timeout(150)
        frames.append(editor.layer("frame")[..., :3].astype(np.int16))
    assert (frames[0] == photo).all()
    assert (frames[3] == result).all()
    changes = [np.abs(after - before).max() for before, after in itertools.pairwise(frames)]
    assert min(changes) > 10, changes
    assert not problems(page)
    for suffix in ("gif", "webp"):
        strip.get_by_label("Format").select_option(suffix)
        with page.expect_download() as download:
            strip.get_by_role("link", name="Export").click()
        assert download.value.suggested_filename == f"cat.{suffix}"
        with Image.open(download.value.path()) as image:
            assert image.n_frames == 6  # type: ignore[attr-defined]
            for number, expected in ((0, 0), (3, 3), (4, 2)):
                image.seek(number)
                shown = np.asarray(image.convert("RGB")).astype(int)
                assert np.abs(shown - frames[expected]).mean() < 12
    # An edit shows the result again; keys and settings outlive a reload.
    editor.undo()
    expect(page.locator("[data-layer=frame]")).to_have_count(0)
    page.reload()
    editor.ready()
    editor.keys("Shift+T")
    expect(strip.get_by_role("spinbutton", name="Duration in seconds")).to_have_value("0.5 s")
    for name, clear in (("First", "unedited drawing again"), ("Second", "as it is now")):
        key = strip.get_by_role("group", name=f"{name} key")
        key.get_by_role("button", name=clear).click()
        expect(key).not_to_contain_text(re.compile("^.*set$"))
