"""Pictures that were pasted: kept as they are, and sampled with their opacity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from primage.errors import ImageError
from primage.origin.pictures import Picture, load_picture, picture_path, read_picture, write_picture
from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.transforms import Affine, Piece
from tests.origin.test_transforms import BENT

PIXELS = np.ascontiguousarray(data.chelsea()[:120, 100:260])
ID = "ab" * 32
SIZE = (60, 80)


def places(size: tuple[int, int]) -> np.ndarray:
    return Origin.unmoved(size).places(np.ones(size, bool))


def test_a_picture_is_kept_as_it_is(tmp_path: Path) -> None:
    name = write_picture(tmp_path, Picture(PIXELS))
    assert (load_picture(tmp_path, name).pixels == PIXELS).all()
    assert write_picture(tmp_path, Picture(PIXELS)) == name
    picture_path(tmp_path, name).write_bytes(b"another")
    with pytest.raises(ImageError, match="not the picture that was pasted"):
        load_picture(tmp_path, name)
    with pytest.raises(ImageError, match="cannot be read"):
        load_picture(tmp_path, ID)


def test_opacity_is_kept_and_hidden_colours_do_not_get_into_borders(tmp_path: Path) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[5:15, 5:15] = (200, 100, 50, 255)
    rgba[:, 15:, 3] = 128
    rgba[:, 15:, :3] = (10, 20, 30)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    read = read_picture(tmp_path / "a.png")
    assert (read.pixels[..., 3] == rgba[..., 3]).all()
    assert (read.colours[0, 8] == (200, 100, 50)).all()
    again = load_picture(tmp_path, write_picture(tmp_path, read))
    assert (again.pixels == read.pixels).all()
    Image.fromarray(rgba[:4, :4]).save(tmp_path / "b.png")
    with pytest.raises(ImageError, match="transparent everywhere"):
        read_picture(tmp_path / "b.png")
    Image.fromarray(rgba[5:15, 5:15]).save(tmp_path / "c.png")
    assert read_picture(tmp_path / "c.png").pixels.shape == (10, 10, 3)


def test_a_picture_is_sampled_at_its_own_resolution() -> None:
    # It covers the right half of the result, pixel by pixel.
    piece = Piece(transforms=(Affine(matrix=(2, 0, 0, 1, -1, 0)),), picture=ID)
    colours, opacity = Picture(PIXELS).at(piece, places((120, 320)), (120, 320))
    opacity = opacity.reshape(120, 320)
    assert (opacity[:, :160] == 0).all()
    assert (opacity[:, 160:] == 1).all()
    assert (colours.reshape(120, 320, 3)[:, 160:] == PIXELS).all()


def test_what_shrinks_is_the_mean() -> None:
    rgba = np.dstack([PIXELS, np.full((120, 160), 255, np.uint8)])
    rgba[:, 80:, 3] = 51
    for pixels in (PIXELS, rgba):
        colours, opacity = Picture(pixels).at(Piece(transforms=(), picture=ID), places((12, 16)), (12, 16))
        means = PIXELS.reshape(12, 10, 16, 10, 3).mean((1, 3))
        assert np.abs(colours.reshape(12, 16, 3) - means).mean() < 2
    np.testing.assert_allclose(opacity.reshape(12, 16)[:, [2, 12]], np.tile([1, 0.2], (12, 1)), atol=0.01)


def test_its_border_is_sharp_between_pixels() -> None:
    piece = Piece(transforms=(Affine(matrix=(2, 0, 0, 1, -1 + 0.5 / 160, 0)),), picture=ID)
    opacity = Picture(PIXELS).at(piece, places((120, 320)), (120, 320))[1].reshape(120, 320)
    np.testing.assert_allclose(opacity[5, 158:162], (0, 0.25, 0.75, 1), atol=0.26)
    assert abs(opacity[5].sum() - 160) < 0.51


def test_opacity_is_that_of_the_picture() -> None:
    rgba = np.dstack([PIXELS, np.tile(np.linspace(0, 255, 160).astype(np.uint8), (120, 1))])
    piece = Piece(transforms=(), picture=ID)
    _, opacity = Picture(rgba).at(piece, places((30, 40)), (30, 40))
    np.testing.assert_allclose(opacity.reshape(30, 40)[10, 1:-1], (np.arange(40)[1:-1] + 0.5) / 40, atol=0.02)


def test_beyond_a_bent_picture_there_is_nothing() -> None:
    _, opacity = Picture(PIXELS).at(
        Piece(transforms=(BENT, Affine(matrix=(3, 0, 0, 3, -1, -1))), picture=ID), places(SIZE), SIZE
    )
    opacity = opacity.reshape(SIZE)
    assert 0 < (opacity > 0.99).mean() < 0.5
    assert (opacity[0] == 0).all()
    assert (opacity[:, 0] == 0).all()


def pasted() -> Origin:
    index = np.zeros(SIZE, np.uint16)
    index[:, :10], index[20:40, 20:40], index[30:50, 50:60] = REMOVED, FIRST, FIRST + 1
    return Origin(
        index,
        (
            Piece(transforms=(Affine(matrix=(4, 0, 0, 3, -1, -1)),), picture=ID),
            Piece(transforms=(Affine(matrix=(1, 0, 0, 1, -0.5, 0)),)),
        ),
    )


def test_pixels_of_a_picture_come_from_no_place_of_the_photo() -> None:
    origin = pasted()
    assert origin.sources == [UNMOVED, FIRST + 1]
    assert origin.pasted_values == [FIRST]
    assert not origin.known[30, 30]
    assert np.isnan(origin.coords(SIZE)[30, 30]).all()
    assert origin.moves


def test_what_is_around_continues_beneath() -> None:
    beneath = pasted().beneath
    assert len(beneath.pieces) == 1
    assert (beneath.index[20:40, 20:40] == UNMOVED).all()
    assert (beneath.index == REMOVED).sum() == 600
    whole = Origin(np.full(SIZE, FIRST, np.uint16), pasted().pieces[:1])
    assert (whole.beneath.index == UNMOVED).all()
    still = Origin.unmoved(SIZE)
    assert still.beneath is still


def test_lines_that_reach_a_little_beyond_a_part_belong_to_it() -> None:
    index = pasted().index.copy()
    index[22:38, 40] = index[18:20, 25] = DRAWN  # beside it
    index[30, 21:39] = DRAWN  # on it
    index[5:9, 30] = DRAWN  # elsewhere
    beneath = Origin(index, pasted().pieces).beneath.index
    assert (beneath[22:38, 40] == UNMOVED).all()
    assert (beneath[18:20, 25] == UNMOVED).all()
    assert (beneath[30, 23:37] == DRAWN).all()
    assert (beneath[5:9, 30] == DRAWN).all()


def test_pictures_that_are_not_there_count_as_drawn() -> None:
    origin = pasted().without_pictures
    assert (origin.index[20:40, 20:40] == DRAWN).all()
    assert (origin.index[30:50, 50:60] == FIRST).all()


def test_a_piece_of_a_picture_stays_one() -> None:
    back = Affine(matrix=(0.25, 0, 0, 1 / 3, 0.25, 1 / 3))
    piece = pasted().pieces[0]
    assert piece.after(back) == Piece(transforms=(), picture=ID)
    wider = Affine(matrix=(2, 0, 0, 1, -1, 0))
    seen, same = piece.seen_from(wider)(np.array([(0.7, 0.5)])), piece(np.array([(0.4, 0.5)]))
    np.testing.assert_allclose(seen, same)
    still = Origin.unmoved(SIZE)
    coords = np.moveaxis(np.indices(SIZE), 0, -1).astype(np.float64)
    source = Origin(np.full(SIZE, FIRST, np.uint16), (Piece(transforms=(), picture=ID),))
    found = still.pasted(source, coords, np.ones(SIZE, bool), Affine(matrix=(1, 0, 0, 1, 0, 0)))
    assert found.pasted_over.all()


def test_pieces_without_a_picture_are_written_as_before() -> None:
    assert "picture" not in Piece(transforms=()).model_dump_json()
    assert Piece.model_validate_json(Piece(transforms=(), picture=ID).model_dump_json()).picture == ID
