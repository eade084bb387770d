"""The view of a moved camera: that of an independent projection, straight, by depth, and with upright objects."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label

from primage.config import AugmentConfig
from primage.grid import identity_grid
from primage.labels.label_map import Label, LabelMap, Palette
from primage.primitive.primitive import Primitive
from primage.warp.augment import PrimitiveWarper, draw_grid
from primage.warp.camera import Motion, Room, camera_grid, rotation, source_points
from primage.warp.regions import Regions, find_regions

SIZE = (128, 256)
ROOM = Room(left=3.0, right=4.0, ground=1.0, ceiling=3.0, far=20.0, vanishing_point=(0.1, -0.1))
MOTIONS = {
    "forward": Motion(shift=(0.0, 0.0, 3.0)),
    "aside": Motion(shift=(0.4, -0.1, 0.0)),
    "turn": Motion(rotation=rotation(0.15, -0.03, 0.05)),
    "all": Motion(shift=(0.3, 0.1, 2.0), rotation=rotation(-0.12, 0.02, -0.03), zoom=1.1),
}
#: Each plane as an origin and two directions along it.
PLANES = {
    "left": ((-3.0, 0.0, 0.0), (0, 1, 0), (0, 0, 1)),
    "right": ((4.0, 0.0, 0.0), (0, 1, 0), (0, 0, 1)),
    "ground": ((0.0, 1.0, 0.0), (1, 0, 0), (0, 0, 1)),
    "ceiling": ((0.0, -3.0, 0.0), (1, 0, 0), (0, 0, 1)),
    "far": ((0.0, 0.0, 20.0), (1, 0, 0), (0, 1, 0)),
}


def projected(points: np.ndarray, motion: Motion) -> np.ndarray:
    """Pixels (x, y), normalised, at which a camera after the motion sees points of the scene."""
    turn = np.eye(3) if motion.rotation is None else motion.rotation.double().numpy()
    x, y, z = ((points - np.array(motion.shift)) @ turn).T  # the inverse rotation: row vectors
    across = ROOM.vanishing_point[0] + ROOM.focal_length * x / z
    down = ROOM.vanishing_point[1] + ROOM.focal_length * y / z * SIZE[1] / SIZE[0]
    return np.stack([across, down], axis=1) * motion.zoom


def on_plane(name: str, count: int, seed: int = 0) -> np.ndarray:
    """Random points on one plane within the room, in front of both cameras."""
    origin, first, second = (np.array(vector, float) for vector in PLANES[name])
    along = np.random.default_rng(seed).uniform((-3, -3, 6), (4, 1, 20), (count, 3))
    return origin + along * (first + second)


def sources(points: np.ndarray, motion: Motion) -> np.ndarray:
    return source_points(torch.from_numpy(points).float(), ROOM, motion, SIZE[0] / SIZE[1]).numpy()


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS)
def test_the_source_is_where_the_first_camera_saw_the_point(plane: str, motion: Motion) -> None:
    points = on_plane(plane, 200)
    found = sources(projected(points, motion), motion)
    np.testing.assert_allclose(found, projected(points, Motion()), atol=1e-4)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS)
def test_straight_lines_on_a_plane_stay_straight(plane: str, motion: Motion) -> None:
    for first, last in on_plane(plane, 40).reshape(20, 2, 3):
        line = np.linspace(*projected(np.stack([first, last]), motion), 11)
        found = sources(line, motion).astype(float)
        (x, y), (across, down) = (found - found[0]).T, found[-1] - found[0]
        assert np.abs(x * down - y * across).max() < 1e-4 * np.hypot(across, down)


def test_near_things_move_more_than_far_ones() -> None:
    down = np.stack([np.full(20, 0.1), np.linspace(-0.1, 1, 20)], axis=1)  # from the vanishing point to the ground
    moved = np.linalg.norm(sources(down, MOTIONS["forward"]) - down, axis=1)
    assert moved[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(moved) > 0).all()
    far, near = on_plane("left", 100), on_plane("left", 100)
    far[:, 2], near[:, 2] = 19, 7
    for motion in (MOTIONS["forward"], MOTIONS["aside"]):
        shifts = [np.linalg.norm(projected(x, motion) - projected(x, Motion()), axis=1) for x in (far, near)]
        assert (shifts[0] < shifts[1]).all()


@pytest.mark.parametrize("size", [(32, 32), (24, 48), (48, 24), (1, 1), (1, 7), (7, 1)])
def test_no_motion_is_the_identity(size: tuple[int, int]) -> None:
    torch.testing.assert_close(camera_grid(ROOM, Motion(), size), identity_grid(size), atol=1e-6, rtol=0)
    torch.testing.assert_close(rotation(0.0, 0.0, 0.0), torch.eye(3))


def street(*objects: tuple[slice, slice]) -> LabelMap:
    """Sky over a road, with objects on it; every second one has another label."""
    labels = tuple(Label(id=i, colour=(60 * i, 0, 90)) for i in range(4))
    index = np.zeros(SIZE, np.uint8)
    index[60:] = 1
    for number, place in enumerate(objects):
        index[place] = 2 + number % 2
    return LabelMap(index, Palette(labels=labels, source="grey"))


CAR = (slice(50, 80), slice(120, 160))


def found_regions(segments: LabelMap) -> Regions:
    regions = find_regions(segments)
    assert regions is not None
    return regions


def moved_labels(segments: LabelMap, motion: Motion) -> np.ndarray:
    grid = camera_grid(ROOM, motion, SIZE, found_regions(segments))
    assert grid.abs().max() <= 1
    warped = PrimitiveWarper(Primitive("segments", segments=segments)).warp(grid)
    assert warped.segments is not None
    return warped.segments.index


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of what is set."""
    rows, columns = np.nonzero(mask)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_objects_without_motion_are_the_identity() -> None:
    grid = camera_grid(ROOM, Motion(), SIZE, found_regions(street(CAR)))
    torch.testing.assert_close(grid, identity_grid(SIZE), atol=1e-6, rtol=0)


