"""The C library's memory allocator during training."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from primage.allocator import kept_memory

MEGABYTE = 2**20


def _page_faults_of_a_second_allocation() -> int:
    np.ones(64 * MEGABYTE, np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(64 * MEGABYTE, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_freed_memory_is_used_again() -> None:
    with kept_memory():
        assert _page_faults_of_a_second_allocation() < 100


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_freed_memory_is_returned_afterwards() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    with kept_memory():
        np.ones(256 * MEGABYTE, np.uint8)
        during = resident()
    assert resident() < during - 200 * MEGABYTE


def test_an_error_passes_through() -> None:
    with pytest.raises(ValueError, match="inside"), kept_memory():
        raise ValueError("inside")
