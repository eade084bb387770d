"""Calling Pillow: one thread at a time, without its warnings, and with our errors."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from primage.errors import ImageError, PrimageError

MAX_SIDE_PX = 16_384
MAX_PIXELS = 100_000_000
SUPPORTED = "a PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP picture is needed"
LIMIT = f"the limits are {MAX_SIDE_PX} px per side and {MAX_PIXELS // 10**6} megapixels"
# Silencing Pillow's warnings modifies a process-wide list, which is not safe from two threads at once.
_lock = threading.RLock()


@contextmanager
def pillow(name: str, kind: str = "a picture") -> Iterator[None]:
    """Suppress Pillow's warnings, and convert the errors of its decoders.

    Args:
        name: of the picture, for messages.
        kind: what the picture is, with its article.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PrimageError:
            raise
        except Image.DecompressionBombError as error:
            raise ImageError(f"{name} has far too many pixels; {LIMIT}") from error
        except Exception as error:
            # Pillow's words for a file that it does not know name an object in memory.
            reason = f" ({error})" if str(error) and "BytesIO" not in str(error) else ""
            raise ImageError(f"{name} is {kind}, but it is damaged{reason}; copy or export it again") from error


def check_size(width: int, height: int, name: str) -> None:
    """Check that a picture is not too large to be decoded.

    Raises:
        ImageError: it is.
    """
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise ImageError(f"{name} is {width}×{height} px; {LIMIT}")
