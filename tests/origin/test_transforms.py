"""Transforms: exact at any size, composed in the right order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from primage.origin.transforms import IDENTITY, Affine, Piece, Spline

POINTS = np.array([(0.1, 0.2), (0.7, 0.9), (0.5, 0.5)])
number = st.floats(-2, 2)
matrices = st.tuples(number, number, number, number, number, number)
BENT = Spline(
    points=((0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)),
    sources=((0, 0), (1, 0), (0, 1), (1, 1), (0.6, 0.45)),
    aspect=1.5,
)


def test_a_map_of_pixels_is_the_same_in_shares() -> None:
    size, linear, offset = (50, 80), np.array([[0.5, 0.2], [-0.1, 2.0]]), np.array([3.0, -7.5])
    pixels = np.array([(0.0, 0.0), (10.0, 20.0), (49.0, 79.0)])  # (row, column)
    shares = (pixels[:, ::-1] + 0.5) / (80, 50)
    expected = (pixels @ linear.T + offset)[:, ::-1]
    np.testing.assert_allclose(Affine.of_pixels(linear, offset, size)(shares) * (80, 50) - 0.5, expected)


@given(matrices, matrices)
def test_one_affine_map_after_another_is_their_product(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    a, b = Affine.model_validate({"matrix": first}), Affine.model_validate({"matrix": second})
    np.testing.assert_allclose(b.after(a)(POINTS), b(a(POINTS)), atol=1e-9)


def test_a_piece_moved_again_first_undoes_the_last_move() -> None:
    right, larger = Affine(matrix=(1, 0, 0, 1, -0.2, 0)), Affine(matrix=(0.5, 0, 0, 0.5, 0.25, 0.25))
    piece = Piece(transforms=(larger,)).after(right)
    assert len(piece.transforms) == 1
    np.testing.assert_allclose(piece(POINTS), larger(right(POINTS)))
    bent = piece.after(BENT).after(right)
    np.testing.assert_allclose(bent(POINTS), piece(BENT(right(POINTS))))
    assert bent.affine is None


def test_moved_back_is_not_moved() -> None:
    there, back = Affine(matrix=(1, 0, 0, 1, -0.1, 0.3)), Affine(matrix=(1, 0, 0, 1, 0.1, -0.3))
    assert Piece(transforms=()).after(there).after(back).transforms == ()
    assert Piece(transforms=()).affine == IDENTITY


def test_a_spline_passes_through_its_points() -> None:
    np.testing.assert_allclose(BENT(np.array(BENT.points)), BENT.sources, atol=1e-9)


def test_a_spline_stays_in_the_picture() -> None:
    assert BENT(np.array([(2.0, -1.0)])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("points", "sources", "message"),
    [
        (((0, 0), (1, 1), (2, 2)), ((0, 0), (1, 1), (2, 2)), "one line"),
        (((0, 0), (1, 0), (0, 1)), ((0, 0), (1, 0)), "cannot come from"),
    ],
)
def test_splines_that_do_not_exist_are_refused(
    points: tuple[tuple[float, float], ...], sources: tuple[tuple[float, float], ...], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Spline(points=points, sources=sources, aspect=1)


def test_pieces_survive_json() -> None:
    piece = Piece(transforms=(Affine(matrix=(1, 0, 0, 1, 0.1, 0)), BENT))
    assert Piece.model_validate_json(piece.model_dump_json()) == piece
