"""What kind of file something is, by its first bytes: names for messages, and the way out where it is not read."""

from __future__ import annotations

from dataclasses import dataclass

from primage.decoding.pillow import SUPPORTED

#: This many first bytes tell the kind of a file.
HEAD_BYTES = 4096


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: with its article, for messages.
        pillow: Pillow's name of the format; "ZIP" for a document that holds its merged picture, "PSD" for Photoshop's;
            None for a kind that is not read.
        way_out: what to do with a kind that is not read.
        extra: the extra of this package that its reader needs.
        lossy: whether it usually changes colours.
    """

    name: str
    pillow: str | None = None
    way_out: str = ""
    extra: str | None = None
    lossy: bool = False


PNG = Kind("a PNG picture", "PNG")
AVIF = Kind("an AVIF picture", "AVIF", lossy=True)
HEIC = Kind("a HEIC photo", "HEIF", extra="heic", lossy=True)
JXL = Kind("a JPEG XL picture", "JXL", extra="jxl", lossy=True)
OPEN_RASTER, KRITA = Kind("an OpenRaster document", "ZIP"), Kind("a Krita document", "ZIP")
PHOTOSHOP = Kind("a Photoshop document", "PSD")

_EXPORT = "export it as PNG from the program that it was made with"
_DEVELOP = "develop it: export it as TIFF, PNG or JPEG from a photo program"
_ONE_FRAME = "take one frame of it, for example with: ffmpeg -i VIDEO -frames:v 1 photo.png"
_UNPACK = "unpack it, and name the picture in it"
RAW = Kind("a camera's raw file", way_out=_DEVELOP)
_VIDEO = Kind("a video", way_out=_ONE_FRAME)
_ZIP = Kind("a zip archive", way_out=_UNPACK)
_ARCHIVE = Kind("an archive", way_out=_UNPACK)
_LARGE_PHOTOSHOP = Kind("a large Photoshop document (PSB)", way_out="save it as PSD or PNG")
_POSTSCRIPT = Kind("a PostScript file (EPS)", way_out="export it as PNG, for example with Inkscape")
_SVG = Kind("a vector drawing (SVG)", way_out="export it as PNG, for example with Inkscape")
_HTML = Kind("a web page (HTML)", way_out="download the picture itself, since the server sent a page in its place")
_HDR = Kind("a picture with high dynamic range (EXR, HDR)", way_out="export it as PNG or TIFF with 16 bits")
_DATA = Kind("a file of measured data", way_out="export it as PNG or TIFF with 8 or 16 bits")
_APPLE_DOUBLE = Kind("a macOS resource file", way_out="take the file of the same name without ._ at its start")
_LFS = Kind("a pointer of Git LFS", way_out="fetch the picture itself with: git lfs pull")
_TEXT = Kind("a text file", way_out=SUPPORTED)
_TIFF = Kind("a TIFF picture", "TIFF")
_JPEG_2000 = Kind("a JPEG 2000 picture", way_out="convert it to PNG or TIFF")
_OFFICE = Kind("an office document", way_out="save the picture in it as PNG")

#: First bytes, the offset at which they stand, and what they tell.
_SIGNATURES: tuple[tuple[bytes, int, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, PNG),
    (b"\xff\xd8\xff", 0, Kind("a JPEG picture", "JPEG", lossy=True)),
    (b"WEBP", 8, Kind("a WebP picture", "WEBP")),
    (b"GIF8", 0, Kind("a GIF picture", "GIF")),
    (b"\xff\x0a", 0, JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", 0, JXL),
    (b"8BPS\0\x01", 0, PHOTOSHOP),
    (b"8BPS\0\x02", 0, _LARGE_PHOTOSHOP),
    (b"CR", 8, RAW),
    (b"IIRO", 0, RAW),
    (b"IIRS", 0, RAW),
    (b"MMOR", 0, RAW),
    (b"IIU\0", 0, RAW),
    (b"FUJIFILM", 0, RAW),
    (b"II*\0", 0, _TIFF),
    (b"MM\0*", 0, _TIFF),
    (b"II+\0", 0, _TIFF),
    (b"MM\0+", 0, _TIFF),
    (
        b"gimp xcf",
        0,
        Kind("a GIMP document (XCF)", way_out="export it from GIMP as PNG or OpenRaster"),
    ),
    (b"\0\xffKA", 0, Kind("an Affinity document", way_out=_EXPORT)),
    (b"PDN3", 0, Kind("a Paint.NET document", way_out=_EXPORT)),
    (b"CSFCHUNK", 0, Kind("a Clip Studio document", way_out=_EXPORT)),
    (b"Paint Shop Pro Image File", 0, Kind("a PaintShop document", way_out=_EXPORT)),
    (b"\xe0\xa5", 4, Kind("an Aseprite document", way_out=_EXPORT)),
    (b"\0\0\0\x0cjP  \r\n\x87\n", 0, _JPEG_2000),
    (b"\xff\x4f\xff\x51", 0, _JPEG_2000),
    (b"\0\0\x01\0", 0, Kind("an icon (ICO)", way_out="convert it to PNG")),
    (b"%PDF-", 0, Kind("a PDF document", way_out="export its page or figure as PNG")),
    (b"%!PS", 0, _POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", 0, _POSTSCRIPT),
    (b"\x76\x2f\x31\x01", 0, _HDR),
    (b"#?R", 0, _HDR),
    (b"DICM", 128, _DATA),
    (b"SIMPLE  =", 0, _DATA),
    (b"\x93NUMPY", 0, _DATA),
    (b"\x89HDF", 0, _DATA),
    (b"\x1aE\xdf\xa3", 0, _VIDEO),
    (b"AVI ", 8, _VIDEO),
    (b"moov", 4, _VIDEO),
    (b"mdat", 4, _VIDEO),
    (b"wide", 4, _VIDEO),
    (b"\0\0\x01\xba", 0, _VIDEO),
    (b"\0\0\x01\xb3", 0, _VIDEO),
    (b"FLV\x01", 0, _VIDEO),
    (b"Rar!", 0, _ARCHIVE),
    (b"7z\xbc\xaf", 0, _ARCHIVE),
    (b"\x1f\x8b", 0, _ARCHIVE),
    (b"\0\x05\x16\x07", 0, _APPLE_DOUBLE),
    (b"\xd0\xcf\x11\xe0", 0, _OFFICE),
    (b"BM", 0, Kind("a BMP picture", "BMP")),
)
#: What documents that are zips write into their first member.
_MIMETYPES = {b"image/openraster": OPEN_RASTER, b"application/x-krita": KRITA, b"application/vnd.oasis": _OFFICE}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def kind_of(head: bytes) -> Kind | None:
    """Recognise a kind of file; its name does not matter.

    Args:
        head: its first `HEAD_BYTES`, or all of it.

    Returns:
        The kind; None if it is unknown.

    Example:
        >>> kind_of(b"%PDF-1.7").name
        'a PDF document'
    """
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(head)
    for signature, offset, kind in _SIGNATURES:
        # Two letters in the middle of something are a signature only of what is a TIFF otherwise.
        if head.startswith(signature, offset) and (signature != b"CR" or head.startswith((b"II*\0", b"MM\0*"))):
            return kind
    return _of_text(head[:HEAD_BYTES])


def is_zip_archive(head: bytes) -> bool:
    """Whether a file is a zip that is no document of a drawing program.

    Args:
        head: its first `HEAD_BYTES`.
    """
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and kind_of(head) not in (OPEN_RASTER, KRITA)


def _of_brands(head: bytes) -> Kind:
    """MPEG-4 containers: photos, raw files and videos differ in the brands that they list."""
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return AVIF
    if brands & _HEIC_BRANDS:
        return HEIC
    return RAW if b"crx " in brands else _VIDEO


def _of_zip(head: bytes) -> Kind:
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name == b"mimetype":
        return next((kind for start, kind in _MIMETYPES.items() if start in head[38:256]), _ZIP)
    return _OFFICE if name == b"[Content_Types].xml" else _ZIP


def _of_text(head: bytes) -> Kind | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text[:1024]:
        return _HTML
    if text.startswith((b"<?xml", b"<svg", b"<!--", b"<!doctype svg")) and b"<svg" in text:
        return _SVG
    if text.startswith(b"version https://git-lfs"):
        return _LFS
    printable = all(byte >= 32 or byte in b"\t\n\r\f" for byte in text)
    return _TEXT if text and printable and _is_utf8(head) else None


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD_BYTES and error.start > len(head) - 4  # a letter that the end cuts in two
    return True
