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

from primage.nets.graphs import loop, tracing

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
    penalties = torch.stack([penalty, penalty.flip(-1)]).flatten(0, 2)  # (2 B H, W - 1)
    if tracing():
        costs = torch.stack([own, own.flip(2, 4)]).permute(3, 0, 1, 2, 4, 5)  # (W, 2, B, H, H', W')
        messages = _messages(costs.flatten(1, 3), penalties.T, _SMALL_PENALTY, _MAX_COST)
        forwards, backwards = messages.view_as(costs).permute(1, 2, 3, 0, 4, 5).unbind()
        return own + forwards + backwards.flip(2, 4)
    batch, height, width = own.shape[:3]
    out = own.clone()
    if width == 1:
        return out
    path = torch.stack([own[:, :, 0], own[:, :, -1].flip(-1)]).flatten(0, 2)
    for step in range(1, width):
        path = _message(path, penalties[:, step - 1], _SMALL_PENALTY, _MAX_COST)
        parts = path.unflatten(0, (2, batch, height))
        out[:, :, step] += parts[0]
        out[:, :, -1 - step] += parts[1].flip(-1)
        path = path + torch.stack([own[:, :, step], own[:, :, -1 - step].flip(-1)]).flatten(0, 2)
    return out


def _message(path: Tensor, penalty: Tensor, small_penalty: float, max_cost: float) -> Tensor:
    """What the cells of a column say about the matches of their neighbours in the next one, (N, H', W')."""
    best = path.amax((1, 2), keepdim=True)
    # Equal flow: one cell to the right in both primitives.
    path = F.pad(path - best, (1, 0), value=-max_cost)[..., :-1]
    if torch.jit.is_scripting():  # type: ignore[attr-defined]
        stretched = F.max_pool2d(path[:, None], 3, 1, 1)[:, 0] - small_penalty
        return torch.maximum(torch.maximum(path, stretched), -penalty[:, None, None])
    stretched = max_filter_3x3(path).sub_(small_penalty)
    return torch.maximum(path, stretched).clamp_(min=-penalty[:, None, None])


@loop
def _messages(costs: Tensor, penalties: Tensor, small_penalty: float, max_cost: float) -> Tensor:
    """The messages that all columns receive, (W, N, H', W'), as a loop of an exported graph."""
    path = costs[0]
    messages = [0 * path]
    for step in range(1, costs.shape[0]):
        message = _message(path, penalties[step - 1], small_penalty, max_cost)
        messages.append(message)
        path = message + costs[step]
    return torch.stack(messages)
