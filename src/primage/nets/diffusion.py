"""Makes a field of displacements whole: places that are not to be trusted follow their neighbours.

A sparse linear system, solved by conjugate gradients. Its matrix is symmetric, so the gradient is the solution of the
same system for another right side: nothing of the iterations is kept for it.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

#: Conjugate gradients: the error falls by a third or so with each.
_ITERATIONS = 40
_TINY = 1e-12


def diffuse(
    moved: Float[Tensor, "b 2 h w"],
    trust: Float[Tensor, "b 1 h w"],
    right: Float[Tensor, "b 1 h w1"],
    down: Float[Tensor, "b 1 h1 w"],
) -> Float[Tensor, "b 2 h w"]:
    """The field d with the least Σ trust · |d - moved|² + Σ bond · |d - d of the neighbour|².

    Args:
        moved: measured displacements, any unit.
        trust: how far each is to be trusted, above 0.
        right: bonds between neighbours in a row, (B, 1, H, W - 1), 0 or more; 0 lets the field break.
        down: bonds between neighbours in a column, (B, 1, H - 1, W).

    Returns:
        The field, same shape and unit as ``moved``; differentiable in all four.
    """
    out: Tensor = _Diffuse.apply(moved, trust, right, down)
    return out


class _Diffuse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, moved: Tensor, trust: Tensor, right: Tensor, down: Tensor) -> Tensor:
        field = solve(trust * moved, moved, trust, right, down)
        ctx.save_for_backward(moved, trust, right, down, field)
        return field

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        moved, trust, right, down, field = ctx.saved_tensors
        # A d = trust · moved, so with A λ = gradient: δ = λ · (δ(trust · moved) - δA d).
        pull = solve(gradients[0], torch.zeros_like(moved), trust, right, down)
        to_trust = (pull * (moved - field)).sum(1, keepdim=True)
        to_right = -(pull.diff(dim=3) * field.diff(dim=3)).sum(1, keepdim=True)
        to_down = -(pull.diff(dim=2) * field.diff(dim=2)).sum(1, keepdim=True)
        return trust * pull, to_trust, to_right, to_down


def solve(
    wanted: Tensor, start: Tensor, trust: Tensor, right: Tensor, down: Tensor, iterations: int = _ITERATIONS
) -> Tensor:
    """Conjugate gradients with the diagonal as preconditioner; every picture and axis on its own."""

    def product(x: Tensor) -> Tensor:
        out = trust * x
        flow = right * x.diff(dim=3)
        out[..., :-1] -= flow
        out[..., 1:] += flow
        flow = down * x.diff(dim=2)
        out[..., :-1, :] -= flow
        out[..., 1:, :] += flow
        return out

    diagonal = trust.clone()
    diagonal[..., :-1] += right
    diagonal[..., 1:] += right
    diagonal[..., :-1, :] += down
    diagonal[..., 1:, :] += down

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum((2, 3), keepdim=True)

    x = start.clone()
    residual = wanted - product(x)
    scaled = residual / diagonal
    direction, size = scaled, dot(residual, scaled)
    for _ in range(iterations):
        ahead = product(direction)
        step = size / (dot(direction, ahead) + _TINY)
        x = x + step * direction
        residual = residual - step * ahead
        scaled = residual / diagonal
        new_size = dot(residual, scaled)
        direction = scaled + (new_size / (size + _TINY)) * direction
        size = new_size
    return x
