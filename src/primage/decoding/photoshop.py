"""The merged picture of Photoshop documents (PSD), 8 or 16 bits per channel; its layers are not read.

Source:
    Adobe Photoshop File Formats Specification, November 2019.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt16
from PIL import Image

from primage.decoding.pillow import check_size
from primage.errors import ImageError

_BITMAP, _GREY, _INDEXED, _RGB, _CMYK, _DUOTONE = 0, 1, 2, 3, 4, 8
#: Number of channels with colours, and Pillow's mode without and with opacity.
_MODES = {_GREY: (1, "L", "LA"), _DUOTONE: (1, "L", "LA"), _INDEXED: (1, "P", "P"), _RGB: (3, "RGB", "RGBA")}
_MODES[_CMYK] = (4, "CMYK", "CMYK")
#: Image resources.
_PROFILE, _VERSION = 1039, 1057
_RAW, _PACK_BITS = 0, 1
#: Channels, height, width, bits per sample, mode.
_HEADER = "12xHIIHH"
_EXPORT = "save it with 8 or 16 bits per channel in RGB, or export it as PNG"


@dataclass
class _Bytes:
    data: bytes
    at: int = 0

    def take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(f">{layout}", self.data, self.at)
        self.at += struct.calcsize(f">{layout}")
        return found

    def block(self) -> _Bytes:
        (length,) = self.take("I")
        self.at += length
        return _Bytes(self.data[self.at - length : self.at])


def merged_size(data: bytes, name: str) -> tuple[int, int]:
    """(height, width) of a document.

    Args:
        data: the file.
        name: for messages.

    Raises:
        ImageError: it is too large to be decoded, or has no pixels.
        Exception: it is damaged.
    """
    _, height, width, _, _ = _Bytes(data).take(_HEADER)
    check_size(width, height, name)
    return height, width


def read_merged(data: bytes, name: str) -> tuple[Image.Image, UInt16[np.ndarray, "h w c"] | None]:
    """Read the merged picture of a document.

    Args:
        data: the file.
        name: for messages.

    Returns:
        The picture with 8 bits, and (H, W, C) samples if it has 16.

    Raises:
        ImageError: it is in other colours than grey, indexed, RGB and CMYK, or was saved without a merged picture.
        Exception: it is damaged.
    """
    file = _Bytes(data)
    channels, height, width, depth, mode = file.take(_HEADER)
    check_size(width, height, name)
    if mode not in _MODES or depth not in (8, 16) or (mode == _INDEXED and depth != 8):
        raise ImageError(f"{name} is a Photoshop document with other colours than 8 or 16 bits; {_EXPORT}")
    palette = file.block().data
    resources = _resources(file.block())
    version = resources.get(_VERSION, b"")
    if len(version) > 4 and not version[4]:
        raise ImageError(
            f"{name} was saved without its merged picture; save it again with 'Maximize compatibility', or as PNG"
        )
    transparent = _has_transparency(file.block(), depth)
    colours, plain, with_opacity = _MODES[mode]
    transparent = transparent and channels > colours and plain != with_opacity
    planes = _planes(file, (channels, height, width), depth, min(channels, colours + transparent))
    if mode == _CMYK:  # stored as 255 for no ink
        planes = ~planes
    samples = np.ascontiguousarray(np.moveaxis(planes, 0, 2))
    if transparent:
        samples = _without_white(samples)
    eight = samples if depth == 8 else (samples >> 8).astype(np.uint8)
    image = Image.frombytes(with_opacity if transparent else plain, (width, height), eight.tobytes())
    if mode == _INDEXED:  # all reds, all greens, all blues
        image.putpalette(np.frombuffer(palette[:768], np.uint8).reshape(3, -1).T.tobytes())
    if _PROFILE in resources:
        image.info["icc_profile"] = resources[_PROFILE]
    return image, samples if depth == 16 else None


def _resources(file: _Bytes) -> dict[int, bytes]:
    found = {}
    while file.at + 12 <= len(file.data):
        number, length = file.take("4xHB")
        file.at += length + (length + 1) % 2  # the name, padded together with its length
        content = file.block().data
        file.at += len(content) % 2
        found[number] = content
    return found


def _has_transparency(layers: _Bytes, depth: int) -> bool:
    """Whether the first channel after the colours is the opacity; otherwise it is a saved selection."""
    if len(layers.data) < 8:
        return False
    info = layers.block()
    if depth == 16 and not info.data:  # in a block of its own, behind the global mask
        at = layers.data.find(b"Lr16", layers.at)
        info = _Bytes(layers.data[at + 8 :]) if at >= 0 else info
    return len(info.data) >= 2 and info.take("h")[0] < 0


def _planes(file: _Bytes, shape: tuple[int, int, int], depth: int, used: int) -> np.ndarray:
    """(C, H, W) uint8 or uint16: the first ``used`` channels."""
    channels, height, width = shape
    (compression,) = file.take("H")
    row = width * depth // 8
    if compression == _RAW:
        raw = file.data[file.at : file.at + used * height * row]
    elif compression == _PACK_BITS:
        lengths = file.take(f"{channels * height}H")
        raw = b"".join(_unpacked(file, length, row) for length in lengths[: used * height])
    else:
        raise ValueError(f"compression {compression}")
    planes = np.frombuffer(raw, np.uint8 if depth == 8 else ">u2").reshape(used, height, width)
    return planes if depth == 8 else planes.astype(np.uint16)


def _unpacked(file: _Bytes, length: int, row: int) -> bytes:
    """Undo the PackBits algorithm for one row."""
    data, at, end = file.data, file.at, file.at + length
    out = bytearray()
    while at < end and len(out) < row:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2 + count]
            at += 2 + count
        elif count > 128:
            out += data[at + 1 : at + 2] * (257 - count)
            at += 2
        else:
            at += 1
    file.at = end
    return bytes(out[:row])


def _without_white(samples: np.ndarray) -> np.ndarray:
    """Undo the white behind the colours of a merged picture with transparency."""
    most = np.iinfo(samples.dtype).max
    opacity = samples[..., -1:].astype(np.float64) / most
    colours = (samples[..., :-1] - most * (1 - opacity)) / np.maximum(opacity, 1 / most)
    return np.concatenate([np.rint(colours.clip(0, most)).astype(samples.dtype), samples[..., -1:]], axis=2)
