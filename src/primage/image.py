"""Reading and writing pictures: files ⇄ uint8 (H, W, 3) sRGB; tensors are in `primage.tensors`."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Shaped, UInt8, UInt16
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.errors import ImageError
from primage.files import atomic_path
from primage.seal import BLANK, KEY, seal


def read_image(path: str | Path, background: tuple[int, int, int] = (255, 255, 255)) -> UInt8[np.ndarray, "h w 3"]:
    """Read a picture for display: upright, in sRGB, with 8 bits and without transparency.

    Args:
        path: a file of any kind that docs/files.md lists, recognised by its content, not its name.
        background: the colour behind transparent pixels.

    Returns:
        (H, W, 3) uint8 sRGB. From a JPEG with further pictures (MPO: previews, depth), the main one.

    Raises:
        ImageError: the file is missing, damaged, of another kind, animated, multi-page, or too large.
    """
    return flatten(decode(path), background)


def check_pixels(what: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Check that an array from elsewhere can be what is stored as bytes of pixels.

    Args:
        what: the picture, for the message.
        array: any array.
        shape: the shape that it should have.

    Raises:
        ImageError: it has no pixels, another shape, or other values than bytes.

    Example:
        >>> check_pixels("the photo", np.zeros((2, 3, 3), np.float32), (2, 3, 3))
        Traceback (most recent call last):
        primage.errors.ImageError: the photo has (2, 3, 3) values of float32, not (2, 3, 3) bytes; take another file
    """
    if array.dtype != np.uint8 or array.shape != shape or len(shape) < 2 or not array.size:
        raise ImageError(f"{what} has {array.shape} values of {array.dtype}, not {shape} bytes; take another file")


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


def from_nearest_outside(
    array: Shaped[np.ndarray, "h w *c"], mask: Bool[np.ndarray, "h w"]
) -> Shaped[np.ndarray, "h w *c"]:
    """Fill a region with the values of the nearest pixels outside it.

    Args:
        array: (H, W) or (H, W, C), of any type.
        mask: (H, W), the region; not everything.
    """
    from scipy import ndimage  # imported lazily: reading the table of kinds must not load SciPy

    rows, columns = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    return np.asarray(array[rows, columns])


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
    """Write a PNG atomically and with a seal (`primage.seal`): a failure leaves the old file.

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
        encoded = encode_png(image, {**(text or {}), **BLANK}, palette)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path, durable=False) as scratch:
            scratch.write_bytes(encoded)
            seal(scratch)
    except ImageError as error:
        raise ImageError(f"{path} was not written: {error}") from error
    except OSError as error:
        raise ImageError(f"{path} cannot be written ({error.strerror}); choose another file") from error


def read_png_text(path: str | Path) -> dict[str, str]:
    """Read a PNG's text chunks.

    Args:
        path: a picture as for ``read_image``.

    Returns:
        The texts by key, without the seal; empty if there are none or the picture is not a PNG.

    Raises:
        ImageError: as for ``read_image``.
    """
    return {key: value for key, value in decode(path).text.items() if key != KEY}
