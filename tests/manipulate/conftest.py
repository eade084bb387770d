"""A run of the smallest kind, shared by the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from primage.model import Model, load
from tests.tiny import command, options, write_photo


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one step."""
    folder = tmp_path_factory.mktemp("manipulate")
    photo = write_photo(folder)
    assert command("train", photo, "-o", folder / "run", "-q", *options(steps=1, size=48)) == 0
    return folder / "run"


@pytest.fixture(scope="session")
def model(run: Path) -> Model:
    """Its model."""
    return load(run)
