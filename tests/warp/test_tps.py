"""The thin-plate spline against scipy and kornia, and what its sampling grids promise."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import spsolve as sparse_solve

from primage.grid import identity_grid, reflect
from primage.warp.tps import control_points, evaluate, fit, kernel, tps_grid

SIZES = [(24, 24), (17, 40), (40, 17), (1, 1), (1, 9), (9, 1), (2, 3)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scattered(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 2, generator=seeded(seed), dtype=torch.float64) * 2 - 1


def pixel_scale(size: tuple[int, int]) -> torch.Tensor:
    """Normalised units (x, y) in a width of the photo."""
    return torch.tensor([2.0, 2.0 * size[1] / size[0]])


@pytest.mark.parametrize("smoothing", [0.0, 1e-3, 0.1, 5.0])
@pytest.mark.parametrize("count", [4, 9, 25])
def test_spline_is_scipys(count: int, smoothing: float) -> None:
    points, values, at = scattered(count), scattered(count, 1), scattered(50, 2)
    ours = evaluate(points, fit(points, values, smoothing), at)
    reference = RBFInterpolator(points, values, kernel="thin_plate_spline", smoothing=8 * np.pi * smoothing, degree=1)
    np.testing.assert_allclose(ours, reference(at), atol=1e-9)


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
@pytest.mark.parametrize("size", [(30, 30), (20, 50)])
def test_grid_is_scipys_spline_of_the_shifts(size: tuple[int, int], smoothing: float) -> None:
    shifts = (torch.rand(1, 3, 3, 2, generator=seeded()) - 0.5) * 0.2
    points = control_points(3, size[0] / size[1])
    spline = RBFInterpolator(
        points, shifts.reshape(9, 2).double(), kernel="thin_plate_spline", smoothing=8 * np.pi * smoothing, degree=1
    )
    at = identity_grid(size)[0].reshape(-1, 2).double() * torch.tensor([1.0, size[0] / size[1]])
    expected = identity_grid(size)[0].reshape(-1, 2).numpy() + spline(at) * pixel_scale(size).numpy()
    np.testing.assert_allclose(tps_grid(shifts, size, smoothing)[0].reshape(-1, 2), expected, atol=2e-6)


def kornia_thin_plate_spline() -> tuple:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from kornia.geometry.transform import get_tps_transform, warp_points_tps
    return get_tps_transform, warp_points_tps


def test_kornia_evaluates_our_weights_alike() -> None:
    _, warp_points_tps = kornia_thin_plate_spline()
    points, at = scattered(9), scattered(40, 1)
    weights = fit(points, scattered(9, 2))
    theirs = warp_points_tps(at[None], points[None], weights[None, :9], weights[None, 9:])[0]
    torch.testing.assert_close(evaluate(points, weights, at), theirs, atol=1e-6, rtol=0)


def test_kornia_fits_the_same_spline_to_small_shifts() -> None:
    # kornia centres its kernels at the shifted points, Bookstein at the others: alike to first order only.
    get_tps_transform, warp_points_tps = kornia_thin_plate_spline()
    points, shifts, at = control_points(3), scattered(9, 1), scattered(40, 2)
    step = 1e-4
    moved = points + step * shifts
    theirs = warp_points_tps(at[None], moved[None], *get_tps_transform(points[None], moved[None]))[0]
    torch.testing.assert_close(evaluate(points, fit(points, shifts), at), (theirs - at) / step, atol=2e-3, rtol=0)


def test_kornia_agrees_wherever_the_map_is_affine() -> None:
    get_tps_transform, warp_points_tps = kornia_thin_plate_spline()
    points, at = control_points(4), scattered(40)
    moved = points @ torch.tensor([[0.9, 0.2], [-0.1, 1.1]], dtype=torch.float64) + 0.3
    theirs = warp_points_tps(at[None], moved[None], *get_tps_transform(points[None], moved[None]))[0]
    torch.testing.assert_close(evaluate(points, fit(points, moved), at), theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n", [2, 3, 6])
def test_zero_shift_is_the_identity(size: tuple[int, int], n: int) -> None:
    grid = tps_grid(torch.zeros(2, n, n, 2), size)
    assert grid.shape == (2, *size, 2)
    torch.testing.assert_close(grid, identity_grid(size).expand(2, -1, -1, -1), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(13, 13), (13, 25), (25, 13)])
def test_interpolates_exactly_at_control_points_and_keeps_the_corners(size: tuple[int, int]) -> None:
    shifts = (torch.rand(2, 4, 4, 2, generator=seeded()) - 0.5) * 0.3
    shifts[:, [0, 0, -1, -1], [0, -1, 0, -1]] = 0
    displacement = tps_grid(shifts, size) - identity_grid(size)
    on_points = displacement[:, :: (size[0] - 1) // 3, :: (size[1] - 1) // 3]
    torch.testing.assert_close(on_points, shifts * pixel_scale(size), atol=1e-5, rtol=0)
    assert on_points[:, [0, 0, -1, -1], [0, -1, 0, -1]].abs().max() < 1e-6


def test_a_common_shift_is_a_translation_in_pixels() -> None:
    height, width = 50, 200
    shifts = torch.tensor([0.1, 0.1]).expand(1, 3, 3, 2)
    flow = (tps_grid(shifts, (height, width)) - identity_grid((height, width)))[0]
    pixels = flow * torch.tensor([width / 2, height / 2])
    torch.testing.assert_close(pixels, torch.full_like(pixels, 0.1 * width), atol=1e-3, rtol=0)


def test_large_smoothing_tends_to_the_best_affine_map() -> None:
    points, values = scattered(12), scattered(12, 1)
    weights = fit(points, values, 1e9)
    design = torch.cat([torch.ones(12, 1, dtype=torch.float64), points], dim=1)
    torch.testing.assert_close(weights[12:], torch.linalg.lstsq(design, values).solution, atol=1e-6, rtol=0)
    assert weights[:12].abs().max() < 1e-8


def numerical_minimum_of_eq4(points: np.ndarray, values: np.ndarray, smoothing: float) -> np.ndarray:
    """Values at the points of the function that minimises eq. 4, by finite differences on a grid with free borders."""
    half, step = 5.0, 1 / 16  # far beyond the points, since eq. 4 integrates over the plane
    count = round(2 * half / step) + 1
    along = sparse.eye_array(count).tocsr()
    first = (along[1:] - along[:-1]).tocsr()
    second = first[1:, 1:] @ first
    xx, yy, xy = (sparse.kron(a, b) / step**2 for a, b in ((along, second), (second, along), (first, first)))
    energy = (xx.T @ xx + yy.T @ yy + 2 * xy.T @ xy) * step**2
    column, row = np.rint((points + half) / step).astype(int).T
    at = row * count + column
    pick = sparse.csr_array((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), count**2))
    return np.asarray(sparse_solve((pick.T @ pick + smoothing * energy).tocsc(), pick.T @ values)[at])


@pytest.mark.parametrize("aspect", [1.0, 0.5])
@pytest.mark.parametrize("smoothing", [0.003, 0.02])
def test_smoothing_is_the_lambda_of_eq_4(smoothing: float, aspect: float) -> None:
    points = control_points(3, aspect)
    values = np.random.default_rng(0).uniform(-0.2, 0.2, 9)
    expected = numerical_minimum_of_eq4(points.numpy(), values, smoothing)
    ours = evaluate(points, fit(points, torch.from_numpy(values)[:, None], smoothing), points)[:, 0].numpy()
    # The error of the finite grid is below 1 %; without the factor 8π the values would be 8 % to 40 % off.
    np.testing.assert_allclose(ours, expected, atol=0.01 * np.abs(values).max())
    assert np.abs(expected - values).max() > 0.05 * np.abs(values).max()


def test_smoothing_shifts_no_control_point_further_than_requested() -> None:
    shifts = torch.zeros(1, 3, 3, 2)
    shifts[0, 1, 1] = 0.1
    exact, smooth = (tps_grid(shifts, (9, 9), smoothing)[0, 4, 4] for smoothing in (0.0, 0.5))
    assert 0 < smooth[0] < exact[0]


def test_fit_takes_batches_and_keeps_their_dtype() -> None:
    points, values = scattered(6), scattered(12, 1).reshape(2, 6, 2).float()
    weights = fit(points, values)
    assert weights.shape == (2, 9, 2)
    assert weights.dtype == torch.float32
    torch.testing.assert_close(weights[1], fit(points, values[1]))


def test_kernel_is_r_squared_log_r() -> None:
    r = torch.tensor([0.0, 0.5, 1.0, 3.0], dtype=torch.float64)
    expected = torch.tensor([0.0, 0.25 * np.log(0.5), 0.0, 9 * np.log(3)], dtype=torch.float64)
    torch.testing.assert_close(kernel(r.square()), expected)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_points_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"at least three points, not {count}"):
        fit(scattered(count), scattered(count))


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (0.3, 0.77), (-2.0, 0.1)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_points_on_one_line_are_refused(direction: tuple[float, float], smoothing: float) -> None:
    points = scattered(6)[:, :1] @ torch.tensor([direction], dtype=torch.float64) + 0.2
    with pytest.raises(ValueError, match="on one line"):
        fit(points.float(), scattered(6).float(), smoothing)


def test_coinciding_points_are_refused_unless_smoothed() -> None:
    points = scattered(6)
    points[3] = points[1]
    with pytest.raises(ValueError, match="coincide"):
        fit(points, scattered(6, 1))
    assert fit(points, scattered(6, 1), 0.1).isfinite().all()


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 50)))
def test_reflect_folds_like_numpys_mirror(coordinates: np.ndarray) -> None:
    # A picture of the coordinates themselves, mirrored at its borders by numpy, then read linearly.
    ramp = np.pad(np.linspace(-1, 1, 5), (120, 120), mode="reflect")
    expected = np.interp(coordinates, (np.arange(len(ramp)) - 122) / 2, ramp)
    folded = reflect(torch.from_numpy(coordinates)).numpy()
    np.testing.assert_allclose(folded, expected, atol=1e-9)
    assert np.abs(folded).max() <= 1


def test_reflect_leaves_what_is_inside() -> None:
    inside = torch.linspace(-1, 1, 1001)
    torch.testing.assert_close(reflect(inside), inside, atol=3e-7, rtol=0)
    assert reflect(torch.tensor([-1.0, 1.0])).tolist() == [-1, 1]
