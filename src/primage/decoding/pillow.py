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
_LONGEST_REASON = 100
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
        except MemoryError as error:
            raise ImageError(
                f"{name} is {kind} for which memory does not suffice; close other programs, or make it smaller"
            ) from error
        except Exception as error:
            # Pillow's words for a file that it does not know name an object in memory; long ones are for programmers.
            words = " ".join(str(error).split())
            reason = f" ({words})" if 0 < len(words) <= _LONGEST_REASON and "BytesIO" not in words else ""
            raise ImageError(f"{name} is {kind}, but it is damaged{reason}; copy or export it again") from error


def check_size(width: int, height: int, name: str) -> None:
    """Check that a picture has pixels, and is not too large to be decoded.

    Raises:
        ImageError: it has none, or is.
    """
    if min(width, height) < 1:
        raise ImageError(f"{name} is {width}×{height} px, so it has no pixels; copy or export it again")
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise ImageError(f"{name} is {width}×{height} px; {LIMIT}")
