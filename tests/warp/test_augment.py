"""Random warps: each switch alone does what it says, the pair stays together, and layers stay what they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from primage.api import configure
from primage.config import PRESETS, AugmentConfig, preset
from primage.grid import identity_grid, resample
from primage.labels.label_map import colourise
from primage.primitive.edges import extract_edges, remove_small, thin
from primage.primitive.primitive import Primitive
from primage.warp.augment import PrimitiveWarper, another_frame, draw_grid, draw_window
from primage.warp.regions import find_regions
from primage.warp.tps import tps_grid
from tests.primitive.drawings import KINDS, astronaut, blocks, components, cross, described, drawing, patches, same

OFF = AugmentConfig(tps=False, flip=False)
ALL = AugmentConfig(rotation=True, crop=True, shear=True, translation=True, cutmix=True)
PAPER = preset("paper").augment
RELEASED = configure("paper", settings=["augment=released"]).augment
SIZES = [(32, 32), (24, 48), (48, 24)]


def random_grid(size: tuple[int, int], seed: int = 0, config: AugmentConfig = OFF, **switches: object) -> torch.Tensor:
    config = AugmentConfig.model_validate(config.model_dump() | switches)
    return draw_grid(config, size, torch.Generator().manual_seed(seed))


def in_pixels(grid: torch.Tensor) -> torch.Tensor:
    """Grid points as (x, y) from the picture's centre."""
    height, width = grid.shape[1:3]
    return grid[0].double() * torch.tensor([width / 2, height / 2])


