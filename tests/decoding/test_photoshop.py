"""The merged picture of Photoshop documents."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from primage.decoding.decode import decode, stored_size
from primage.errors import ImageError
from primage.image import read_image
from tests.render.test_picture_layers import a_photo, write

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def resource(number: int, data: bytes) -> bytes:
    return struct.pack(">4sHHI", b"8BIM", number, 0, len(data)) + data + bytes(len(data) % 2)


def pack_bits(row: bytes) -> bytes:
    """A row as runs where bytes repeat, else as literals."""
    out, at = b"", 0
    while at < len(row):
        run = 1
        while at + run < len(row) and run < 128 and row[at + run] == row[at]:
            run += 1
        out += bytes([257 - run, row[at]]) if run > 1 else bytes([0, row[at]])
        at += run
    return out


def psd(
    planes: np.ndarray, mode: int = 3, layers: int = 0, packed: bool = True, more: bytes = b"", palette: bytes = b""
) -> bytes:
    """A document: (C, H, W) of 8 or 16 bits; ``layers`` is negative if the merged picture has transparency."""
    channels, height, width = planes.shape
    deep = planes.dtype == np.uint16
    out = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, 16 if deep else 8, mode)
    out += struct.pack(">I", len(palette)) + palette + struct.pack(">I", len(more)) + more
    count = struct.pack(">hxx", layers)
    if not layers:
        out += struct.pack(">I", 0)
    elif deep:
        out += struct.pack(">III4s4sI", 20 + len(count), 0, 0, b"8BIM", b"Lr16", len(count)) + count
    else:
        out += struct.pack(">II", 8 + len(count), len(count)) + count + bytes(4)
    rows = [row.tobytes() for row in planes.astype(planes.dtype.newbyteorder(">")).reshape(-1, width)]
    if packed:
        rows = [pack_bits(row) for row in rows]
        out += struct.pack(">H", 1) + b"".join(struct.pack(">H", len(row)) for row in rows)
    else:
        out += struct.pack(">H", 0)
    return out + b"".join(rows)


def planes(channels: int, deep: bool = False) -> np.ndarray:
    values = np.random.default_rng(0).integers(0, 4, (channels, 9, 7)) * 85
    return (values * 257).astype(np.uint16) if deep else values.astype(np.uint8)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("mode", "channels"), [(3, 3), (1, 1), (3, 4)])
def test_the_merged_picture(tmp_path: Path, mode: int, channels: int, packed: bool, deep: bool) -> None:
    stored = planes(channels, deep)
    (tmp_path / "a.psd").write_bytes(psd(stored, mode, 2, packed, resource(1005, b"x") + resource(1039, SRGB)))
    expected = np.moveaxis(planes(channels)[: min(channels, 3)], 0, 2)  # a fourth channel is a selection
    assert np.abs(read_image(tmp_path / "a.psd").astype(int) - expected).max() <= 1  # the profile is applied
    decoded = decode(tmp_path / "a.psd")
    assert decoded.format == "PSD"
    assert decoded.image.info["icc_profile"] == SRGB
    assert (decoded.samples is not None) == deep
    assert stored_size(tmp_path / "a.psd") == (9, 7)


@pytest.mark.parametrize("deep", [False, True])
def test_transparency(tmp_path: Path, deep: bool) -> None:
    opacity = np.tile(np.linspace(0, 1, 7), (9, 1))
    colours = np.array([200, 30, 90]).reshape(3, 1, 1) * opacity + 255 * (1 - opacity)  # as Photoshop stores them
    values = np.rint(np.concatenate([colours, opacity[None] * 255]) * (257 if deep else 1))
    (tmp_path / "a.psd").write_bytes(psd(values.astype(np.uint16 if deep else np.uint8), layers=-1))
    white = read_image(tmp_path / "a.psd")
    assert np.abs(white - np.moveaxis(colours, 0, 2)).max() <= 2
    black = read_image(tmp_path / "a.psd", (0, 0, 0))
    assert np.abs(black - np.array([200, 30, 90]) * opacity[..., None]).max() <= 3


def test_indexed_and_cmyk(tmp_path: Path) -> None:
    index = planes(1) // 85
    palette = np.zeros((3, 256), np.uint8)
    palette[:, :4] = [[255, 0, 0, 9], [0, 200, 0, 9], [0, 0, 250, 9]]
    (tmp_path / "a.psd").write_bytes(psd(index, 2, palette=palette.tobytes()))
    np.testing.assert_array_equal(read_image(tmp_path / "a.psd"), palette.T[index[0]])
    assert decode(tmp_path / "a.psd").image.mode == "P"
    (tmp_path / "b.psd").write_bytes(psd(np.full((4, 5, 5), 255, np.uint8), 4))  # no ink
    assert (read_image(tmp_path / "b.psd") == 255).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (psd(planes(3), 9), "other colours than 8 or 16 bits; save it"),
        (psd(planes(3), more=resource(1057, struct.pack(">IB", 1, 0))), "Maximize compatibility"),
        (psd(planes(3))[:-20], "a Photoshop document, but it is damaged"),
        (psd(planes(3))[:30], "a Photoshop document, but it is damaged"),
        (b"8BPS\0\1" + bytes(20), "has no pixels"),
        (psd(planes(3))[:14] + struct.pack(">II", 10**6, 10**6) + psd(planes(3))[22:], "the limits are"),
    ],
)
def test_refusals(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.psd").write_bytes(content)
    with pytest.raises(ImageError, match=message):
        read_image(tmp_path / "a.psd")


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("suffix", ["psd", "ora"])
def test_results_with_layers_are_read_again(tmp_path: Path, suffix: str, deep: bool) -> None:
    photo = a_photo(deep, profile=None)
    result = write(tmp_path / f"a.{suffix}", photo)
    expected = (result.astype(np.uint32) + 128) // 257 if deep else result
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), expected)
