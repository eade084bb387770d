"""One studio and one Chromium for all browser tests, and a photo small enough to render quickly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize

from tests.browser.launch import MissingError, Studio, build_editor, running_browser, running_studio, watch
from tests.browser.person import Person

#: The photo's side: a render takes a tenth of a second.
SIDE = 160
WINDOW: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    try:
        build_editor()
    except MissingError as missing:
        pytest.skip(str(missing))
    with running_studio(tmp_path_factory.mktemp("projects"), "--preset", "draft", calibrated=False) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with running_browser() as running:
            yield running
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small photo of a cat."""
    from skimage import data

    path = tmp_path_factory.mktemp("photo") / "cat.png"
    cat = Image.fromarray(data.chelsea()).crop((75, 0, 375, 300))
    cat.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(path)
    return path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW, color_scheme="dark")
    page = context.new_page()
    complaints = watch(page)
    yield page
    context.close()
    assert not complaints, complaints


@pytest.fixture
def person(page: Page, studio: Studio) -> Person:
    user = Person(page, studio.url)
    user.arrive()
    return user


@dataclass(frozen=True)
class Visit:
    """The address of a project, and the cookie needed to open it."""

    url: str
    state: StorageState


@pytest.fixture(scope="session")
def visit(browser: Browser, studio: Studio, photo: Path) -> Visit:
    """A project with its first render, shared by tests that undo their changes."""
    context = browser.new_context(viewport=WINDOW)
    user = Person(context.new_page(), studio.url)
    user.arrive()
    user.drop_photo(photo)
    user.edit()
    found = Visit(user.page.url, context.storage_state())
    context.close()
    return found


@pytest.fixture
def editor(browser: Browser, studio: Studio, visit: Visit) -> Iterator[Person]:
    """A person editing the shared project; their edits are undone afterwards."""
    context = browser.new_context(viewport=WINDOW, color_scheme="dark", storage_state=visit.state)
    page = context.new_page()
    complaints = watch(page)
    page.goto(visit.url)
    user = Person(page, studio.url)
    user.ready()
    yield user
    for _ in range(40):
        if page.get_by_role("button", name="Undo", exact=True).count():
            break
        user.undo()
        page.wait_for_timeout(60)
    context.close()
    assert not complaints, complaints


def within(inner: tuple[int, ...] | None, outer: tuple[int, ...] | None, margin: int) -> bool:
    """Whether a box is inside another one grown by a margin."""
    assert inner is not None
    assert outer is not None
    grown = [*(v - margin for v in outer[:2]), *(v + margin for v in outer[2:])]
    return all(a >= b for a, b in zip(inner[:2], grown[:2], strict=True)) and all(
        a <= b for a, b in zip(inner[2:], grown[2:], strict=True)
    )
