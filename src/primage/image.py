"""Reading and writing pictures: files ⇄ uint8 (H, W, 3) sRGB; tensors are in `primage.tensors`."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8, UInt16
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from primage.errors import ImageError, PrimageError
from primage.files import write_atomically

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
MAX_SIDE_PX = 16_384
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 1 << 30
_SUPPORTED = "a PNG, JPEG, WebP, TIFF or BMP picture is needed"
_LIMIT = f"the limits are {MAX_SIDE_PX} px per side and {MAX_PIXELS // 10**6} megapixels"
_GREY_MODES = ("1", "L", "LA", "La")
_MODES = (*_GREY_MODES, "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
# Silencing Pillow's warnings modifies a process-wide list, which is not safe from two threads at once.
_pillow_lock = threading.RLock()


@dataclass(frozen=True)
class Decoded:
    """A picture as stored, upright, before any colour conversion; most callers need ``read_image`` instead.

    ``samples`` holds the full values of files with more than 8 bits per sample, ``text`` a PNG's text chunks.
    """

    image: Image.Image
    samples: UInt16[np.ndarray, "h w c"] | None
    text: dict[str, str]
    format: str
    name: str


def read_image(path: str | Path, background: tuple[int, int, int] = (255, 255, 255)) -> UInt8[np.ndarray, "h w 3"]:
    """Read a picture for display: upright, in sRGB, with 8 bits and without transparency.

    Args:
        path: a PNG, JPEG, WebP, TIFF or BMP file, recognised by its content, not its name.
        background: the colour behind transparent pixels.

    Returns:
        (H, W, 3) uint8 sRGB. From a JPEG with further pictures (MPO: previews, depth), the main one.

    Raises:
        ImageError: the file is missing, damaged, of another format, animated, multi-page, or too large.
    """
    return flatten(decode(path), background)


def decode(path: str | Path, data: bytes | None = None) -> Decoded:
    """Read the stored values of a picture; for files whose values are labels.

    Args:
        path: as for ``read_image``; only a name if ``data`` is given.
        data: the file's bytes, if they are not a file of their own (a member of a zip).

    Raises:
        ImageError: as for ``read_image``.
    """
    with _pillow(str(path)):
        return _decode(_read_bytes(Path(path)) if data is None else data, str(path))


def flatten(
    decoded: Decoded, background: tuple[int, int, int] = (255, 255, 255), managed: bool = True
) -> UInt8[np.ndarray, "h w 3"]:
    """Convert a decoded picture to sRGB without transparency.

    Args:
        decoded: from ``decode``.
        background: the colour behind transparent pixels.
        managed: whether to apply the embedded colour profile.

    Returns:
        (H, W, 3) uint8.
    """
    with _pillow(decoded.name):
        colour, alpha = _split_alpha(decoded)
        rgb = _to_rgb(colour, decoded.image.info.get("icc_profile") if managed else None, decoded.name)
        if alpha is None:
            return rgb
        opacity = alpha.astype(np.uint32)[..., None]
        mixed = rgb * opacity + np.array(background, np.uint32) * (65535 - opacity)
        return ((mixed + 32767) // 65535).astype(np.uint8)


def resize_image(image: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Resize with Lanczos, antialiased when shrinking.

    Args:
        image: (H, W, 3) uint8.
        size: (height, width) of the result, each at least 1.

    Returns:
        (height, width, 3) uint8; ``image`` itself if it already has that size.

    Example:
        >>> resize_image(np.zeros((480, 640, 3), np.uint8), (256, 341)).shape
        (256, 341, 3)
    """
    if image.shape[:2] == size:
        return image
    return np.array(Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.LANCZOS))


