"""Calling Pillow: one thread at a time, without its warnings, and with our errors."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from primage.errors import ImageError, PrimageError

MAX_SIDE_PX = 16_384
MAX_PIXELS = 100_000_000
SUPPORTED = "a PNG, JPEG, WebP, TIFF or BMP picture is needed"
LIMIT = f"the limits are {MAX_SIDE_PX} px per side and {MAX_PIXELS // 10**6} megapixels"
# Silencing Pillow's warnings modifies a process-wide list, which is not safe from two threads at once.
_lock = threading.RLock()


@contextmanager
def pillow(name: str) -> Iterator[None]:
    """Suppress Pillow's warnings, and convert the errors of its decoders.

    Args:
        name: of the picture, for messages.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PrimageError:
            raise
        except UnidentifiedImageError as error:
            raise ImageError(f"{name} has an unknown format or is damaged; {SUPPORTED}") from error
        except Image.DecompressionBombError as error:
            raise ImageError(f"{name} has far too many pixels; {LIMIT}") from error
        except Exception as error:
            raise ImageError(f"{name} is damaged or cannot be read ({error}); {SUPPORTED}") from error