def affine_part(grid: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The matrix and the shift, in pixels, by least squares."""
    target = in_pixels(identity_grid(tuple(grid.shape[1:3]))).reshape(-1, 2).numpy()
    source = in_pixels(grid).reshape(-1, 2).numpy()
    solution, residual, *_ = np.linalg.lstsq(np.hstack([target, np.ones((len(target), 1))]), source, rcond=None)
    assert residual.max() < 1e-3
    return solution[:2].T, solution[2]


def far_from_reflections(size: tuple[int, int], config: dict[str, object]) -> torch.Tensor:
    """A grid whose middle is free of mirrored borders."""
    height, width = size
    grid = random_grid(size, **config)  # type: ignore[arg-type]
    return grid[:, height // 3 : height - height // 3, width // 3 : width - width // 3]


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (1, 7), (7, 1)])
def test_everything_off_is_the_identity(size: tuple[int, int]) -> None:
    torch.testing.assert_close(random_grid(size), identity_grid(size), atol=1e-6, rtol=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_grids_stay_within_the_picture(seed: int, size: tuple[int, int]) -> None:
    grid = random_grid(size, seed, ALL)
    assert grid.shape == (1, *size, 2)
    assert grid.isfinite().all()
    assert grid.abs().max() <= 1


def test_the_same_rng_draws_the_same_and_then_another() -> None:
    generator = torch.Generator().manual_seed(5)
    first, second = (draw_grid(ALL, (20, 30), generator) for _ in range(2))
    torch.testing.assert_close(random_grid((20, 30), 5, ALL), first, atol=0, rtol=0)
    assert not torch.equal(first, second)


def test_global_randomness_is_neither_used_nor_changed() -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    grid = random_grid((20, 30), 1, ALL)
    PrimitiveWarper(drawing("super", (20, 30))).warp(grid)
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


def test_drawing_changes_no_cached_identity() -> None:
    before = identity_grid((20, 30)).clone()
    random_grid((20, 30), 0, ALL, cutmix_probability=1.0)
    assert torch.equal(identity_grid((20, 30)), before)


@pytest.mark.parametrize("size", SIZES)
def test_tps_keeps_corners_and_shifts_no_control_point_too_far(size: tuple[int, int]) -> None:
    for seed in range(10):
        flow = (random_grid(size, seed, tps=True, tps_probability=1.0) - identity_grid(size))[0]
        assert flow[[0, 0, -1, -1], [0, -1, 0, -1]].abs().max() < 1e-5
        assert flow.abs().max() > 1e-3
        # The spline overshoots between its control points, but not by much.
        assert (flow.abs() * torch.tensor([1.0, size[0] / size[1]])).max() < 2 * 0.1 * 1.5


def mean_displacement_px(config: AugmentConfig, size: tuple[int, int], warps: int) -> float:
    here = identity_grid(size)
    scale = torch.tensor([size[1] / 2, size[0] / 2])
    rng = torch.Generator().manual_seed(0)
    moved = [(draw_grid(config, size, rng) - here) * scale for _ in range(warps)]
    return float(torch.stack(moved).norm(dim=-1).mean())


def test_the_papers_tps_displaces_as_far_as_the_released_code() -> None:
    # 10.2 px is what the released augmentation was measured to displace at 128².
    for augment in (PAPER, RELEASED):
        tps = augment.model_copy(
            update={"tps_probability": 1.0, "rotation": False, "translation": False, "flip": False}
        )
        assert mean_displacement_px(tps, (128, 128), 300) == pytest.approx(10.2, rel=0.03)


@pytest.mark.parametrize("shift", [0.1, 0.145])
def test_the_mean_displacement_of_tps_is_the_theoretical_one(shift: float) -> None:
    # A displacement is a sum of nine independent uniform shifts, weighted by the spline: nearly normal in x and y, so
    # its mean length is √(π/2) times its standard deviation along an axis. Exact at the points would be 0.765 × shift.
    size = (128, 128)
    weights = tps_grid(0.5 * torch.eye(9).reshape(9, 3, 3, 1).expand(-1, -1, -1, 2), size) - identity_grid(size)
    deviation = weights[..., 0].square().sum(dim=0).sqrt() * (shift * size[1] / math.sqrt(3))
    expected = float(deviation.mean()) * math.sqrt(math.pi / 2)
    config = OFF.model_copy(update={"tps": True, "tps_probability": 1.0, "tps_pin_corners": False, "tps_shift": shift})
    # What leaves the picture is mirrored, which shortens some displacements.
    assert mean_displacement_px(config, size, 300) == pytest.approx(expected, rel=0.04)


def test_every_grid_point_shifts_unless_the_corners_are_pinned() -> None:
    corners = ([0, 0, -1, -1], [0, -1, 0, -1])
    free = [random_grid((33, 33), seed, tps=True, tps_probability=1.0, tps_pin_corners=False) for seed in range(5)]
    for grid in free:
        moved = (grid - identity_grid((33, 33)))[0, ::16, ::16].norm(dim=-1)
        assert (moved > 1e-4).all()  # all nine
        assert moved[corners].min() > 1e-4


def test_the_paper_warps_and_rotates_in_every_step_and_the_released_code_does_not() -> None:
    def rates(config: AugmentConfig) -> tuple[float, float]:
        """Shares of the steps with TPS, and with a rotation alone."""
        augment = config.model_copy(update={"translation": False, "flip": False})
        bent = rotated = 0
        for seed in range(300):
            grid = draw_grid(augment, (24, 24), torch.Generator().manual_seed(seed))
            inner = grid[:, 9:15, 9:15]
            curvature = (inner.diff(n=2, dim=1).abs().max() + inner.diff(n=2, dim=2).abs().max()).item()
            bent += curvature > 1e-4
            rotated += curvature <= 1e-4 and not torch.allclose(grid, identity_grid((24, 24)), atol=1e-5)
        return bent / 300, rotated / 300

    assert rates(PAPER) == (1.0, 0.0)
    bent, rotated = rates(RELEASED)
    assert 0.97 < bent < 1
    assert rotated <= 1 - bent
    assert PAPER.rotation_probability == 1.0


def test_rotation_only_without_tps() -> None:
    both = {"tps": True, "tps_shift": 0.0, "rotation": True, "rotation_probability": 1.0}
    for share, still in ((1.0, True), (0.0, False)):
        grid = random_grid((24, 24), 3, tps_probability=share, rotation_with_tps=False, **both)
        assert torch.allclose(grid, identity_grid((24, 24)), atol=1e-5) is still
    assert not torch.allclose(random_grid((24, 24), 3, tps_probability=1.0, **both), identity_grid((24, 24)), atol=1e-5)


def test_translation_probability_is_kept() -> None:
    moved = sum(
        not torch.allclose(
            random_grid((16, 16), seed, translation=True, translation_probability=0.5),
            identity_grid((16, 16)),
            atol=1e-5,
        )
        for seed in range(60)
    )
    assert 18 < moved < 42


def test_windows_lie_within_the_picture_and_reach_its_borders() -> None:
    rng = torch.Generator().manual_seed(0)
    windows = [draw_window(16, (20, 12), rng) for _ in range(60)]
    assert {rows.start for rows, _ in windows} == {0, 1, 2, 3, 4}
    assert all(rows.stop - rows.start == 16 and (columns.start, columns.stop) == (0, 12) for rows, columns in windows)


def test_tps_probability_is_kept() -> None:
    still = sum(
        bool((random_grid((8, 8), seed, tps=True, tps_probability=0.5) - identity_grid((8, 8))).abs().max() < 1e-6)
        for seed in range(60)
    )
    assert 18 < still < 42


@pytest.mark.parametrize("size", SIZES)
def test_flip_mirrors_exactly_half_the_time(size: tuple[int, int]) -> None:
    mirrored = 0
    for seed in range(24):
        grid = random_grid(size, seed, flip=True)
        if grid[0, 0, 0, 0] > 0:
            mirrored += 1
            primitive = drawing("super", size)
            assert primitive.segments is not None
            seen = PrimitiveWarper(primitive).warp(grid).segments
            assert seen is not None
            np.testing.assert_array_equal(seen.index, primitive.segments.index[:, ::-1])
            photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))
            torch.testing.assert_close(resample(photo, grid), photo.flip(3), atol=1e-5, rtol=0)
        else:
            torch.testing.assert_close(grid, identity_grid(size), atol=1e-6, rtol=0)
    assert 5 < mirrored < 19


@pytest.mark.parametrize("size", [(96, 96), (64, 192), (192, 64)])
def test_rotation_keeps_lengths_and_stays_within_its_angle(size: tuple[int, int]) -> None:
    angles = []
    for seed in range(12):
        grid = far_from_reflections(
            size, {"seed": seed, "rotation": True, "rotation_deg": 12, "rotation_probability": 1.0}
        )
        height, width = grid.shape[1:3]
        # Steps between neighbouring pixels, so that the crop's own centre does not matter.
        pixels = grid[0].double() * torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2])
        right = ((pixels[0, -1] - pixels[0, 0]) / (width - 1)).numpy()
        down = ((pixels[-1, 0] - pixels[0, 0]) / (height - 1)).numpy()
        np.testing.assert_allclose(right, (down[1], -down[0]), atol=5e-3)
        np.testing.assert_allclose([math.hypot(*right), math.hypot(*down)], 1, atol=5e-3)
        angles.append(math.degrees(math.atan2(right[1], right[0])))
    assert max(map(abs, angles)) <= 12.1
    assert min(angles) < -3 < 3 < max(angles)


def test_rotation_probability_is_kept() -> None:
    turned = sum(
        bool(
            (random_grid((16, 16), seed, rotation=True, rotation_probability=0.25) - identity_grid((16, 16)))
            .abs()
            .max()
            > 1e-5
        )
        for seed in range(60)
    )
    assert 7 < turned < 25


@pytest.mark.parametrize("size", [(60, 60), (40, 80)])
def test_shear_slides_rows_and_keeps_heights(size: tuple[int, int]) -> None:
    slopes = []
    for seed in range(10):
        grid = far_from_reflections(size, {"seed": seed, "shear": True, "shear_max": 0.3})
        pixels = grid[0].double() * torch.tensor([size[1] / 2, size[0] / 2])
        step = (pixels[1:] - pixels[:-1]).reshape(-1, 2)
        rows = identity_grid(size)[0, size[0] // 3 : size[0] - size[0] // 3, 0, 1]
        torch.testing.assert_close(grid[0, :, 0, 1], rows, atol=1e-5, rtol=0)
        assert float(step[:, 0].std()) < 1e-4
        slopes.append(float(step[:, 0].mean() / step[:, 1].mean()))
    assert max(map(abs, slopes)) <= 0.3
    assert min(slopes) < -0.05 < 0.05 < max(slopes)


@pytest.mark.parametrize("size", SIZES)
def test_crop_is_an_upright_window_inside_the_picture(size: tuple[int, int]) -> None:
    for seed in range(15):
        grid = random_grid(size, seed, crop=True, crop_scale=0.6)
        matrix, _ = affine_part(grid)
        assert 0.6 <= matrix[0, 0] <= 1
        np.testing.assert_allclose(matrix, np.eye(2) * matrix[0, 0], atol=1e-4)
        assert grid.abs().max() <= 1


@pytest.mark.parametrize("size", [(60, 60), (40, 80)])
def test_translation_is_a_shift_in_widths_both_ways(size: tuple[int, int]) -> None:
    shifts = []
    for seed in range(20):
        grid = far_from_reflections(size, {"seed": seed, "translation": True, "translation_max": 0.1})
        height, width = size
        inner = identity_grid(size)[:, height // 3 : height - height // 3, width // 3 : width - width // 3]
        offset = ((grid - inner)[0] * torch.tensor([0.5, 0.5 * height / width])).reshape(-1, 2)
        assert offset.std(dim=0).max() < 1e-5
        shifts.append(offset[0])
    widths = torch.stack(shifts)
    assert widths.abs().max() <= 0.1 + 1e-6
    assert (widths.amin(0) < -0.03).all()
    assert (widths.amax(0) > 0.03).all()


@pytest.mark.parametrize("size", [(64, 64), (48, 96)])
def test_cutmix_pastes_one_square_of_the_picture_itself(size: tuple[int, int]) -> None:
    sides = []
    for seed in range(10):
        grid = random_grid(size, seed, cutmix=True, cutmix_probability=1.0)
        offset = (grid - identity_grid(size))[0] * torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2])
        changed = offset.abs().amax(-1) > 0.1
        if not changed.any():  # the square was pasted where it came from
            continue
        rows, columns = np.nonzero(changed.numpy())
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert height == width == round(math.sqrt(int(changed.sum())))
        assert offset[changed].std(dim=0).max() < 1e-3
        torch.testing.assert_close(offset[changed], offset[changed].round(), atol=1e-3, rtol=0)
        sides.append(int(width))
    share = min(size) / 256
    assert len(sides) > 5
    assert round(32 * share) <= min(sides) <= max(sides) <= round(96 * share)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(40, 60), (16, 16)])
def test_the_identity_leaves_every_primitive_as_it_is(kind: str, size: tuple[int, int]) -> None:
    primitive = drawing(kind, size)
    assert same(PrimitiveWarper(primitive).warp(identity_grid(size)), primitive)


@pytest.mark.parametrize("seed", range(5))
def test_warped_layers_keep_their_values(seed: int) -> None:
    size = (40, 60)
    grid = random_grid(size, seed, ALL)
    warped = PrimitiveWarper(drawing("super", size)).warp(grid)
    assert warped.segments is not None
    assert warped.segments.palette == blocks(size).palette
    assert set(np.unique(warped.segments.index)) <= {0, 1, 2}
    paint = PrimitiveWarper(drawing("paint", size)).warp(grid).colours
    assert paint is not None
    assert set(map(tuple, paint.reshape(-1, 3))) <= set(map(tuple, patches(size).reshape(-1, 3)))


def test_a_manual_picture_is_blended_even_if_it_may_not_be_written_to() -> None:
    colours = patches((40, 60))
    colours.flags.writeable = False
    primitive = Primitive("manual", colours=colours)
    assert same(PrimitiveWarper(primitive).warp(identity_grid((40, 60))), primitive)
    warped = PrimitiveWarper(primitive).warp(random_grid((40, 60), tps=True)).colours
    assert warped is not None
    assert len(np.unique(warped.reshape(-1, 3), axis=0)) > 12


@pytest.mark.parametrize("seed", range(6))
def test_warped_lines_are_thin_and_unbroken(seed: int) -> None:
    photo = astronaut(96)
    lines = extract_edges(photo, described(drawing("edges")).config.edges)
    grid = random_grid((96, 120), seed, tps=True, tps_probability=1.0)
    warped = PrimitiveWarper(Primitive("edges", edges=lines)).warp(grid).edges
    assert warped is not None
    np.testing.assert_array_equal(thin(warped), warped)
    assert 0.7 * lines.sum() < warped.sum() < 1.4 * lines.sum()
    # Where a warp pulls two lines together they may join, and at the border one may be cut.
    assert abs(components(remove_small(warped, 5)) - components(lines)) <= 0.35 * components(lines) + 1


@pytest.mark.parametrize("size", [(80, 80), (64, 108)])
@pytest.mark.parametrize("preset", PRESETS)
def test_no_presets_warp_breaks_a_closed_curve(preset: str, size: tuple[int, int]) -> None:
    y, x = np.mgrid[: size[0], : size[1]] - np.reshape(size, (2, 1, 1)) / 2
    ring = thin(np.abs(np.hypot(x, y) - 14) < 0.8)
    warper = PrimitiveWarper(Primitive("edges", edges=ring))
    whole = 0
    # Cutting and pasting cuts lines by design; every other warp must leave them whole.
    smooth = PRESETS[preset].augment.model_copy(update={"cutmix": False, "parts": False})
    for seed in range(30):
        warped = warper.warp(random_grid(size, seed, smooth)).edges
        assert warped is not None
        if np.pad(warped[1:-1, 1:-1], 1).sum() < warped.sum():  # it left the picture, and came back as a mirror image
            continue
        whole += 1
        assert components(warped) == 1
        assert ndimage.label(~warped)[1] == 2  # inside and outside
    assert whole >= 25


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("config", [ALL, AugmentConfig()])
def test_photo_and_labels_stay_aligned(seed: int, config: AugmentConfig) -> None:
    labels = blocks((48, 64))
    grid = random_grid((48, 64), seed, config)
    photo = torch.from_numpy(colourise(labels).astype(np.float32)).permute(2, 0, 1)[None]
    warped = PrimitiveWarper(Primitive("segments", segments=labels)).warp(grid).segments
    assert warped is not None
    away = np.abs(resample(photo, grid)[0].permute(1, 2, 0).numpy() - colourise(warped)).max(-1)
    blended = straddles_a_border(labels.index, grid)
    assert blended.mean() < 0.2
    assert away[~blended].max() < 0.1
    # A blend is nearer to the label that was chosen than to the other one, or in the middle between them.
    assert away.max() <= 0.75 * 250


def straddles_a_border(index: np.ndarray, grid: torch.Tensor) -> np.ndarray:
    """Whether the four source pixels around each grid point differ in their label."""
    height, width = index.shape
    x, y = np.moveaxis((grid[0].numpy() + 1) * [(width - 1) / 2, (height - 1) / 2], -1, 0)
    # A little wider than the four, for the two roundings need not agree.
    around = [
        index[np.clip(np.floor(y + dy).astype(int), 0, height - 1), np.clip(np.floor(x + dx).astype(int), 0, width - 1)]
        for dy in (-0.001, 0.001, 1.001)
        for dx in (-0.001, 0.001, 1.001)
    ]
    return np.ptp(np.stack(around), axis=0) > 0


def test_warped_edges_lie_where_the_grid_says() -> None:
    lines = cross((48, 64))
    grid = random_grid((48, 64), 3, tps=True, tps_probability=1.0)
    warped = PrimitiveWarper(Primitive("edges", edges=lines)).warp(grid).edges
    assert warped is not None
    source = (grid[0].numpy()[warped] + 1) * [31.5, 23.5]
    on_line = np.argwhere(lines)[:, ::-1]
    nearest = np.linalg.norm(source[:, None] - on_line[None], axis=2).min(axis=1)
    assert nearest.max() < 1.1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.tuples(st.integers(8, 60), st.integers(8, 60)))
def test_parts_come_from_inside_the_picture(seed: int, size: tuple[int, int]) -> None:
    grid = random_grid(size, seed, AugmentConfig(parts=True, parts_probability=1.0, parts_count=4))
    assert grid.shape == (1, *size, 2)
    assert float(grid.abs().max()) <= 1


def test_a_part_is_copied_or_moved_and_the_rest_stays() -> None:
    changed = 0
    for seed in range(20):
        grid = random_grid((64, 64), seed, parts=True, parts_probability=1.0)
        moved = (grid - identity_grid((64, 64))).norm(dim=-1) > 0.02
        assert float(moved.float().mean()) < 0.9
        changed += bool(moved.any())
    assert changed >= 18


def test_regions_are_cut_out_completely() -> None:
    primitive = drawing("segments")
    assert primitive.segments is not None
    regions = find_regions(primitive.segments)
    assert regions is not None
    for number in range(1, len(regions.radii) + 1):
        area = float((regions.index == number).float().mean())
        assert 0.003 <= area <= 0.25
        values = primitive.segments.index[(regions.index[0, 0] == number).numpy()]
        assert len(np.unique(values)) == 1
    assert regions.centres.abs().max() <= 1


def test_a_picture_of_one_label_has_no_regions() -> None:
    primitive = drawing("segments")
    assert primitive.segments is not None
    flat = type(primitive.segments)(np.zeros((20, 30), np.uint8), primitive.segments.palette)
    assert find_regions(flat) is None


def test_another_frame_is_nearly_the_same() -> None:
    photo = astronaut()
    other = another_frame(photo, np.random.default_rng(0))
    assert other.shape == photo.shape
    assert other.dtype == np.uint8
    difference = np.abs(other.astype(int) - photo)
    assert 0 < difference.mean() < 40
