"""Antialiasing along flow discontinuities: pixels at the boundary of two copied parts become mixtures of both."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.graphs import occurs
from primage.nets.layers import expand_to_batch, sample
from primage.nets.upsample import neighbours_3x3

#: Neighbouring pixels whose flow differs by more than this have a discontinuity between them.
_DISCONTINUITY_PX = 1.0
_BINOMIAL = tuple(x * y / 16 for x in (1, 2, 1) for y in (1, 2, 1))


def antialias_discontinuities(
    copied: Float[Tensor, "b 3 h w"],
    photo: Float[Tensor, "s 3 h2 w2"],
    target_coords: Float[Tensor, "1 2 h w"],
    flow: Float[Tensor, "b 2 h w"],
) -> Float[Tensor, "b 3 h w"]:
    """Replace each pixel beside a flow discontinuity by a mean over the flow of its 3 × 3 neighbourhood.

    Without this, the boundary between two copied parts is jagged; a camera's pixel would contain some of both.

    Args:
        copied: (B, 3, H, W) in [-1, 1], ``photo`` sampled along ``flow``.
        photo: (S, 3, H', W') in [-1, 1]; each of S serves B / S consecutive images.
        target_coords: (1, 2, H, W), the position of each pixel, (x, y), normalised.
        flow: (B, 2, H, W), source minus target coordinates.

    Returns:
        Same shape and range. Pixels not beside a discontinuity are unchanged; ``copied`` itself if there are no
        discontinuities.
    """
    pixel = (target_coords[:, :, 1, 1] - target_coords[:, :, 0, 0])[..., None, None]
    mask = torch.zeros_like(flow[:, 0], dtype=torch.bool)
    for dim, before, after in ((3, (1, 0), (0, 1)), (2, (0, 0, 1, 0), (0, 0, 0, 1))):
        change = (flow.diff(dim=dim) / pixel).abs().amax(1)
        mask = mask | (torch.maximum(F.pad(change, before), F.pad(change, after)) > _DISCONTINUITY_PX)
    if not occurs(mask):
        return copied
    photos = expand_to_batch(photo, len(mask))
    out = []
    for number, pixels in enumerate(copied.flatten(2)):
        beside = mask[number].flatten().nonzero()[:, 0]  # N of them
        flows = neighbours_3x3(flow[number, None])[0].flatten(2).index_select(2, beside)
        source_coords = target_coords[0].flatten(1).index_select(1, beside)[:, None] + flows  # (2, 9, N)
        nine = sample(photos[number, None], source_coords.permute(2, 1, 0)[None], "bicubic")[0].clamp(-1, 1)
        out.append(pixels.scatter(1, beside.expand(3, -1), nine @ nine.new_tensor(_BINOMIAL)))
    return torch.stack(out).view_as(copied)
