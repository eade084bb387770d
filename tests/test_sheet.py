"""Contact sheets: the layout of pictures and captions."""

from __future__ import annotations

import numpy as np
import pytest

from primage.sheet import contact_sheet

SIZE = (30, 50)


def flat(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((*size, 3), (level, 10, 200), np.uint8)


def places(sheet: np.ndarray, level: int) -> tuple[int, int]:
    """The corner of the flat picture, which must be there whole and once."""
    rows, columns = np.nonzero((sheet == (level, 10, 200)).all(axis=2))
    assert len(rows) == SIZE[0] * SIZE[1]
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == SIZE
    return int(rows.min()), int(columns.min())


def test_pictures_are_in_rows_unchanged_and_separate() -> None:
    rows = [[flat(10), flat(20), flat(30)], [flat(40)]]
    sheet = contact_sheet(rows, [["a", "b", "c"], ["d"]])
    (top, left), (_, second), (_, third), (below, first) = (places(sheet, level) for level in (10, 20, 30, 40))
    assert second - left == third - second > SIZE[1]
    assert first == left
    assert below - top > SIZE[0]
    assert sheet.shape[0] >= below + SIZE[0]
    assert sheet.shape[1] >= third + SIZE[1]
    assert sheet.dtype == np.uint8


def test_the_rest_is_white_paper_with_a_caption_above_each_picture() -> None:
    plain = contact_sheet([[flat(10)]], [[""]])
    top, left = places(plain, 10)
    paper = plain.copy()
    paper[top : top + SIZE[0], left : left + SIZE[1]] = 255
    assert (paper == 255).all()
    captioned = contact_sheet([[flat(10)]], [["photo"]])
    ink = np.argwhere((captioned != plain).any(axis=2))
    assert len(ink) > 20
    assert ink[:, 0].max() < top
    assert ink[:, 1].min() >= left


@pytest.mark.parametrize("text", ["Größe λ=0 · ±3", "two\nlines", "x" * 300])
def test_any_caption_is_taken_without_changing_the_layout(text: str) -> None:
    sheet = contact_sheet([[flat(10)]], [[text]])
    assert sheet.shape == contact_sheet([[flat(10)]], [[""]]).shape
    places(sheet, 10)


@pytest.mark.parametrize(
    ("rows", "captions"),
    [
        ([], []),
        ([[]], [[]]),
        ([[flat(1)]], [[]]),
        ([[flat(1)]], [["a", "b"]]),
        ([[flat(1)]], [["a"], ["b"]]),
        ([[flat(1), flat(2, (30, 51))]], [["a", "b"]]),
    ],
)
def test_pictures_that_do_not_fit_or_lack_a_caption_are_refused(
    rows: list[list[np.ndarray]], captions: list[list[str]]
) -> None:
    with pytest.raises(ValueError, match="one size, each with a caption"):
        contact_sheet(rows, captions)
