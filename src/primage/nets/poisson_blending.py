"""Poisson blending of copied pixels: removes seams, for example between areas of sky with different brightness.

Copied pixels get an additive offset that is smooth except along the primitive's edges, cancels the step across a seam,
and vanishes in static areas. Seams along a line or a label border of the primitive are kept.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.flow_smoothing import solve_screened_poisson
from primage.nets.graphs import occurs
from primage.nets.layers import block_variance, edge_aware_weight
from primage.nets.upsample import neighbours_3x3

#: Offsets are solved for on blocks of this many pixels.
_BLOCK_PX = 4
#: Neighbouring blocks whose flow differs by more than this have a seam between them.
_SEAM_PX = 6.0
#: Blocks with less flow than this are static and keep their colours.
_STATIC_PX = 1.0
#: Weights that pull the offset towards 0 in moving and in static blocks.
_MOVING_WEIGHT, _STATIC_WEIGHT = 1e-3, 100.0
#: Smoothness of the offset across an edge of the primitive without a seam.
_MIN_SMOOTHNESS = 0.02
#: Seams with more contrast than this, in units of [-1, 1], are assumed to be real edges and kept.
_MAX_SEAM_CONTRAST = 0.5
_ITERATIONS = 60
#: σ of the Gaussian that weights neighbouring blocks by the similarity of their flow to that of a pixel.
_FLOW_SIGMA_PX = 3.0


def poisson_blend(
    copied: Float[Tensor, "b 3 h w"], flow_px: Float[Tensor, "b 2 h w"], embedded: Float[Tensor, "b c h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Add the offsets that remove seams to copied pixels.

    Args:
        copied: (B, 3, H, W) in [-1, 1], sides multiples of four.
        flow_px: (B, 2, H, W), source minus target position of each pixel, in pixels.
        embedded: (B, C, H, W), the embedded query primitive.

    Returns:
        Same shape and range; ``copied`` itself where there is no seam.

    Source:
        Pérez, Gangnet & Blake 2003, eq. 8 (the additive correction is a membrane), with free boundaries along the
        primitive's edges.
    """
    k = _BLOCK_PX
    flow = flow_px[..., 1::k, 1::k]
    colours = F.avg_pool2d(copied[..., 1:, 1:], 2, k)  # of the centre of each block, which seams rarely cross
    means = F.avg_pool2d(embedded, k)
    variance = block_variance(embedded, means, k)
    weights, steps = [], []
    for dim in (3, 2):
        smoothness = edge_aware_weight(means, variance, dim)
        seam = flow.diff(dim=dim).abs().amax(1, keepdim=True) > _SEAM_PX
        step = colours.diff(dim=dim)
        real_edge = step.abs().amax(1, keepdim=True) > _MAX_SEAM_CONTRAST
        weights.append(torch.where(seam, smoothness * ~real_edge, smoothness.clamp(min=_MIN_SMOOTHNESS)))
        steps.append(-step * seam)
    if not any(occurs(weight * step) for weight, step in zip(weights, steps, strict=True)):
        return copied
    divergence = torch.zeros_like(colours)
    for sides, weight, step in zip(((1, 0, 0, 0), (0, 0, 1, 0)), weights, steps, strict=True):
        flux = weight * step
        divergence = divergence + F.pad(flux, sides) - F.pad(flux, (sides[1], sides[0], sides[3], sides[2]))
    static = flow.abs().amax(1, keepdim=True) < _STATIC_PX
    data_weight = torch.where(static, _STATIC_WEIGHT, _MOVING_WEIGHT)
    offset = solve_screened_poisson(divergence, divergence, data_weight, weights[0], weights[1], _ITERATIONS)
    return (copied + _upsample_offset(offset, flow, flow_px)).clamp(-1, 1)


def _upsample_offset(offset: Tensor, flow: Tensor, flow_px: Tensor) -> Float[Tensor, "b 3 h w"]:
    """Offsets of pixels: a mean of the blocks around, weighted by distance and by similarity of flow (bilateral)."""
    k = _BLOCK_PX
    position = (torch.arange(k, device=offset.device) + 0.5) / k - 0.5  # of a pixel, in blocks from the centre
    distance = torch.stack([position + 1, position, position - 1]).square()
    spatial = torch.exp(-2 * (distance[:, None, :, None] + distance[None, :, None, :])).flatten(0, 1).flatten(1)
    # The k² pixels of a block become one axis, so that each step of the loop processes full rows of blocks.
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
