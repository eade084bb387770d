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
) -> Float[Tensor, "b 2 9 _ h w"]:
    """What each of the four places in a cell may be moved by: as the cells around it are.

    Args:
        moved: displacements, any unit.
        slope: by how much each changes from one cell to the next, along x and along y; none to take them as they are.

    Returns:
        (B, 2, 9, 4, H, W), or (B, 2, 9, 1, H, W) if the four places have the same. The four lie row by row.
    """
    nine = nine_around(moved)[:, :, :, None]
    if slope is None:
        return nine
    steep = nine_around(slope.flatten(1, 2)).unflatten(1, (2, 2))[:, :, :, :, None]
    quarter = torch.tensor([-0.25, 0.25], device=moved.device)
    side = torch.tensor([-1.0, 0.0, 1.0], device=moved.device)
    away = quarter - side[:, None]  # from the middle of a cell beside, in cells: (3, 2)
    x = away[None, :, None, :].expand(3, 3, 2, 2).reshape(9, 4, 1, 1)
    y = away[:, None, :, None].expand(3, 3, 2, 2).reshape(9, 4, 1, 1)
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
    offered: Float[Tensor, "b 2 9 _ h w"], preference: Float[Tensor, "b 36 h w"], cell: Float[Tensor, 2]
) -> Float[Tensor, "b 2 h2 w2"]:
    """Enlarge twice: each place takes a mixture of the nine displacements around it that agree with the best of them.

    Args:
        offered: displacements to choose from (see `candidates`), any unit.
        preference: logits, which of the nine, for each of the four places in a cell, in the order that
            `torch.nn.functional.pixel_unshuffle` has; at 0 everywhere this is bilinear interpolation, but across tears.
        cell: width and height of a coarse cell in the unit of ``offered``.

    Returns:
        (B, 2, 2 H, 2 W). Two halves of a tear are not averaged: in between there is nothing.

    Source:
        Teed & Deng 2020, §3.3 (convex upsampling), restricted to one side of a tear.
    """
    logits = preference.unflatten(1, (9, 4)) + _bilinear(preference.device)[:, :, None, None]
    with torch.no_grad():
        top, best = _the_best(logits, offered)
        tear = _TEAR_CELLS * cell.view(2, 1, 1, 1)
    weights = (logits - top[:, None]).exp()
    # One of the nine after another: all at once do not fit into a processor's caches.
    moved, total = torch.zeros_like(best), torch.zeros_like(top)
    for n in range(9):
        with torch.no_grad():
            whole = ((offered[:, :, n] - best).abs_() <= tear).all(1)
        weight = weights[:, n] * whole
        total = total + weight
        moved = moved + offered[:, :, n] * weight[:, None]
    return F.pixel_shuffle((moved / total[:, None]).flatten(1, 2), 2)


def _the_best(
    logits: Float[Tensor, "b 9 4 h w"], offered: Float[Tensor, "b 2 9 _ h w"]
) -> tuple[Float[Tensor, "b 4 h w"], Float[Tensor, "b 2 4 h w"]]:
    """The greatest logit and its displacement; (torch.argmax over channels is far slower.)"""
    top, best = logits[:, 0], offered[:, :, 0].expand(-1, -1, 4, -1, -1)
    for n in range(1, 9):
        best = torch.where((logits[:, n] > top)[:, None], offered[:, :, n], best)
        top = torch.maximum(logits[:, n], top)
    return top, best


def _bilinear(device: torch.device) -> Float[Tensor, "9 4"]:
    """Logarithms of the bilinear weights of nine neighbours for the four quarters of a cell; never quite 0."""
    one = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]], device=device)  # by side, over before, at, after
    weights = torch.einsum("iy,jx->yxij", one, one).reshape(9, 4)
    return (weights + 1e-3).log()
