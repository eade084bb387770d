"""Photoshop files (PSD) with layers, 8 or 16 bits per channel.

Source:
    Adobe Photoshop File Formats Specification, November 2019.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, no_type_check

import numpy as np
from jaxtyping import UInt8

from primage.render.picture_layers import LayeredPicture, PictureLayer
from primage.render.xmp import xmp_packet
from primage.synthesis.kernel import kernel

#: Limits of the format; the length is that of signed 32-bit offsets.
MAX_BYTES = (1 << 31) - 1
_RGB = 3
#: Compressions of a channel.
_PACK_BITS, _ZIP_WITH_PREDICTION = 1, 3
#: Numbers of channels that are no colours.
_OPACITY, _MASK = -1, -2
#: Image resources.
_PROFILE, _VERSION, _EXIF, _XMP = 1039, 1057, 1058, 1060
#: Flags of a layer: one that Photoshop 5 and later always set, and hidden.
_NO_IMAGE_FLAG, _HIDDEN = 8, 2


@dataclass(frozen=True)
class _Channel:
    number: int
    data: bytes


def write_psd(path: Path, picture: LayeredPicture, text: Mapping[str, str]) -> None:
    """Write a picture with its layers as a Photoshop file.

    The patch has a layer mask. Layers of 8 bits are packed (PackBits), those of 16 bits deflated, as by Photoshop.

    Args:
        path: the file; not atomically.
        picture: the picture. 16 bits are kept.
        text: stored in the XMP packet.

    Raises:
        OSError: the file cannot be written.
        ValueError: it would be larger than a Photoshop file can be.
    """
    height, width, channels = picture.merged.shape
    deep = picture.merged.dtype == np.uint16
    # From back to front.
    layers = [_record(layer, deep, masked=layer is picture.patch) for layer in _layers(picture)]
    if sum(len(channel.data) for _, found in layers for channel in found) + picture.merged.nbytes > MAX_BYTES:
        raise ValueError("Photoshop files are at most 2 GB; OpenRaster files may be larger")
    records = b"".join(head for head, _ in layers)
    data = [channel.data for _, found in layers for channel in found]
    info = [struct.pack(">h", len(layers)), records, *data]
    length = sum(map(len, info))
    info.append(bytes(-length % 4))
    length += len(info[-1])
    with path.open("wb") as file:
        file.write(struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, 16 if deep else 8, _RGB))
        file.write(struct.pack(">I", 0))
        resources = _resources(picture, text)
        file.write(struct.pack(">I", len(resources)) + resources)
        if deep:  # layers of 16 bits are in a block of their own, behind no layers and no global mask
            file.write(struct.pack(">III4s4sI", 20 + length, 0, 0, b"8BIM", b"Lr16", length))
        else:
            file.write(struct.pack(">II", 8 + length, length))
        file.writelines(info)
        if not deep:
            file.write(struct.pack(">I", 0))
        _write_merged(file, picture.merged)


def _layers(picture: LayeredPicture) -> Iterator[PictureLayer]:
    yield from (picture.original, picture.patch, *picture.drawing)


def _resources(picture: LayeredPicture, text: Mapping[str, str]) -> bytes:
    writer = "Primage".encode("utf-16-be")
    name = struct.pack(">I", len(writer) // 2) + writer
    # The merged picture is what the layers show.
    found = {_VERSION: struct.pack(">IB", 1, 1) + name + name + struct.pack(">I", 1)}
    found[_XMP] = xmp_packet(text)
    if picture.photo.profile is not None:
        found[_PROFILE] = picture.photo.profile
    if picture.photo.exif is not None:
        found[_EXIF] = picture.photo.exif
    return b"".join(
        struct.pack(">4sHHI", b"8BIM", number, 0, len(data)) + data + bytes(len(data) % 2)
        for number, data in sorted(found.items())
    )


def _record(layer: PictureLayer, deep: bool, masked: bool) -> tuple[bytes, list[_Channel]]:
    """The record of a layer, and its channels."""
    colours = layer.colours()
    if deep and colours.dtype == np.uint8:
        colours = colours.astype(np.uint16) * np.uint16(257)
    channels = [_Channel(number, _compressed(colours[..., number])) for number in range(colours.shape[2])]
    mask = b""
    if layer.opacity is not None:
        opacity = layer.opacity() * np.array(np.iinfo(colours.dtype).max, colours.dtype)
        channels.append(_Channel(_MASK if masked else _OPACITY, _compressed(opacity)))
        mask = struct.pack(">4iBB2x", *layer.box, 0, 0) if masked else b""  # transparent outside
    name = layer.name.encode("ascii")
    name = bytes([len(name)]) + name
    name += bytes(-len(name) % 4)
    extra = struct.pack(">I", len(mask)) + mask + struct.pack(">I", 0) + name
    head = struct.pack(">4iH", *layer.box, len(channels))
    head += b"".join(struct.pack(">hI", channel.number, len(channel.data)) for channel in channels)
    flags = _NO_IMAGE_FLAG if layer.visible else _NO_IMAGE_FLAG | _HIDDEN
    head += struct.pack(">4s4sBBBxI", b"8BIM", b"norm", 255, 0, flags, len(extra))
    return head + extra, channels


def _compressed(channel: np.ndarray) -> bytes:
    """A channel of a layer, with the number of its compression."""
    if channel.dtype == np.uint8:
        lengths, packed = pack_bits(channel)
        return struct.pack(">H", _PACK_BITS) + lengths.astype(">u2").tobytes() + packed
    difference = channel.copy()
    difference[:, 1:] -= channel[:, :-1]
    return struct.pack(">H", _ZIP_WITH_PREDICTION) + zlib.compress(difference.astype(">u2").tobytes(), 3)


def _write_merged(file: BinaryIO, merged: np.ndarray) -> None:
    """The lengths of all rows of all channels, then the rows."""
    rows = []
    file.write(struct.pack(">H", _PACK_BITS))
    for number in range(merged.shape[2]):
        channel = np.ascontiguousarray(merged[..., number])
        if channel.dtype == np.uint16:
            channel = channel.astype(">u2").view(np.uint8)
        lengths, packed = pack_bits(channel)
        file.write(lengths.astype(">u2").tobytes())
        rows.append(packed)
    file.writelines(rows)


def pack_bits(rows: UInt8[np.ndarray, "h w"]) -> tuple[np.ndarray, bytes]:
    """Compress rows by the PackBits algorithm.

    Args:
        rows: (H, W), at most 65,000 wide.

    Returns:
        (H,) numbers of bytes of the compressed rows, and these bytes.

    Example:
        >>> lengths, data = pack_bits(np.array([[7, 7, 7, 7, 1, 2]], np.uint8))
        >>> lengths.tolist(), list(data)
        ([5], [253, 7, 1, 1, 2])
    """
    height, width = rows.shape
    out = np.empty(height * (width + -(-width // 128)), np.uint8)
    lengths = np.empty(height, np.int64)
    total = _pack(np.ascontiguousarray(rows), out, lengths)
    return lengths, out[:total].tobytes()


@kernel()
@no_type_check
def _pack(rows, out, lengths):
    total = 0
    height, width = rows.shape
    for y in range(height):
        start, x = total, 0
        while x < width:
            run = 1
            while x + run < width and run < 128 and rows[y, x + run] == rows[y, x]:
                run += 1
            if run > 2 or x + run == width:
                # A single last byte is a run of one, which is as short.
                out[total], out[total + 1] = (257 - run if run > 1 else 0), rows[y, x]
                total += 2
                x += run
                continue
            end = x
            while end < width and end - x < 128:
                if end + 2 < width and rows[y, end] == rows[y, end + 1] == rows[y, end + 2]:
                    break
                end += 1
            out[total] = end - x - 1
            total += 1
            for i in range(x, end):
                out[total] = rows[y, i]
                total += 1
            x = end
        lengths[y] = total - start
    return total
