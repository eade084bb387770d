"""All losses: one function each, and one table of those that train the generator.

To add a loss, write its function here, give its weight a field in `primage.config.LossConfig`, and add a line to
`GENERATOR_LOSSES`. Training and pretraining both sum that table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.config import LossConfig
from primage.grid import identity_grid
from primage.nets.features import FeatureExtractor
from primage.nets.generator import Matches, Painted

#: For each scale the features of all stages, scores last, as `primage.nets.discriminator.MultiscaleDiscriminator`
#: returns them.
Predictions = Sequence[Sequence[Tensor]]

#: Side of the crops used by the perceptual loss with ``perceptual_size = "crop"``.
_PERCEPTUAL_CROP_PX = 128


#: Kinds of adversarial loss: the squared distance, or cross-entropy with one of two objectives for the generator.
GanKind = Literal["lsgan", "log", "minimax"]


def gan_loss(predictions: Predictions, real: bool, kind: GanKind) -> Float[Tensor, ""]:
    """Distance of the discriminator's scores from "real" (or "fake"), summed over scales.

    Args:
        predictions: the discriminator's output for one batch.
        real: whether the scores are compared with "real" or "fake".
        kind: "lsgan" is the squared distance to 1 or 0; "log" and "minimax" are the cross-entropy of eq. 2, with D the
            sigmoid of the scores.

    Returns:
        A scalar.

    Source:
        Mao et al. 2017, eq. 9 (LSGAN, without its factor ½, as in pix2pixHD); paper §3.1, eq. 2, as a loss to minimise.

    Example:
        >>> scores = torch.tensor([1.0, 0.5])
        >>> float(gan_loss([[scores]], real=True, kind="lsgan"))
        0.125
    """
    total = predictions[0][-1].new_zeros(())
    for stages in predictions:
        scores = stages[-1]
        if kind == "lsgan":
            total = total + (scores - float(real)).square().mean()
        else:
            total = total + F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)))
    return total


def adversarial_loss(predictions: Predictions, kind: GanKind) -> Float[Tensor, ""]:
    """The generator's adversarial loss: small where the discriminator takes the fake for real.

    Args:
        predictions: the discriminator's output for generated photos.
        kind: "lsgan": (D - 1)²; "log": -log D, which does not saturate; "minimax": log(1 - D), which does.

    Returns:
        A scalar, summed over scales; negative for "minimax".

    Source:
        Paper §3.1, eq. 3. As printed it minimises log D of the fake, which would help the discriminator; "minimax" and
        "log" are the two standard readings (Goodfellow et al. 2014, §3).

    Example:
        >>> undecided = [[torch.zeros(1)]]
        >>> round(float(adversarial_loss(undecided, "log")), 4), round(float(adversarial_loss(undecided, "minimax")), 4)
        (0.6931, -0.6931)
    """
    return -gan_loss(predictions, False, kind) if kind == "minimax" else gan_loss(predictions, True, kind)


def feature_matching_loss(fake: Predictions, real: Predictions) -> Float[Tensor, ""]:
    """L1 between the discriminator's features of fake and real, over scales and stages.

    Args:
        fake: predictions for the generated photo.
        real: predictions for the real photo; no gradient flows into it.

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
    size: Literal["full", "half", "crop"] = "full",
    rng: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """Weighted L1 between VGG features of two pictures.

    Args:
        network: frozen VGG19 or VGG16; it normalises its input, or not (``perceptual_input``).
        fake: (B, 3, H, W) in [-1, 1].
        real: the same; no gradient flows into it.
        weights: one for each layer of ``network``.
        size: "half" averages blocks of 2 × 2 pixels first, "crop" compares one random 128 × 128 window; pictures too
            small for that are compared at full size.
        rng: random source of the window's position.

    Returns:
        A scalar.

    Source:
        Paper §3.1, eq. 1; Johnson et al. 2016, with L1 as in pix2pixHD.
    """
    height, width = real.shape[2:]
    side = _PERCEPTUAL_CROP_PX
    if size == "half" and min(height, width) >= 64:
        fake, real = F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2)
    elif size == "crop" and min(height, width) > side:
        top = int(torch.randint(height - side + 1, (), generator=rng))
        left = int(torch.randint(width - side + 1, (), generator=rng))
        fake, real = (x[..., top : top + side, left : left + side] for x in (fake, real))
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
    """Distance between the estimated correspondences and the grid of the warp.

    Args:
        estimates: coarse to fine, (B, H / k, W / k, 2) each, normalised, for blocks of k × k pixels.
        truth: (B, H, W, 2), the grid of the warp, reflected into the picture.

    Returns:
        A scalar: smooth L1 with β = 0.02 (2.5 px at 256²), summed over the estimates. Blocks that contain a
        discontinuity of the warp have no meaningful mean and are left out.

    Example:
        >>> truth = identity_grid((16, 16))
        >>> float(grid_loss([truth], truth))
        0.0
    """
    height, width = truth.shape[1:3]
    coords = identity_grid((height, width)).to(truth)
    flow, coords = (truth - coords).permute(0, 3, 1, 2), coords.permute(0, 3, 1, 2)
    total = truth.new_zeros(())
    for estimate in estimates:
        factor = round(height / estimate.shape[1])
        if factor == 1:
            total = total + F.smooth_l1_loss(estimate, truth, beta=0.02)
            continue
        mean = F.avg_pool2d(flow, factor)
        spread = torch.maximum(F.max_pool2d(flow, factor) - mean, mean + F.max_pool2d(-flow, factor))
        continuous = spread.amax(1, keepdim=True) <= factor / min(height, width)  # half of the block's width
        target = mean + F.avg_pool2d(coords, factor)
        error = F.smooth_l1_loss(estimate.permute(0, 3, 1, 2), target, beta=0.02, reduction="none")
        total = total + (error * continuous).sum() / (2 * continuous.sum()).clamp(min=1)
    return total


