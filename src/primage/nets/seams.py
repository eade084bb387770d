"""Hides the seams of what was copied from elsewhere: sky beside sky of another brightness.

Copied pixels get an offset, constant but for what it takes to meet the pixels across a seam, and none where nothing
was moved. A seam that the drawing asks for, along a line or between labels, stays.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.nets.diffusion import solve
from primage.nets.enlarge import nine_around
from primage.nets.layers import busyness, calm_between, for_batch, sample

#: Offsets are worked out for blocks of so many pixels.
_BLOCK_PX = 4
#: Neighbouring blocks whose sources are this many pixels further apart than they are have a seam between them.
_SEAM_PX = 6.0
#: A block that is moved by less keeps its colours.
_STILL_PX = 1.0
#: How much of an offset a moved block resists, and a still one.
_MOVED_ANCHOR, _STILL_ANCHOR = 1e-3, 100.0
#: Offsets are smooth inside an object, and hardly reach beyond a line.
_LEAST_BOND = 0.02
#: Seams of more contrast than this, in units of [-1, 1], are meant.
_GREATEST_STEP = 0.5
_ITERATIONS = 60
#: A pixel takes the offset of those blocks around it that are moved as it is, give or take so many pixels.
_ALIKE_PX = 3.0
#: Neighbouring pixels whose sources are this many pixels further apart than they are have a tear between them.
_TEAR_PX = 1.0
_BINOMIAL = tuple(x * y / 16 for x in (1, 2, 1) for y in (1, 2, 1))


def mend_seams(
    copied: Float[Tensor, "b 3 h w"], moved_px: Float[Tensor, "b 2 h w"], drawing: Float[Tensor, "b c h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Give copied pixels the offsets that hide seams.

    Args:
        copied: (B, 3, H, W) in [-1, 1], sides multiples of four.
        moved_px: (B, 2, H, W), where each pixel was copied from, relative to where it is, in pixels.
        drawing: (B, C, H, W), the embedded drawing that was asked for.

    Returns:
        Same shape and range; the very same tensor where there is no seam.

    Source:
        Pérez, Gangnet & Blake 2003, eq. 8 (the additive correction is a membrane), with free borders along lines.
    """
    k = _BLOCK_PX
    moved = moved_px[..., 1::k, 1::k]
    colours = F.avg_pool2d(copied[..., 1:, 1:], 2, k)  # the middle of each block: a seam seldom cuts it
    means = F.avg_pool2d(drawing, k)
    busy = busyness(drawing, means, k)
    bonds, steps = [], []
    for dim in (3, 2):
        calm = calm_between(means, busy, dim)
        seam = moved.diff(dim=dim).abs().amax(1, keepdim=True) > _SEAM_PX
        step = colours.diff(dim=dim)
        meant = step.abs().amax(1, keepdim=True) > _GREATEST_STEP
        bonds.append(torch.where(seam, calm * ~meant, calm.clamp(min=_LEAST_BOND)))
        steps.append(-step * seam)
    if not any(bool((bond * step).any()) for bond, step in zip(bonds, steps, strict=True)):
        return copied
    wanted = torch.zeros_like(colours)
    for dim, bond, step in zip((3, 2), bonds, steps, strict=True):
        n = colours.shape[dim] - 1
        wanted.narrow(dim, 1, n).add_(bond * step)
        wanted.narrow(dim, 0, n).sub_(bond * step)
    still = moved.abs().amax(1, keepdim=True) < _STILL_PX
    trust = torch.where(still, _STILL_ANCHOR, _MOVED_ANCHOR)
    offset = solve(wanted, wanted, trust, bonds[0], bonds[1], _ITERATIONS)
    return (copied + _spread(offset, moved, moved_px)).clamp(-1, 1)


def _spread(offset: Tensor, moved: Tensor, moved_px: Tensor) -> Float[Tensor, "b 3 h w"]:
    """Offsets of pixels: the mean of those of the blocks around that are moved alike, the near ones first."""
    k = _BLOCK_PX
    here = (torch.arange(k, device=offset.device) + 0.5) / k - 0.5  # of a pixel, in blocks from the middle
    away = torch.stack([here + 1, here, here - 1])
    near = torch.exp(-2 * (away.square()[:, None, :, None] + away.square()[None, :, None, :])).flatten(0, 1).flatten(1)
    # The k² pixels of a block lie one after another, so that each loop below runs along whole rows of blocks.
    own = F.pixel_unshuffle(moved_px, k).unflatten(1, (2, k * k))
    around, offsets = nine_around(moved), nine_around(offset)
    weights = torch.zeros_like(own[:, 0])
    total = torch.zeros_like(weights)[:, None].repeat(1, offset.shape[1], 1, 1, 1)
    for n in range(9):
        apart = (own - around[:, :, n, None]).square_().sum(1)
        weight = near[n][:, None, None] * apart.mul_(-1 / (2 * _ALIKE_PX**2)).exp_()
        total.addcmul_(weight[:, None], offsets[:, :, n, None])
        weights += weight
    return F.pixel_shuffle((total / (weights + 1e-6)[:, None]).flatten(1, 2), k)


def soften_tears(
    copied: Float[Tensor, "b 3 h w"],
    photo: Float[Tensor, "s 3 h2 w2"],
    here: Float[Tensor, "1 2 h w"],
    moved: Float[Tensor, "b 2 h w"],
) -> Float[Tensor, "b 3 h w"]:
    """Give the border between two copied things the pixel's width of both that a camera would give it.

    Args:
        copied: (B, 3, H, W) in [-1, 1], each pixel a copy of one thing.
        photo: what was copied from; each of S serves B / S in turn.
        here: (1, 2, H, W), where each pixel is, (x, y), normalised.
        moved: (B, 2, H, W), where from, relative to that.

    Returns:
        Same shape and range. Beside a tear, the mean of what the pixel would be if moved as each of the nine around it;
        elsewhere the very same pixels.
    """
    pixel = (here[:, :, 1, 1] - here[:, :, 0, 0])[..., None, None]
    torn = torch.zeros_like(moved[:, 0], dtype=torch.bool)
    for dim in (2, 1):
        apart = (moved.diff(dim=dim + 1) / pixel).abs().amax(1) > _TEAR_PX
        n = torn.shape[dim] - 1
        torn.narrow(dim, 1, n).logical_or_(apart)
        torn.narrow(dim, 0, n).logical_or_(apart)
    if not bool(torn.any()):
        return copied
    out = copied.clone()
    photos = for_batch(photo, len(torn))
    for number, rows in enumerate(torn):
        beside = nine_around(moved[number, None])[0][:, :, rows]
        there = here[0][:, None, rows] + beside  # (2, 9, N)
        nine = sample(photos[number, None], there.permute(2, 1, 0)[None], "bicubic")[0].clamp(-1, 1)
        out[number][:, rows] = nine @ nine.new_tensor(_BINOMIAL)
    return out
