"""What a task may use: a fixed number of threads, and memory up to a limit."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from primage.errors import ResourceError

_STATM = Path("/proc/self/statm")


@contextlib.contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Compute on a number of threads: rounding depends on it, so equal numbers give equal results.

    Args:
        count: for PyTorch's operations; the kernels of the synthesis follow (`primage.synthesis.threads`).

    Yields:
        Nothing; afterwards the number is what it was.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def memory_bytes() -> int:
    """The memory that this process takes now; 0 where the system does not tell."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_memory_bytes() -> int:
    """The largest memory that this process has taken; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def check_memory(limit_gb: float | None) -> None:
    """Check that this process stays within its limit.

    Args:
        limit_gb: in GB; None for no limit.

    Raises:
        ResourceError: it takes more.
    """
    if limit_gb is not None and (taken := memory_bytes()) > limit_gb * 1e9:
        raise ResourceError(
            f"takes {taken / 1e9:.1f} GB of memory, more than its limit of {limit_gb:g} GB; choose a smaller size or a "
            "larger limit"
        )
