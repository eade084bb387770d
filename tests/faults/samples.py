"""What the bad and odd files of this folder are made of, and what is to come of each."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

Colour = tuple[int, int, int]
RED, GREEN, BLUE, GREY = (200, 30, 60), (20, 180, 40), (30, 60, 220), (120, 120, 120)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Shows:
    """A picture is read: its size, and its corners from left to right and from top to bottom."""

    height: int
    width: int
    corners: tuple[Colour, Colour, Colour, Colour]
    tolerance: int = 0


@dataclass(frozen=True)
class Sample:
    """A file; ``expected`` is the picture, or what its one error says (a pattern)."""

    name: str
    content: bytes
    expected: Shows | str


def plain(height: int, width: int, colour: Colour, tolerance: int = 0) -> Shows:
    return Shows(height, width, (colour, colour, colour, colour), tolerance)


#: 32×64 pixels: the quarters are red and green above blue and grey.
CORNERS = (RED, GREEN, BLUE, GREY)
QUARTERS = np.kron(np.array(CORNERS, np.uint8).reshape(2, 2, 3), np.ones((16, 32, 1), np.uint8))
AS_IT_IS = Shows(32, 64, CORNERS)
NEARLY = Shows(32, 64, CORNERS, 8)


def encoded(kind: str, pixels: np.ndarray | Image.Image = QUARTERS, **options: object) -> bytes:
    out = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(out, kind, **options)
    return out.getvalue()


def frames(kind: str, count: int = 3, **options: object) -> bytes:
    others = [Image.fromarray(np.roll(QUARTERS, 5 * at, axis=1)) for at in range(1, count)]
    return encoded(kind, save_all=True, append_images=others, **options)


@functools.cache
def raw_zeros(size: int) -> bytes:
    """A deflate stream of zeros, made from one repeated block; ``size`` is a multiple of 16 MiB."""
    block = 1 << 24
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    return part * (size // block) + b"\3\0"


def zlib_zeros(size: int) -> bytes:
    """A zlib stream of zeros."""
    return b"\x78\xda" + raw_zeros(size) + struct.pack(">HH", size % 65521, 1)


def replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]
