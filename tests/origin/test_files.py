"""Files of origins: read as written, and refused where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from primage.errors import PrimitiveError
from primage.image import write_png
from primage.origin.files import TEXT, read_origin, write_origin
from primage.origin.plane import FIRST, Origin
from primage.origin.transforms import Affine, Piece
from tests.origin.test_transforms import BENT

PHOTO, OTHER = "a" * 64, "b" * 64


def some_origin() -> Origin:
    index = np.arange(12, dtype=np.uint16).reshape(3, 4) % 5
    return Origin(index, (Piece(transforms=(Affine(matrix=(1, 0, 0, 1, 0.1, 0)),)), Piece(transforms=(BENT,))))


def test_read_as_written(tmp_path: Path) -> None:
    write_origin(tmp_path / "a.png", some_origin(), PHOTO)
    back = read_origin(tmp_path / "a.png", PHOTO)
    assert (back.index == some_origin().index).all()
    assert back.pieces == some_origin().pieces


def test_another_photo_is_refused(tmp_path: Path) -> None:
    write_origin(tmp_path / "a.png", some_origin(), PHOTO)
    with pytest.raises(PrimitiveError, match="another photo"):
        read_origin(tmp_path / "a.png", OTHER)


def test_the_drawing_must_be_the_one_it_was_written_with(tmp_path: Path) -> None:
    path, drawing = tmp_path / "a.origin.png", tmp_path / "a.png"
    write_png(drawing, np.zeros((3, 4, 3), np.uint8))
    write_origin(path, some_origin(), PHOTO, drawing)
    assert read_origin(path, PHOTO, drawing).pieces == some_origin().pieces
    write_png(drawing, np.ones((3, 4, 3), np.uint8))
    with pytest.raises(PrimitiveError, match=r"a.png was changed since"):
        read_origin(path, PHOTO, drawing)
    assert read_origin(path, PHOTO).pieces == some_origin().pieces
    write_origin(path, some_origin(), PHOTO)  # as earlier versions did
    assert read_origin(path, PHOTO, drawing).pieces == some_origin().pieces


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(PrimitiveError, match="is not an origin"):
        read_origin(tmp_path / "a.png", PHOTO)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        (f'{{"photo_sha256": "{PHOTO}", "pieces": []}}', "contains a pixel of piece 1"),
        (f'{{"photo_sha256": "{PHOTO}", "pieces": [{{"transforms": [{{"kind": "x"}}]}}]}}', "pieces.0.transforms.0"),
        (f'{{"photo_sha256": "{PHOTO}", "pieces": [], "more": 1}}', "more"),
        (
            f'{{"photo_sha256": "{PHOTO}", "pieces": [{{"transforms": [{{"kind": "affine", "matrix": '
            "[1e999, 0, 0, 1, 0, 0]}]}]}",
            "finite",
        ),
    ],
)
def test_damaged_text_is_refused(tmp_path: Path, text: str, message: str) -> None:
    write_png(tmp_path / "a.png", np.full((3, 4), FIRST, np.uint16), text={TEXT: text})
    with pytest.raises(PrimitiveError, match=message):
        read_origin(tmp_path / "a.png", PHOTO)
