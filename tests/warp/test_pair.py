"""Training pairs: sizes, batches, and lines extracted at several sigmas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from primage.config import AugmentConfig
from primage.grid import identity_grid, resample
from primage.labels.label_map import colourise, label_boundaries
from primage.primitive.primitive import Primitive, encode
from primage.tensors import to_tensor
from primage.warp.pair import TrainingPair
from tests.primitive.drawings import KINDS, astronaut, blocks, cross, described, drawing

OFF = AugmentConfig(tps=False, flip=False)


def pair_of(kind: str = "super", scale: float = 1.0, augment: AugmentConfig = OFF, **settings: object) -> TrainingPair:
    photo = astronaut(64)
    primitive = drawing(kind, (64, 80))
    return TrainingPair(photo, primitive, described(primitive, **settings), scale, augment)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ["channels", "rgb", "pix2pixhd"])
def test_an_unwarped_draw_is_the_pair_itself(kind: str, encoding: str) -> None:
    pair = pair_of(kind, encoding=encoding)
    batch = pair.draw(2, torch.Generator().manual_seed(0))
    torch.testing.assert_close(batch.photo, to_tensor(astronaut(64)).expand(2, -1, -1, -1), atol=1e-4, rtol=0)
    torch.testing.assert_close(batch.primitive[1:], encode(drawing(kind, (64, 80)), pair.spec), atol=1e-6, rtol=0)
    torch.testing.assert_close(batch.grid[:1], identity_grid((64, 80)), atol=1e-6, rtol=0)
    assert batch.primitive.shape[1] == pair.spec.channels


@pytest.mark.parametrize(("scale", "size"), [(1.0, (64, 80)), (0.5, (32, 40)), (0.3, (19, 24)), (0.01, (16, 16))])
def test_scale_is_a_share_of_the_working_size_down_to_16_px(scale: float, size: tuple[int, int]) -> None:
    pair = pair_of(scale=scale)
    batch = pair.draw(1, torch.Generator().manual_seed(0))
    assert pair.size == size
    assert pair.encoded.shape[2:] == batch.photo.shape[2:] == batch.grid.shape[1:3] == size


def test_every_item_of_a_batch_has_a_warp_of_its_own_that_fits_its_photo() -> None:
    pair = pair_of(augment=AugmentConfig())
    batch = pair.draw(3, torch.Generator().manual_seed(0))
    assert not torch.equal(batch.grid[0], batch.grid[1])
    assert not torch.equal(batch.primitive[0], batch.primitive[1])
    torch.testing.assert_close(resample(pair.photo.expand(3, -1, -1, -1), batch.grid), batch.photo)


@pytest.mark.parametrize("kind", KINDS)
def test_a_camera_moves_through_every_kind_of_drawing(kind: str) -> None:
    pair = pair_of(kind, augment=AugmentConfig(camera=True, camera_probability=1.0, flip=False))
    batch = pair.draw(1, torch.Generator().manual_seed(0))
    assert float((batch.grid - identity_grid((64, 80))).abs().max()) > 0.05
    torch.testing.assert_close(resample(pair.photo, batch.grid), batch.photo)
    assert batch.primitive.shape == pair.encoded.shape


def test_draws_depend_on_the_rng_alone() -> None:
    pair = pair_of(augment=AugmentConfig(canny_sigma=True, cutmix=True))
    before = torch.get_rng_state()
    first, again = (pair.draw(3, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for name in ("photo", "primitive", "grid"):
        assert torch.equal(getattr(first, name), getattr(again, name))


def test_a_draw_can_replace_the_strengths_of_the_pair() -> None:
    pair = pair_of(augment=AugmentConfig(tps_shift=0.02, flip=False))
    bold = pair.augment.model_copy(update={"tps_shift": 0.3, "local_probability": 1.0})
    gentle = pair.draw(1, torch.Generator().manual_seed(0)).grid - identity_grid(pair.size)
    bolder = pair.draw(1, torch.Generator().manual_seed(0), augment=bold).grid - identity_grid(pair.size)
    assert bolder.abs().mean() > 5 * gentle.abs().mean()
    # What is switched off stays off.
    still = pair_of().draw(1, torch.Generator().manual_seed(0), augment=OFF.model_copy(update={"tps_shift": 0.3}))
    torch.testing.assert_close(still.grid, identity_grid(pair.size))


def test_photo_and_primitive_are_warped_as_one() -> None:
    labels = blocks((48, 64))
    primitive = Primitive("segments", segments=labels)
    pair = TrainingPair(colourise(labels), primitive, described(primitive, encoding="rgb"), 1.0, AugmentConfig())
    batch = pair.draw(4, torch.Generator().manual_seed(2))
    assert ((batch.photo - batch.primitive).abs() > 0.05).float().mean() < 0.12


@pytest.mark.parametrize(("kind", "varies"), [("edges", True), ("super", True), ("landmarks", False)])
def test_canny_sigma_varies_extracted_lines_only(kind: str, varies: bool) -> None:
    pair = pair_of(kind, augment=AugmentConfig(tps=False, flip=False, canny_sigma=True))
    generator = torch.Generator().manual_seed(0)
    lines = [pair.draw(1, generator).primitive[0, -2].numpy() for _ in range(12)]
    assert (len({layer.tobytes() for layer in lines}) > 2) == varies
    if kind == "super":  # the labels are untouched
        torch.testing.assert_close(pair.draw(1, generator).primitive[:, :3], pair.encoded[:, :3])
    assert any(np.array_equal(layer, cross((64, 80))) for layer in lines)  # the user's own lines are among them


def test_the_boundaries_are_those_of_the_warped_labels() -> None:
    pair = pair_of("segments", augment=AugmentConfig(tps_shift=0.2), encoding="pix2pixhd")
    planes = pair.draw(1, torch.Generator().manual_seed(0)).primitive[0].numpy()
    assert (planes[:-1].sum(0) == 1).all()
    np.testing.assert_array_equal(planes[-1], label_boundaries(planes[:-1].argmax(0).astype(np.uint8)))
    assert not np.array_equal(planes[-1], pair.encoded[0, -1])


def test_windows_show_the_pair_at_its_own_scale() -> None:
    pair = pair_of("segments", augment=OFF.model_copy(update={"window_px": 32, "window_probability": 1.0}))
    batch = pair.draw(3, torch.Generator().manual_seed(0))
    assert batch.photo.shape == (3, 3, 32, 32)
    assert batch.primitive.shape[2:] == (32, 32)
    photo = to_tensor(astronaut(64))[0]
    for i in range(3):
        x, y = ((batch.grid[i, 0, 0] + 1) / 2 * torch.tensor([79.0, 63.0])).round().int().tolist()
        torch.testing.assert_close(batch.photo[i], photo[:, y : y + 32, x : x + 32], atol=1e-3, rtol=0)
    assert not torch.equal(batch.grid[0], batch.grid[1])


def test_a_window_larger_than_the_picture_is_the_picture() -> None:
    pair = pair_of(augment=OFF.model_copy(update={"window_px": 256, "window_probability": 1.0}))
    assert pair.draw(1, torch.Generator().manual_seed(0)).photo.shape == (1, 3, 64, 80)
