"""PNG files: damaged, lying, swollen, and odd ones that are to be read."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from tests.faults.samples import (
    AS_IT_IS,
    BLACK,
    CORNERS,
    GREEN,
    QUARTERS,
    RED,
    WHITE,
    Sample,
    Shows,
    encoded,
    frames,
    plain,
    replaced,
    zlib_zeros,
)
from tests.test_image import chunk, png16

SIGNATURE = b"\x89PNG\r\n\x1a\n"
WHOLE = encoded("PNG")
DAMAGED = "is a PNG picture, but it is damaged"
LIMIT = "the limits are 16384 px per side and 100 megapixels"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def png(
    size: tuple[int, int], rows: bytes, depth: int = 8, colour: int = 2, extra: bytes = b"", packed: bytes | None = None
) -> bytes:
    """A PNG of (width, height), from rows that begin with their filter, or from a zlib stream."""
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    body = zlib.compress(rows) if packed is None else packed
    return SIGNATURE + chunk(b"IHDR", head) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_chunk(name: bytes, data: bytes) -> bytes:
    """The whole picture with one more chunk before its pixels."""
    return WHOLE[:33] + chunk(name, data) + WHOLE[33:]


def indexed(pixels: list[list[int]], palette: list[tuple[int, int, int]], opacity: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + bytes(row) for row in pixels)
    extra = chunk(b"PLTE", bytes(np.array(palette, np.uint8).reshape(-1)))
    return png((len(pixels[0]), len(pixels)), rows, 8, 3, extra + (chunk(b"tRNS", opacity) if opacity else b""))


def interlaced() -> bytes:
    """Adam7 passes of a 2×2 picture: pixel (0, 0); pixel (0, 1); then row 1."""
    rows = b"\0" + bytes(RED) + b"\0" + bytes(GREEN) + b"\0" + bytes(CORNERS[2]) + bytes(CORNERS[3])
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 1)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def turned(orientation: int) -> Sample:
    corner = {1: "0123", 2: "1032", 3: "3210", 4: "2301", 5: "0213", 6: "2031", 7: "3120", 8: "1302"}[orientation]
    height, width = (32, 64) if orientation < 5 else (64, 32)
    exif = Image.Exif()
    exif[0x0112] = orientation
    colours = [CORNERS[int(at)] for at in corner]
    shows = Shows(height, width, (colours[0], colours[1], colours[2], colours[3]))
    return Sample(f"turned by EXIF {orientation}", encoded("PNG", exif=exif), shows)


def with_orientation(value: int, kind: int = 3) -> bytes:
    return with_chunk(b"eXIf", struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 0x0112, kind, 1, value) + bytes(4))


AT = WHOLE.index(b"IDAT")
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
LONG = encoded("PNG", NOISE)
DEEP = np.array([[[257 * v for v in RED]] * 4] * 3, np.uint16)
OPACITY = np.array([[0, 255], [255, 255]], np.uint8)
GREYS = np.array([[0, 90], [200, 90]], np.uint8)

PNG_FILES = [
    Sample("empty", b"", r"is empty \(0 bytes\)"),
    Sample("one byte", b"\x89", "is of an unknown kind"),
    Sample("signature alone", SIGNATURE, DAMAGED),
    Sample("half", LONG[: len(LONG) // 2], DAMAGED),
    Sample("without end", WHOLE[:-12], AS_IT_IS),
    Sample("without pixels", SIGNATURE + WHOLE[8:33] + chunk(b"IEND", b""), DAMAGED),
    Sample("header alone", WHOLE[:33], DAMAGED),
    Sample("wrong CRC of the header", replaced(WHOLE, 29, b"\0\0\0\0"), DAMAGED),
    Sample("wrong CRC of the pixels", replaced(WHOLE, len(WHOLE) - 16, b"\0\0\0\0"), DAMAGED),
    Sample("pixels cut", LONG[: len(LONG) * 3 // 4] + LONG[-12:], DAMAGED),
    Sample("zlib stream cut", png((64, 64), b"", packed=zlib.compress(NOISE.tobytes())[:600]), DAMAGED),
    Sample("no zlib stream", png((8, 8), b"", packed=b"not compressed at all"), DAMAGED),
    Sample("unknown filter", png((2, 1), b"\x09" + bytes(6)), DAMAGED),
    Sample("chunk longer than the file", replaced(WHOLE, AT - 4, b"\x7f\xff\xff\xff"), DAMAGED),
    Sample("chunk of negative length", replaced(WHOLE, AT - 4, b"\xff\xff\xff\xff"), DAMAGED),
    Sample("header after the pixels", SIGNATURE + WHOLE[33:-12] + WHOLE[8:33] + WHOLE[-12:], DAMAGED),
    Sample("two headers", WHOLE[:33] + WHOLE[8:33] + WHOLE[33:], AS_IT_IS),
    Sample("depth 7", png((2, 1), bytes(7), depth=7), DAMAGED),
    Sample("colours of no kind", png((2, 1), bytes(7), colour=5), DAMAGED),
    Sample("no width", png((0, 4), bytes(4)), DAMAGED),
    Sample("no height", png((4, 0), b""), DAMAGED),
    Sample("sides of 2^31 - 1", png((2**31 - 1, 2**31 - 1), b""), "far too many pixels|" + LIMIT),
    Sample("sides of 2^32 - 1", png((2**32 - 1, 2**32 - 1), b""), "far too many pixels|" + LIMIT),
    Sample("larger than its pixels", png((4000, 4000), bytes(100)), DAMAGED),
    Sample("smaller than its pixels", png((2, 1), (b"\0" + bytes(RED * 2)) * 50), plain(1, 2, RED)),
    Sample("IDAT bomb", png((8, 8), b"", packed=zlib_zeros(1 << 30)), plain(8, 8, BLACK)),
    Sample("iCCP bomb", with_chunk(b"iCCP", b"p\0\0" + zlib_zeros(1 << 30)), DAMAGED),
    Sample("zTXt bomb", with_chunk(b"zTXt", b"t\0\0" + zlib_zeros(1 << 30)), DAMAGED),
    Sample("iTXt bomb", with_chunk(b"iTXt", b"t\0\1\0\0\0" + zlib_zeros(1 << 30)), DAMAGED),
    Sample("broken ICC", encoded("PNG", icc_profile=b"no profile at all"), AS_IT_IS),
    Sample("half an ICC", encoded("PNG", icc_profile=SRGB[: len(SRGB) // 2]), AS_IT_IS),
    Sample("ICC that lies about its size", encoded("PNG", icc_profile=b"\xff\xff\xff\xff" + SRGB[4:]), AS_IT_IS),
    Sample("garbage EXIF", with_chunk(b"eXIf", bytes(range(256))), AS_IT_IS),
    Sample(
        "EXIF that points at itself",
        with_chunk(b"eXIf", b"II*\0\x08\0\0\0" + b"\x69\x87\4\0\1\0\0\0\x08\0\0\0" * 9),
        AS_IT_IS,
    ),
    Sample("EXIF orientation 0", with_orientation(0), AS_IT_IS),
    Sample("EXIF orientation 99", with_orientation(99), AS_IT_IS),
    Sample("EXIF orientation as text", with_orientation(0x36, kind=2), AS_IT_IS),
    *(turned(orientation) for orientation in range(1, 9)),
    Sample("gamma of nothing", with_chunk(b"gAMA", bytes(4)), AS_IT_IS),
    Sample("gamma cut", with_chunk(b"gAMA", b"\0"), DAMAGED),
    Sample("one pixel", png((1, 1), b"\0" + bytes(RED)), plain(1, 1, RED)),
    Sample("one column", png((1, 10_000), (b"\0" + bytes(RED)) * 10_000), plain(10_000, 1, RED)),
    Sample("one row", png((10_000, 1), b"\0" + bytes(RED) * 10_000), plain(1, 10_000, RED)),
    Sample("one bit", png((8, 1), b"\0\x0f", 1, 0), Shows(1, 8, (BLACK, WHITE, BLACK, WHITE))),
    Sample("16 bits", png16(DEEP, 2), plain(3, 4, RED)),
    Sample("16 bits of grey, half", png16(NOISE.astype(np.uint16)[..., :1] * 257, 0)[:3000], DAMAGED),
    Sample("palette", indexed([[0, 1]], [RED, GREEN]), Shows(1, 2, (RED, GREEN, RED, GREEN))),
    Sample("palette and opacity", indexed([[0, 1]], [RED, GREEN], b"\0"), Shows(1, 2, (WHITE, GREEN, WHITE, GREEN))),
    Sample("more opacities than colours", indexed([[0, 1]], [RED, GREEN], b"\0" * 300), "but it is damaged"),
    Sample("index outside the palette", indexed([[0, 7]], [RED, GREEN]), Shows(1, 2, (RED, BLACK, RED, BLACK))),
    Sample("no palette", png((2, 1), b"\0\0\1", 8, 3), DAMAGED),
    Sample("palette of half a colour", png((2, 1), b"\0\0\1", 8, 3, chunk(b"PLTE", bytes(RED) + b"\1")), DAMAGED),
    Sample("opacity cut", png((2, 1), b"\0" + bytes(6), extra=chunk(b"tRNS", b"\0")), DAMAGED),
    Sample(
        "grey and opacity",
        encoded("PNG", Image.merge("LA", [Image.fromarray(GREYS), Image.fromarray(OPACITY)])),
        Shows(2, 2, (WHITE, (90, 90, 90), (200, 200, 200), (90, 90, 90))),
    ),
    Sample("interlaced", interlaced(), Shows(2, 2, CORNERS)),
    Sample("animated", frames("PNG"), "holds 3 frames or pages"),
    Sample("of 2^31 frames", with_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), "frames or pages|" + DAMAGED),
    Sample("of no frames", with_chunk(b"acTL", bytes(8)), AS_IT_IS),
    Sample("PNG.jpg", WHOLE, AS_IT_IS),
    Sample("JPEG.png", encoded("JPEG", quality=95), Shows(32, 64, CORNERS, 8)),
    Sample("trailing bytes", WHOLE + bytes(1000), AS_IT_IS),
    Sample("another file before it", b"\0\0" + WHOLE, "is of an unknown kind"),
]
assert QUARTERS.shape == (32, 64, 3)
