"""PNG files that state their gamma."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.image import read_image
from primage.render.photo_files import read_photo
from tests.test_image import chunk, png16

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def as_light(levels: np.ndarray, gamma: float) -> np.ndarray:
    """Values of 16 bits that a gamma stores for levels of sRGB."""
    value = levels / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.rint(light**gamma * 65535).astype(np.uint16)


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 0.3])
def test_16_bits_become_srgb_without_loss(tmp_path: Path, gamma: float) -> None:
    for channels, colour_type in ((1, 0), (3, 2), (4, 6)):
        pixels = np.repeat(as_light(LEVELS, gamma)[..., None], channels, axis=2)
        if channels == 4:
            pixels[..., 3] = 65535
        (tmp_path / "a.png").write_bytes(png16(pixels, colour_type, gama(gamma)))
        read = read_image(tmp_path / "a.png")
        assert np.abs(read.astype(int) - LEVELS[..., None]).max() <= (0 if gamma <= 0.6 else 1)
    photo = read_photo(tmp_path / "a.png")
    assert photo.pixels.dtype == np.uint8  # with opacity
    (tmp_path / "a.png").write_bytes(png16(pixels[..., :3], 2, gama(gamma)))
    assert np.abs(read_photo(tmp_path / "a.png").pixels / 257 - LEVELS[..., None]).max() <= 1


def test_8_bits(tmp_path: Path) -> None:
    from PIL import Image

    for mode in ("L", "P", "RGB", "RGBA", "LA"):
        Image.fromarray((as_light(LEVELS, 1 / 1.8) // 257).astype(np.uint8)).convert(mode).save(tmp_path / "a.png")
        whole = (tmp_path / "a.png").read_bytes()
        at = whole.index(b"IDAT" if mode != "P" else b"PLTE") - 4
        (tmp_path / "a.png").write_bytes(whole[:at] + gama(1 / 1.8) + whole[at:])
        assert np.abs(read_image(tmp_path / "a.png").astype(int) - LEVELS[..., None])[LEVELS > 40].max() <= 3, mode
        assert np.abs(read_photo(tmp_path / "a.png").pixels.astype(int) - LEVELS[..., None])[LEVELS > 40].max() <= 3


@pytest.mark.parametrize("more", [gama(0.45455), gama(0.4545), gama(0), gama(1) + chunk(b"sRGB", b"\0")])
def test_srgb_stays_as_it_is(tmp_path: Path, more: bytes) -> None:
    pixels = np.repeat(LEVELS[..., None].astype(np.uint16) * 257, 3, axis=2)
    (tmp_path / "a.png").write_bytes(png16(pixels, 2, more))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels // 257)


def test_labels_are_values_and_not_colours(tmp_path: Path) -> None:
    pixels = np.repeat(LEVELS[..., None].astype(np.uint16) * 257, 3, axis=2)
    (tmp_path / "a.png").write_bytes(png16(pixels, 2, gama(1)))
    np.testing.assert_array_equal(flatten(decode(tmp_path / "a.png"), managed=False), pixels // 257)
