"""Fixtures shared by the tests."""

from __future__ import annotations

import os

# Before torch: the tests' networks are tiny, and threads that wait for each other only slow them (and each other) down.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings

# Every run tests the same examples, so that none fails by chance; EXPLORE=1 looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
if not os.environ.get("EXPLORE"):
    settings.load_profile("repeatable")

DEEPSIM = Path(__file__).parents[2] / "shared" / "data" / "deepsim"
LPIPS_PAIR = Path(__file__).parents[2] / "shared" / "data" / "lpips"


@pytest.fixture(scope="session")
def deepsim() -> Path:
    """The authors' examples, which the project does not ship; tests that need them are skipped without them."""
    if not DEEPSIM.is_dir():
        pytest.skip("the authors' examples are not on this machine")
    return DEEPSIM


@pytest.fixture(scope="session")
def detectors() -> None:
    """The detectors' networks, downloaded once; tests that need them are skipped where they cannot be had."""
    from primage.detection.interpreter import prepare
    from primage.errors import PrimageError

    try:
        prepare()
    except PrimageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def lpips_pair() -> Path:
    """The published example pair of the LPIPS project."""
    if not LPIPS_PAIR.is_dir():
        pytest.skip("the LPIPS example pair is not on this machine")
    return LPIPS_PAIR
