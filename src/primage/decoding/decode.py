"""Files of pictures → their stored values."""

from __future__ import annotations

import io
import logging
import re
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt16
from PIL import Image, ImageOps

from primage.decoding.jpeg import check_scans
from primage.decoding.kinds import HEAD_BYTES, PHOTOSHOP, PNG, RAW, Kind, kind_of
from primage.decoding.photoshop import merged_size, read_merged
from primage.decoding.pillow import SUPPORTED, check_size, pillow
from primage.decoding.png import check_chunks
from primage.decoding.zipped import packed_png
from primage.errors import ImageError

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 1 << 30
#: The picture that a document of Krita, MyPaint and other programs shows.
_MERGED = "mergedimage.png"
GREY_MODES = ("1", "L", "LA", "La")
_MODES = (*GREY_MODES, "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")


@dataclass(frozen=True)
class Decoded:
    """A picture as stored, upright, before any colour conversion; most callers need `primage.image.read_image` instead.

    ``samples`` holds the full values of files with more than 8 bits per sample, ``text`` a PNG's text chunks, ``jpeg``
    the file itself if it is a JPEG.
    """

    image: Image.Image
    samples: UInt16[np.ndarray, "h w c"] | None
    text: dict[str, str]
    format: str
    name: str
    jpeg: bytes | None = None


def decode(path: str | Path, data: bytes | None = None) -> Decoded:
    """Read the stored values of a picture; for files whose values are labels.

    Args:
        path: as for `primage.image.read_image`; only a name if ``data`` is given.
        data: the file's bytes, if they are not a file of their own (a member of a zip).

    Raises:
        ImageError: as for `primage.image.read_image`.
    """
    name = str(path)
    kind, data = _picture_in(_read_bytes(Path(path)) if data is None else data, name)
    with pillow(name, kind.name):
        if kind is PHOTOSHOP:
            return Decoded(*read_merged(data, name), {}, "PSD", name)
        return _decode(data, kind, name)


def stored_size(path: str | Path) -> tuple[int, int]:
    """Read the size of a picture without decoding it.

    Args:
        path: as for `primage.image.read_image`.

    Returns:
        (height, width) as stored; a picture that lies on its side is decoded upright.

    Raises:
        ImageError: as for `primage.image.read_image`, but damaged pixels are not noticed.
    """
    kind, data = _picture_in(_read_bytes(Path(path)), str(path))
    with pillow(str(path), kind.name):
        if kind is PHOTOSHOP:
            return merged_size(data, str(path))
        width, height = _opened(data, kind, str(path)).size
        return height, width


def _picture_in(data: bytes, name: str) -> tuple[Kind, bytes]:
    """The kind of a picture, and its file: of a document that is a zip, the merged picture in it."""
    kind = kind_of(data[:HEAD_BYTES])
    if kind is None:
        raise ImageError(f"{name} is of an unknown kind; {SUPPORTED}")
    if kind.pillow is None:
        raise ImageError(f"{name} is {kind.name}, which cannot be read as a picture; {kind.way_out}")
    if kind.pillow != "ZIP":
        return kind, data
    with pillow(name, kind.name), zipfile.ZipFile(io.BytesIO(data)) as document:
        if _MERGED not in document.namelist():
            raise ImageError(f"{name} is {kind.name} without {_MERGED}; save it again, or export it as PNG")
        return PNG, packed_png(document, _MERGED, name)


def _load_plugin(kind: Kind, name: str) -> None:
    """Let Pillow know a format that is read by another package."""
    try:
        if kind.extra == "heic":
            import pillow_heif.HeifImagePlugin  # noqa: F401
        elif kind.extra == "jxl":
            import pillow_jxl  # noqa: F401
    except ImportError as error:
        raise ImageError(
            f"{name} is {kind.name}, which needs one more package: pip install 'primage[{kind.extra}]'; "
            "or export it as JPEG or PNG"
        ) from error


