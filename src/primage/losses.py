"""Each loss a function. The training loop sums a named dict of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.grid import identity_grid
from primage.nets.features import FeatureExtractor
from primage.nets.generator import Matches

#: Scores and features as `primage.nets.discriminator.MultiscaleDiscriminator` gives them.
Judgement = Sequence[Sequence[Tensor]]


def gan_loss(judgement: Judgement, real: bool, kind: Literal["lsgan", "log"]) -> Float[Tensor, ""]:
    """How far the scores are from calling all patches real (or fake), summed over scales.

    Args:
        judgement: for each scale the stages' features, scores last.
        real: what the scores should say.
        kind: "lsgan" squares the distance to 1 or 0; "log" is the cross-entropy of eq. 2 (for the generator its
            non-saturating form, as in all practice).

    Returns:
        A scalar.

    Source:
        Mao et al. 2017, eq. 9 (LSGAN, without its factor ½, as pix2pixHD has it); paper §3.1, eq. 2–3 (log).
    """
    total = judgement[0][-1].new_zeros(())
    for stages in judgement:
        scores = stages[-1]
        if kind == "lsgan":
            total = total + (scores - float(real)).square().mean()
        else:
            total = total + F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)))
    return total


def feature_matching_loss(fake: Judgement, real: Judgement) -> Float[Tensor, ""]:
    """L1 between the discriminator's features of fake and real, over scales and stages.

    Args:
        fake: judgement of the painted photo.
        real: judgement of the true one; no gradient goes through it.

    Returns:
        A scalar: means of stages, weighted 4 / (stages - 1) and averaged over scales.

    Source:
        Wang et al. 2017, eq. 4, with the weights of their released code.
    """
    total = fake[0][-1].new_zeros(())
    for fake_stages, real_stages in zip(fake, real, strict=True):
        for a, b in zip(fake_stages[:-1], real_stages[:-1], strict=True):
            total = total + F.l1_loss(a, b.detach()) * 4 / (len(fake_stages) - 1)
    return total / len(fake)


def perceptual_loss(
    network: FeatureExtractor,
    fake: Float[Tensor, "b 3 h w"],
    real: Float[Tensor, "b 3 h w"],
    weights: Sequence[float],
) -> Float[Tensor, ""]:
    """Weighted L1 between VGG features of two pictures.

    Args:
        network: frozen VGG19 or VGG16.
        fake: (B, 3, H, W) in [-1, 1].
        real: the same; no gradient goes through it.
        weights: one for each layer of ``network``.

    Returns:
        A scalar.

    Source:
        Paper §3.1, eq. 1; Johnson et al. 2016, with L1 as in pix2pixHD.
    """
    with torch.no_grad():
        targets = network(real)
    total = fake.new_zeros(())
    for weight, a, b in zip(weights, network(fake), targets, strict=True):
        total = total + weight * F.l1_loss(a, b)
    return total


def l1_loss(fake: Float[Tensor, "b c h w"], real: Float[Tensor, "b c h w"]) -> Float[Tensor, ""]:
    """Mean absolute difference of two pictures in [-1, 1]."""
    return F.l1_loss(fake, real)


def grid_loss(estimates: Sequence[Float[Tensor, "b _ _ 2"]], truth: Float[Tensor, "b h w 2"]) -> Float[Tensor, ""]:
    """How far the estimated correspondences are from the warp's own grid.

    Args:
        estimates: coarse to fine, (B, H / k, W / k, 2) each, normalised, for blocks of k × k pixels.
        truth: (B, H, W, 2), the grid that made the warped pair, reflected into the picture.

    Returns:
        A scalar: smooth L1 with its bend at 0.02 (2.5 px at 256²), summed over the estimates. Blocks that the warp
        tears, whose mean place is nowhere, do not count.
    """
    height, width = truth.shape[1:3]
    moved = (truth - identity_grid((height, width)).to(truth)).permute(0, 3, 1, 2)
    here = identity_grid((height, width)).to(truth).permute(0, 3, 1, 2)
    total = truth.new_zeros(())
    for estimate in estimates:
        factor = round(height / estimate.shape[1])
        if factor == 1:
            total = total + F.smooth_l1_loss(estimate, truth, beta=0.02)
            continue
        mean = F.avg_pool2d(moved, factor)
        spread = torch.maximum(F.max_pool2d(moved, factor) - mean, mean + F.max_pool2d(-moved, factor))
        torn = spread.amax(1, keepdim=True) > factor / min(height, width)  # half of the block's own width
        wanted = mean + F.avg_pool2d(here, factor)
        error = F.smooth_l1_loss(estimate.permute(0, 3, 1, 2), wanted, beta=0.02, reduction="none")
        total = total + (error * ~torn).sum() / (2 * (~torn).sum()).clamp(min=1)
    return total


def match_loss(matches: Matches, truth: Float[Tensor, "b h w 2"]) -> Float[Tensor, ""]:
    """Cross-entropy of the likelihoods of all matches with the cells that a place truly comes from.

    Unlike a distance it does not ask for the mean of two candidates, so it also teaches which of them it is.

    Args:
        matches: of cells of k × k pixels.
        truth: (B, H, W, 2), the grid that made the warped pair.

    Returns:
        A scalar, in nats. The truth is the middle of the cell, shared among the four cells around its source.
    """
    _, rows, columns, rows_there, columns_there = matches.logits.shape
    k = matches.cell_px
    middle = truth[:, k // 2 :: k, k // 2 :: k][:, :rows, :columns]
    likely = matches.logits.flatten(3).log_softmax(-1)
    x, y = (
        ((middle[..., axis] + 1) * (0.5 * (matches.size[1 - axis] - 1)) / k - 0.5).clamp(0, cells - 1)
        for axis, cells in ((0, columns_there), (1, rows_there))
    )
    total = truth.new_zeros(())
    for row, share_y in ((y.floor(), 1 - y % 1), (y.ceil(), y % 1)):
        for column, share_x in ((x.floor(), 1 - x % 1), (x.ceil(), x % 1)):
            cell = (row * columns_there + column).long()[..., None]
            total = total - (share_x * share_y * likely.gather(3, cell)[..., 0]).mean()
    return total


def confidence_loss(
    confidence: Float[Tensor, "b 1 h w"], estimate: Float[Tensor, "b h w 2"], truth: Float[Tensor, "b h w 2"]
) -> Float[Tensor, ""]:
    """Cross-entropy between the confidence and how right the correspondence turned out to be.

    Args:
        confidence: (B, 1, H, W) logits.
        estimate: (B, H, W, 2), normalised; no gradient goes through it.
        truth: the grid that made the warped pair.

    Returns:
        A scalar. The target falls from 1 to 1/e at an error of 0.08 (10 px at 256²): texture a few pixels off is
        still better copied than painted.
    """
    squared_error = (estimate.detach() - truth).square().sum(-1)
    target = torch.exp(squared_error / -(0.08**2))[:, None]
    return F.binary_cross_entropy_with_logits(confidence, target)