def test_an_approached_object_grows_and_stays_upright() -> None:
    before, after = (moved_labels(street(CAR), motion) == 2 for motion in (Motion(), MOTIONS["forward"]))
    top, bottom, left, right = box(after)
    assert after[top:bottom, left:right].all()  # still a rectangle
    # The depth of the ground under it, by hand: z = f · height of the camera / distance below the horizon.
    below = (2 * 79 / 127 - 1 + 0.1) * 0.5
    scale = (2 / below) / (2 / below - 3.0)
    assert (bottom - top, right - left) == pytest.approx((30 * scale, 40 * scale), abs=1.5)
    assert box(before) == (50, 80, 120, 160)


def test_an_object_leaves_background_where_it_was() -> None:
    aside = moved_labels(street(CAR), Motion(shift=(0.9, 0.0, 0.0)))
    assert label(aside == 2).max() == 1
    assert box(aside == 2)[3] < 150
    assert set(np.unique(aside)) == {0, 1, 2}
    assert (aside[62:, 160:] == 1).all()


def test_nearer_objects_hide_farther_ones_and_passed_ones_vanish() -> None:
    near = (slice(70, 110), slice(60, 120))
    labels = street(CAR, near)
    aside = moved_labels(labels, Motion(shift=(-0.6, 0.0, 0.0)))
    top, bottom, left, right = box(aside == 3)
    assert left > 60
    assert (aside[top:bottom, left:right] == 3).all()
    assert not (moved_labels(labels, Motion(shift=(0.0, 0.0, 5.2))) == 3).any()


def test_scenery_is_no_object() -> None:
    touching = [(slice(40, 80), slice(0, 30)), (slice(40, 80), slice(230, 256)), (slice(90, 128), slice(100, 140))]
    regions = found_regions(street(*touching))
    assert not regions.standing.any()
    assert not regions.background.any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_random_motions_stay_within_the_picture(seed: int, size: tuple[int, int]) -> None:
    config = AugmentConfig(flip=False, camera=True, camera_probability=1.0)
    grid = draw_grid(config, size, torch.Generator().manual_seed(seed))
    assert grid.shape == (1, *size, 2)
    assert grid.isfinite().all()
    assert grid.abs().max() <= 1


def test_a_camera_takes_the_place_of_smooth_warps() -> None:
    config = AugmentConfig(camera=True, camera_probability=1.0, flip=False, local=True, local_probability=1.0)
    straight = config.model_copy(update={"tps": False, "local": False})
    first, second = (draw_grid(c, SIZE, torch.Generator().manual_seed(3)) for c in (config, straight))
    assert torch.equal(first, second)
    assert float((first - identity_grid(SIZE)).abs().max()) > 0.1


def test_a_turn_of_the_camera_moves_the_picture_the_other_way() -> None:
    right = projected(on_plane("far", 1), Motion(rotation=rotation(0.1, 0.0, 0.0)))
    assert right[0, 0] < projected(on_plane("far", 1), Motion())[0, 0]
    angle = 0.1
    forward = rotation(angle, 0.0, 0.0) @ torch.tensor([0.0, 0.0, 1.0])
    torch.testing.assert_close(forward, torch.tensor([math.sin(angle), 0.0, math.cos(angle)]))
