"""Seals: by which Primage recognises a file that it made and that nobody has changed since.

A sealed file has, where its format takes text, the SHA-256 of all its other bytes. A copy keeps its seal; a file that
another program saved again has none, or one that no longer fits, and is a person's work.
"""

from __future__ import annotations

import hashlib
import mmap
import zlib
from pathlib import Path
from typing import Literal

State = Literal["sealed", "changed", "foreign"]

#: Name of the seal among a file's texts.
KEY = "primage-seal"
_MARK = b"primage-sha256:"
_DIGITS = 64
#: The text to store in a file that `seal` will seal.
BLANK = {KEY: _MARK.decode() + "0" * _DIGITS}
#: What comes before the seal in a PNG chunk; after it comes a checksum of both, which the digest leaves out.
_PNG, _CHUNK, _CHECKSUM_BYTES = b"\x89PNG\r\n\x1a\n", b"iTXt" + KEY.encode() + bytes(5), 4
#: How PNG, JPEG and OpenRaster files begin, and the renders and origins in them of versions that knew no seals.
_OLDER_TEXT = b'{"software": "Primage '
_OLDER = (
    (_PNG, b"iTXtprimage" + bytes(5) + _OLDER_TEXT),
    (_PNG, b"iTXtprimage-origin\0"),
    (b"\xff\xd8", _OLDER_TEXT),
    (b"PK\3\4", b"iTXtprimage" + bytes(5) + _OLDER_TEXT),
)


def seal(path: Path) -> None:
    """Seal a file that was written with the text `BLANK` in it; a file without it stays as it is.

    Args:
        path: a file of any format; not atomically.

    Raises:
        OSError: the file cannot be read or written.
    """
    if not path.stat().st_size:
        return
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        start = data.find(_MARK)
        if start < 0:
            return
        text = _MARK + _digest(data, start)
        data[start : start + len(text)] = text
        if data[: len(_PNG)] == _PNG:
            end = start + len(text)
            data[end : end + _CHECKSUM_BYTES] = zlib.crc32(_CHUNK + text).to_bytes(_CHECKSUM_BYTES, "big")


def state(path: Path) -> State:
    """Whether Primage made a file.

    Args:
        path: an existing file.

    Returns:
        "sealed" if it is as Primage wrote it, or a render by a version that knew no seals; "changed" if another program
        changed it; "foreign" if nothing says that Primage made it.

    Raises:
        OSError: the file cannot be read.
    """
    if not path.stat().st_size:
        return "foreign"
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(_MARK)
        if start < 0:
            older = any(data[: len(begin)] == begin and data.find(mark) >= 0 for begin, mark in _OLDER)
            return "sealed" if older else "foreign"
        found = data[start + len(_MARK) : start + len(_MARK) + _DIGITS]
        return "sealed" if found == _digest(data, start) else "changed"


def _digest(data: mmap.mmap, start: int) -> bytes:
    """The SHA-256 of all bytes but those of the seal, in hexadecimal."""
    end = start + len(_MARK) + _DIGITS + (_CHECKSUM_BYTES if data[: len(_PNG)] == _PNG else 0)
    with memoryview(data) as view:
        digest = hashlib.sha256(view[:start])
        digest.update(view[end:])
    return digest.hexdigest().encode()
