"""Files dropped on an open project: edited drawings, lines alone, labels of one's own, photos."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIDE
from tests.browser.person import PATIENCE_MS, Person


@pytest.fixture
def page(page: Page) -> Page:
    """Labels are shown in the colours that files have."""
    page.add_init_script("localStorage.setItem('primage.vivid', 'yes')")
    return page


@pytest.fixture
def editor(editor: Person) -> Person:
    editor.page.get_by_role("button", name=re.compile("^Vivid colours")).click()
    return editor


def drop(page: Page, *files: Path) -> None:
    """Drop files somewhere on the page."""
    encoded = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files]
    transfer = page.evaluate_handle(
        """files => {
          const transfer = new DataTransfer();
          for (const [name, content] of files) {
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
            transfer.items.add(new File([bytes], name));
          }
          return transfer;
        }""",
        encoded,
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def dialog(page: Page) -> Locator:
    found = page.get_by_role("dialog")
    expect(found).to_be_visible(timeout=PATIENCE_MS)
    return found


def export(person: Person, layer: str) -> Image.Image:
    project = person.page.url.split("#/p/")[1]
    base = person.url.split("/?")[0]
    answer = person.page.request.get(f"{base}/api/projects/{project}/export/{layer}.png")
    assert answer.ok, answer.text()
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def projects(person: Person) -> int:
    answer = person.page.request.get(person.url.split("/?")[0] + "/api/projects")
    return len(answer.json()["projects"])


def test_an_edited_jpeg_is_shown_before_it_is_applied(editor: Person, tmp_path: Path) -> None:
    page, count = editor.page, projects(editor)
    before, lines = editor.labels(), editor.lines()
    pixels = np.array(export(editor, "primitive"))
    pixels[20:70, 90:150] = pixels[60:110, 30:90].copy()
    # Enlarged smoothly, so that the compression cannot be undone.
    Image.fromarray(pixels).resize((2 * SIDE, 2 * SIDE), Image.Resampling.BICUBIC).save(
        tmp_path / "edited.jpg", quality=90
    )
    drop(page, tmp_path / "edited.jpg")
    shown = dialog(page)
    expect(shown.get_by_role("heading", name="Open “edited.jpg”")).to_be_visible()
    expect(shown).to_contain_text(re.compile(r"[\d,]+ of 102,400 pixels were read as the nearest label"))
    expect(shown.get_by_role("list", name="Marks")).to_contain_text("given the nearest label")
    marked = editor.layer("opened")[..., :3]
    assert (marked == (255, 0, 220)).all(axis=2).any()
    shown.get_by_role("radio", name="As read").check(force=True)
    expect(shown.get_by_role("img")).to_have_accessible_name("The drawing")
    read = editor.layer("opened")[..., :3]
    assert (read != marked).any()
    # Nothing is changed yet, nor by Cancel.
    assert (editor.labels() == before).all()
    shown.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()

    drop(page, tmp_path / "edited.jpg")
    dialog(page).get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Undo Open drawing")).to_be_visible(timeout=PATIENCE_MS)
    after = editor.labels()
    assert (after != before).any(axis=2)[20:70, 90:150].mean() > 0.2
    assert (after != before).any(axis=2)[:, :80].mean() < 0.1  # borders of labels, softened by the compression
    editor.undo()
    editor.sees_lines(lines)
    assert (editor.labels() == before).all()
    assert projects(editor) == count


def test_lines_alone_replace_the_lines_in_one_step(editor: Person, tmp_path: Path) -> None:
    page, before = editor.page, editor.labels()
    lines = editor.lines()
    drawn = np.array(export(editor, "edges"))
    drawn[30, 20:120] = 0
    Image.fromarray(drawn).save(tmp_path / "lines.png")
    drop(page, tmp_path / "lines.png")
    editor.heard("“lines.png” holds lines alone: these were replaced, the labels stay as they were")
    expect(page.get_by_role("button", name="Undo Open lines")).to_be_visible(timeout=PATIENCE_MS)
    assert editor.lines()[30, 25:115].all()
    assert (editor.labels() == before).all()
    editor.undo()
    editor.sees_lines(lines)
    # The studio's own exports, through the button this time: the same layers, so nothing changes.
    for layer in ("edges", "segments"):
        content = page.request.get(page.url.replace("/#/p/", "/api/projects/") + f"/export/{layer}.png").body()
        (tmp_path / f"{layer}.png").write_bytes(content)
        page.get_by_label("Open drawing", exact=True).set_input_files(tmp_path / f"{layer}.png")
        editor.heard(f"“{layer}.png” is the drawing as it is")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()


def test_a_new_colour_is_refused_with_a_way_out(editor: Person, tmp_path: Path) -> None:
    page = editor.page
    pixels = np.array(export(editor, "primitive"))
    pixels[40:70, 40:70] = (15, 250, 120)
    Image.fromarray(pixels).save(tmp_path / "new.png")
    drop(page, tmp_path / "new.png")
    shown = dialog(page)
    expect(shown.get_by_role("alert")).to_contain_text("pixels have the colour #0ffa78")
    shown.get_by_role("button", name="Use the nearest labels").click()
    expect(shown.get_by_role("list", name="Marks")).to_contain_text("in doubt", timeout=PATIENCE_MS)
    assert (editor.layer("opened")[40:70, 40:70, :3] == (255, 210, 0)).all(axis=2).mean() > 0.8
    # It can be read as something else; Esc leaves all as it was.
    shown.get_by_label("Labels alone").click(force=True)
    expect(shown).to_contain_text("It holds labels alone", timeout=PATIENCE_MS)
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()


def test_a_photo_dropped_on_a_project_asks_for_a_new_one(editor: Person, tmp_path: Path) -> None:
    from skimage import data

    page, count, before = editor.page, projects(editor), editor.page.url
    Image.fromarray(data.coffee()).resize((300, 200)).save(tmp_path / "coffee.jpg")
    drop(page, tmp_path / "coffee.jpg")
    shown = dialog(page)
    expect(shown.get_by_role("heading", name="“coffee.jpg” looks like a photo")).to_be_visible()
    shown.get_by_role("button", name="Cancel").click()
    assert projects(editor) == count
    assert page.url == before
    drop(page, tmp_path / "coffee.jpg")
    dialog(page).get_by_role("button", name="New project of this photo").click()
    expect(page.get_by_role("heading", name="Make the drawing")).to_be_visible(timeout=PATIENCE_MS)
    assert page.url != before
    page.goto(before)
    editor.ready()


def test_a_picture_of_another_shape_is_refused_and_may_become_a_project(editor: Person, tmp_path: Path) -> None:
    page = editor.page
    colours = np.unique(editor.labels().reshape(-1, 3), axis=0).astype(np.uint8)
    flat = np.empty((120, 60, 3), np.uint8)
    flat[:60], flat[60:] = colours[0], colours[-1]
    Image.fromarray(flat).save(tmp_path / "poster.png")
    drop(page, tmp_path / "poster.png")
    shown = dialog(page)
    expect(shown.get_by_role("alert")).to_contain_text("poster.png is 60×120 px, but the photo is 160×160 px")
    expect(shown.get_by_role("button", name="New project of this picture")).to_be_visible()
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_labels_and_lines_of_ones_own_at_the_start(person: Person, photo: Path, tmp_path: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    extracted = person.lines()
    index = np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
    index[60:200, 80:260] = 1
    colours = np.array([(40, 90, 160), (230, 180, 90)], np.uint8)
    Image.fromarray(colours[index]).save(tmp_path / "two labels.png")
    drop(page, tmp_path / "two labels.png")
    person.heard("The labels of “two labels.png” are used")
    expect(page.get_by_text("Your own labels")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("slider", name="Areas")).to_be_hidden()
    expect(page.get_by_role("button", name="Learn and edit")).to_be_enabled(timeout=PATIENCE_MS)
    assert (person.labels() == colours[index[::2, ::2]]).all()
    assert (person.lines() == extracted).all()

    # Lines, through the button; they replace the extracted ones, and can be given up again.
    sheet = np.full((SIDE, SIDE), 255, np.uint8)
    sheet[80, 10:150] = 0
    Image.fromarray(sheet).save(tmp_path / "line.png")
    page.get_by_label("Your own lines").set_input_files(tmp_path / "line.png")
    expect(page.get_by_text("Your own lines")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Learn and edit")).to_be_enabled(timeout=PATIENCE_MS)
    drawn = np.zeros((SIDE, SIDE), bool)
    drawn[80, 10:150] = True
    person.sees_lines(drawn)
    person.edit()
    assert (person.labels() == colours[index[::2, ::2]]).all()
    person.sees_lines(drawn)
    page.reload()
    person.ready()
    assert (person.labels() == colours[index[::2, ::2]]).all()


def test_a_photo_is_not_taken_for_labels_at_the_start(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    count = projects(person)
    drop(page, photo)
    shown = dialog(page)
    expect(shown.get_by_role("heading", name="“cat.png” looks like a photo")).to_be_visible()
    shown.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Make the drawing")).to_be_visible()
    assert projects(person) == count
