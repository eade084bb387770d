"""Edge-aware smoothing of a flow field: unreliable vectors follow their neighbours.

The smoothed field solves a sparse linear system, here by conjugate gradients. Its matrix is symmetric, so the gradient
is the solution of the same system with another right-hand side, and no iteration has to be kept for the backward pass.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.graphs import loop, tracing

#: Iterations of conjugate gradients; each reduces the error by about a third.
_ITERATIONS = 40
_EPSILON = 1e-12


def smooth_flow(
    flow: Float[Tensor, "b 2 h w"],
    data_weight: Float[Tensor, "b 1 h w"],
    smoothness_right: Float[Tensor, "b 1 h w1"],
    smoothness_down: Float[Tensor, "b 1 h1 w"],
) -> Float[Tensor, "b 2 h w"]:
    """Minimise Σ data_weight · |d - flow|² + Σ smoothness_weight · |d - d of the neighbour|² over the field d.

    Args:
        flow: measured flow, any unit.
        data_weight: reliability of each vector, above 0.
        smoothness_right: weights between horizontal neighbours, (B, 1, H, W - 1), 0 or more; 0 allows a discontinuity.
        smoothness_down: weights between vertical neighbours, (B, 1, H - 1, W).

    Returns:
        The smoothed flow, same shape and unit as ``flow``; differentiable in all four arguments.

    Example:
        >>> flow = torch.zeros(1, 2, 1, 3)
        >>> flow[..., 0] = 1.0
        >>> weight = torch.tensor([1.0, 1e-6, 1e-6]).view(1, 1, 1, 3)
        >>> smooth_flow(flow, weight, torch.ones(1, 1, 1, 2), torch.ones(1, 1, 0, 3))[0, 0, 0].round(decimals=3)
        tensor([1., 1., 1.])
    """
    if tracing():
        return solve_screened_poisson(data_weight * flow, flow, data_weight, smoothness_right, smoothness_down)
    out: Tensor = _SmoothFlow.apply(flow, data_weight, smoothness_right, smoothness_down)
    return out


class _SmoothFlow(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, flow: Tensor, data_weight: Tensor, right: Tensor, down: Tensor) -> Tensor:
        smooth = solve_screened_poisson(data_weight * flow, flow, data_weight, right, down)
        ctx.save_for_backward(flow, data_weight, right, down, smooth)
        return smooth

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        flow, data_weight, right, down, smooth = ctx.saved_tensors
        # A d = data_weight · flow, so with A λ = gradient: δ = λ · (δ(data_weight · flow) - δA d).
        adjoint = solve_screened_poisson(gradients[0], torch.zeros_like(flow), data_weight, right, down)
        to_weight = (adjoint * (flow - smooth)).sum(1, keepdim=True)
        to_right = -(adjoint.diff(dim=3) * smooth.diff(dim=3)).sum(1, keepdim=True)
        to_down = -(adjoint.diff(dim=2) * smooth.diff(dim=2)).sum(1, keepdim=True)
        return data_weight * adjoint, to_weight, to_right, to_down


def solve_screened_poisson(
    right_hand_side: Float[Tensor, "b c h w"],
    start: Float[Tensor, "b c h w"],
    data_weight: Float[Tensor, "b 1 h w"],
    smoothness_right: Float[Tensor, "b 1 h w1"],
    smoothness_down: Float[Tensor, "b 1 h1 w"],
    iterations: int = _ITERATIONS,
) -> Float[Tensor, "b c h w"]:
    """Solve (diag(data_weight) + L) x = right_hand_side, where L is the grid's weighted Laplacian.

    Conjugate gradients with a diagonal preconditioner; every image and channel is a system of its own.

    Args:
        right_hand_side: (B, C, H, W).
        start: (B, C, H, W), the first guess.
        data_weight: (B, 1, H, W), above 0.
        smoothness_right: weights between horizontal neighbours, (B, 1, H, W - 1), 0 or more.
        smoothness_down: weights between vertical neighbours, (B, 1, H - 1, W), 0 or more.
        iterations: how many; there is no early stop.

    Returns:
        x, same shape as ``right_hand_side``.

    Source:
        Hestenes & Stiefel 1952.
    """
    diagonal = data_weight + F.pad(smoothness_right, (0, 1)) + F.pad(smoothness_right, (1, 0))
    diagonal = diagonal + F.pad(smoothness_down, (0, 0, 0, 1)) + F.pad(smoothness_down, (0, 0, 1, 0))
    x: Tensor = _conjugate_gradients(
        right_hand_side, start.clone(), diagonal, data_weight, smoothness_right, smoothness_down, iterations, _EPSILON
    )
    return x


@loop
def _conjugate_gradients(
    right_hand_side: Tensor,
    x: Tensor,
    diagonal: Tensor,
    data_weight: Tensor,
    right: Tensor,
    down: Tensor,
    iterations: int,
    epsilon: float,
) -> Tensor:
    residual = right_hand_side - _product(x, data_weight, right, down)
    preconditioned = residual / diagonal
    direction, norm = preconditioned, _dot(residual, preconditioned)
    for _ in range(iterations):
        image = _product(direction, data_weight, right, down)
        step = norm / (_dot(direction, image) + epsilon)
        x = x + step * direction
        residual = residual - step * image
        preconditioned = residual / diagonal
        new_norm = _dot(residual, preconditioned)
        direction = preconditioned + (new_norm / (norm + epsilon)) * direction
        norm = new_norm
    return x


def _product(x: Tensor, data_weight: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """The matrix times ``x``."""
    out = data_weight * x
    flux = right * (x[:, :, :, 1:] - x[:, :, :, :-1])
    if torch.jit.is_scripting():  # type: ignore[attr-defined]
        # The same without changes in place.
        out = out - F.pad(flux, [0, 1]) + F.pad(flux, [1, 0])
        flux = down * (x[:, :, 1:] - x[:, :, :-1])
        return out - F.pad(flux, [0, 0, 0, 1]) + F.pad(flux, [0, 0, 1, 0])
    out[..., :-1] -= flux
    out[..., 1:] += flux
    flux = down * (x[:, :, 1:] - x[:, :, :-1])
    out[..., :-1, :] -= flux
    out[..., 1:, :] += flux
    return out


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(dim=[2, 3], keepdim=True)
