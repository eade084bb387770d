"""`primage export --web`: a folder that any static server serves, in a browser that reaches nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, Erase, Flip, Handle, Move, Paint, Rectangle, Scale, Warp
from primage.origin.plane import Origin
from primage.studio.workers.loaded_model import LoadedModel
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
            raw = worker.pictures(drawing, keepOriginal=False)[0]
            assert np.abs(raw.astype(int) - network).max() <= LEVELS, name
        shown = worker.pictures(drawing)[0]
        assert np.abs(shown.astype(int) - composed).max() <= LEVELS, name
        assert (shown != loaded.model.photo).any(), name
