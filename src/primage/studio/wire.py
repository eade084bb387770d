"""Binary messages: the length of the header, the header as JSON, pixels (see editor/API.md)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np

from primage.http.errors import RefusalError
from primage.studio.schemas import Schema

_LENGTH = struct.Struct("<I")
#: A header lists patches, pieces and labels; the editor's are never longer than this.
MAX_HEADER_BYTES = 4 << 20


def pack(header: Schema, pixels: Iterable[bytes | np.ndarray] = ()) -> bytes:
    """Compose a message.

    Args:
        header: describes the pixels.
        pixels: uint8, in the header's order.

    Returns:
        The message.
    """
    text = header.model_dump_json().encode()
    parts = [part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes() for part in pixels]
    return b"".join([_LENGTH.pack(len(text)), text, *parts])


def unpack(frame: bytes) -> tuple[bytes, memoryview]:
    """Split a message.

    Args:
        frame: the message.

    Returns:
        The header's JSON and the pixels.

    Raises:
        RefusalError: the header is incomplete or too long.
    """
    if len(frame) < _LENGTH.size:
        raise RefusalError(422, "invalid", "the message is shorter than the length of its header")
    (length,) = _LENGTH.unpack_from(frame)
    if length > min(MAX_HEADER_BYTES, len(frame) - _LENGTH.size):
        raise RefusalError(
            422, "invalid", f"the message is shorter than its header, or the header is too long ({length} bytes)"
        )
    start = _LENGTH.size
    return frame[start : start + length], memoryview(frame)[start + length :]