def _opened(data: bytes, kind: Kind, name: str) -> Image.Image:
    """The picture with its header read and checked, but not its pixels."""
    _load_plugin(kind, name)
    image = Image.open(io.BytesIO(data), formats=(str(kind.pillow),))
    check_size(image.width, image.height, name)
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    # Raw files are TIFF files: of DNG's own tag, or a preview (254) before the sensor's picture (330).
    if 50706 in tags or (tags.get(254) == 1 and 330 in tags):
        raise ImageError(f"{name} is {RAW.name}, which cannot be read as a picture; {RAW.way_out}")
    # Phones write previews and depth maps behind the picture (MPO, HEIF).
    frames = 1 if image.format in ("MPO", "HEIF") else getattr(image, "n_frames", 1)
    if frames > 1:
        raise ImageError(f"{name} holds {frames} frames or pages; a single picture is needed: export one as PNG")
    if image.mode not in _MODES and not image.mode.startswith("I;16"):
        raise ImageError(f"{name} has samples of type {image.mode}; unsigned 8 or 16 bits are needed")
    # Tags: 258 bits per sample, 284 planar configuration.
    if 16 in tags.get(258, ()) and tags.get(284) == 2:
        raise ImageError(f"{name} is a 16-bit TIFF with separate planes; save it with interleaved colours")
    return image


def _read_bytes(path: Path) -> bytes:
    # Only regular files: reading a device or a pipe might never end.
    reason = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
    if not path.is_file():
        raise ImageError(f"{path} {reason}; {SUPPORTED}")
    if not 0 < path.stat().st_size <= MAX_FILE_BYTES:
        reason = f"is larger than {MAX_FILE_BYTES >> 20} MB" if path.stat().st_size else "is empty (0 bytes)"
        raise ImageError(f"{path} {reason}; {SUPPORTED}")
    return path.read_bytes()


def _decode(data: bytes, kind: Kind, name: str) -> Decoded:
    image = _opened(data, kind, name)
    if kind is PNG:
        check_chunks(data)
    elif kind.pillow == "JPEG":
        check_scans(data)
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    # Layout of the samples in Pillow's notation: "RGB;16B" is 16 bits, big-endian.
    tiles: Any = getattr(image, "tile", None)
    args = tiles[0].args if tiles else ""
    rawmode = str(args[0] if isinstance(args, tuple) else args)
    low = _low_bytes(data, kind, rawmode)
    image.load()
    text = {str(k): str(v) for k, v in image.text.items()} if image.format == "PNG" else {}  # type: ignore[attr-defined]
    upright, samples = _upright(image, name), None
    if image.mode.startswith("I;16"):
        grey: Any = np.array(upright).astype(np.uint16)[..., None]
        # 12 bits are stretched by repeating the high ones below, as 4 bits are to 8.
        grey = (grey << 4) | (grey >> 8) if rawmode == "I;12" else grey
        # Pillow inverts "white is zero" (tag 262) for 8 bits, but not for 16.
        samples = 65535 - grey if tags.get(262) == 0 else grey
    elif low is not None:
        first: Any = np.asarray(upright, np.uint16)
        second: Any = np.asarray(_upright(low, name), np.uint16)
        first, second = (second[..., 0::2], second[..., 1::2]) if rawmode == "LA;16B" else (first, second)
        samples = first << 8 | second
    return Decoded(upright, samples, text, str(image.format), name, data if image.format in ("JPEG", "MPO") else None)


def _low_bytes(data: bytes, kind: Kind, rawmode: str) -> Any:
    """Decode the low bytes of 16-bit colours, of which Pillow keeps only the high ones.

    With the opposite byte order, Pillow keeps the other byte. For grey with alpha it has no such layout, but the four
    bytes per pixel can be read as 8-bit RGBA.
    """
    match = re.fullmatch(r"(RGB|RGBA|RGBX|CMYK);16([BLN])", rawmode)
    if match is None and rawmode != "LA;16B":
        return None
    image: Any = Image.open(io.BytesIO(data), formats=(str(kind.pillow),))
    last_byte_first = ("L", "N") if sys.byteorder == "little" else ("L",)
    swapped = f"{match[1]};16{'B' if match[2] in last_byte_first else 'L'}" if match else "RGBA"
    # Pillow's file plugins pass the layout to the decoders in `tile`.
    layout = [(swapped, *t.args[1:]) if isinstance(t.args, tuple) else swapped for t in image.tile]
    image.tile = [t._replace(args=args) for t, args in zip(image.tile, layout, strict=True)]
    image.load()
    return image


def _upright(image: Image.Image, name: str) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception as error:  # a picture with a damaged EXIF block is still usable
        log.warning("%s: the EXIF block is damaged and was ignored (%s)", name, error)
        return image
