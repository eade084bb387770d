"""The C library's memory allocator during training."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Parameters of mallopt and their defaults (mallopt(3)).
_M_TRIM_THRESHOLD, _TRIM_THRESHOLD = -1, 128 * 1024
_M_MMAP_MAX, _MMAP_MAX = -4, 65_536
#: A trim threshold that turns trimming off (mallopt(3)).
_NEVER = -1


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep memory that is freed in this process for its next allocation, instead of returning it to the system.

    By default, glibc returns each freed block of 32 MB or more. A gradient of pix2pixHD's widest layers has 38 MB, and
    each step allocates and frees dozens of them: clearing their pages again took half of a step at 128². Other C
    libraries have no such settings, and nothing changes there. Everything is returned at the end.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        libc.mallopt(_M_MMAP_MAX, _MMAP_MAX)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD)
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
