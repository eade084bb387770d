"""Copy, cut and paste, in one project and between two."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SIDE, WINDOW, Visit
from tests.browser.desk import affine_pieces
from tests.browser.launch import Studio, watch
from tests.browser.person import PATIENCE_MS, Person


@pytest.fixture(scope="module")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from skimage import data

    path = tmp_path_factory.mktemp("other") / "astronaut.png"
    Image.fromarray(data.astronaut()).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_part_is_copied_with_its_place_in_the_photo(editor: Person) -> None:
    page = editor.page
    side = editor.labels().shape[0]
    clipboard = page.get_by_role("group", name="Clipboard")
    expect(clipboard.get_by_role("button", name="Copy")).to_be_disabled()
    editor.take("Select rectangle")
    editor.drag([(0.203, 0.203), (0.4, 0.4)])
    clipboard.get_by_role("button", name="Copy").click()
    clipboard.get_by_role("button", name="Paste").click()
    bar = page.get_by_role("toolbar", name="Floating selection")
    expect(bar).to_be_visible()
    bar.get_by_role("radio", name="Top left").check(force=True)
    x, y = (
        int(bar.get_by_role("spinbutton", name=name).get_attribute("aria-valuenow") or 0) for name in ("X, px", "Y, px")
    )
    assert abs(x - 0.4 * side) <= 2  # its middle is the view's
    editor.keys("Enter")
    editor.painted()
    left = int(0.203 * side)
    assert np.allclose(affine_pieces(editor), [[1, 0, 0, 1, left - x, left - y]], atol=1e-9)


def test_cut_and_paste_in_place_changes_nothing(editor: Person) -> None:
    labels, lines = editor.labels(), editor.lines()
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.keys("Control+x")
    editor.painted()
    assert (editor.labels() != labels).any() or (editor.lines() != lines).any()
    expect(editor.page.get_by_role("button", name=re.compile("^Undo Cut selection"))).to_be_visible()
    editor.keys("Control+Shift+V")
    editor.keys("Enter")
    editor.sees_lines(lines)
    assert (editor.labels() == labels).all()
    editor.painted()


def test_a_part_is_pasted_into_another_photo_with_its_pixels(
    browser: Browser, studio: Studio, visit: Visit, photo: Path, astronaut: Path
) -> None:
    context = browser.new_context(viewport=WINDOW, color_scheme="dark", storage_state=visit.state)
    page = context.new_page()
    complaints = watch(page)
    person = Person(page, studio.url)
    page.goto(visit.url)
    person.ready()
    lines = person.lines()
    person.take("Select rectangle")
    person.drag([(0.3, 0.3), (0.5, 0.5)])
    person.keys("Control+c")
    page.get_by_role("button", name="Primage: all projects").click()
    person.drop_photo(astronaut)
    person.edit()
    before = person.lines()
    palette = {tuple(colour) for colour in person.labels().reshape(-1, 3)}
    person.keys("Control+Shift+V")
    person.heard("nearest ones of this drawing")
    person.keys("Enter")
    x0, x1 = int(0.3 * SIDE) + 2, int(0.5 * SIDE) - 2
    shown, cat, other_photo = person.picture(), pixels(photo), pixels(astronaut)
    assert (shown[x0:x1, x0:x1] == cat[x0:x1, x0:x1]).all()
    beside = np.ones((SIDE, SIDE), bool)
    beside[x0 - 5 : x1 + 5, x0 - 5 : x1 + 5] = False
    assert (shown[beside] == other_photo[beside]).all()
    assert (person.lines()[x0:x1, x0:x1] == lines[x0:x1, x0:x1]).all()
    assert (person.lines() != before).any()
    assert {tuple(colour) for colour in person.labels().reshape(-1, 3)} <= palette

    # Another tab has the same clipboard, also one that is opened later.
    other = context.new_page()
    complaints += watch(other)
    other.goto(visit.url)
    Person(other, studio.url).ready()
    paste = other.get_by_role("group", name="Clipboard").get_by_role("button", name="Paste")
    expect(paste).to_be_enabled(timeout=PATIENCE_MS)
    context.close()
    assert not complaints, complaints


def test_a_picture_of_another_program_is_pasted_as_an_object_with_its_pixels(
    browser: Browser, studio: Studio, visit: Visit, photo: Path, astronaut: Path, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=WINDOW, color_scheme="dark", storage_state=visit.state)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=studio.origin)
    page = context.new_page()
    complaints = watch(page)
    person = Person(page, studio.url)
    page.goto(visit.url)
    person.ready()
    lines = person.lines()
    # The left half of the picture is transparent.
    cut_out = Image.open(astronaut).convert("RGBA")
    cut_out.paste((0, 0, 0, 0), (0, 0, SIDE // 2, SIDE))
    encoded = io.BytesIO()
    cut_out.save(encoded, "PNG")
    page.evaluate(
        """async (encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
          const picture = new Blob([bytes], { type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        }""",
        base64.b64encode(encoded.getvalue()).decode(),
    )
    person.take("Move")
    page.get_by_role("group", name="Clipboard").get_by_role("button", name="Paste").click()
    bar = page.get_by_role("toolbar", name="Floating selection")
    expect(bar).to_be_visible(timeout=PATIENCE_MS)
    bar.get_by_role("radio", name="Top left").check(force=True)
    x, y, width = (
        round(float(bar.get_by_role("spinbutton", name=name).get_attribute("aria-valuenow") or "nan"))
        for name in ("X, px", "Y, px", "Width, px")
    )
    assert abs(width - SIDE / 2) <= 1
    person.keys("Enter")
    shown, cat, other = person.picture(), pixels(photo), pixels(astronaut)
    assert (person.lines() != lines).any()
    inside = np.s_[max(y, 0) + 2 : min(y + SIDE, SIDE) - 2, x + 2 : min(x + SIDE // 2, SIDE) - 2]
    source = np.roll(other, (y, x - SIDE // 2), (0, 1))[inside]
    assert np.abs(shown[inside] - source).max() <= 1
    assert (shown[:, : x - 2] == cat[:, : x - 2]).all()
    # Another tab has them, too.
    second = context.new_page()
    complaints += watch(second)
    second.goto(visit.url)
    Person(second, studio.url).ready()
    assert (Person(second, studio.url).picture() == shown).all()
    second.close()
    expect(page.get_by_role("group", name="Objects").get_by_role("listitem")).to_have_count(1)
    # What is copied in the studio afterwards is pasted instead.
    person.keys("Control+c")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('Primage'))")
    person.undo()
    assert (person.picture() == cat).all()
    person.sees_lines(lines)
    person.keys("Control+v")
    expect(bar).to_be_visible()
    person.keys("Escape")
    person.painted()
    # A file that was dropped on the page may become a part, too.
    cut_out.crop((0, 0, SIDE, SIDE // 2)).save(tmp_path / "half.png")
    page.get_by_label("Open drawing").set_input_files(tmp_path / "half.png")
    page.get_by_role("button", name="Paste it as a part").click()
    expect(bar).to_be_visible(timeout=PATIENCE_MS)
    person.keys("Escape")
    person.painted()
    context.close()
    assert not complaints, complaints
