"""Makes matches agree with their neighbours, and lets them break with them where that is cheaper.

A place in the middle of an empty area looks like all of it; what it is follows from the lines around it. Averaging
displacements would put a copied thing halfway between its two places; here every place chooses one match, and a
neighbour is either kept company with or left altogether.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

#: Matches of neighbours that are a cell nearer or further than the neighbours are: a picture that is stretched.
_STRETCH = 0.3
#: The least log-likelihood a match is given: one place that hardly fits must not outweigh a whole neighbourhood.
_WORST = 8.0


@torch.no_grad()
def consensus(
    logits: Float[Tensor, "b h w h2 w2"],
    break_right: Float[Tensor, "b h w1"],
    break_down: Float[Tensor, "b h1 w"],
) -> Float[Tensor, "b h w h2 w2"]:
    """How well each match of each cell fits the drawing and, along rows and columns, the matches of the other cells.

    Args:
        logits: log-likelihood of each match of each cell.
        break_right: what it costs to break with the neighbour to the right, (B, H, W - 1), 0 or more.
        break_down: what it costs to break with the neighbour below, (B, H - 1, W).

    Returns:
        Same shape; up to a constant for each cell the log-likelihood of its match, everything considered.

    Source:
        Hirschmüller 2008, eq. 13 and 14 (semi-global matching), in two dimensions of displacement and with four
        directions; the least of a cell's costs is not a cost of its own.
    """
    own = (logits - logits.amax((3, 4), keepdim=True)).clamp(min=-_WORST)
    rows = _along(own, break_right)
    columns = _along(own.permute(0, 2, 1, 4, 3), break_down.transpose(1, 2)).permute(0, 2, 1, 4, 3)
    return rows + columns - own


def _greatest_around(x: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Maxima over 3 × 3; one axis after the other, which is three times as fast as pooling."""
    for dim in (1, 2):
        last = x.shape[dim] - 1
        out = x.clone()
        for here, beside in ((0, 1), (1, 0)):
            part = out.narrow(dim, here, last)
            torch.maximum(part, x.narrow(dim, beside, last), out=part)
        x = out
    return x


def _along(own: Float[Tensor, "b h w h2 w2"], breaks: Float[Tensor, "b h w1"]) -> Float[Tensor, "b h w h2 w2"]:
    """Both ways along the rows; the second half of the batch runs backwards."""
    batch, height, width = own.shape[:3]
    out = own.clone()
    if width == 1:
        return out
    ahead = torch.stack([own[:, :, 0], own[:, :, -1].flip(-1)]).flatten(0, 2)
    costs = torch.stack([breaks, breaks.flip(-1)]).flatten(0, 2)  # (2 B H, W - 1)
    for step in range(1, width):
        best = ahead.amax((1, 2), keepdim=True)
        ahead = F.pad(ahead - best, (1, 0))[..., :-1]  # one to the right here is one to the right there
        ahead[..., 0] = -_WORST
        stretched = _greatest_around(ahead).sub_(_STRETCH)
        ahead = torch.maximum(ahead, stretched).clamp_(min=-costs[:, step - 1, None, None])
        parts = ahead.unflatten(0, (2, batch, height))
        out[:, :, step] += parts[0]
        out[:, :, -1 - step] += parts[1].flip(-1)
        ahead = ahead + torch.stack([own[:, :, step], own[:, :, -1 - step].flip(-1)]).flatten(0, 2)
    return out