def match_loss(matches: Matches, truth: Float[Tensor, "b h w 2"]) -> Float[Tensor, ""]:
    """Cross-entropy between the likelihoods of all matches and the true source cells.

    A regression would pull an ambiguous match to the mean of its candidates; the cross-entropy learns to choose one.

    Args:
        matches: of cells of k × k pixels.
        truth: (B, H, W, 2), the grid of the warp.

    Returns:
        A scalar, in nats. The truth is sampled at each cell's centre and distributed bilinearly over the four cells
        around its source.
    """
    _, rows, columns, source_rows, source_columns = matches.logits.shape
    k = matches.cell_px
    centre = truth[:, k // 2 :: k, k // 2 :: k][:, :rows, :columns]
    log_likelihood = matches.logits.flatten(3).log_softmax(-1)
    x, y = (
        ((centre[..., axis] + 1) * (0.5 * (matches.size[1 - axis] - 1)) / k - 0.5).clamp(0, cells - 1)
        for axis, cells in ((0, source_columns), (1, source_rows))
    )
    total = truth.new_zeros(())
    for row, share_y in ((y.floor(), 1 - y % 1), (y.ceil(), y % 1)):
        for column, share_x in ((x.floor(), 1 - x % 1), (x.ceil(), x % 1)):
            cell = (row * source_columns + column).long()[..., None]
            total = total - (share_x * share_y * log_likelihood.gather(3, cell)[..., 0]).mean()
    return total


def confidence_loss(
    confidence: Float[Tensor, "b 1 h w"], estimate: Float[Tensor, "b h w 2"], truth: Float[Tensor, "b h w 2"]
) -> Float[Tensor, ""]:
    """Cross-entropy between the confidence and the accuracy of the estimated correspondence.

    Args:
        confidence: (B, 1, H, W) logits.
        estimate: (B, H, W, 2), normalised; no gradient flows into it.
        truth: the grid that made the warped pair.

    Returns:
        A scalar. The target falls from 1 to 1/e at an error of 0.08 (10 px at 256²): texture that is a few pixels off
        still looks better copied than synthesised.
    """
    squared_error = (estimate.detach() - truth).square().sum(-1)
    target = torch.exp(squared_error / -(0.08**2))[:, None]
    return F.binary_cross_entropy_with_logits(confidence, target)


@dataclass(frozen=True)
class LossInputs:
    """Everything the generator's losses may use in one step.

    Attributes:
        config: weights and options.
        painted: the generator's output.
        photo: (B, 3, H, W) in [-1, 1], the real photos.
        grid: (B, H, W, 2), the true correspondences: the grids that made the warped pairs.
        step: the number of this step, from 0.
        rng: source of random crops.
        perceptual: the frozen feature network; None leaves the perceptual loss out.
        predictions_fake: the discriminator's output for ``painted.image``; None if it takes no part in this step.
        predictions_real: its output for ``photo``.
    """

    config: LossConfig
    painted: Painted
    photo: Float[Tensor, "b 3 h w"]
    grid: Float[Tensor, "b h w 2"]
    step: int = 0
    rng: torch.Generator | None = None
    perceptual: FeatureExtractor | None = None
    predictions_fake: Predictions | None = None
    predictions_real: Predictions | None = None

    @property
    def estimate(self) -> Tensor | None:
        """The finest estimate of the correspondences, (B, H, W, 2); None from a generator without one."""
        return self.painted.grids[-1] if self.painted.grids else None


@dataclass(frozen=True)
class Loss:
    """One line of `GENERATOR_LOSSES`.

    Attributes:
        weight: the field of `LossConfig` with its weight; 0 switches the loss off.
        compute: returns the loss, or None where one of its inputs is missing.
        needs: what kind of run has its inputs.
        every: the field of `LossConfig` with the number of steps from one use to the next; the weight is multiplied by
            that number.
    """

    weight: str
    compute: Callable[[LossInputs], Tensor | None]
    needs: Literal["photo", "discriminator", "correspondence"] = "photo"
    every: str | None = None


def _given(loss: Callable[..., Tensor], first: object, *others: object) -> Tensor | None:
    """The loss of these inputs, or None if the first is missing: not every generator and not every step has it."""
    return None if first is None else loss(first, *others)


#: The generator's losses by their names in the log, in the order in which they are summed.
GENERATOR_LOSSES: dict[str, Loss] = {
    "G_GAN": Loss("lambda_GAN", lambda i: _given(adversarial_loss, i.predictions_fake, i.config.gan), "discriminator"),
    "G_feat": Loss(
        "lambda_feat", lambda i: _given(feature_matching_loss, i.predictions_fake, i.predictions_real), "discriminator"
    ),
    "G_perc": Loss(
        "lambda_perc",
        lambda i: _given(
            perceptual_loss,
            i.perceptual,
            i.painted.image,
            i.photo,
            i.config.perceptual_weights,
            i.config.perceptual_size,
            i.rng,
        ),
        every="perceptual_every",
    ),
    "G_L1": Loss("lambda_L1", lambda i: l1_loss(i.painted.image, i.photo)),
    "G_grid": Loss("lambda_grid", lambda i: _given(grid_loss, i.painted.grids or None, i.grid), "correspondence"),
    "G_match": Loss("lambda_match", lambda i: _given(match_loss, i.painted.matches, i.grid), "correspondence"),
    "G_copy": Loss("lambda_copy", lambda i: _given(l1_loss, i.painted.copied, i.photo), "correspondence"),
    "G_synthesised": Loss(
        "lambda_synthesised", lambda i: _given(l1_loss, i.painted.synthesised, i.photo), "correspondence"
    ),
    "G_conf": Loss(
        "lambda_confidence",
        lambda i: _given(confidence_loss, i.painted.confidence, i.estimate, i.grid),
        "correspondence",
    ),
}


def enabled_losses(config: LossConfig, correspondence: bool) -> list[str]:
    """Names of the generator's losses that a run with these settings computes.

    Args:
        config: the weights. Feature matching compares the features of a discriminator, which is trained only if
            ``lambda_GAN`` is above 0.
        correspondence: whether the generator estimates correspondences.

    Returns:
        Keys of `GENERATOR_LOSSES`.

    Example:
        >>> enabled_losses(LossConfig(lambda_GAN=0, lambda_grid=10), correspondence=True)
        ['G_perc', 'G_grid']
    """
    available = {"photo": True, "discriminator": config.lambda_GAN > 0, "correspondence": correspondence}
    return [
        name for name, loss in GENERATOR_LOSSES.items() if available[loss.needs] and getattr(config, loss.weight) > 0
    ]


def generator_losses(inputs: LossInputs) -> dict[str, tuple[float, Float[Tensor, ""]]]:
    """Compute all losses that are switched on and have their inputs.

    Args:
        inputs: what they are computed from.

    Returns:
        Weight and value (before weighting) of each, by its name in `GENERATOR_LOSSES`.
    """
    terms = {}
    for name, loss in GENERATOR_LOSSES.items():
        every = getattr(inputs.config, loss.every) if loss.every else 1
        weight = getattr(inputs.config, loss.weight) * every
        if weight > 0 and inputs.step % every == 0 and (value := loss.compute(inputs)) is not None:
            terms[name] = (weight, value)
    return terms


def weighted_sum(terms: Mapping[str, tuple[float, Float[Tensor, ""]]]) -> Float[Tensor, ""]:
    """The generator's objective.

    Args:
        terms: weights and values as `generator_losses` returns them; at least one.

    Returns:
        A scalar.
    """
    return torch.stack([weight * value for weight, value in terms.values()]).sum()
