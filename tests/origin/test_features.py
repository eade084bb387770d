"""Edits of the training drawing are told from drawings of other pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from primage.origin.features import features, is_edit, lines_in_common
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import drawing


def is_edit_of(primitive: Primitive, training: Primitive) -> bool:
    return is_edit(*features(primitive, training))


def in_common(primitive: Primitive, training: Primitive) -> float:
    return lines_in_common(*features(primitive, training))


def lines(*columns: int, size: tuple[int, int] = (40, 60)) -> Primitive:
    edges = np.zeros(size, bool)
    edges[5:35, list(columns)] = True
    return Primitive("edges", edges=edges)


def test_an_edit_shares_lines_with_the_training_drawing() -> None:
    trained = lines(10, 20, 30, 40)
    assert in_common(lines(10, 20, 31, 41), trained) == pytest.approx(1 / 3)
    assert is_edit_of(trained, trained)
    assert is_edit_of(lines(10, 20, 31, 41), trained)
    assert not is_edit_of(lines(11, 21, 31, 41), trained)
    assert is_edit_of(lines(), lines())


def test_edits_of_drawings_without_lines_share_label_boundaries() -> None:
    trained = drawing("segments")
    assert trained.segments is not None
    other = trained.replace(segments=replace(trained.segments, index=np.roll(trained.segments.index, 3, axis=(0, 1))))
    assert is_edit_of(trained, trained)
    assert not is_edit_of(other, trained)
    assert is_edit_of(drawing("paint"), drawing("paint"))
