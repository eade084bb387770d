"""Planes and their atlas: positions are exact, and no patch contains a forbidden pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.pyramid import halve
from primage.synthesis.search import RADIUS
from primage.synthesis.sources import PENALTY, Atlas, Plane, atlas, photo_plane, resampled_plane
from primage.warp.augment import PrimitiveWarper
from tests.primitive.drawings import described, drawing
from tests.synthesis.textures import no_guides, plane, positions, texture

SIZE = (40, 60)
PHOTO = texture(SIZE)
WHOLE = (np.array((0, 0)), np.array((39, 59)))
MATRICES = {
    "doubled": [[0.5, 0], [0, 0.5]],
    "halved": [[2, 0], [0, 2]],
    "mirrored": [[1, 0], [0, -1]],
    "rotated": [[0, 1], [-1, 0]],
    "tilted": [[0.8, 0.3], [-0.3, 0.9]],
}


def resampled(matrix: list[list[float]], allowed: np.ndarray | None = None, photo: np.ndarray = PHOTO) -> Plane:
    primitive = drawing("super", SIZE)
    usable = np.ones(SIZE, bool) if allowed is None else allowed
    spec = described(primitive)
    return resampled_plane(
        photo, PrimitiveWarper(primitive), spec, GuideWeights(), usable, np.array(matrix, np.float32), WHOLE, 4
    )


def levels(planes: list[Plane], count: int = 3) -> list[list[Plane]]:
    out = [planes]
    for _ in range(count - 1):
        out.append([each.halved() for each in out[-1]])
    return out


def in_photo(each: Plane) -> np.ndarray:
    return positions(each.image.shape[:2]) @ each.to_photo[:, :2].T + each.to_photo[:, 2]


def forbidden_in_patches(where: Atlas, planes: list[Plane]) -> bool:
    """Whether a patch at an allowed centre contains a pixel of a plane that is not wholly allowed."""
    bad = np.zeros(where.plane.shape, bool)
    for (y, x), each in zip(where.origins, planes, strict=True):
        height, width = each.allowed.shape
        bad[y : y + height, x : x + width] = each.allowed < 1
    near = ndimage.binary_dilation(bad, np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), bool))
    return bool((near & where.sources.allowed).any())


def test_the_photo_is_a_plane_at_its_own_positions() -> None:
    each = plane(PHOTO, multiple=8)
    assert each.image.shape == (40, 64, 3)
    np.testing.assert_allclose(each.image[:, :60] * 255, PHOTO, atol=1e-4)
    assert np.array_equal(in_photo(each), positions((40, 64)))


@pytest.mark.parametrize("name", MATRICES)
def test_a_resampled_plane_shows_the_photo_at_its_positions(name: str) -> None:
    smooth = texture(SIZE, smoothness_px=4)
    each = resampled(MATRICES[name], photo=smooth)
    there = in_photo(each)
    assert np.array_equal(each.to_photo[:, :2], np.array(MATRICES[name], np.float32))
    usable = ndimage.binary_erosion(each.allowed == 1, iterations=4)
    assert usable.sum() > 80
    wanted = np.stack(
        [ndimage.map_coordinates(smooth[..., c].astype(float), np.moveaxis(there, -1, 0), order=3) for c in range(3)],
        -1,
    )
    assert np.abs(each.image * 255 - wanted)[usable].mean() < 3
    # Allowed wherever it shows the photo.
    inside = (there >= 0).all(-1) & (there[..., 0] <= 39) & (there[..., 1] <= 59)
    assert (each.allowed[inside] == 1).mean() > 0.95
    assert not each.allowed[~inside].any()


@pytest.mark.parametrize("name", MATRICES)
def test_the_guides_are_resampled_likewise(name: str) -> None:
    each = resampled(MATRICES[name])
    there = np.rint(in_photo(each)).astype(int)
    usable = ndimage.binary_erosion(each.allowed == 1, iterations=2)
    primitive = drawing("super", SIZE)
    labels = guide_channels(primitive, described(primitive), GuideWeights())[..., :8]
    same = (each.guides[usable][:, :8] == labels[there[usable][:, 0], there[usable][:, 1]]).all(-1)
    assert same.mean() > 0.9


@pytest.mark.parametrize("name", MATRICES)
def test_halving_keeps_positions_and_pictures(name: str) -> None:
    each = resampled(MATRICES[name])
    half = each.halved()
    # The centre of a block of four pixels, in pixels of the photo at half the size.
    np.testing.assert_allclose(in_photo(half), (halve(in_photo(each).astype(np.float32)) - 0.5) / 2, atol=1e-4)
    assert np.array_equal(half.image, halve(each.image))
    assert np.array_equal(half.guides, halve(each.guides))


def test_positions_survive_the_way_through_the_atlas() -> None:
    planes = [plane(PHOTO, multiple=4), *(resampled(matrix) for matrix in MATRICES.values())]
    for here in levels(planes):
        where = atlas(here)
        for number, each in enumerate(here):
            y, x = np.nonzero(where.plane == number)
            height, width = each.image.shape[:2]
            assert len(y) == height * width
            assert (y[0], x[0]) == tuple(where.origins[number])
            photo = where.sources.to_photo[y, x]
            np.testing.assert_allclose(photo.reshape(height, width, 2), in_photo(each), atol=1e-4)
            back = photo @ where.sources.from_photo[number][:, :2].T + where.sources.from_photo[number][:, 2]
            np.testing.assert_allclose(back, np.stack([y, x], -1), atol=2e-3)
            assert np.array_equal(where.colours[y, x].reshape(height, width, 3), each.image)


def test_borders_repeat_the_last_pixels_and_are_no_centres() -> None:
    where = atlas([plane(PHOTO), replace(plane(PHOTO[:, ::-1].copy()), to_photo=np.float32([[1, 0, 0], [0, -1, 59]]))])
    assert where.colours.shape == (2 * 46, 66, 3)
    assert (where.colours[0:3, 3:63] == where.colours[3, 3:63]).all()
    assert (where.colours[46:49, 3:63] == where.colours[49, 3:63]).all()
    assert (where.colours[3:43, 63:] == where.colours[3:43, 62:63]).all()
    assert (where.plane == -1).sum() == where.plane.size - 2 * 40 * 60
    assert np.array_equal(where.sources.allowed, where.plane >= 0)


@pytest.mark.parametrize("seed", range(3))
def test_no_allowed_patch_contains_a_forbidden_pixel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    allowed = np.ones(SIZE, bool)
    for y, x in rng.integers(0, 36, (3, 2)):
        allowed[y : y + rng.integers(1, 9), x : x + rng.integers(1, 9)] = False
    # Forbidden pixels are green, all others are not.
    photo = np.where(allowed[..., None], texture(SIZE) // 2 + (120, 0, 120), (0, 255, 0)).clip(0, 255).astype(np.uint8)
    photo[allowed, 1] //= 3
    planes = [
        photo_plane(photo, no_guides(SIZE), allowed, 4),
        *(resampled(m, allowed, photo) for m in MATRICES.values()),
    ]
    for here in levels(planes):
        where = atlas(here)
        assert not forbidden_in_patches(where, here)
        near = ndimage.binary_dilation(where.sources.allowed, np.ones((7, 7), bool))
        red, green, _ = np.moveaxis(where.colours[near], -1, 0)
        assert (green < red).all()


def test_a_position_leads_to_the_nearest_allowed_place() -> None:
    allowed = np.ones(SIZE, bool)
    allowed[10:20, 10:20] = False
    where = atlas([plane(PHOTO, allowed), replace(resampled(MATRICES["doubled"], allowed))])
    first = where.origins[0]
    asked = np.float32([[(30.2, 40.4), (15, 11), (-50, 900), (30, 40)]])
    found = where.nearest(asked, np.int32([[0, 0, 0, 1]]))
    assert np.array_equal(found[0, 0], first + np.array((30, 40)))
    assert np.array_equal(found[0, 1], first + np.array((15, 6)))
    assert np.array_equal(found[0, 2], first + np.array((0, 59)))
    assert where.plane[tuple(found[0, 3])] == 1
    np.testing.assert_allclose(where.sources.to_photo[tuple(found[0, 3])], (30, 40), atol=0.3)
    assert where.sources.allowed[found[..., 0], found[..., 1]].all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5), (6, 7)])
def test_photos_smaller_than_a_patch(size: tuple[int, int]) -> None:
    photo = texture(size)
    for here in levels([photo_plane(photo, no_guides(size), np.ones(size, bool), 4)]):
        where = atlas(here)
        assert where.sources.allowed.any()
        found = where.nearest(positions(size) / len(here), np.zeros(size, np.int32))
        assert where.sources.allowed[found[..., 0], found[..., 1]].all()


def test_what_depends_on_a_plane_alone_is_made_once() -> None:
    each = plane(PHOTO)
    assert each.halved() is each.halved()
    assert atlas([each]) is atlas([each])
    assert each.halved().atlas is atlas([each.halved()])


def test_what_is_beyond_a_plane_or_does_not_suit_has_a_penalty() -> None:
    penalty = np.zeros(SIZE, np.float32)
    penalty[10:20, 30:50] = 1
    half = resampled(MATRICES["doubled"]).avoiding(penalty)
    assert half.penalty is not None
    assert half.penalty[24:36, 64:96].all()
    assert half.penalty.mean() == pytest.approx(penalty.mean(), rel=0.2)
    planes = [plane(PHOTO).avoiding(penalty).padded(16), half]
    where = atlas(planes)
    value = where.sources.features[..., PENALTY]
    photo = value[RADIUS : RADIUS + 40, RADIUS : RADIUS + 60]
    assert np.array_equal(photo > 0, penalty > 0)
    assert value[:RADIUS, : 64 + 2 * RADIUS].all()
    assert value[RADIUS + 40 : RADIUS + 48, : 64 + 2 * RADIUS].all()
