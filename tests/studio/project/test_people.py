"""The people in a project's photo: found once, kept beside it, and a way out where nobody can be looked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from skimage import data

from primage.detection.figures import figures
from primage.detection.people import People as Seen
from primage.http.errors import RefusalError
from primage.image import resize_image
from primage.studio.project import people as module
from primage.studio.project.people import People
from primage.studio.project.store import Store
from primage.studio.workers.reader import FindPeople, Reader
from primage.studio.workers.reading import find_people
from tests.detection.drawn_face import drawn_face
from tests.studio.visitor import Visitor
from tests.tiny import run_alone

PROJECT = "0123456789abcdef"


class Looking(Reader):
    """Finds one face, and counts how often it looks."""

    def __init__(self) -> None:
        self.looked = 0

    async def run(self, _job: Any) -> Any:
        self.looked += 1
        return figures(Seen((drawn_face((100, 80)),)), (160, 200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / PROJECT).mkdir()
    (tmp_path / PROJECT / "original").write_bytes(b"photo")
    return tmp_path


def people(folder: Path, reader: Reader) -> People:
    return People(reader, Store(folder, 10))


def test_a_photo_is_searched_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "why_not", lambda: None)
    reader = Looking()

    async def twice() -> None:
        tabs = people(folder, reader)
        first, second = await asyncio.gather(tabs.of(PROJECT), tabs.of(PROJECT))
        assert first == second
        assert [figure.kind for figure in first.figures] == ["face"]

    run_alone(twice())
    run_alone(twice())  # the studio was started again
    assert reader.looked == 1
    (folder / PROJECT / "original").write_bytes(b"another photo")
    run_alone(twice())
    assert reader.looked == 2
    (folder / PROJECT / "people.json").write_text("{}")
    run_alone(twice())
    assert reader.looked == 3


def test_without_detectors_there_is_a_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "why_not", lambda: "install it with pip")
    with pytest.raises(RefusalError, match="cannot be found here: install it with pip") as refused:
        run_alone(people(folder, Looking()).of(PROJECT))
    assert (refused.value.status, refused.value.code) == (409, "unavailable")


def test_the_route_answers_or_says_what_is_missing(visitor: Visitor, project: str) -> None:
    answer = visitor.http.get(f"/api/projects/{project}/people")
    if answer.status_code == 200:  # noise shows nobody
        assert answer.json() == {"figures": []}
    else:
        assert answer.status_code == 409
        assert "primage" in answer.json()["message"]


@pytest.mark.usefixtures("detectors")
def test_the_worker_finds_a_face(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(resize_image(data.astronaut(), (256, 256))).save(photo)
    assert [figure.kind for figure in find_people(FindPeople(photo))] == ["face", "body"]
