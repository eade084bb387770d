"""Frames of videos, upright: phones film lying on their side and note how the frames are shown."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

if TYPE_CHECKING:
    import av


def upright_frame(frame: av.VideoFrame) -> UInt8[np.ndarray, "h w 3"]:
    """Convert a decoded frame, turned or mirrored as its video says; turns by other than right angles are ignored.

    Args:
        frame: from PyAV.

    Returns:
        (H, W, 3) uint8.

    Source:
        ISO/IEC 14496-12, §6.2.2: (x', y') = (a x + c y, b x + d y), in fixed point.
    """
    pixels = np.asarray(frame.to_ndarray(format="rgb24"))
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return pixels
    a, b, _, c, d = struct.unpack("<5i", bytes(data)[:20])
    if a == d == 0 and b and c:
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    elif b or c:
        return pixels
    return np.ascontiguousarray(pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
