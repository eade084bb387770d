"""What no picture should contain, and several renders at a time: no crash, no forbidden copy, the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from primage.errors import PrimitiveError
from primage.model import Model, load
from primage.nets.generator import Painted
from primage.synthesis.polish import polish
from tests.synthesis.test_polish import PHOTO, SIZE, reference, same, torn, unedited
from tests.synthesis.textures import texture
from tests.tiny import command, one_thread, options, write_photo


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("extremes")
    with one_thread():
        assert command("train", write_photo(folder), "-o", folder / "run", *options(steps=1), "--quiet") == 0
    return load(Path(folder / "run"))


@pytest.mark.parametrize(
    ("kind", "size"),
    [("segments", (1, 1)), ("segments", (1, 40)), ("segments", (40, 1)), ("super", (2, 33)), ("edges", (4, 400))],
)
def test_strips_are_polished(kind: str, size: tuple[int, int]) -> None:
    photo = texture(size)
    trained = reference(kind, photo)
    image = photo.copy()
    image[..., -1:, :] = 255 - image[..., -1:, :]
    found = polish(trained, unedited(trained, image))
    assert found.image.shape == photo.shape
    assert (found.field >= 0).all()
    assert (found.field <= np.array(size) - 1).all()


@pytest.mark.parametrize("where", [(0, 0), (47, 63), (24, 30)])
def test_nothing_is_copied_if_all_but_one_pixel_is_forbidden(where: tuple[int, int]) -> None:
    forbidden = np.ones(SIZE, bool)
    forbidden[where] = False
    trained, render = reference(), torn()
    # No patch of the photo is free of forbidden pixels.
    with pytest.raises(PrimitiveError, match=r"^[^\n]+$"):
        polish(trained, render, None, forbidden)


def test_two_renders_at_once_have_the_bytes_of_one() -> None:
    renders = [torn(), replace(torn(), image=np.flipud(PHOTO).copy()), torn(), unedited(reference())]
    alone = [polish(reference(), render) for render in renders]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda render: polish(reference(), render), renders))
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))


def test_one_model_renders_several_sizes_at_once(model: Model) -> None:
    sizes = [48, 32, 40, 48, 32, 64]
    alone = [model.render(model.primitive, size) for size in sizes]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(lambda size: model.render(model.primitive, size), sizes))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_a_network_that_overflows_paints_something(value: float, model: Model) -> None:
    painted = model.paint(model.primitive)
    grid, confidence = painted.grids[-1].clone(), painted.confidence
    assert confidence is not None
    grid[:, 8:20, 10:30] = value
    confidence = torch.where(
        torch.rand(confidence.shape, generator=torch.Generator().manual_seed(0)) < 0.5, value, confidence
    )
    broken: Painted = replace(painted, grids=(*painted.grids[:-1], grid), confidence=confidence)
    found = model.polish(model.primitive, broken)
    assert found is not None
    assert found.image.shape == model.photo.shape
    assert np.isfinite(found.field).all()
    assert np.isfinite(found.incoherence).all()
