"""One studio for all tests in this folder, because its workers take seconds to start."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.studio.project.services import Options
from primage.studio.server.app import create_app
from primage.studio.server.security import Access
from tests.studio.visitor import HOST, TOKEN, Visitor
from tests.tiny import SETTINGS, picture


def options(folder: Path) -> Options:
    """Networks of a few channels, and limits that a test can reach."""
    return Options(
        projects=folder,
        preset="draft",
        settings=SETTINGS["draft"],
        upload_bytes=200_000,
        photo_pixels=50_000,
        import_bytes=20_000_000,
        calibrate_after_sec=None,  # it would import PyTorch for each test's project
    )


def studio(folder: Path) -> Visitor:
    """A visitor of a separate studio, which is not running yet."""
    return Visitor(create_app(options(folder), Access(TOKEN, frozenset({HOST}))))


@pytest.fixture(scope="session")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with studio(tmp_path_factory.mktemp("studio")).inside() as inside:
        yield inside


@pytest.fixture(scope="session")
def photo() -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(picture()).save(encoded, "PNG")
    return encoded.getvalue()


@pytest.fixture
def noisy(visitor: Visitor) -> Iterator[str]:
    """A project of noise, of which any render but a copy is incoherent; gone afterwards."""
    encoded = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).save(encoded, "PNG")
    made: str = visitor.upload(encoded.getvalue())["id"]
    yield made
    visitor.http.delete(f"/api/projects/{made}")


@pytest.fixture
def project(visitor: Visitor, photo: bytes) -> Iterator[str]:
    """A project of the tiny photo, gone afterwards."""
    made: str = visitor.upload(photo)["id"]
    yield made
    visitor.http.delete(f"/api/projects/{made}")
