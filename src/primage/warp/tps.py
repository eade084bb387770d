"""Thin-plate splines: pure maths, no randomness.

Coordinates are isotropic: x runs over [-1, 1] across the photo's width, y over [-h/w, h/w], so that bending costs the
same in both directions for any shape of the photo.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from primage.grid import identity_grid, pixel_centres


def kernel(squared_distance: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The radial basis r² log r of the thin-plate spline, from r²; 0 at r = 0.

    Args:
        squared_distance: r², any shape, >= 0.

    Returns:
        Same shape and dtype.

    Source:
        Bookstein 1989, eq. 1 (there r² log r², which differs by the factor 2 only).
    """
    value: Tensor = 0.5 * torch.special.xlogy(squared_distance, squared_distance)
    return value


def fit(
    points: Float[Tensor, "n 2"], values: Float[Tensor, "*batch n k"], smoothing: float = 0.0
) -> Float[Tensor, "*batch n3 k"]:
    """Fit the spline that minimises eq. 4 to ``values`` at ``points`` (interpolating if ``smoothing`` is 0).

    Eq. 4 is Σ (tᵢ - f(pᵢ))² + λ ∬ f_xx² + f_yy² + 2 f_xy² over the whole plane, with the squares that its print lacks.
    Its minimiser is f(p) = Σ wⱼ φ(|p - pⱼ|) + affine(p), φ = r² log r, with Pᵀw = 0 for the matrix P of rows (1, x, y).
    Green's identity turns the integral into ∬ f Δ²f. As Δ² (r² log r) = 8π δ, that is 8π Σ wᵢ f(pᵢ) = 8π wᵀKw, with K
    the kernel between the points; the affine part drops out because Pᵀw = 0. So eq. 4 reads
    ‖t - Kw - Pa‖² + 8πλ wᵀKw, and its gradient vanishes where t - Kw - Pa = 8πλ w:

        (K + 8πλ I) w + P a = t,   Pᵀ w = 0.

    Args:
        points: (N, 2) control points, (x, y), not all on one line.
        values: (..., N, K) values at the points.
        smoothing: λ of eq. 4, in squared units of ``points``; large values tend to the best affine map.

    Returns:
        (..., N + 3, K): N kernel weights, then the coefficients of 1, x, y. In the dtype of ``values``; solved in
        float64.

    Raises:
        ValueError: there are fewer than three points, all are on one line, or two coincide without smoothing.

    Source:
        Paper §3.2, eq. 4; Wahba 1990, eq. 2.4.23. With λ = 0 Bookstein 1989, eq. 12. Deviations: none, once the second
        derivatives of eq. 4 are squared. (As printed, the cost has no minimum.)
    """
    count = points.shape[0]
    if count < 3:
        raise ValueError(f"a thin-plate spline needs at least three points, not {count}")
    centres = points.double()
    spread = torch.linalg.svdvals(centres - centres.mean(dim=0))
    # Due to rounding, the solver does not notice either fault and returns huge numbers.
    if spread[1] <= 1e-6 * spread[0]:
        raise ValueError("the control points lie on one line")
    if smoothing == 0 and torch.pdist(centres).min() <= 1e-9 * spread[0]:
        raise ValueError("two of the control points coincide, which requires smoothing")
    system = _system(centres, smoothing)
    right = torch.cat([values.double(), values.new_zeros(*values.shape[:-2], 3, values.shape[-1]).double()], dim=-2)
    solution = torch.linalg.solve(system, right)
    result: Tensor = solution.to(values.dtype)
    return result


def evaluate(
    points: Float[Tensor, "n 2"], weights: Float[Tensor, "*batch n3 k"], at: Float[Tensor, "m 2"]
) -> Float[Tensor, "*batch m k"]:
    """Evaluate the spline of `fit` at other points.

    Args:
        points: (N, 2) control points passed to `fit`.
        weights: (..., N + 3, K) result of `fit`.
        at: (M, 2) points to evaluate at, (x, y).

    Returns:
        (..., M, K).

    Example:
        >>> corners = control_points(2)
        >>> weights = fit(corners, 2 * corners)  # an affine map, so nothing bends
        >>> evaluate(corners, weights, torch.tensor([[0.25, -0.5]]).double()).round(decimals=6)
        tensor([[ 0.5000, -1.0000]], dtype=torch.float64)
    """
    count = len(points)
    # |a - p|² = |a|² - 2 a·p + |p|², without a temporary array of all differences. What rounding leaves of it where
    # points coincide is squashed by r² log r.
    squared = at.square().sum(1, keepdim=True) + points.square().sum(1)
    squared = squared.addmm_(at, points.T, alpha=-2).clamp_min_(torch.finfo(at.dtype).tiny)
    bent = squared.log().mul_(squared) @ (0.5 * weights[..., :count, :])
    straight: Tensor = at @ weights[..., count + 1 :, :] + weights[..., count : count + 1, :]
    return bent + straight


