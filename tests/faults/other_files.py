"""Files of all other kinds, all named as pictures: damaged, lying, swollen, and odd ones that are to be read."""

from __future__ import annotations

import pickle
import struct
import zlib

import numpy as np
from PIL import Image

from tests.decoding.test_photoshop import psd, resource
from tests.faults.samples import (
    AS_IT_IS,
    BLACK,
    GREEN,
    NEARLY,
    QUARTERS,
    RED,
    Sample,
    Shows,
    encoded,
    frames,
    plain,
    raw_zeros,
    replaced,
)

#: Name, packed bytes, size, CRC, method, and the name in front of the bytes.
Member = tuple[bytes, bytes, int, int, int, bytes]
MERGED = b"mergedimage.png"
LIMIT = "the limits are 16384 px per side and 100 megapixels"
TOO_LARGE = f"far too many pixels|{LIMIT}"
NO_TIFF = "a TIFF picture, but it is damaged"
NO_GIF = "a GIF picture, but it is damaged"
NO_WEBP = "a WebP picture, but it is damaged"
NO_BMP = "a BMP picture, but it is damaged"
NO_PSD = "a Photoshop document, but it is damaged"
NO_ORA = "an OpenRaster document, but it is damaged"
ENTRY = struct.Struct("<HHII")


def tiff(entries: list[tuple[int, int, int, int]], after: int = 0, pixels: bytes = b"") -> bytes:
    """Little-endian, with one directory at 8; entries are tag, type, count and value. ``pixels`` begin at 1000."""
    directory = struct.pack("<H", len(entries)) + b"".join(ENTRY.pack(*entry) for entry in entries)
    return (b"II*\0\x08\0\0\0" + directory + struct.pack("<I", after)).ljust(1000, b"\0") + pixels


def grey_tiff(width: int = 4, height: int = 2, after: int = 0, **changes: int) -> bytes:
    """A grey picture; changes are of tags by number, as "t273"."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 1000, 277: 1, 278: height, 279: 8}
    tags |= {int(tag[1:]): value for tag, value in changes.items()}
    return tiff([(tag, 4, 1, value) for tag, value in sorted(tags.items())], after, b"\x5a" * 8)


def bmp(width: int, height: int, rows: bytes, depth: int = 24, packing: int = 0, palette: bytes = b"") -> bytes:
    start = 54 + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, packing, len(rows), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + palette + rows


def zipped(mimetype: bytes, *members: Member, entries: int | None = None) -> bytes:
    """A zip of a mimetype and of members."""
    body, index = b"", b""
    for name, packed, size, crc, method, local in (member(mimetype, name=b"mimetype"), *members):
        facts = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, crc, len(packed), size, len(name), 0)
        index += b"PK\1\2\x14\0" + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + facts[:-4] + struct.pack("<HH", len(local), 0) + local + packed
    count = entries if entries is not None else len(members) + 1
    return body + index + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(index), len(body), 0)


def member(
    packed: bytes,
    size: int | None = None,
    crc: int | None = None,
    method: int = 0,
    name: bytes = MERGED,
    local: bytes | None = None,
) -> Member:
    """A member of a zip; what is not given is true."""
    facts = (len(packed) if size is None else size, zlib.crc32(packed) if crc is None else crc, method)
    return (name, packed, *facts, name if local is None else local)


def deflated(data: bytes, zeros: int) -> Member:
    """A member that begins with ``data`` and goes on with zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH) + raw_zeros(zeros)
    return member(packed, len(data) + zeros, 0, 8)


def executed() -> object:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, ("raise SystemExit('the pickle was executed')",)

    return Bomb()


def gif_frame(width: int = 4, height: int = 2, at: int = 0, code_size: int = 2) -> bytes:
    """A frame of GIF, of a code that clears, one red pixel, and the end."""
    return b"\x2c" + struct.pack("<HHHHBB", at, at, width, height, 0, code_size) + b"\2\x4c\1\0"