def resize_mask(mask: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Bool[np.ndarray, "h2 w2"]:
    """Resize a mask; pixels that it covers a part of are in it.

    Args:
        mask: (H, W).
        size: (height, width) of the result, each at least 1.

    Returns:
        (height, width); ``mask`` itself if it already has that size.
    """
    if mask.shape == size:
        return mask
    levels = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.array(levels.resize((size[1], size[0]), Image.Resampling.BOX)) > 0


def working_size(size: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """The size with a short side of ``short_side_px`` and the same aspect ratio.

    Args:
        size: (height, width) of the picture.
        short_side_px: length of the short side.

    Returns:
        (height, width), each rounded half up and at least 1.

    Raises:
        ValueError: a number is below 1.

    Example:
        >>> working_size((480, 640), 256)
        (256, 341)
    """
    if min(*size, short_side_px) < 1:
        raise ValueError(f"sizes must be at least 1, not {size} and {short_side_px}")
    short = min(size)
    # Integer arithmetic, since Python's round() rounds halves to even.
    height, width = ((2 * side * short_side_px + short) // (2 * short) for side in size)
    return height, width


def to_channels(image: UInt8[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "3 h w"]:
    """Convert a picture to network channels.

    Args:
        image: (H, W, 3) uint8 sRGB.

    Returns:
        (3, H, W) float32 in [-1, 1], sharing no memory with ``image``.
    """
    pixels = np.ascontiguousarray(image.transpose(2, 0, 1)).astype(np.float32)
    pixels /= np.float32(127.5)
    pixels -= np.float32(1.0)
    return pixels


def encode_png(
    image: UInt8[np.ndarray, "h w c"] | UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"],
    text: Mapping[str, str] | None = None,
    palette: Sequence[tuple[int, int, int]] | None = None,
    compress_level: int = 6,
    metadata: Mapping[str, bytes] | None = None,
) -> bytes:
    """Encode a picture as PNG.

    Args:
        image: (H, W, 3) uint8 sRGB, (H, W, 4) with opacity, (H, W, 2) grey with opacity, or (H, W) grey values (8 or 16
            bits) or indices into ``palette``.
        text: stored as UTF-8 iTXt chunks; keys are 1–79 printable Latin-1 characters.
        palette: at most 256 colours; makes a palette PNG whose pixel values are exactly ``image``.
        compress_level: 0 (fastest) to 9 (smallest).
        metadata: "icc_profile" and "exif", as Pillow takes them.

    Returns:
        The bytes of a PNG file.

    Raises:
        ImageError: ``image`` is empty, or a text key cannot be stored.

    Example:
        >>> encode_png(np.zeros((2, 3, 3), np.uint8), {"Title": "black"})[1:4]
        b'PNG'
    """
    if not image.size:
        raise ImageError("the picture is empty; at least one pixel is needed")
    info = PngInfo()
    for key, value in (text or {}).items():
        if not 1 <= len(key.encode("latin-1", "ignore")) == len(key) <= 79 or not key.isprintable():
            raise ImageError(f"text keys are 1–79 Latin-1 characters, not {key!r}")
        info.add_itxt(key, value)
    picture = Image.fromarray(np.ascontiguousarray(image))
    if palette is not None:
        picture = Image.frombytes("P", picture.size, picture.tobytes())
        picture.putpalette([channel for colour in palette for channel in colour])
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", pnginfo=info, compress_level=compress_level, **(metadata or {}))
    return encoded.getvalue()


def write_png(
    path: str | Path,
    image: UInt8[np.ndarray, "h w 3"] | UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"],
    text: Mapping[str, str] | None = None,
    palette: Sequence[tuple[int, int, int]] | None = None,
) -> None:
    """Write a PNG atomically: a failure leaves the old file.

    Args:
        path: the file; missing folders are created.
        image: (H, W, 3) uint8 sRGB, (H, W) grey values (8 or 16 bits), or (H, W) indices into ``palette``.
        text: as for ``encode_png``.
        palette: as for ``encode_png``.

    Raises:
        ImageError: the path is a folder or cannot be written, ``image`` is empty, or a text cannot be stored.
    """
    path = Path(path)
    if os.path.isdir(path) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        raise ImageError(f"{path} is a folder or is write-protected; choose another file")
    try:
        encoded = encode_png(image, text, palette)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, encoded, durable=False)
    except ImageError as error:
        raise ImageError(f"{path} was not written: {error}") from error
    except OSError as error:
        raise ImageError(f"{path} cannot be written ({error.strerror}); choose another file") from error


def read_png_text(path: str | Path) -> dict[str, str]:
    """Read a PNG's text chunks.

    Args:
        path: a picture as for ``read_image``.

    Returns:
        The texts by key; empty if there are none or the picture is not a PNG.

    Raises:
        ImageError: as for ``read_image``.
    """
    return decode(path).text


@contextmanager
def _pillow(name: str) -> Iterator[None]:
    """Suppress Pillow's warnings, and convert the errors of its decoders to `ImageError`."""
    with _pillow_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PrimageError:
            raise
        except UnidentifiedImageError as error:
            raise ImageError(f"{name} has an unknown format or is damaged; {_SUPPORTED}") from error
        except Image.DecompressionBombError as error:
            raise ImageError(f"{name} has far too many pixels; {_LIMIT}") from error
        except Exception as error:
            raise ImageError(f"{name} is damaged or cannot be read ({error}); {_SUPPORTED}") from error


def _read_bytes(path: Path) -> bytes:
    # Only regular files: reading a device or a pipe might never end.
    reason = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
    if not path.is_file():
        raise ImageError(f"{path} {reason}; {_SUPPORTED}")
    if not 0 < path.stat().st_size <= MAX_FILE_BYTES:
        reason = f"is larger than {MAX_FILE_BYTES >> 20} MB" if path.stat().st_size else "is empty (0 bytes)"
        raise ImageError(f"{path} {reason}; {_SUPPORTED}")
    return path.read_bytes()


def _decode(data: bytes, name: str) -> Decoded:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if max(image.size) > MAX_SIDE_PX or image.width * image.height > MAX_PIXELS:
        raise ImageError(f"{name} is {image.width}×{image.height} px; {_LIMIT}")
    # MPO, which phones write, is a JPEG followed by previews or a depth map.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        raise ImageError(f"{name} holds {frames} frames or pages; a single picture is needed")
    if image.mode not in _MODES and not image.mode.startswith("I;16"):
        raise ImageError(f"{name} has samples of type {image.mode}; unsigned 8 or 16 bits are needed")
    # Layout of the samples in Pillow's notation: "RGB;16B" is 16 bits, big-endian.
    args = image.tile[0].args if getattr(image, "tile", None) else ""
    rawmode = str(args[0] if isinstance(args, tuple) else args)
    # Tags of a TIFF: 258 bits per sample, 262 photometric interpretation, 284 planar configuration.
    if 16 in tags.get(258, ()) and tags.get(284) == 2:
        raise ImageError(f"{name} is a 16-bit TIFF with separate planes; save it with interleaved colours")
    low = _low_bytes(data, rawmode)
    image.load()
    text = {str(k): str(v) for k, v in image.text.items()} if image.format == "PNG" else {}  # type: ignore[attr-defined]
    upright, samples = _upright(image, name), None
    if image.mode.startswith("I;16"):
        grey: Any = np.array(upright).astype(np.uint16)[..., None]
        # 12 bits are stretched by repeating the high ones below, as 4 bits are to 8.
        grey = (grey << 4) | (grey >> 8) if rawmode == "I;12" else grey
        # Pillow inverts "white is zero" for 8 bits, but not for 16.
        samples = 65535 - grey if tags.get(262) == 0 else grey
    elif low is not None:
        first: Any = np.asarray(upright, np.uint16)
        second: Any = np.asarray(_upright(low, name), np.uint16)
        first, second = (second[..., 0::2], second[..., 1::2]) if rawmode == "LA;16B" else (first, second)
        samples = first << 8 | second
    return Decoded(upright, samples, text, str(image.format), name)


def _low_bytes(data: bytes, rawmode: str) -> Image.Image | None:
    """Decode the low bytes of 16-bit colours, of which Pillow keeps only the high ones.

    With the opposite byte order, Pillow keeps the other byte. For grey with alpha it has no such layout, but the four
    bytes per pixel can be read as 8-bit RGBA.
    """
    match = re.fullmatch(r"(RGB|RGBA|RGBX|CMYK);16([BLN])", rawmode)
    if match is None and rawmode != "LA;16B":
        return None
    image = Image.open(io.BytesIO(data), formats=FORMATS)
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


def _split_alpha(decoded: Decoded) -> tuple[Image.Image, UInt16[np.ndarray, "h w"] | None]:
    """Split into an 8-bit L, RGB or CMYK picture and the opacity, 0 to 65535; None without transparency."""
    image, samples = decoded.image, decoded.samples
    if samples is not None:
        channels = samples.shape[2]
        colours = samples if image.mode == "CMYK" or channels % 2 else samples[..., :-1]
        alpha = None if colours is samples else samples[..., -1]
        if "transparency" in image.info:  # one colour marks transparent pixels
            alpha = np.where((colours == image.info["transparency"]).all(axis=-1), 0, 65535).astype(np.uint16)
        # v·255/65535 is v/257; 257 is odd, so this rounds exactly.
        eight = ((colours.astype(np.uint32) + 128) // 257).astype(np.uint8)
        if image.mode == "CMYK":
            return Image.frombytes("CMYK", image.size, eight.tobytes()), alpha
        return Image.fromarray(np.ascontiguousarray(eight[..., 0] if eight.shape[2] == 1 else eight)), alpha
    mode = "L" if image.mode in _GREY_MODES else "CMYK" if image.mode == "CMYK" else "RGB"
    if not image.has_transparency_data:
        return image.convert(mode), None
    rgba = image.convert("RGBA")
    return rgba.convert(mode), np.asarray(rgba.getchannel("A"), np.uint16) * np.uint16(257)


def _to_rgb(colour: Image.Image, icc: bytes | None, name: str) -> UInt8[np.ndarray, "h w 3"]:
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if colour.mode == "L" and profile.profile.xcolor_space.strip() == "RGB":
                colour = colour.convert("RGB")
            srgb = ImageCms.createProfile("sRGB")
            colour = ImageCms.profileToProfile(colour, profile, srgb, outputMode="RGB") or colour
        except Exception as error:
            log.warning("%s: the colour profile cannot be used and was ignored (%s)", name, error)
    return np.array(colour.convert("RGB"))