def _design(points: Tensor, at: Tensor) -> Tensor:
    squared = (at[:, None, :] - points[None, :, :]).square().sum(-1)
    return torch.cat([kernel(squared), torch.ones_like(at[:, :1]), at], dim=1)


def _system(points: Tensor, smoothing: float) -> Tensor:
    count = points.shape[0]
    system = points.new_zeros(count + 3, count + 3)
    design = _design(points, points)
    system[:count] = design
    # Many libraries put a λ of their own here, without the 8π that eq. 4 implies (see `fit`).
    system[:count, :count] += 8 * math.pi * smoothing * torch.eye(count, dtype=points.dtype, device=points.device)
    system[count:, :count] = design[:, count:].T
    return system


def control_points(n: int, aspect: float = 1.0) -> Float[Tensor, "n2 2"]:
    """A regular grid of n × n points over the photo, corners included.

    Args:
        n: points per side, 2 or more.
        aspect: height over width.

    Returns:
        (n², 2) float64, (x, y), row by row; x in [-1, 1], y in [-aspect, aspect].

    Example:
        >>> control_points(2, aspect=0.5).tolist()
        [[-1.0, -0.5], [1.0, -0.5], [-1.0, 0.5], [1.0, 0.5]]
    """
    steps = torch.linspace(-1, 1, n, dtype=torch.float64)
    y, x = torch.meshgrid(steps * aspect, steps, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


@lru_cache(maxsize=8)
def _displacement_basis(n: int, size: tuple[int, int], smoothing: float, device: str) -> Tensor:
    """(H·W, n²): displacement of every pixel for a unit shift of each control point.

    The spline is linear in its values and the control points are fixed, so the system is solved once per size, and a
    warp is one small matrix product. Computed in strips to limit the memory for large photos in float64.
    """
    height, width = size
    aspect = height / width
    points = control_points(n, aspect)
    weights = fit(points, torch.eye(n * n, dtype=torch.float64), smoothing)
    y, x = torch.meshgrid(pixel_centres(height).double() * aspect, pixel_centres(width).double(), indexing="ij")
    at = torch.stack([x, y], dim=-1).reshape(-1, 2)
    strips = [evaluate(points, weights, strip).float() for strip in at.split(1 << 16)]
    return torch.cat(strips).to(device)


def tps_grid(
    shifts: Float[Tensor, "b n n 2"], size: tuple[int, int], smoothing: float = 0.0
) -> Float[Tensor, "b h w 2"]:
    """Sampling grid of the thin-plate spline that moves a regular grid of control points.

    Args:
        shifts: (B, n, n, 2), (x, y), row by row, in widths of the photo: 0.1 samples a tenth of the width to the right.
        size: (height, width) of the grid.
        smoothing: λ of eq. 4, in squared half-widths of the photo (x runs over [-1, 1]); see `fit`.

    Returns:
        (B, H, W, 2), (x, y), normalised, align_corners=True; may leave [-1, 1] (see `primage.grid.reflect`).

    Source:
        Paper §3.2, eq. 4. Deviations: none from the equation (see `fit`). The paper leaves three things open: the
        warp maps pixels of the result to the photo; lengths are measured in pixels, so that a wide photo bends alike
        in both directions; and what lies outside the photo is mirrored (`primage.grid.reflect`).

    Example:
        >>> unmoved = tps_grid(torch.zeros(1, 3, 3, 2), (2, 3))
        >>> bool(torch.allclose(unmoved, identity_grid((2, 3)), atol=1e-6))
        True
    """
    batch, n = shifts.shape[0], shifts.shape[1]
    basis = _displacement_basis(n, size, float(smoothing), str(shifts.device))
    # A width is 2 units of x; a unit of normalised y is height / 2 pixels.
    scale = shifts.new_tensor([2.0, 2.0 * size[1] / size[0]])
    flat = shifts.reshape(batch, n * n, 2) * scale
    displacement = (basis @ flat).reshape(batch, size[0], size[1], 2)
    return identity_grid(size, shifts.device) + displacement
