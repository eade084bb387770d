"""Matches with the training drawing seen larger and smaller, so that a part that an edit scaled is still found."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

#: What a match at another scale costs, in nats: a part is seldom scaled.
_COST = 2.0
_NEVER = -1e4
#: A change of displacement from cell to cell that is greater is a tear.
_TEAR_CELLS = 1.3
#: The field's stretching is averaged over so many cells a side.
_AROUND = 3
#: A part is looked at twice as large where it covers less than this of its own area, half as large where more.
_LARGER, _SMALLER = 0.5, 2.0


@dataclass(frozen=True)
class Candidates:
    """For each cell of the drawing at hand, how well each cell of the training drawing fits, at its best scale.

    Attributes:
        logits: (B, N, M) log-likelihoods, up to a constant for each of the N.
        places: (K, 2) where things are, (x, y), normalised: the M cells at the pair's own scale, then those of others.
        at: (B, N, M) which of the K places a match stands for; None if it is the first M.
        scale: (K,) the scale that each of the places is seen at: 0 the pair's own, 1 … the others.
    """

    logits: Float[Tensor, "b n m"]
    places: Float[Tensor, "k 2"]
    at: Int[Tensor, "b n m"] | None
    scale: Int[Tensor, " k"]

    def of(self, cell: Int[Tensor, "b n w"]) -> Int[Tensor, "b n w"]:
        """Which of the places the matches with some cells stand for."""
        return cell if self.at is None else self.at.gather(2, cell)

    def beside(
        self, logits: Float[Tensor, "b n h2 w2"], places: Float[Tensor, "k2 2"], shape: tuple[int, int]
    ) -> Candidates:
        """Add what fits at another scale; a cell keeps the scale at which it fits best.

        Args:
            logits: how well the cells of the larger or smaller training drawing fit.
            places: where those are.
            shape: rows and columns of the M cells.
        """
        best, which = _cover(logits - _COST, shape)
        own = torch.arange(self.logits.shape[2], device=which.device) if self.at is None else self.at
        better = best > self.logits
        return Candidates(
            torch.where(better, best, self.logits),
            torch.cat([self.places, places]),
            torch.where(better, which + len(self.places), own),
            torch.cat([self.scale, self.scale.new_full((len(places),), int(self.scale[-1]) + 1)]),
        )


def _cover(
    logits: Float[Tensor, "b n h2 w2"], shape: tuple[int, int]
) -> tuple[Float[Tensor, "b n m"], Int[Tensor, "b n m"]]:
    """The best of the cells that cover each cell of a picture of twice or half their number, and which it is."""
    rows, columns = logits.shape[2:]
    index = torch.arange(rows * columns, device=logits.device).view(1, 1, rows, columns).expand_as(logits)
    if columns * 2 <= shape[1] + 2 and columns < shape[1]:  # smaller: each covers four
        logits, index = (x.repeat_interleave(2, 2).repeat_interleave(2, 3) for x in (logits, index))
        wanted = shape
    else:
        wanted = (2 * shape[0], 2 * shape[1])
    # (Padding to the network's multiple makes the numbers of cells differ by one or two.)
    missing = (0, max(0, wanted[1] - logits.shape[3]), 0, max(0, wanted[0] - logits.shape[2]))
    logits = F.pad(logits, missing, value=_NEVER)[..., : wanted[0], : wanted[1]]
    index = F.pad(index, missing)[..., : wanted[0], : wanted[1]]
    if wanted == shape:
        return logits.flatten(2), index.flatten(2)
    fours = (
        x.unflatten(2, (shape[0], 2)).unflatten(4, (shape[1], 2)).transpose(3, 4).flatten(4).flatten(2, 3)
        for x in (logits, index)
    )
    logits, index = fours
    best, which = logits.max(-1)
    return best, index.gather(-1, which[..., None])[..., 0]


def slope_of(moved_cells: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b 2 2 h w"]:
    """By how much displacements change from one cell to the next, on average around each; tears do not count.

    Args:
        moved_cells: displacements in cells.

    Returns:
        (B, 2, 2, H, W): of x and y, along x and along y.
    """
    slopes = []
    for dim in (3, 2):
        change = moved_cells.diff(dim=dim)
        whole = (change.abs().amax(1, keepdim=True) < _TEAR_CELLS).to(change.dtype)
        # A change belongs to the two cells that it lies between.
        before, after = ((0, 1, 0, 0), (1, 0, 0, 0)) if dim == 3 else ((0, 0, 0, 1), (0, 0, 1, 0))
        total, count = (F.pad(x, before) + F.pad(x, after) for x in (change * whole, whole))
        total, count = (F.avg_pool2d(x, _AROUND, 1, _AROUND // 2) for x in (total, count))
        slopes.append(total / (count + 1e-3))
    return torch.stack(slopes, dim=2)


def scale_of(slope: Float[Tensor, "b 2 2 h w"]) -> Int[Tensor, "b 1 h w"] | None:
    """At which scale each place should look at the training pair, by how the field stretches around it.

    Args:
        slope: of the displacements (see `slope_of`).

    Returns:
        0 its own, 1 twice as large, 2 half as large; None if all are 0.
    """
    (xx, xy), (yx, yy) = (x.unbind(1) for x in slope.unbind(1))
    area = ((1 + xx) * (1 + yy) - xy * yx).abs()[:, None]
    scale = torch.where(area < _LARGER, 1, torch.where(area > _SMALLER, 2, 0))
    return scale if bool(scale.any()) else None
