"""Upsampling of flow that keeps its discontinuities sharp."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.graphs import occurs

#: Flow vectors that differ by more than this many coarse cells belong to different objects and are never mixed.
_DISCONTINUITY_CELLS = 1.0
#: A larger change of flow from cell to cell is a discontinuity, not a gradient.
_MAX_GRADIENT_CELLS = 1.3
#: A part is scaled where it covers less than this share of its own area in the photo, or more than the inverse.
_MIN_AREA_RATIO = 0.5


def neighbours_3x3(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c 9 h w"]:
    """Gather each cell and its eight neighbours, row by row; the border is replicated.

    Args:
        x: (B, C, H, W).

    Returns:
        (B, C, 9, H, W).

    Example:
        >>> neighbours_3x3(torch.arange(4.0).view(1, 1, 2, 2))[0, 0, :, 0, 0].tolist()
        [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 3.0]
    """
    height, width = x.shape[2:]
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    if padded.requires_grad:  # one operation backwards, not nine; forwards it is slower
        return F.unfold(padded, 3).view(x.shape[0], x.shape[1], 9, height, width)
    return torch.stack([padded[..., i : i + height, j : j + width] for i in range(3) for j in range(3)], dim=2)


def upsample_nearest(x: Float[Tensor, "... h w"]) -> Float[Tensor, "... h2 w2"]:
    """Upsample twofold by repeating each cell.

    Args:
        x: (..., H, W).

    Returns:
        (..., 2 H, 2 W).

    Example:
        >>> upsample_nearest(torch.tensor([[1.0, 2.0]])).tolist()
        [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]
    """
    x = torch.stack([x, x], dim=-1).flatten(-2)
    return torch.stack([x, x], dim=-2).flatten(-3, -2)


def candidate_flows(
    flow: Float[Tensor, "b 2 h w"], gradient: Float[Tensor, "b 2 2 h w"] | None = None
) -> Float[Tensor, "b 2 9 _ h w"]:
    """List the flow vectors that the four subcells of each cell choose from: those of its 3 × 3 neighbourhood.

    Args:
        flow: any unit.
        gradient: change of flow per cell along x and y, used to extrapolate each candidate to the subcell; None leaves
            the candidates unchanged.

    Returns:
        (B, 2, 9, 4, H, W), the four subcells row by row; (B, 2, 9, 1, H, W) if all four have the same candidates.
    """
    nine = neighbours_3x3(flow)[:, :, :, None]
    if gradient is None:
        return nine
    gradients = neighbours_3x3(gradient.flatten(1, 2)).unflatten(1, (2, 2))[:, :, :, :, None]
    subcell = torch.tensor([-0.25, 0.25], device=flow.device)
    centre = torch.tensor([-1.0, 0.0, 1.0], device=flow.device)
    offset = subcell - centre[:, None]  # from the neighbour's centre to the subcell, in cells: (3, 2)
    x = offset[None, :, None, :].expand(3, 3, 2, 2).reshape(9, 4, 1, 1)
    y = offset[:, None, :, None].expand(3, 3, 2, 2).reshape(9, 4, 1, 1)
    candidates: Tensor = nine + gradients[:, :, 0] * x + gradients[:, :, 1] * y
    return candidates


def flow_gradient_where_scaled(
    flow: Float[Tensor, "b 2 h w"], cell: Float[Tensor, 2]
) -> Float[Tensor, "b 2 2 h w"] | None:
    """Estimate the flow's gradient where a part was scaled to half its area or less, or to twice or more.

    Without the gradient, upsampled flow would be piecewise constant there, and would repeat pixels of the photo or skip
    every other one.

    Args:
        flow: any unit.
        cell: (width, height) of a cell, in the unit of ``flow``.

    Returns:
        (B, 2, 2, H, W), the change of (x, y) per cell along x and along y, averaged around each cell without
        discontinuities; 0 where nothing is scaled. None if nothing is scaled anywhere.
    """
    cell = cell[:, None, None]
    gradients = []
    for dim in (3, 2):
        change = (flow / cell).diff(dim=dim)
        continuous = (change.abs().amax(1, keepdim=True) < _MAX_GRADIENT_CELLS).to(change.dtype)
        # Each difference counts for both cells that it lies between.
        before, after = ((0, 1, 0, 0), (1, 0, 0, 0)) if dim == 3 else ((0, 0, 0, 1), (0, 0, 1, 0))
        total, count = (F.pad(x, before) + F.pad(x, after) for x in (change * continuous, continuous))
        gradients.append(F.avg_pool2d(total, 3, 1, 1) / (F.avg_pool2d(count, 3, 1, 1) + 1e-3))
    (xx, yx), (xy, yy) = (gradient.unbind(1) for gradient in gradients)
    area = ((1 + xx) * (1 + yy) - xy * yx).abs()  # the determinant of the Jacobian
    scaled = (area < _MIN_AREA_RATIO) | (area > 1 / _MIN_AREA_RATIO)
    if not occurs(scaled):
        return None
    return torch.stack(gradients, dim=2) * scaled[:, None, None] * cell[:, None]


def convex_upsample(
    candidates: Float[Tensor, "b 2 9 _ h w"], logits: Float[Tensor, "b 36 h w"], cell: Float[Tensor, 2]
) -> Float[Tensor, "b 2 h2 w2"]:
    """Upsample flow twofold: each subcell takes a convex combination of the candidates that agree with its best one.

    Args:
        candidates: flow vectors (see `candidate_flows`), any unit.
        logits: weights of the nine candidates for each of the four subcells, ordered as by
            `torch.nn.functional.pixel_unshuffle`. All 0 means bilinear interpolation, except across discontinuities.
        cell: (width, height) of a coarse cell, in the unit of ``candidates``.

    Returns:
        (B, 2, 2 H, 2 W). The two sides of a discontinuity are never averaged.

    Source:
        Teed & Deng 2020, §3.3. Deviation: the combination is restricted to one side of a discontinuity.

    Example:
        >>> flow = torch.full((1, 2, 3, 3), 0.5)
        >>> up = convex_upsample(candidate_flows(flow), torch.zeros(1, 36, 3, 3), torch.ones(2))
        >>> up.shape, bool((up == 0.5).all())
        (torch.Size([1, 2, 6, 6]), True)
    """
    logits = logits.unflatten(1, (9, 4)) + _bilinear_logits(logits.device)[:, :, None, None]
    with torch.no_grad():
        top, best = _best_candidate(logits, candidates)
        tolerance = _DISCONTINUITY_CELLS * cell.view(2, 1, 1, 1)
    weights = (logits - top[:, None]).exp()
    # A loop over the nine candidates, because all at once do not fit into the cache.
    flow, total = torch.zeros_like(best), torch.zeros_like(top)
    for n in range(9):
        with torch.no_grad():
            agrees = ((candidates[:, :, n] - best).abs_() <= tolerance).all(1)
        weight = weights[:, n] * agrees
        total = total + weight
        flow = flow + candidates[:, :, n] * weight[:, None]
    return F.pixel_shuffle((flow / total[:, None]).flatten(1, 2), 2)


def _best_candidate(
    logits: Float[Tensor, "b 9 4 h w"], candidates: Float[Tensor, "b 2 9 _ h w"]
) -> tuple[Float[Tensor, "b 4 h w"], Float[Tensor, "b 2 4 h w"]]:
    """The largest logit and its candidate. (`torch.argmax` over channels is far slower.)"""
    top, best = logits[:, 0], candidates[:, :, 0].expand(-1, -1, 4, -1, -1)
    for n in range(1, 9):
        best = torch.where((logits[:, n] > top)[:, None], candidates[:, :, n], best)
        top = torch.maximum(logits[:, n], top)
    return top, best


def _bilinear_logits(device: torch.device) -> Float[Tensor, "9 4"]:
    """Logarithms of the bilinear weights of the nine neighbours for the four subcells; offset to stay finite."""
    side = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]], device=device)  # (subcell, neighbour) on one axis
    weights = torch.einsum("iy,jx->yxij", side, side).reshape(9, 4)
    return (weights + 1e-3).log()
