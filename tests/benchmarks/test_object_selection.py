"""The simulated person of the benchmark of object selection, and its figures."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def suite() -> Iterator[SimpleNamespace]:
    sys.path.insert(0, str(BENCHMARKS))
    clicks, benchmark = importlib.import_module("truth.clicks"), importlib.import_module("object_selection")
    yield SimpleNamespace(
        next_click=clicks.next_click, iou=clicks.iou, Clicked=benchmark.Clicked, summary=benchmark.summary
    )
    sys.path.remove(str(BENCHMARKS))


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_the_first_click_is_in_the_middle_of_the_object(suite: SimpleNamespace) -> None:
    mark = suite.next_click(np.zeros((40, 60), bool), square(10, 20, 11))
    assert mark is not None
    assert mark.points == ((25.5, 15.5),)
    assert mark.add


def test_the_next_click_is_in_the_middle_of_the_largest_error(suite: SimpleNamespace) -> None:
    truth = square(5, 5, 21) | square(5, 40, 9)
    missing = suite.next_click(square(5, 5, 21), truth)
    assert missing is not None
    assert missing.points == ((44.5, 9.5),)
    assert missing.add
    extra = suite.next_click(truth | square(20, 40, 15), truth)
    assert extra is not None
    assert extra.points == ((47.5, 27.5),)
    assert not extra.add
    assert suite.next_click(truth, truth) is None


def test_figures(suite: SimpleNamespace) -> None:
    assert suite.iou(square(0, 0, 10), square(0, 0, 10)) == 1
    assert suite.iou(square(0, 0, 10), square(0, 5, 10)) == 50 / 150
    results = [
        suite.Clicked("a", "b", "dev", [0.5, 0.8, last], 0.9, [], [], square(0, 0, 3), []) for last in (0.85, 0.95)
    ]
    assert suite.summary(results) == {
        "objects": 2,
        "iou after clicks": [0.5, 0.8, 0.9],
        "objects of at least 0.9 after three": 1,
        "lowest after three": 0.85,
        "iou of a box": 0.9,
    }
