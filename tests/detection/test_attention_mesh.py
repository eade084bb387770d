"""What joins the parts of the face mesh's network, without its weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from primage.detection.attention_mesh import region_frame
from primage.detection.topology import (
    FACE,
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    NOSE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)


@given(st.floats(-3, 3), st.floats(0.1, 20))
def test_the_frame_of_a_region_is_its_turned_bounding_box(angle: float, scale: float) -> None:
    level = np.array([[0.0, 1], [4, 1], [2, 0], [2, 2], [99, 99]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix, centre = region_frame(level @ turn.T * scale, np.arange(4), 0, 1, margin=1.5)
    np.testing.assert_allclose(centre, turn @ [2, 1] * scale, atol=1e-6)
    np.testing.assert_allclose(matrix, turn @ np.diag([6, 3]) * scale, atol=1e-6)


def test_contours_are_closed_without_repetition() -> None:
    for contour in (FACE_OVAL, OUTER_LIPS, INNER_LIPS, LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, NOSE):
        assert len(set(contour)) == len(contour)
    assert len({chain.name for chain in FACE}) == len(FACE)
    assert all(0 <= point < 478 for chain in FACE for point in chain.points)