PNG, ORA, KRA = encoded("PNG"), b"image/openraster", b"application/x-krita"
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
WEBP, GIF = encoded("WEBP", lossless=True), encoded("GIF")
SCREEN = b"GIF89a" + struct.pack("<HHBBB", 4, 2, 0x80, 0, 0) + bytes(RED) + bytes(GREEN)
PLANES = np.moveaxis(QUARTERS, 2, 0)
PSD = psd(PLANES)
ROW = b"\x3c\x1e\xc8" * 2 + bytes(2)

TIFF_FILES = [
    Sample("TIFF", encoded("TIFF"), AS_IT_IS),
    Sample("TIFF, grey", grey_tiff(), plain(2, 4, (90, 90, 90))),
    Sample("TIFF whose directories are a loop", grey_tiff(after=8), plain(2, 4, (90, 90, 90))),
    Sample("TIFF, half", encoded("TIFF", NOISE)[:6000], NO_TIFF),
    Sample("TIFF of several pages", frames("TIFF"), "holds 3 frames or pages"),
    Sample("TIFF without a directory", b"II*\0\xff\xff\xff\xff", NO_TIFF),
    Sample("TIFF whose directory is empty", tiff([]), NO_TIFF),
    Sample("TIFF with 2^32 values in a tag", tiff([(256, 4, 2**32 - 1, 8)]), NO_TIFF),
    Sample(
        "TIFF with sides of 2^31",
        grey_tiff(2**31, 2**31),
        TOO_LARGE,
    ),
    Sample("TIFF of no width", grey_tiff(0, 4), NO_TIFF),
    Sample("TIFF with pixels beyond its end", grey_tiff(t273=10**9), NO_TIFF),
    Sample("TIFF of compression 9999", grey_tiff(t259=9999), NO_TIFF),
    Sample("TIFF of JPEG, which it is not", grey_tiff(t259=7), NO_TIFF),
    Sample("TIFF of LZW, which it is not", grey_tiff(t259=5), NO_TIFF),
    Sample("TIFF of deflate, which it is not", grey_tiff(t259=8), NO_TIFF),
    Sample("TIFF of 2^31 rows in a strip", grey_tiff(t278=2**31), plain(2, 4, (90, 90, 90))),
    Sample("TIFF of 7 bits", grey_tiff(t258=7), NO_TIFF),
    Sample("TIFF of 9999 samples", grey_tiff(t277=9999), NO_TIFF),
    Sample("TIFF, large, without a directory", b"II+\0\x08\0\0\0" + b"\xff" * 8, NO_TIFF),
]
GIF_FILES = [
    Sample("GIF", encoded("GIF", Image.fromarray(QUARTERS).quantize(4)), NEARLY),
    Sample("GIF, animated", frames("GIF"), "holds 3 frames or pages"),
    Sample("GIF of no frames", SCREEN + b"\x3b", NO_GIF),
    Sample("GIF without end", SCREEN, NO_GIF),
    Sample("GIF, half", encoded("GIF", NOISE)[:2000], NO_GIF),
    Sample(
        "GIF of a frame larger than its screen",
        SCREEN + gif_frame(40, 20) + b";",
        NO_GIF,
    ),
    Sample(
        "GIF of a frame outside its screen",
        SCREEN + gif_frame(at=60_000) + b";",
        TOO_LARGE,
    ),
    Sample(
        "GIF of code size 99",
        SCREEN + gif_frame(code_size=99) + b";",
        NO_GIF,
    ),
    Sample("GIF of no size", replaced(encoded("GIF"), 6, bytes(4)), NEARLY),
    Sample(
        "GIF of 20,000 frames",
        SCREEN + gif_frame() * 20_000 + b";",
        "holds 20000 frames or pages",
    ),
]
WEBP_FILES = [
    Sample("WebP", WEBP, AS_IT_IS),
    Sample("WebP, animated", frames("WEBP", lossless=True), "holds 3 frames or pages"),
    Sample("WebP of a wrong RIFF size", replaced(WEBP, 4, b"\xff\xff\xff\x7f"), NO_WEBP),
    Sample("WebP of no RIFF size", replaced(WEBP, 4, bytes(4)), NO_WEBP),
    Sample("WebP, half", encoded("WEBP", NOISE)[:1500], NO_WEBP),
    Sample("WebP of other letters", replaced(WEBP, 12, b"VP8?"), NO_WEBP),
    Sample(
        "WebP with a canvas of 2^24",
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff" * 6,
        TOO_LARGE,
    ),
    Sample("AVIF", encoded("AVIF", quality=95), NEARLY),
    Sample("AVIF, half", encoded("AVIF", NOISE)[:1500], "an AVIF picture, but it is damaged"),
    Sample("AVIF, header alone", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "an AVIF picture, but it is damaged"),
]
BMP_FILES = [
    Sample("BMP", bmp(2, 2, ROW * 2), plain(2, 2, RED)),
    Sample("BMP from top to bottom", bmp(2, -2, ROW + bytes(8)), Shows(2, 2, (RED, RED, BLACK, BLACK))),
    Sample("BMP of negative width", bmp(-2, 2, ROW * 2), "a BMP picture, but it is damaged|far too many"),
    Sample("BMP of height -2^31", bmp(2, -(2**31), ROW * 2), "a BMP picture, but it is damaged|" + LIMIT),
    Sample("BMP of no size", bmp(0, 0, b""), NO_BMP),
    Sample("BMP, half", bmp(64, 64, NOISE.tobytes()[:6000]), NO_BMP),
    Sample("BMP of 7 bits", bmp(2, 2, ROW * 2, 7), NO_BMP),
    Sample("BMP of 2^32 colours", replaced(bmp(2, 2, bytes(8), 8), 46, b"\xff" * 4), NO_BMP),
    Sample(
        "BMP of runs beyond its rows",
        bmp(4, 2, b"\xff\1" * 50 + b"\0\1", 8, 1, bytes(8)),
        NO_BMP,
    ),
    Sample("BMP of jumps", bmp(2048, 2048, b"\0\2\xff\xff" * 3000 + b"\0\1", 8, 1, bytes(8)), plain(2048, 2048, BLACK)),
    Sample("BMP of runs without end", bmp(4096, 4096, b"\0\0", 8, 1, bytes(8)), NO_BMP),
]
PSD_FILES = [
    Sample("PSD", PSD, AS_IT_IS),
    Sample("PSD, half", PSD[: len(PSD) // 2], NO_PSD),
    Sample("PSD with sides of 2^32", replaced(PSD, 14, b"\xff" * 8), LIMIT),
    Sample("PSD of no size", replaced(PSD, 14, bytes(8)), "has no pixels"),
    Sample("PSD of 65535 channels", replaced(PSD, 12, b"\xff\xff"), NO_PSD),
    Sample("PSD of no channels", replaced(PSD, 12, b"\0\0"), NO_PSD),
    Sample(
        "PSD of compression 9",
        psd(PLANES, packed=False).replace(b"\0\0" + PLANES[0, :4].tobytes(), b"\0\x09" + PLANES[0, :4].tobytes(), 1),
        NO_PSD,
    ),
    Sample("PSD with a block of 2^32 bytes", replaced(PSD, 26, b"\xff" * 4), NO_PSD),
    Sample("PSD with broken resources", psd(PLANES, more=b"8BIM" + b"\xff" * 20), NO_PSD),
    Sample("PSD with a broken ICC", psd(PLANES, more=resource(1039, b"broken")), AS_IT_IS),
    Sample("PSD with too few rows", psd(PLANES, packed=False)[:-5000], NO_PSD),
    Sample(
        "PSD of 56 swollen channels",
        struct.pack(">4sH6xHIIHH", b"8BPS", 1, 56, 3000, 3000, 8, 3)
        + bytes(12)
        + b"\0\1"
        + struct.pack(">H", 48) * (56 * 3000)
        + b"\x81\x5a" * (24 * 56 * 3000),
        plain(3000, 3000, (90, 90, 90)),
    ),
]
ZIP_FILES = [
    Sample("OpenRaster", zipped(ORA, member(PNG)), AS_IT_IS),
    Sample("Krita", zipped(KRA, member(PNG)), AS_IT_IS),
    Sample(
        "OpenRaster with absolute paths",
        zipped(ORA, member(PNG), member(b"x", name=b"/tmp/evil"), member(b"x", name=b"../../evil")),
        AS_IT_IS,
    ),
    Sample(
        "Krita with nothing but absolute paths",
        zipped(KRA, member(PNG, name=b"/mergedimage.png")),
        r"without mergedimage\.png",
    ),
    Sample("OpenRaster bomb", zipped(ORA, deflated(b"", 1 << 30)), NO_ORA),
    Sample("Krita bomb", zipped(KRA, deflated(PNG, 1 << 30)), AS_IT_IS),
    Sample(
        "Krita bomb that lies about its size",
        zipped(KRA, member(raw_zeros(1 << 30), 100, 0, 8)),
        "a Krita document, but it is damaged",
    ),
    Sample("OpenRaster of a JPEG", zipped(ORA, member(encoded("JPEG"))), "but it is damaged"),
    Sample(
        "OpenRaster with a wrong CRC",
        zipped(ORA, member(PNG, crc=7)),
        NO_ORA,
    ),
    Sample(
        "OpenRaster with other names inside",
        zipped(ORA, member(PNG, local=b"a\nb\nc")),
        NO_ORA,
    ),
    Sample(
        "OpenRaster packed by method 99",
        zipped(ORA, member(PNG, method=99)),
        NO_ORA,
    ),
    Sample(
        "OpenRaster packed by LZMA, which it is not",
        zipped(ORA, member(PNG, method=14)),
        NO_ORA,
    ),
    Sample(
        "OpenRaster packed by BZIP2, which it is not",
        zipped(ORA, member(PNG, method=12)),
        NO_ORA,
    ),
    Sample("OpenRaster of 65535 members", zipped(ORA, member(PNG), entries=65535), AS_IT_IS),
    Sample("OpenRaster, half", zipped(ORA, member(PNG))[:150], NO_ORA),
    Sample("OpenRaster in OpenRaster", zipped(ORA, member(zipped(ORA, member(PNG)))), "but it is damaged"),
]
OTHER_KINDS = [
    Sample("EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", "PostScript"),
    Sample("EPS with a preview", b"\xc5\xd0\xd3\xc6" + bytes(40), "PostScript"),
    Sample("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "SVG"),
    Sample("HTML", b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
    Sample("pickle", pickle.dumps({"a": np.arange(3)}), "is of an unknown kind"),
    Sample("pickle that runs something", pickle.dumps(executed()), "is of an unknown kind"),
    Sample("zip", zipped(b"no mimetype of ours"), "a zip archive"),
    Sample("executable", b"\x7fELF\2\1\1" + bytes(57), "is of an unknown kind"),
    Sample("executable of Windows", b"MZ\x90\0" + bytes(60), "is of an unknown kind"),
    Sample("script", b"#!/bin/sh\nrm -rf /\n", "a text file"),
    Sample("ICO", b"\0\0\1\0\1\0" + bytes(16), "an icon"),
    Sample("PPM with lies", b"P6 999999999 999999999 255\n\xff\xff", "unknown kind|a text file"),
    Sample("PDF", b"%PDF-1.7\n", "a PDF document"),
    Sample("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    Sample("HEIC without anything", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
    Sample("JPEG XL of noise", b"\xff\x0a" + bytes(range(90)), "a JPEG XL picture"),
    Sample("video", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
    Sample("zeros", bytes(1 << 20), "is of an unknown kind"),
    Sample("noise", NOISE.tobytes(), "is of an unknown kind"),
    Sample("text of one line", b"a" * 100_000, "a text file"),
]
OTHER_FILES = [*TIFF_FILES, *GIF_FILES, *WEBP_FILES, *BMP_FILES, *PSD_FILES, *ZIP_FILES, *OTHER_KINDS]
