"""What an origin says about an edit, in one line."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Edit, Ellipse, Erase, Fill, Move
from primage.origin.plane import FIRST, Origin
from primage.origin.summary import summary
from primage.origin.transforms import Affine, Piece
from tests.primitive.drawings import drawing

HERE = Ellipse(centre=(0.2, 0.3), radii=(0.1, 0.15))
THERE = Ellipse(centre=(0.75, 0.7), radii=(0.1, 0.15))
COPY, MOVE, ERASE = Copy(region=HERE, by=(0.3, 0.0)), Move(region=HERE, by=(0.3, 0.1)), Erase(region=THERE)
AWAY = Move(region=HERE, by=(0.25, 0.4))


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        ((), "nothing moved or removed; 0.0 % drawn anew"),
        ((COPY,), "1 moved piece; 0.0 % drawn anew"),
        ((MOVE,), "1 moved piece; 0.0 % drawn anew"),  # and nothing removed: what was moved is still there
        ((ERASE,), "1 removed; 0.0 % drawn anew"),
        ((COPY, AWAY, ERASE), "2 moved pieces, 1 removed; 0.0 % drawn anew"),
    ],
)
def test_edits_are_counted(edits: tuple[Edit, ...], line: str) -> None:
    primitive = drawing("segments", (90, 120))
    origin = edited(Edited(primitive, Origin.unmoved(primitive.size)), edits).origin
    assert str(summary(origin)) == line


def test_what_was_drawn_is_a_share() -> None:
    primitive = drawing("segments", (90, 120))
    origin = edited(Edited(primitive, Origin.unmoved(primitive.size)), [Fill(region=HERE, label=0)]).origin
    assert summary(origin).drawn == pytest.approx(origin.drawn(np.zeros(origin.size, bool)).index.astype(bool).mean())


def test_parts_of_other_pictures_are_counted() -> None:
    index = np.zeros((40, 40), np.uint16)
    index[5:15, 5:15], index[25:35, 25:35] = FIRST, FIRST + 1
    pieces = (Piece(transforms=(), picture="ab" * 32), Piece(transforms=(Affine(matrix=(1, 0, 0, 1, 0.2, 0)),)))
    assert str(summary(Origin(index, pieces))) == "1 moved piece, 1 pasted from other pictures; 0.0 % drawn anew"
