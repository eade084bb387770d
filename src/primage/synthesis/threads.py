"""How compiled kernels are called: the number of threads, and the layout of arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numba
import numpy as np
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


def contiguous(*arrays: np.ndarray) -> list[np.ndarray]:
    """Arrays of the layout that kernels are compiled for, copied if necessary; any other would compile them again."""
    return [np.require(array, requirements=["C", "W"]) for array in arrays]
