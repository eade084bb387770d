"""What a JPEG file stores: luma at full size, chroma of cells of pixels, and how coarsely both were rounded."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32
from PIL import Image

from primage.decoding.pillow import pillow

#: The EXIF tag of the orientation.
_ORIENTATION = 274

#: Markers of segments. In the data of a scan, 0 follows each byte of 255 that is none, or a restart marker does.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END, _SCAN, _WITHOUT_LENGTH = 0xD9, 0xDA, (0x01, 0xD8)
#: Programs write about ten.
_MOST_SCANS = 100

#: Rows: luma, blue and red chroma (without their offset of 128) of red, green and blue.
#: Source: ITU-T T.871 (JFIF), §7.
RGB_TO_YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ],
    np.float32,
)


@dataclass(frozen=True, eq=False)
class JpegPlanes:
    """The planes of a JPEG file.

    Attributes:
        luma: (H, W), 0 to 255.
        chroma: (ceil(H / cell height), ceil(W / cell width), 2), blue and red, -128 to 127: the mean of each cell.
        cell: (height, width) of a cell in pixels; at most 4 pixels.
        noise: standard deviations of luma and chroma where all frequencies are present, in levels.
    """

    luma: Float32[np.ndarray, "h w"]
    chroma: Float32[np.ndarray, "h2 w2 2"]
    cell: tuple[int, int]
    noise: tuple[float, float]


def check_scans(data: bytes) -> None:
    """Check that a JPEG file has no more scans than programs write; each one costs a pass over all pixels.

    Args:
        data: the file.

    Raises:
        ValueError: it has more.
    """
    scans, at = 0, 2
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[0][-1], found.end()
        if marker == _END:
            return
        scans += marker == _SCAN
        if scans > _MOST_SCANS:
            raise ValueError(f"it has more than {_MOST_SCANS} scans")
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2], "big")


def jpeg_planes(data: bytes, name: str = "the photo") -> JpegPlanes | None:
    """Read the planes of a JPEG file, before colours are converted and clipped.

    Args:
        data: the file.
        name: for messages.

    Returns:
        None if it stores other planes than luma and chroma, is turned, or has cells of more than 4 pixels.

    Raises:
        ImageError: it is damaged.
    """
    with pillow(name, "a JPEG picture"):
        return _planes(data)


def _planes(data: bytes) -> JpegPlanes | None:
    image: Any = Image.open(io.BytesIO(data))
    image.draft("YCbCr", image.size)
    stores_rgb = image.info.get("adobe_transform") == 0 or [number for number, *_ in image.layer] == [*b"RGB"]
    if image.mode != "YCbCr" or stores_rgb or _is_turned(image):
        return None
    (_, wide, tall, luma_table), *others = image.layer
    if len(others) != 2 or others[0][1:] != others[1][1:] or wide % others[0][1] or tall % others[0][2]:
        return None
    cell = (tall // others[0][2], wide // others[0][1])
    if max(cell) > 2 and cell != (1, 4):
        return None
    tables = (image.quantization[luma_table], image.quantization[others[0][3]])
    planes = np.asarray(image, np.float32)
    chroma = planes[..., 1:] - 128
    for axis, count in enumerate(cell):
        chroma = _cells(chroma, axis, count).astype(np.float32)
    # A coefficient is off by up to half a step, and the transform preserves the mean square.
    luma_noise, chroma_noise = (float(np.sqrt(np.mean(np.square(table)) / 12)) for table in tables)
    return JpegPlanes(planes[..., 0].copy(), chroma, cell, (luma_noise, chroma_noise))


def _is_turned(image: Image.Image) -> bool:
    try:
        return bool(image.getexif().get(_ORIENTATION, 1) != 1)
    except Exception:  # a damaged EXIF block, which is ignored
        return False


def _cells(chroma: Float32[np.ndarray, "h w 2"], axis: int, count: int) -> np.ndarray:
    """The chroma of cells along an axis, from what the decoder interpolated between them.

    It weights a pair's cell by 3/4 and the next one by 1/4 ("fancy upsampling"), so that the mean of the two pixels has
    3/4 of its own cell and 1/8 of either neighbour's.
    """
    if count == 1:
        return chroma
    from scipy.linalg import solve_banded  # imported lazily: reading the table of kinds must not load SciPy

    values = np.moveaxis(chroma, axis, 0)
    short = -len(values) % count
    values = np.concatenate([values, values[[-1] * short]])
    means = values.reshape(len(values) // count, count, *values.shape[1:]).mean(axis=1)
    if count == 2 and len(means) > 1:
        bands = np.full((3, len(means)), 1 / 8)
        bands[1] = 3 / 4
        bands[1, [0, -1]] = 7 / 8
        means = solve_banded((1, 1), bands, means.reshape(len(means), -1)).reshape(means.shape)
    return np.moveaxis(means, 0, axis)
