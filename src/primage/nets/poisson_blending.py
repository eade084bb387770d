"""Poisson blending of copied pixels: removes seams, such as sky beside sky of another brightness.

Copied pixels get an additive offset that is smooth except along the drawing's edges, cancels the step across a seam and
vanishes where nothing was moved. A seam that the drawing itself shows, along a line or between labels, stays.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.flow_smoothing import solve_screened_poisson
from primage.nets.layers import block_variance, edge_aware_weight
from primage.nets.upsample import neighbours_3x3

#: Offsets are solved for on blocks of this many pixels.
_BLOCK_PX = 4
#: There is a seam between neighbouring blocks whose flow differs by more than this.
_SEAM_PX = 6.0
#: Blocks with less flow than this count as static and keep their colours.
_STATIC_PX = 1.0
#: Weights that pull the offset towards 0 in moved and in static blocks.
_MOVED_WEIGHT, _STATIC_WEIGHT = 1e-3, 100.0
#: Smoothness of the offset across an edge of the drawing, where there is no seam.
_MIN_SMOOTHNESS = 0.02
#: A seam of more contrast than this, in units of [-1, 1], is taken for a real edge and kept.
_MAX_SEAM_CONTRAST = 0.5
_ITERATIONS = 60
#: A pixel takes the offset of those neighbouring blocks whose flow resembles its own: σ of the Gaussian.
_FLOW_SIGMA_PX = 3.0


def poisson_blend(
    copied: Float[Tensor, "b 3 h w"], flow_px: Float[Tensor, "b 2 h w"], drawing: Float[Tensor, "b c h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Add the offsets that remove seams to copied pixels.

    Args:
        copied: (B, 3, H, W) in [-1, 1], sides multiples of four.
        flow_px: (B, 2, H, W), source minus target position of each pixel, in pixels.
        drawing: (B, C, H, W), the embedded query drawing.

    Returns:
        Same shape and range; ``copied`` itself where there is no seam.

    Source:
        Pérez, Gangnet & Blake 2003, eq. 8 (the additive correction is a membrane), with free boundaries along the
        drawing's edges.
    """
    k = _BLOCK_PX
    flow = flow_px[..., 1::k, 1::k]
    colours = F.avg_pool2d(copied[..., 1:, 1:], 2, k)  # the centre of each block, which a seam rarely crosses
    means = F.avg_pool2d(drawing, k)
    variance = block_variance(drawing, means, k)
    weights, steps = [], []
    for dim in (3, 2):
        smoothness = edge_aware_weight(means, variance, dim)
        seam = flow.diff(dim=dim).abs().amax(1, keepdim=True) > _SEAM_PX
        step = colours.diff(dim=dim)
        real_edge = step.abs().amax(1, keepdim=True) > _MAX_SEAM_CONTRAST
        weights.append(torch.where(seam, smoothness * ~real_edge, smoothness.clamp(min=_MIN_SMOOTHNESS)))
        steps.append(-step * seam)
    if not any(bool((weight * step).any()) for weight, step in zip(weights, steps, strict=True)):
        return copied
    divergence = torch.zeros_like(colours)
    for dim, weight, step in zip((3, 2), weights, steps, strict=True):
        n = colours.shape[dim] - 1
        divergence.narrow(dim, 1, n).add_(weight * step)
        divergence.narrow(dim, 0, n).sub_(weight * step)
    static = flow.abs().amax(1, keepdim=True) < _STATIC_PX
    data_weight = torch.where(static, _STATIC_WEIGHT, _MOVED_WEIGHT)
    offset = solve_screened_poisson(divergence, divergence, data_weight, weights[0], weights[1], _ITERATIONS)
    return (copied + _upsample_offset(offset, flow, flow_px)).clamp(-1, 1)


def _upsample_offset(offset: Tensor, flow: Tensor, flow_px: Tensor) -> Float[Tensor, "b 3 h w"]:
    """Offsets of pixels: a mean of the blocks around, weighted by distance and by similarity of flow (bilateral)."""
    k = _BLOCK_PX
    position = (torch.arange(k, device=offset.device) + 0.5) / k - 0.5  # of a pixel, in blocks from the centre
    distance = torch.stack([position + 1, position, position - 1]).square()
    spatial = torch.exp(-2 * (distance[:, None, :, None] + distance[None, :, None, :])).flatten(0, 1).flatten(1)
    # The k² pixels of a block become one axis, so that each step of the loop runs along whole rows of blocks.
    own = F.pixel_unshuffle(flow_px, k).unflatten(1, (2, k * k))
    flows, offsets = neighbours_3x3(flow), neighbours_3x3(offset)
    weights = torch.zeros_like(own[:, 0])
    total = torch.zeros_like(weights)[:, None].repeat(1, offset.shape[1], 1, 1, 1)
    for n in range(9):
        difference = (own - flows[:, :, n, None]).square_().sum(1)
        weight = spatial[n][:, None, None] * difference.mul_(-1 / (2 * _FLOW_SIGMA_PX**2)).exp_()
        total.addcmul_(weight[:, None], offsets[:, :, n, None])
        weights += weight
    return F.pixel_shuffle((total / (weights + 1e-6)[:, None]).flatten(1, 2), k)
