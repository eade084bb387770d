"""What a PNG file says of itself that Pillow does not check.

Source:
    Portable Network Graphics Specification (Third Edition), §5 and §11.
"""

from __future__ import annotations

import struct
import zlib

from primage.decoding.pillow import check_size

#: Bytes of the signature and of the header's chunk.
HEADER_BYTES = 33
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3
#: Bytes that texts, profiles and the frames of chunks take at most, beside the pixels.
_BESIDE_PIXELS = 1 << 24


def check_chunks(data: bytes) -> None:
    """Check what pixels depend on: checksums of the critical chunks, and the palette.

    Args:
        data: the file.

    Raises:
        ValueError: a critical chunk is cut or its checksum is wrong, or an indexed picture has no valid palette.
    """
    view, at, colours = memoryview(data), len(_SIGNATURE), 0
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if not name[0] & 32:  # a capital first letter: critical
            if end > len(data):
                raise ValueError(f"its {name.decode('latin-1')!a} chunk is cut")
            if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
                raise ValueError(f"the checksum of its {name.decode('latin-1')!a} chunk is wrong")
        if name == b"PLTE":
            colours = 0 if length % 3 else length // 3
        elif name == b"IDAT" and data[25] == _INDEXED and not colours:
            raise ValueError("its palette is missing or cut")
        elif name == b"IEND":
            return
        at = end


def most_bytes(head: bytes, name: str) -> int:
    """The most bytes that a PNG file can sensibly take.

    Args:
        head: its first `HEADER_BYTES`.
        name: for messages.

    Raises:
        ValueError: it is no PNG file.
        ImageError: its picture is too large to be decoded.
    """
    if not head.startswith(_SIGNATURE) or len(head) < HEADER_BYTES:
        raise ValueError("its picture is no PNG file")
    width, height = struct.unpack_from(">II", head, 16)
    check_size(width, height, name)
    return int((8 * width + 1) * height) + _BESIDE_PIXELS
