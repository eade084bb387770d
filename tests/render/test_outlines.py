"""Outlines at full size: without stairs, and where the photo has its edges."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from primage.render.outlines import Outline, outline, traced

SIZE, FULL = (64, 80), (512, 640)
CENTRE, RADIUS = (250.0, 330.0), 130.0


def disc(size: tuple[int, int], scale: float = 1.0, radius: float = RADIUS) -> np.ndarray:
    """The distance from a circle of the full-size picture, positive inside, in pixels of a picture of another size."""
    y, x = np.mgrid[: size[0], : size[1]]
    return np.asarray(radius * scale - np.hypot(y + 0.5 - CENTRE[0] * scale, x + 0.5 - CENTRE[1] * scale))


def photo(blur_px: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    inside = disc(FULL).clip(-0.5, 0.5) + 0.5
    if blur_px:
        inside = ndimage.gaussian_filter(inside, blur_px)
    image = np.array((60, 80, 70)) + inside[..., None] * (90, 40, 20) + rng.normal(0, 6, (*FULL, 1))
    return image.clip(0, 255).astype(np.uint8)


def still(places: np.ndarray) -> np.ndarray:
    return places


def from_circle(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(points[:, 0] + 0.5 - CENTRE[0], points[:, 1] + 0.5 - CENTRE[1]) - RADIUS)


def whole(border: Outline, grow_px: float = 0.0) -> np.ndarray:
    return border.cover(slice(0, FULL[0]), slice(0, FULL[1]), grow_px).alpha


def test_a_traced_outline_is_smooth_and_leaves_pixels_on_their_side() -> None:
    mask = disc(SIZE, 1 / 8) > 0
    (curve,) = traced(mask, FULL)
    assert np.abs(from_circle(curve)).mean() < 1.5
    assert np.abs(from_circle(curve)).max() < 5  # stairs are 8 px high
    border = outline(mask, np.zeros((*FULL, 3), np.uint8), still, FULL)
    assert ((whole(border)[4::8, 4::8] > 0.5) != mask).mean() < 0.002


def test_a_thin_part_is_not_lost() -> None:
    mask = np.zeros(SIZE, bool)
    mask[10:50, 30] = True
    border = outline(mask, np.zeros((*FULL, 3), np.uint8), still, FULL)
    assert whole(border)[100:380, 243:245].min() > 0.9


def test_an_outline_is_where_the_photo_has_its_edge() -> None:
    # The drawing is wrong by up to a pixel, which is 8 px of the photo.
    mask = disc(SIZE, 1 / 8, RADIUS - 5) > 0
    border = outline(mask, photo(), still, FULL)
    assert np.abs(from_circle(border.points)).mean() < 0.8
    covered = disc(FULL).clip(-0.5, 0.5) + 0.5
    assert np.abs(whole(border) - covered).sum() / (2 * np.pi * RADIUS) < 0.8


def test_the_edge_is_looked_for_where_the_piece_comes_from() -> None:
    shift = np.array([40.0, -56.0])
    mask = np.roll(disc(SIZE, 1 / 8) > 0, (-5, 7), (0, 1))
    border = outline(mask, photo(), lambda places: places + shift, FULL)
    assert np.abs(from_circle(border.points + shift)).mean() < 0.8


def test_a_blurred_edge_gets_a_wide_transition() -> None:
    mask = disc(SIZE, 1 / 8) > 0
    sharp, soft = (outline(mask, photo(blur), still, FULL) for blur in (0.0, 1.6))
    assert np.median(sharp.widths) < 2.2
    assert 3 <= np.median(soft.widths) <= 5  # a Gaussian of 1.6 px is as steep as a ramp of 4 px


def test_beside_the_outline_colours_are_taken_from_inside() -> None:
    border = outline(disc(SIZE, 1 / 8) > 0, photo(), still, FULL)
    cover = border.cover(slice(0, FULL[0]), slice(0, FULL[1]))
    beside = cover.shift.any(axis=-1)
    assert beside.any()
    assert np.abs(disc(FULL)[beside]).max() < 5
    y, x = np.nonzero(beside)
    source = np.stack([y, x], axis=1) + cover.shift[beside]
    assert np.percentile(-from_circle(source), 5) > 0.5
    assert not cover.shift[disc(FULL) > 6].any()


def test_windows_fit_together() -> None:
    border = outline(disc(SIZE, 1 / 8) > 0, photo(), still, FULL)
    picture = whole(border, 1.5)
    for rows in (slice(0, 200), slice(200, 512)):
        for columns in (slice(0, 330), slice(330, 640)):
            np.testing.assert_allclose(border.cover(rows, columns, 1.5).alpha, picture[rows, columns], atol=1e-6)


def test_a_region_at_the_border_of_the_picture_continues_outside() -> None:
    mask = np.zeros(SIZE, bool)
    mask[:20, :30] = True
    border = outline(mask, np.zeros((*FULL, 3), np.uint8), still, FULL)
    assert (whole(border)[:150, :230] == 1).all()
    assert (whole(outline(np.ones(SIZE, bool), np.zeros((*FULL, 3), np.uint8), still, FULL)) == 1).all()
    assert not whole(outline(np.zeros(SIZE, bool), np.zeros((*FULL, 3), np.uint8), still, FULL)).any()


def test_holes_stay_open() -> None:
    mask = disc(SIZE, 1 / 8) > 0
    mask &= ~(disc(SIZE, 1 / 8, 60) > 0)
    alpha = whole(outline(mask, np.zeros((*FULL, 3), np.uint8), still, FULL))
    assert alpha[250, 330] == 0
    assert alpha[250, 330 + 95] == 1
