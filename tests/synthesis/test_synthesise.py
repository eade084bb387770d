"""Synthesis from planes: holes are filled with what fits, the rest is kept, and sizes do not matter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from primage.errors import PrimitiveError
from primage.synthesis.guides import GuideWeights
from primage.synthesis.sources import Plane, photo_plane, resampled_plane
from primage.synthesis.steps import finished
from primage.synthesis.synthesise import DEFAULTS, Target, synthesising
from primage.warp.augment import PrimitiveWarper
from tests.primitive.drawings import described, drawing
from tests.synthesis.textures import no_guides, positions, texture

SIZE = (40, 60)
PHOTO = texture(SIZE, smoothness_px=2)


def source(photo: np.ndarray, allowed: np.ndarray | None = None) -> Plane:
    size = photo.shape[:2]
    return photo_plane(photo, no_guides(size), np.ones(size, bool) if allowed is None else allowed, DEFAULTS.multiple)


def target(picture: np.ndarray, hole: np.ndarray, field: np.ndarray | None = None, trust: float = 0.5) -> Target:
    size = picture.shape[:2]
    where = positions(size) if field is None else field
    return Target(picture, no_guides(size), where, np.zeros(size, np.int32), np.full(size, trust, np.float32), hole)


def box(size: tuple[int, int] = SIZE) -> np.ndarray:
    hole = np.zeros(size, bool)
    hole[12:28, 20:40] = True
    return hole


def test_a_hole_in_a_shifted_copy_is_filled_with_what_belongs_there() -> None:
    whole = texture((60, 90), smoothness_px=2)
    # By whole pixels of every level: other copies are only similar at the coarse ones.
    part, hole, field = whole[8:48, 16:76], box(), positions(SIZE) + np.float32((8, 16))
    damaged = part.copy()
    damaged[hole] = 127
    picture, found = finished(synthesising([source(whole)], target(damaged, hole, field)))
    assert np.array_equal(picture, part)
    assert np.array_equal(found, field)


def test_a_wrong_field_is_mended_from_the_surroundings() -> None:
    damaged, hole = PHOTO.copy(), box()
    damaged[hole] = 127
    field = positions(SIZE).copy()
    field[hole] += np.float32((9, -14))
    picture, _ = finished(synthesising([source(PHOTO)], target(damaged, hole, field, trust=0.0)))
    before, after = (np.abs(x.astype(float) - PHOTO)[hole].mean() for x in (damaged, picture))
    assert after < 0.5 * before


def test_everything_may_be_synthesised() -> None:
    whole = np.ones(SIZE, bool)
    # Three levels, so that no side is padded: beside padding, a few pixels differ.
    config = replace(DEFAULTS, levels=3)
    picture, field = finished(synthesising([source(PHOTO)], target(PHOTO // 2 + 60, whole), config))
    assert np.array_equal(picture, PHOTO)
    assert np.array_equal(field, positions(SIZE))


def test_nothing_to_synthesise() -> None:
    picture, field = finished(synthesising([source(PHOTO)], target(PHOTO // 2, np.zeros(SIZE, bool))))
    assert np.array_equal(picture, PHOTO // 2)
    assert np.array_equal(field, positions(SIZE))


def test_what_is_kept_is_not_touched() -> None:
    noisy, hole = texture(SIZE, seed=5), box()
    picture, field = finished(synthesising([source(PHOTO)], target(noisy, hole)))
    assert np.array_equal(picture[~hole], noisy[~hole])
    assert np.array_equal(field[~hole], positions(SIZE)[~hole])
    assert not np.array_equal(picture[hole], noisy[hole])


def test_a_mirrored_part_is_copied_from_a_mirrored_plane() -> None:
    primitive = drawing("super", SIZE)
    matrix = np.float32([[1, 0], [0, -1]])
    whole = (np.array((0, 0)), np.array((39, 59)))
    mirrored = resampled_plane(
        PHOTO,
        PrimitiveWarper(primitive),
        described(primitive),
        GuideWeights(),
        np.ones(SIZE, bool),
        matrix,
        whole,
        DEFAULTS.multiple,
    )
    planes = [source(PHOTO), replace(mirrored, guides=np.zeros_like(mirrored.guides))]
    hole = box()
    wanted = PHOTO[:, ::-1]
    field = positions(SIZE) * np.float32((1, -1)) + np.float32((0, 59))
    asked = replace(target(np.where(hole[..., None], np.uint8(127), wanted), hole, field), plane=hole.astype(np.int32))
    picture, found = finished(synthesising(planes, asked))
    assert np.abs(picture.astype(int) - wanted)[hole].mean() < 1
    assert np.abs(found - field)[hole].max() < 0.01


def test_steps_report_growing_shares_and_may_be_closed() -> None:
    asked = target(PHOTO, box())
    shares = list(synthesising([source(PHOTO)], asked))
    assert len(shares) == (DEFAULTS.levels - 1) * DEFAULTS.rounds + DEFAULTS.finest_rounds
    assert all(0 < a < b for a, b in pairwise(shares))
    assert shares[-1] == pytest.approx(1)
    steps = synthesising([source(PHOTO)], asked)
    next(steps)
    next(steps)
    steps.close()
    assert list(steps) == []


def test_forbidden_pixels_are_never_copied() -> None:
    allowed = np.ones(SIZE, bool)
    allowed[14:26, 8:30] = False
    photo = PHOTO.copy()
    photo[..., 1] //= 4
    photo[~allowed] = (0, 255, 0)
    hole = box()
    picture, field = finished(synthesising([source(photo, allowed)], target(photo, hole)))
    y, x = np.rint(field[hole]).astype(int).T
    assert allowed[y, x].all()
    assert picture[hole][:, 1].max() <= photo[allowed][:, 1].max()


def test_an_error_if_nothing_is_left_to_copy() -> None:
    allowed = np.zeros(SIZE, bool)
    allowed[5:11, 5:40] = True  # six rows hold no patch
    with pytest.raises(PrimitiveError, match="nothing of the photo is left to copy"):
        finished(synthesising([source(PHOTO, allowed)], target(PHOTO, box())))


def test_a_single_allowed_patch_is_enough() -> None:
    allowed = np.zeros(SIZE, bool)
    allowed[5:12, 5:12] = True
    picture, field = finished(synthesising([source(PHOTO, allowed)], target(PHOTO, box())))
    assert (field[box()] == (8, 8)).all()
    assert np.isin(picture[box()][:, 0], np.arange(PHOTO[5:12, 5:12, 0].min(), PHOTO[5:12, 5:12, 0].max() + 1)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5), (7, 7), (13, 30)])
@pytest.mark.parametrize("photo_size", [(1, 1), (40, 1), (5, 3), (40, 60)])
def test_pictures_and_photos_of_any_size(size: tuple[int, int], photo_size: tuple[int, int]) -> None:
    photo = texture(photo_size, smoothness_px=2)
    hole = np.ones(size, bool)
    field = np.minimum(positions(size), np.float32(photo_size) - 1)
    picture, found = finished(synthesising([source(photo)], target(texture(size, seed=1), hole, field)))
    assert picture.shape == (*size, 3)
    assert (found >= 0).all()
    assert (found <= np.float32(photo_size) - 1).all()
    assert photo.min() <= picture.min() <= picture.max() <= photo.max()


def unknown_hole(size: tuple[int, int], hole: np.ndarray) -> Target:
    """A hole whose colours and field are wrong."""
    picture = texture(size, smoothness_px=2)
    picture[hole] = (255, 0, 255)
    return replace(target(picture, hole, positions(size)[::-1, ::-1].copy(), trust=1.0), unknown=hole)


def test_what_is_unknown_is_filled_from_its_surroundings_alone() -> None:
    size = (96, 128)
    hole = box(size)
    asked = unknown_hole(size, hole)
    planes = [source(texture(size, smoothness_px=2), ~hole)]
    first, _ = finished(synthesising(planes, asked))
    other = replace(asked, picture=np.where(hole[..., None], np.uint8(9), asked.picture), prior=positions(size))
    second, _ = finished(synthesising(planes, other))
    assert np.array_equal(first[~hole], asked.picture[~hole])
    # The sides of the photo, not the hole's colours, are in it; the prior is only where the search starts.
    for found in (first, second):
        assert not (found[hole] == (255, 0, 255)).all(-1).any()
        assert found[hole].astype(float).std() > 10


def test_levels_are_added_for_large_unknown_places_in_large_photos() -> None:
    def levels(side: int, photo: int) -> int:
        unknown = np.zeros((600, 600), bool)
        unknown[100 : 100 + side, 100 : 100 + side] = True
        return DEFAULTS.levels_for(unknown, (photo, photo))

    assert [levels(side, 600) for side in (0, 40, 100, 200, 400)] == [4, 4, 5, 6, 6]
    assert [levels(400, photo) for photo in (64, 224, 448, 1000)] == [4, 5, 6, 7]
    assert DEFAULTS.levels_for(np.ones((600, 600), bool), (600, 600)) == DEFAULTS.levels


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (9, 30), (60, 61)])
def test_everything_may_be_unknown(size: tuple[int, int]) -> None:
    hole = np.ones(size, bool)
    photo = texture((40, 60), smoothness_px=2)
    picture, found = finished(synthesising([source(photo)], replace(target(texture(size), hole), unknown=hole)))
    assert picture.shape == (*size, 3)
    assert np.isfinite(found).all()
