"""A trained run of tiny networks for every test of the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny import command, one_thread, options, write_photo


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photo.png, run/ (a finished super run), primitive.png and its layers; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    photo = write_photo(folder)
    assert command("train", photo, "--out", folder / "run", *options(steps=2), "--quiet") == 0
    assert command("primitive", photo, "--out", folder / "primitive.png", "--layers", "--quiet") == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `made` to work in."""
    folder = tmp_path / "folder"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder
