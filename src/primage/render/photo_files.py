"""Photos as files: pixels of 8 or 16 bits in their own colour space, with profile and EXIF data."""

from __future__ import annotations

import contextlib
import io
import logging
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image, ImageCms, TiffImagePlugin

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.decoding.gamma import gamma_curve
from primage.errors import ImageError
from primage.files import atomic_path
from primage.image import encode_png
from primage.render.quality import DEFAULT_QUALITY
from primage.render.xmp import xmp_packet
from primage.seal import BLANK, seal

log = logging.getLogger(__name__)

Pixels = UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]

#: EXIF tags that describe the photo, not how its file stores it.
_KEPT_TAGS = (270, 271, 272, 282, 283, 296, 305, 306, 315, 33432)
_EXIF, _GPS = 0x8769, 0x8825
#: Width and height in the EXIF block.
_EXIF_SIZE = (0xA002, 0xA003)
#: Number of rows compressed at once.
_STRIP = 128
#: Numbers of channels of which the last is the opacity, and PNG's colour type for each number.
_OPACITY = (2, 4)
_PNG_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
_TIFF_HEAD = b"II*\0\x08\0\0\0"


@dataclass(frozen=True, eq=False)
class PhotoFile:
    """A decoded photo.

    Attributes:
        pixels: (H, W, 3), upright, as stored: in the space of ``profile``, 8 or 16 bits. A grey photo has three equal
            channels.
        profile: its ICC profile; None for sRGB.
        exif: its EXIF data, without orientation and thumbnail, from the TIFF header on; None without.
        grey: whether it is a grey photo.
    """

    pixels: Pixels
    profile: bytes | None = None
    exif: bytes | None = None
    grey: bool = False

    def from_srgb(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """Convert a picture to the photo's colour space."""
        return self._converted(image, back=False)

    def to_srgb(self, pixels: Pixels) -> UInt8[np.ndarray, "h w 3"]:
        """Convert pixels of the photo's colour space, of 8 or 16 bits, to be shown."""
        return self._converted(np.asarray(_eight(pixels)), back=True)

    def _converted(self, image: UInt8[np.ndarray, "h w 3"], back: bool) -> UInt8[np.ndarray, "h w 3"]:
        if self.profile is None:
            return image
        try:
            ours, srgb = ImageCms.ImageCmsProfile(io.BytesIO(self.profile)), ImageCms.createProfile("sRGB")
            mode = "L" if self.grey else "RGB"
            if back:
                out = ImageCms.profileToProfile(Image.fromarray(image).convert(mode), ours, srgb, outputMode="RGB")
            else:
                out = ImageCms.profileToProfile(Image.fromarray(image), srgb, ours, outputMode=mode)
        except Exception as error:  # as it was ignored when the photo was read
            log.warning("the photo's colour profile cannot be used and was ignored (%s)", error)
            return image
        return image if out is None else np.array(out.convert("RGB"))


def read_photo(path: str | Path) -> PhotoFile:
    """Read a photo as it is stored.

    Photos with transparency and in CMYK are converted to sRGB on white, as for training; PNGs with a gamma of their own
    are converted to sRGB.

    Args:
        path: a file as for `primage.image.read_image`.

    Raises:
        ImageError: the file is missing, damaged, or of another format.
    """
    decoded = decode(path)
    image, samples = decoded.image, decoded.samples
    exif = _described(image)
    profile = image.info.get("icc_profile") or None
    curve = gamma_curve(decoded)
    if samples is not None and curve is not None:
        samples = curve[samples]
    if samples is not None and samples.shape[2] in (1, 3) and "transparency" not in image.info:
        grey = samples.shape[2] == 1
        return PhotoFile(np.repeat(samples, 3, axis=2) if grey else samples, profile, exif, grey)
    if (
        samples is None
        and curve is None
        and image.mode in ("1", "L", "P", "RGB", "RGBX")
        and not image.has_transparency_data
    ):
        return PhotoFile(np.array(image.convert("RGB")), profile, exif, image.mode in ("1", "L"))
    return PhotoFile(flatten(decoded), None, exif)


def write_photo(
    path: str | Path,
    pixels: UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"],
    like: PhotoFile,
    quality: int = DEFAULT_QUALITY,
    text: dict[str, str] | None = None,
) -> None:
    """Write a photo atomically, with the profile and the EXIF data of another.

    Args:
        path: a .png, .jpg, .webp or .tif file; missing folders are created.
        pixels: (H, W, 3) or, with opacity, (H, W, 4), in the colour space of ``like``. 16 bits are kept in PNG and TIFF
            files. WebP files with opacity are lossless.
        like: the photo whose profile and EXIF data are kept.
        quality: 1 to 100, of JPEG and WebP files.
        text: stored in PNG files, as the comment of JPEG files, and in the XMP packet of WebP and TIFF files. A seal is
            added (`primage.seal`).

    Raises:
        ImageError: the name has another suffix, or the file cannot be written; an old one is unchanged.
    """
    path = Path(path)
    check_name(path, pixels.shape[2] == 4)
    stored: np.ndarray = pixels
    if like.grey:
        stored = np.rint(pixels[..., :3].mean(axis=2)).astype(pixels.dtype)
        if pixels.shape[2] == 4:
            stored = np.dstack([stored, pixels[..., 3]])
    with writing(path) as scratch:
        scratch.write_bytes(_WRITERS[path.suffix.lower()](stored, like, quality, {**(text or {}), **BLANK}))


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Write a picture atomically; missing folders are created.

    Args:
        path: the file.

    Yields:
        The file to write instead, which is sealed and replaces it at the end of the block.

    Raises:
        ImageError: the file cannot be written; an old one is unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path, durable=False) as scratch:
            yield scratch
            seal(scratch)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be written ({reason}); choose another file") from error


def check_name(path: Path, opacity: bool = False) -> None:
    """Check that photos can be written under a name.

    Args:
        path: the file.
        opacity: whether the picture has transparent pixels.

    Raises:
        ImageError: its suffix is of no format that can be written, or it is a folder.
    """
    if path.suffix.lower() not in _WRITERS:
        raise ImageError(f"{path}: photos are written as PNG, JPEG, WebP or TIFF; name it {path.stem}.jpg")
    if opacity and _WRITERS[path.suffix.lower()] is _jpeg:
        raise ImageError(f"{path}: JPEG files have no transparency; name it {path.stem}.png")
    if path.is_dir():
        raise ImageError(f"{path} is a folder; choose another file")


def _described(image: Image.Image) -> bytes | None:
    """The EXIF data that stay true for an upright, edited picture."""
    try:
        found = image.getexif()
        out = Image.Exif()
        for tag in _KEPT_TAGS:
            if tag in found:
                out[tag] = found[tag]
        for tag in (_EXIF, _GPS):
            block = dict(found.get_ifd(tag))
            if tag == _EXIF:
                block |= {key: side for key, side in zip(_EXIF_SIZE, image.size, strict=True) if key in block}
            if block:
                out[tag] = block
        return out.tobytes().removeprefix(b"Exif\0\0") if len(out) else None
    except Exception as error:  # EXIF blocks are damaged in many ways; the picture is what matters
        log.warning("the EXIF data cannot be kept (%s)", error)
        return None


def _eight(pixels: np.ndarray) -> Image.Image:
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _kept(like: PhotoFile) -> dict[str, bytes]:
    found = {"icc_profile": like.profile, "exif": None if like.exif is None else b"Exif\0\0" + like.exif}
    return {key: value for key, value in found.items() if value is not None}


def _jpeg(pixels: np.ndarray, like: PhotoFile, quality: int, text: dict[str, str]) -> bytes:
    out = io.BytesIO()
    comment = {"comment": "\n".join(text.values()).encode()} if text else {}
    subsampling = {} if pixels.ndim == 2 else {"subsampling": 0 if quality >= 90 else 2}
    _eight(pixels).save(out, "JPEG", quality=quality, optimize=False, **subsampling, **comment, **_kept(like))
    return out.getvalue()


def _webp(pixels: np.ndarray, like: PhotoFile, quality: int, text: dict[str, str]) -> bytes:
    out = io.BytesIO()
    opacity = _channels(pixels) in _OPACITY
    picture = _eight(pixels).convert("RGBA" if opacity else "RGB")
    picture.save(out, "WEBP", quality=quality, lossless=opacity, method=2, xmp=xmp_packet(text), **_kept(like))
    return out.getvalue()


def _png(pixels: np.ndarray, like: PhotoFile, quality: int, text: dict[str, str]) -> bytes:
    del quality
    return encode_photo(pixels, like, text)


def encode_photo(pixels: np.ndarray, like: PhotoFile, text: dict[str, str] | None = None) -> bytes:
    """Encode a photo as PNG, with the profile and the EXIF data of another.

    Args:
        pixels: (H, W) grey, (H, W, 2) grey with opacity, (H, W, 3) or (H, W, 4), 8 or 16 bits.
        like: the photo whose profile and EXIF data are kept.
        text: stored in the file.

    Returns:
        The bytes of a PNG file.
    """
    if pixels.dtype == np.uint8:
        return encode_png(pixels, text, compress_level=3, metadata=_kept(like))
    # Pillow cannot write colours of 16 bits.
    height, width = pixels.shape[:2]
    parts = [
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _PNG_COLOURS[_channels(pixels)], 0, 0, 0)),
    ]
    if like.profile is not None:
        parts.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(like.profile)))
    if like.exif is not None:
        parts.append(_chunk(b"eXIf", like.exif))
    parts += [
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + value.encode()) for key, value in (text or {}).items()
    ]
    compressor = zlib.compressobj(3)
    for rows in _strips(pixels):
        line = np.ascontiguousarray(rows.astype(">u2")).view(np.uint8).reshape(len(rows), -1)
        step = 2 * _channels(pixels)
        filtered = np.concatenate([np.ones((len(rows), 1), np.uint8), line], axis=1)  # filter 1: from the left
        filtered[:, 1 + step :] -= line[:, :-step]
        if data := compressor.compress(filtered.tobytes()):
            parts.append(_chunk(b"IDAT", data))
    parts += [_chunk(b"IDAT", compressor.flush()), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _tiff(pixels: np.ndarray, like: PhotoFile, quality: int, text: dict[str, str]) -> bytes:
    """Deflated strips, each sample stored as its difference from the one before; EXIF data are a TIFF's own tags."""
    del quality
    height, width = pixels.shape[:2]
    channels, bits = _channels(pixels), 8 * pixels.itemsize
    strips = []
    for rows in _strips(pixels):
        line = np.ascontiguousarray(rows).reshape(len(rows), width, channels)
        difference = line.copy()
        difference[:, 1:] -= line[:, :-1]
        strips.append(zlib.compress(difference.astype(difference.dtype.newbyteorder("<")).tobytes(), 3))
    tags = TiffImagePlugin.ImageFileDirectory_v2(_TIFF_HEAD)
    if like.exif is not None:
        found = Image.Exif()
        found.load(b"Exif\0\0" + like.exif)
        for tag in found:
            tags[tag] = dict(found.get_ifd(tag)) if tag in (_EXIF, _GPS) else found[tag]
    lengths = [len(strip) for strip in strips]
    tags[256], tags[257], tags[258], tags[259] = width, height, (bits,) * channels, 8
    tags[262], tags[277], tags[278], tags[284], tags[317] = 1 if channels < 3 else 2, channels, _STRIP, 1, 2
    if channels in _OPACITY:
        tags[338] = 2  # the last sample is the opacity, and colours are not multiplied by it
    # Pillow adds the length of the tags to the offsets.
    tags[273], tags[279] = tuple(int(n) for n in np.cumsum([0, *lengths[:-1]])), tuple(lengths)
    if like.profile is not None:
        tags[34675] = like.profile
    tags[700] = xmp_packet(text)
    return b"".join([_TIFF_HEAD, tags.tobytes(8), *strips])


def _strips(pixels: np.ndarray) -> Iterator[np.ndarray]:
    for top in range(0, len(pixels), _STRIP):
        yield pixels[top : top + _STRIP]


def _channels(pixels: np.ndarray) -> int:
    return 1 if pixels.ndim == 2 else pixels.shape[2]


_WRITERS: dict[str, Callable[[np.ndarray, PhotoFile, int, dict[str, str]], bytes]] = {
    ".png": _png,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".webp": _webp,
    ".tif": _tiff,
    ".tiff": _tiff,
}
