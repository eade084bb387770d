"""Enlarges a field of displacements without blurring its tears."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

#: Displacements that differ by more than this many coarse cells belong to different things, and are never mixed.
_TEAR_CELLS = 1.0
#: A greater change of displacement from cell to cell is no slope but a tear.
_STEEPEST_CELLS = 1.3
#: What covers less than this of its own area in the photo, or more than the inverse, was scaled.
_LEAST_AREA = 0.5


def nine_around(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c 9 h w"]:
    """Each cell and the eight about it, row by row; the border is repeated."""
    nine = F.unfold(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3)
    return nine.view(x.shape[0], x.shape[1], 9, *x.shape[2:])


def twice(x: Float[Tensor, "... h w"]) -> Float[Tensor, "... h2 w2"]:
    """Each cell as four alike."""
    return x.repeat_interleave(2, -2).repeat_interleave(2, -1)


def candidates(
    moved: Float[Tensor, "b 2 h w"], slope: Float[Tensor, "b 2 2 h w"] | None = None
) -> Float[Tensor, "b 2 9 h _ w _"]:
    """What each of the four places in a cell may be moved by: as the cells around it are.

    Args:
        moved: displacements, any unit.
        slope: by how much each changes from one cell to the next, along x and along y; none to take them as they are.

    Returns:
        (B, 2, 9, H, 2, W, 2), or (B, 2, 9, H, 1, W, 1) if the four places have the same.
    """
    nine = nine_around(moved)[:, :, :, :, None, :, None]
    if slope is None:
        return nine
    steep = nine_around(slope.flatten(1, 2)).unflatten(1, (2, 2))[..., None, :, None]
    quarter = torch.tensor([-0.25, 0.25], device=moved.device)
    side = torch.tensor([-1.0, 0.0, 1.0], device=moved.device)
    away = quarter - side[:, None]  # from the middle of a cell beside, in cells: (3, 2)
    x = away[None, :, None, None, None, :].expand(3, 3, 1, 1, 1, 2).flatten(0, 1)
    y = away[:, None, None, :, None, None].expand(3, 3, 1, 2, 1, 1).flatten(0, 1)
    each: Tensor = nine + steep[:, :, 0] * x + steep[:, :, 1] * y
    return each


def slope_where_stretched(moved: Float[Tensor, "b 2 h w"], cell: Float[Tensor, 2]) -> Float[Tensor, "b 2 2 h w"] | None:
    """By how much displacements change from one cell to the next, where a part was scaled to half, twice or more.

    There, places that are moved just as the cells around them are would make steps: the same few pixels of the photo
    again and again, or every other one left out.

    Args:
        moved: displacements, any unit.
        cell: width and height of a cell in the unit of ``moved``.

    Returns:
        (B, 2, 2, H, W) in the unit of ``moved``: of x and y, along x and along y, on average around each cell; tears
        do not count. 0 where the field stretches less; None if it does so everywhere.
    """
    cell = cell[:, None, None]
    slopes = []
    for dim in (3, 2):
        change = (moved / cell).diff(dim=dim)
        whole = (change.abs().amax(1, keepdim=True) < _STEEPEST_CELLS).to(change.dtype)
        # A change belongs to the two cells that it lies between.
        before, after = ((0, 1, 0, 0), (1, 0, 0, 0)) if dim == 3 else ((0, 0, 0, 1), (0, 0, 1, 0))
        total, count = (F.pad(x, before) + F.pad(x, after) for x in (change * whole, whole))
        slopes.append(F.avg_pool2d(total, 3, 1, 1) / (F.avg_pool2d(count, 3, 1, 1) + 1e-3))
    (xx, yx), (xy, yy) = (slope.unbind(1) for slope in slopes)
    area = ((1 + xx) * (1 + yy) - xy * yx).abs()
    stretched = (area < _LEAST_AREA) | (area > 1 / _LEAST_AREA)
    if not bool(stretched.any()):
        return None
    return torch.stack(slopes, dim=2) * stretched[:, None, None] * cell[:, None]


def enlarge(
    offered: Float[Tensor, "b 2 9 h _ w _"], preference: Float[Tensor, "b 9 h2 w2"], cell: Float[Tensor, 2]
) -> Float[Tensor, "b 2 h2 w2"]:
    """Enlarge twice: each place takes a mixture of the nine displacements around it that agree with the best of them.

    Args:
        offered: displacements to choose from (see `candidates`), any unit.
        preference: logits, which of the nine; at 0 everywhere this is bilinear interpolation, but across tears.
        cell: width and height of a coarse cell in the unit of ``offered``.

    Returns:
        (B, 2, 2 H, 2 W). Two halves of a tear are not averaged: in between there is nothing.

    Source:
        Teed & Deng 2020, §3.3 (convex upsampling), restricted to one side of a tear.
    """
    height, width = offered.shape[3], offered.shape[5]
    # (B, 9, h, 2, w, 2): each coarse cell with its four places.
    logits = preference.unflatten(2, (height, 2)).unflatten(4, (width, 2)) + _bilinear(offered.device)[:, None, :, None]
    weights = logits.softmax(1)
    with torch.no_grad():
        torn = (offered - _of_the_best(offered, weights)).abs() > _TEAR_CELLS * cell.view(2, 1, 1, 1, 1, 1)
    weights = weights.masked_fill(torn.any(1), 0.0)
    weights = weights / weights.sum(1, keepdim=True)
    if offered.shape[4] == 1:
        moved = torch.einsum("bcnhw,bnhiwj->bchiwj", offered[:, :, :, :, 0, :, 0], weights)
    else:
        moved = (offered * weights[:, None]).sum(2)
    return moved.flatten(4, 5).flatten(2, 3)


def _of_the_best(each: Float[Tensor, "b 2 9 h _ w _"], weights: Float[Tensor, "b 9 h 2 w 2"]) -> Tensor:
    """The displacement of the greatest weight, (B, 2, 1, H, 2, W, 2); (torch.argmax over channels is far slower.)"""
    top, best = weights[:, :1], each[:, :, 0]
    for n in range(1, 9):
        weight = weights[:, n : n + 1]
        best = torch.where(weight > top, each[:, :, n], best)
        top = torch.maximum(weight, top)
    return best[:, :, None]


def _bilinear(device: torch.device) -> Float[Tensor, "9 2 2"]:
    """Logarithms of the bilinear weights of nine neighbours for the four quarters of a cell; never quite 0."""
    one = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]], device=device)  # by side, over before, at, after
    weights = torch.einsum("iy,jx->yxij", one, one).reshape(9, 2, 2)
    return (weights + 1e-3).log()
