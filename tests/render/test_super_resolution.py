"""Pictures that are enlarged by what the photo teaches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data
from torch.nn import functional as F

from primage.errors import ImageError
from primage.image import read_image
from primage.render.super_resolution import Upscaler, as_channels, learning, shrunk, upscaled
from primage.synthesis.steps import finished
from tests.tiny import command, contents, options, write_photo


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a.astype(float) - b) ** 2) / 255**2))


@pytest.fixture(scope="module")
def sharp() -> np.ndarray:
    """A picture with strong edges at every size."""
    return np.ascontiguousarray(data.camera()[60:156, 180:276, None].repeat(3, axis=2))


@pytest.fixture(scope="module")
def small(sharp: np.ndarray) -> np.ndarray:
    return np.rint(shrunk(as_channels(sharp), 2)[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network(small: np.ndarray) -> Upscaler:
    return finished(learning(small, 2, steps=60))


def test_a_photo_teaches_more_than_interpolation_knows(sharp: np.ndarray, small: np.ndarray, network: Upscaler) -> None:
    found = upscaled(network, small)
    assert found.shape == sharp.shape
    assert found.dtype == np.uint8
    bicubic = F.interpolate(as_channels(small), sharp.shape[:2], mode="bicubic", align_corners=False)
    plain = (bicubic[0].clamp(0, 1).permute(1, 2, 0) * 255).numpy()
    assert psnr(found, sharp) > psnr(plain, sharp) + 0.5
    # Shrunk again, it is what was enlarged.
    again = shrunk(as_channels(found), 2)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(again - small).mean() < 1


def test_equal_seeds_give_equal_networks(small: np.ndarray) -> None:
    first, second, other = (
        upscaled(finished(learning(small, 3, steps=2, seed=seed)), small[:30, :25]) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
    assert first.shape == (90, 75, 3)


def test_sixteen_bits_stay(small: np.ndarray, network: Upscaler) -> None:
    deep = small.astype(np.uint16) * 257
    found = upscaled(network, deep)
    assert found.dtype == np.uint16
    assert np.abs(found.astype(float) / 257 - upscaled(network, small)).max() <= 0.51
    assert (found % 257 != 0).any()


def test_tiles_have_no_seams(network: Upscaler, monkeypatch: pytest.MonkeyPatch, small: np.ndarray) -> None:
    whole = upscaled(network, small)
    monkeypatch.setattr("primage.render.super_resolution._TILE_PX", 20)
    assert np.abs(upscaled(network, small).astype(int) - whole).max() <= 1


def test_what_is_too_small_or_too_large_is_refused(small: np.ndarray, network: Upscaler) -> None:
    with pytest.raises(ImageError, match="too small to learn"):
        next(learning(small[:9], 2))
    with pytest.raises(ImageError, match="too large"):
        upscaled(network, np.broadcast_to(np.uint8(0), (9000, 9000, 3)))


def test_renders_are_enlarged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primage.render.super_resolution.STEPS", 2)
    photo = write_photo(tmp_path)
    assert command("train", photo, "-o", tmp_path / "run", "-q", *options(steps=0, size=48)) == 0
    drawing = tmp_path / "run/primitive.png"
    for name, given in (("plain", []), ("full", ["--photo", photo])):
        sizes = []
        for more in ([], ["--scale", 2]):
            out = tmp_path / f"{name}{len(more)}.png"
            assert command("render", tmp_path / "run", drawing, "-o", out, "-q", *given, *more) == 0
            sizes.append(np.array(read_image(out).shape[:2]))
        np.testing.assert_array_equal(2 * sizes[0], sizes[1])
    before = contents(tmp_path)
    for wrong in (["-o", tmp_path / "a.psd", "--photo", photo], ["-o", tmp_path / "a.png", "--patch"]):
        assert command("render", tmp_path / "run", drawing, *wrong, "--scale", 2, "-q") == 2
    assert contents(tmp_path) == before
