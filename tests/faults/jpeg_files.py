"""JPEG files: damaged, lying, and odd ones that are to be read."""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image

from tests.faults.samples import (
    NEARLY,
    QUARTERS,
    RED,
    Sample,
    Shows,
    encoded,
    plain,
    replaced,
)

#: What a decoder makes of blocks that are missing before the end.
REST = (128, 128, 128)
DAMAGED = "is a JPEG picture, but it is damaged"
LIMIT = "the limits are 16384 px per side and 100 megapixels"
WHOLE = encoded("JPEG", quality=95)
#: Where the frame's header (SOF0) and the scan's (SOS) begin.
FRAME, SCAN = WHOLE.index(b"\xff\xc0"), WHOLE.index(b"\xff\xda")
LONG = encoded("JPEG", np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), quality=95)


def sized(width: int, height: int) -> bytes:
    return replaced(WHOLE, FRAME + 5, struct.pack(">HH", height, width))


def segment(marker: int, data: bytes) -> bytes:
    """The whole picture with one more segment at its start."""
    return WHOLE[:2] + struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data + WHOLE[2:]


def arithmetic() -> bytes:
    """A sequential frame with arithmetic coding of one grey block, whose scan is empty: all decisions are 0."""
    tables = b"\xff\xdb\0\x43\0" + b"\1" * 64
    frame = b"\xff\xc9" + struct.pack(">HBHHB", 11, 8, 8, 8, 1) + b"\1\x11\0"
    return b"\xff\xd8" + tables + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(16) + b"\xff\xd9"


def many_scans(count: int) -> bytes:
    """A progressive frame of grey, and empty scans of its mean values."""
    huffman = b"\xff\xc4\0\x14\0\1" + bytes(16)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, 512, 512, 1) + b"\1\x11\0"
    return arithmetic()[:71] + huffman + frame + b"\xff\xda\0\x08\1\1\0\0\0\0" * count + b"\xff\xd9"


def inks(ycck: bool) -> bytes:
    """The quarters in inks, stored inverted as Adobe does; ``ycck``: converted, as YCbCr is from RGB."""
    first = np.asarray(Image.fromarray(255 - QUARTERS).convert("YCbCr")) if ycck else QUARTERS
    planes = 255 - np.concatenate([first, np.full((32, 64, 1), 255, np.uint8)], axis=2)
    data = encoded("JPEG", Image.frombytes("CMYK", (64, 32), planes.tobytes()), quality=95)
    return replaced(data, data.index(b"Adobe") + 11, b"\2") if ycck else data


JPEG_FILES = [
    Sample("JPEG of two bytes", b"\xff\xd8", "is of an unknown kind"),
    Sample("JPEG of three bytes", b"\xff\xd8\xff", DAMAGED),
    Sample("JPEG, half", LONG[: len(LONG) // 2], DAMAGED),
    Sample("JPEG without EOI", WHOLE[:-2], DAMAGED),
    Sample("JPEG cut in its header", WHOLE[: FRAME + 6], DAMAGED),
    Sample("JPEG without a scan", WHOLE[:SCAN], DAMAGED),
    Sample("JPEG without a frame", WHOLE[:FRAME] + WHOLE[SCAN:], DAMAGED),
    Sample("JPEG without tables", WHOLE[:2] + WHOLE[FRAME:], DAMAGED),
    Sample("JPEG with sides of 65500", sized(65500, 65500), "far too many pixels|" + LIMIT),
    Sample("JPEG one row of 65500", sized(65500, 1), LIMIT),
    Sample("JPEG larger than its pixels", sized(400, 400), Shows(400, 400, (RED, REST, REST, REST), 3)),
    Sample("JPEG of no width", sized(0, 32), DAMAGED),
    Sample("JPEG of no height", sized(64, 0), DAMAGED),
    Sample("JPEG of 12 bits", replaced(WHOLE, FRAME + 4, b"\x0c"), DAMAGED),
    Sample("JPEG without loss", replaced(WHOLE, FRAME, b"\xff\xc3"), DAMAGED),
    Sample("JPEG of 5 components", replaced(WHOLE, FRAME + 9, b"\5"), DAMAGED),
    Sample("JPEG with a segment of no length", WHOLE[:2] + b"\xff\xe1\0\0" + WHOLE[2:], NEARLY),
    Sample("JPEG with a segment beyond the end", WHOLE[:2] + b"\xff\xe1\xff\xff" + WHOLE[2:], DAMAGED),
    Sample("JPEG, progressive", encoded("JPEG", quality=95, progressive=True), NEARLY),
    Sample("JPEG with arithmetic coding", arithmetic(), plain(8, 8, (128, 128, 128))),
    Sample("JPEG CMYK", inks(False), NEARLY),
    Sample("JPEG YCCK", inks(True), NEARLY),
    Sample("JPEG grey", encoded("JPEG", Image.new("L", (9, 7), 90)), plain(7, 9, (90, 90, 90), 2)),
    Sample("JPEG one pixel", encoded("JPEG", Image.new("RGB", (1, 1), RED), quality=95), plain(1, 1, RED, 3)),
    Sample(
        "JPEG one column", encoded("JPEG", Image.new("RGB", (1, 10_000), RED), quality=95), plain(10_000, 1, RED, 3)
    ),
    Sample("JPEG with garbage EXIF", segment(0xE1, b"Exif\0\0" + bytes(range(200))), NEARLY),
    Sample("JPEG with empty EXIF", segment(0xE1, b"Exif\0\0"), NEARLY),
    Sample("JPEG with EXIF beyond its end", segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"), NEARLY),
    Sample("JPEG with a part of ICC", segment(0xE2, b"ICC_PROFILE\0\7\7broken"), NEARLY),
    Sample("JPEG with broken ICC", segment(0xE2, b"ICC_PROFILE\0\1\1broken"), NEARLY),
    Sample("JPEG with broken resources", segment(0xED, b"Photoshop 3.0\0008BIM\4\4\xff" + bytes(4)), NEARLY),
    Sample("JPEG with broken MPF", segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff" + bytes(9)), NEARLY),
    Sample(
        "JPEG with MPF of 9999 pictures",
        segment(0xE2, b"MPF\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0xB001, 4, 1, 9999) + bytes(4)),
        NEARLY,
    ),
    Sample("JPEG of 2,000 scans", many_scans(2000), "more than 100 scans"),
    Sample("JPEG of 100 scans", many_scans(100), plain(512, 512, REST)),
    Sample("JPEG, two of them", WHOLE + WHOLE, NEARLY),
]
