"""Semi-global matching in two dimensions of displacement: neighbouring cells choose consistent matches.

A cell in an empty area resembles all of that area, so its match has to follow from the lines around it. Averaging flow
would put a duplicated object halfway between its two candidates. Here each cell chooses one match, with a penalty for
flow that is inconsistent with that of its neighbours.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

#: Penalty (P1) where the flow of neighbours differs by up to one cell per axis, as it does in a scaled image.
_SMALL_PENALTY = 0.3
#: Log-likelihoods are clamped to this much below the best match, so that one outlier cannot outweigh a neighbourhood.
_MAX_COST = 8.0


@torch.no_grad()
def aggregate_costs(
    logits: Float[Tensor, "b h w h2 w2"],
    penalty_right: Float[Tensor, "b h w1"],
    penalty_down: Float[Tensor, "b h1 w"],
) -> Float[Tensor, "b h w h2 w2"]:
    """Aggregate matching costs, given as log-likelihoods (negative costs), along rows and columns.

    Args:
        logits: log-likelihood of each match of each cell.
        penalty_right: penalty (P2) of a flow discontinuity to the right neighbour, (B, H, W - 1), 0 or more.
        penalty_down: the same to the neighbour below, (B, H - 1, W).

    Returns:
        Same shape: the aggregated log-likelihood of each match, up to a constant for each cell.

    Source:
        Hirschmüller 2008, eq. 13 and 14. Deviations: displacements are two-dimensional, there are four directions, and
        a cell's own cost is counted once, not once per direction.
    """
    own = (logits - logits.amax((3, 4), keepdim=True)).clamp(min=-_MAX_COST)
    rows = _aggregate_rows(own, penalty_right)
    columns = _aggregate_rows(own.permute(0, 2, 1, 4, 3), penalty_down.transpose(1, 2)).permute(0, 2, 1, 4, 3)
    return rows + columns - own


def max_filter_3x3(x: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Maximum over each 3 × 3 window. One axis after the other, which is three times as fast as max pooling."""
    for dim in (1, 2):
        last = x.shape[dim] - 1
        out = x.clone()
        for start, neighbour in ((0, 1), (1, 0)):
            part = out.narrow(dim, start, last)
            torch.maximum(part, x.narrow(dim, neighbour, last), out=part)
        x = out
    return x


def _aggregate_rows(own: Float[Tensor, "b h w h2 w2"], penalty: Float[Tensor, "b h w1"]) -> Tensor:
    """Both directions along the rows at once; the second half of the batch runs backwards."""
    batch, height, width = own.shape[:3]
    out = own.clone()
    if width == 1:
        return out
    path = torch.stack([own[:, :, 0], own[:, :, -1].flip(-1)]).flatten(0, 2)
    penalties = torch.stack([penalty, penalty.flip(-1)]).flatten(0, 2)  # (2 B H, W - 1)
    for step in range(1, width):
        best = path.amax((1, 2), keepdim=True)
        path = F.pad(path - best, (1, 0))[..., :-1]  # equal flow: one cell to the right in both primitives
        path[..., 0] = -_MAX_COST
        stretched = max_filter_3x3(path).sub_(_SMALL_PENALTY)
        path = torch.maximum(path, stretched).clamp_(min=-penalties[:, step - 1, None, None])
        parts = path.unflatten(0, (2, batch, height))
        out[:, :, step] += parts[0]
        out[:, :, -1 - step] += parts[1].flip(-1)
        path = path + torch.stack([own[:, :, step], own[:, :, -1 - step].flip(-1)]).flatten(0, 2)
    return out
