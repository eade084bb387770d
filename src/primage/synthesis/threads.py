"""The number of threads of compiled kernels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numba
import torch


@contextlib.contextmanager
def torch_threads() -> Iterator[None]:
    """Run numba's kernels on as many threads as PyTorch's operations.

    Both use OpenMP. When numba starts, it sets the number of threads for both, so PyTorch's is restored afterwards.
    """
    before = torch.get_num_threads()
    numba.set_num_threads(min(before, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
