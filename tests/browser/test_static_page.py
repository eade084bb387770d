"""`primage export --web`: a folder that any static server serves, in a browser that reaches nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, Erase, Flip, Handle, Move, Paint, Rectangle, Scale, Warp
from primage.model import load
from primage.origin.plane import Origin
from primage.studio.workers.loaded_model import LoadedModel
from tests.browser.axe import AXE, problems
from tests.browser.launch import MissingError, build_editor, watch
from tests.browser.person import Person
from tests.browser.static_page import PageWorker, export_alone, served, studio_pictures, without_network
from tests.tiny import command, options, write_photo

#: The same arithmetic in another order may round the other way.
LEVELS = 2
AREA = Rectangle(top_left=(0.15, 0.2), bottom_right=(0.5, 0.6))
EDITS: dict[str, tuple[Edit, ...]] = {
    "drawn": (Paint(points=((0.1, 0.8), (0.6, 0.9))), Paint(points=((0.8, 0.2),), label=0, radius=0.1)),
    "moved": (Move(region=AREA, by=(0.2, 0.1)),),
    "scaled and turned over": (Scale(region=AREA, factor=1.3), Flip(region=AREA)),
    "bent": (Warp(handles=(Handle(source=(0.4, 0.4), target=(0.5, 0.45)),)),),
    "removed": (Erase(region=AREA),),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    assert command("train", write_photo(folder), "--out", folder / "cat", *options(steps=1), "--quiet") == 0
    return folder / "cat"


@pytest.fixture(scope="module")
def folder(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        build_editor()
    except MissingError as missing:
        pytest.skip(str(missing))
    page = tmp_path_factory.mktemp("page") / "page"
    export_alone(run, page)
    return page


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as url:
        yield url


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Person]:
    """Someone who opened the page, in a browser that reaches nothing else."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    refused = without_network(context, address)
    page = context.new_page()
    complaints = watch(page)
    page.goto(address)
    user = Person(page, address)
    user.ready()
    yield user
    context.close()
    assert not complaints, complaints
    assert refused == []


def test_the_page_paints_what_the_studio_paints(run: Path, folder: Path, visitor: Person) -> None:
    loaded = LoadedModel(run, (0, 0))
    worker = PageWorker(visitor.page, folder, loaded.model)
    assert worker.ready["difference"] <= LEVELS
    start = Edited(loaded.model.primitive, Origin.unmoved(loaded.model.size))
    for name, edits in EDITS.items():
        drawing = edited(start, edits)
        network, composed = studio_pictures(loaded, drawing)
        if not drawing.origin.moves:
            raw = worker.pictures(drawing, keepOriginal=False, synthesis=False)[0]
            assert np.abs(raw.astype(int) - network).max() <= LEVELS, name
        shown = worker.pictures(drawing, synthesis=False)[0]
        assert np.abs(shown.astype(int) - composed).max() <= LEVELS, name
        assert (shown != loaded.model.photo).any(), name


def saved(visitor: Person, button: str, to: Path) -> Path:
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=button).click()
    download.value.save_as(to)
    return to


def test_a_photo_is_edited_and_saved_without_a_network(run: Path, visitor: Person, tmp_path: Path) -> None:
    page, photo = visitor.page, load(run).photo
    assert np.array_equal(visitor.picture(), photo)
    visitor.take("Label brush")
    visitor.drag([(0.2, 0.3), (0.6, 0.5)])
    visitor.painted()
    edited = visitor.picture()
    assert (edited != photo).any()
    assert np.array_equal(edited[-3:, -3:], photo[-3:, -3:])
    visitor.take("Pencil")
    visitor.drag([(0.1, 0.9), (0.8, 0.8)])
    visitor.painted()
    visitor.undo()
    visitor.painted()
    assert np.array_equal(visitor.picture(), edited)
    visitor.undo()
    visitor.painted()
    assert np.array_equal(visitor.picture(), photo)
    visitor.redo()
    visitor.painted()
    visitor.polished()
    file = saved(visitor, "Save the picture", tmp_path / "picture.png")
    with Image.open(file) as picture:
        assert np.array_equal(np.asarray(picture), edited)
        facts = json.loads(picture.text["primage"])
    assert facts["generated"]
    assert facts["photo_sha256"] == load(run).record.photo_sha256
    drawing = saved(visitor, "Save the drawing", tmp_path / "drawing.png")
    assert command("render", run, drawing, "-o", tmp_path / "render.png", "--no-polish", "--no-origin", "-q") == 0
    assert page.title() == "cat – Primage"


def test_parts_move_and_go_with_the_photo(run: Path, visitor: Person) -> None:
    photo = load(run).photo.astype(int)
    visitor.take("Select rectangle")
    visitor.drag([(0.2, 0.25), (0.45, 0.6)])
    visitor.drag([(0.3, 0.4), (0.6, 0.4)])
    visitor.keys("Enter")
    visitor.painted()
    picture = visitor.picture()
    rows, columns = slice(18, 24), slice(17, 24)  # inside of what was selected, and 0.3 of the width to the right
    shift = round(0.3 * 64)
    moved = picture[rows, columns.start + shift : columns.stop + shift]
    assert np.abs(moved - photo[rows, columns]).max() <= LEVELS
    expect(visitor.page.get_by_role("group", name="Objects")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1280)])
def test_it_is_accessible_at_any_width(browser: Browser, address: str, theme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in editor/")
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(address)
    visitor = Person(page, address)
    visitor.ready()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("Save the picture", "Save the drawing"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    if width < 700:
        page.get_by_role("button", name="Show panels").click()
        assert problems(page) == []
        page.get_by_role("button", name="Hide panels").click()
    visitor.keys("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert problems(page) == []
    visitor.keys("Escape")
    # The keyboard alone draws, too: it selects, transforms and undoes.
    visitor.keys("Control+a")
    visitor.keys("ArrowRight")
    visitor.keys("Enter")
    visitor.painted()
    visitor.keys("Control+z")
    visitor.painted()
    context.close()


def test_what_is_missing_is_named(browser: Browser, folder: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    shutil.copytree(folder, part)
    (part / "drawing.bin.gz").unlink()
    with served(part) as url:
        page = browser.new_page()
        page.goto(url)
        expect(page.get_by_role("alert")).to_contain_text("drawing.bin.gz is missing (404). Export the page again.")
        page.close()
