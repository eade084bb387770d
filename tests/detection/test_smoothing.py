"""Smoothing in time: calm at rest, no lag worth mentioning in motion, and the right line is followed."""

from __future__ import annotations

import numpy as np

from primage.detection.people import Line
from primage.detection.smoothing import Smoother

SQUARE = np.array([[0.0, 0], [100, 0], [100, 100], [0, 100]])


def line(points: np.ndarray, name: str = "face 1 face oval") -> Line:
    return Line(name, points, closed=True)


def test_noise_at_rest_becomes_weaker() -> None:
    rng = np.random.default_rng(0)
    smoother = Smoother()
    noisy = [SQUARE + rng.normal(0, 0.5, SQUARE.shape) for _ in range(60)]
    smooth = [smoother((line(points),))[0].points for points in noisy]
    assert np.std(smooth[10:], axis=0).mean() < 0.75 * np.std(noisy[10:], axis=0).mean()


def test_motion_is_followed_with_little_lag() -> None:
    smoother = Smoother()
    for step in range(20):
        found = smoother((line(SQUARE + np.array([5.0 * step, 0])),))[0].points
    assert np.abs(found - SQUARE - [95, 0]).max() < 1.5


def test_the_first_frame_is_unchanged_and_so_is_a_still_one() -> None:
    smoother = Smoother()
    for _ in range(3):
        np.testing.assert_array_equal(smoother((line(SQUARE),))[0].points, SQUARE)


def test_faces_that_swap_their_numbers_are_not_mixed_up() -> None:
    smoother = Smoother()
    left, right = SQUARE, SQUARE + np.array([400.0, 0])
    smoother((line(left, "face 1 face oval"), line(right, "face 2 face oval")))
    first, second = smoother((line(right, "face 1 face oval"), line(left, "face 2 face oval")))
    np.testing.assert_array_equal(first.points, right)
    np.testing.assert_array_equal(second.points, left)


def test_a_line_that_nothing_precedes_is_unchanged() -> None:
    smoother = Smoother()
    smoother((line(SQUARE),))
    jumped, new = smoother((line(SQUARE + 300), line(SQUARE[:3], "hand 1 thumb")))
    np.testing.assert_array_equal(jumped.points, SQUARE + 300)
    np.testing.assert_array_equal(new.points, SQUARE[:3])
