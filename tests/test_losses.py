"""Each loss against numbers worked out by hand, its gradient, and the table of losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from torch import Tensor

from primage import losses
from primage.api import configure
from primage.config import LossConfig, preset
from primage.grid import identity_grid
from primage.nets.features import PIX2PIXHD_LAYERS, FeatureExtractor
from primage.nets.generator import Matches, Painted
from primage.tensors import to_tensor
from tests.primitive.drawings import astronaut
from tests.tiny import need_weights


def full(value: float, *shape: int) -> Tensor:
    return torch.full(shape or (1, 1, 2, 2), value)


def leaf(x: Tensor) -> Tensor:
    return x.clone().requires_grad_()


def test_lsgan_is_the_squared_distance_to_one_or_zero_summed_over_scales() -> None:
    scores = torch.tensor([[[[1.0, 0.0], [0.5, 2.0]]]])
    judged = [[full(9.0), scores], [full(9.0), full(3.0)]]
    # Scale one: (0 + 1 + 0.25 + 1) / 4 real, (1 + 0 + 0.25 + 4) / 4 fake; scale two: (3 - 1)² and 3².
    assert float(losses.gan_loss(judged, True, "lsgan")) == pytest.approx(0.5625 + 4)
    assert float(losses.gan_loss(judged, False, "lsgan")) == pytest.approx(1.3125 + 9)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=4))
def test_the_log_loss_is_minus_the_logarithm_of_the_probability_given_to_the_truth(scores: list[float]) -> None:
    judged = [[torch.tensor([score]).view(1, 1, 1, 1)] for score in scores]
    real = sum(math.log1p(math.exp(-score)) for score in scores)
    fake = sum(math.log1p(math.exp(score)) for score in scores)
    assert float(losses.gan_loss(judged, True, "log")) == pytest.approx(real, rel=1e-4, abs=1e-5)
    assert float(losses.gan_loss(judged, False, "log")) == pytest.approx(fake, rel=1e-4, abs=1e-5)


def scores_of(*values: float) -> list[list[Tensor]]:
    """Predictions of one scale each."""
    return [[torch.tensor([value], requires_grad=True)] for value in values]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


#: What the generator minimises, and its derivative with respect to a score s = logit of D.
OBJECTIVES: dict[losses.GanKind, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "lsgan": (lambda s: (s - 1) ** 2, lambda s: 2 * (s - 1)),
    "log": (lambda s: -math.log(sigmoid(s)), lambda s: -sigmoid(-s)),
    "minimax": (lambda s: math.log(1 - sigmoid(s)), lambda s: -sigmoid(s)),
}


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_the_generators_objective_and_its_gradient_by_hand(kind: losses.GanKind) -> None:
    objective, derivative = OBJECTIVES[kind]
    values = (-3.0, -0.5, 0.0, 0.8)
    judged = scores_of(*values)
    total = losses.adversarial_loss(judged, kind)
    total.backward()
    assert float(total.detach()) == pytest.approx(sum(map(objective, values)), rel=1e-5)
    for value, [score] in zip(values, judged, strict=True):
        assert score.grad is not None
        assert float(score.grad) == pytest.approx(derivative(value), rel=1e-5)
        assert float(score.grad) < 0  # descending raises the score: the fake looks more real


def test_minimax_saturates_where_the_discriminator_wins_and_log_does_not() -> None:
    gradients = {}
    for kind in ("log", "minimax"):
        judged = scores_of(-6.0)
        losses.adversarial_loss(judged, kind).backward()
        assert judged[0][0].grad is not None
        gradients[kind] = abs(float(judged[0][0].grad))
    assert gradients["log"] > 0.99
    assert gradients["minimax"] < 0.01


def test_log_and_minimax_train_the_discriminator_on_equation_2() -> None:
    judged = [[torch.tensor([-1.0, 0.5])], [torch.tensor([2.0])]]
    log_d = sum(math.log(sigmoid(s)) * w for s, w in ((-1.0, 0.5), (0.5, 0.5), (2.0, 1.0)))
    log_one_minus_d = sum(math.log(1 - sigmoid(s)) * w for s, w in ((-1.0, 0.5), (0.5, 0.5), (2.0, 1.0)))
    for kind in ("log", "minimax"):
        assert float(losses.gan_loss(judged, True, kind)) == pytest.approx(-log_d, rel=1e-5)
        assert float(losses.gan_loss(judged, False, kind)) == pytest.approx(-log_one_minus_d, rel=1e-5)


def test_feature_matching_weights_stages_and_averages_scales() -> None:
    fake = [[full(1.0), full(2.0), full(0.0)], [full(0.0), full(4.0), full(0.0)]]
    real = [[full(0.0), full(0.5), full(7.0)], [full(0.0), full(1.0), full(7.0)]]
    # Three stages, the last is the scores and not compared: weight 4 / 2. ((1 + 1.5) · 2 + (0 + 3) · 2) / 2.
    assert float(losses.feature_matching_loss(fake, real)) == pytest.approx(5.5)


def test_feature_matching_has_a_gradient_for_the_fake_only() -> None:
    fake, real = leaf(full(1.0)), leaf(full(0.0))
    losses.feature_matching_loss([[fake, full(0.0)]], [[real, full(0.0)]]).backward()
    assert fake.grad is not None
    assert fake.grad.any()
    assert real.grad is None


@pytest.fixture(scope="module")
def red_and_green() -> FeatureExtractor:
    """A VGG16 whose first layer gives the normalised red channel, and the green one as its second feature."""
    weight, bias = torch.zeros(64, 3, 3, 3), torch.zeros(64)
    weight[0, 0, 1, 1] = weight[1, 1, 1, 1] = 1.0
    second = torch.zeros(64, 64, 3, 3)
    second[0, 0, 1, 1] = 2.0
    tensors = {"features.0.weight": weight, "features.0.bias": bias}
    tensors |= {"features.2.weight": second, "features.2.bias": torch.zeros(64)}
    return FeatureExtractor("vgg16", ["relu1_1", "relu1_2"], tensors)


def test_the_perceptual_loss_is_the_weighted_difference_of_features(red_and_green: FeatureExtractor) -> None:
    fake, real = full(1.0, 1, 3, 4, 4), full(1.0, 1, 3, 4, 4)
    fake[:, 0] = 0.6  # red, in [-1, 1]: 0.2 / 0.458 apart once normalised
    apart = 0.4 / (2 * 0.229)
    expected = 0.5 * apart / 64 + 3.0 * 2 * apart / 64
    assert float(losses.perceptual_loss(red_and_green, fake, real, (0.5, 3.0))) == pytest.approx(expected, rel=1e-5)


def test_raw_input_of_the_perceptual_loss_is_not_normalised() -> None:
    weight = torch.zeros(64, 3, 3, 3)
    weight[0, 0, 1, 1] = 1.0
    tensors = {"features.0.weight": weight, "features.0.bias": torch.zeros(64)}
    raw, normalised = (FeatureExtractor("vgg16", ["relu1_1"], tensors, scaling=s) for s in ("raw", "imagenet"))
    fake, real = full(0.6, 1, 3, 4, 4), full(1.0, 1, 3, 4, 4)
    assert float(losses.perceptual_loss(raw, fake, real, (64.0,))) == pytest.approx(0.4, rel=1e-5)
    assert float(losses.perceptual_loss(normalised, fake, real, (64.0,))) == pytest.approx(0.4 / 0.458, rel=1e-5)


def test_normalising_raises_the_perceptual_loss_of_a_blurred_photo_by_a_third() -> None:
    """The published code does not normalise: the same weight counts for less there."""
    need_weights("vgg16")
    photo = Image.fromarray(astronaut(256))
    blurred, sharp = to_tensor(np.array(photo.filter(ImageFilter.GaussianBlur(2)))), to_tensor(np.array(photo))
    weights = preset("paper").loss.perceptual_weights
    normalised, raw = (
        float(losses.perceptual_loss(FeatureExtractor("vgg16", PIX2PIXHD_LAYERS, scaling=s), blurred, sharp, weights))
        for s in ("imagenet", "raw")
    )
    assert normalised / raw == pytest.approx(1.35, abs=0.03)


def test_the_perceptual_loss_has_a_gradient_for_the_fake_only(red_and_green: FeatureExtractor) -> None:
    fake, real = leaf(full(0.9, 1, 3, 4, 4)), leaf(full(0.2, 1, 3, 4, 4))
    losses.perceptual_loss(red_and_green, fake, real, (1.0, 1.0)).backward()
    assert fake.grad is not None
    assert fake.grad[:, 0].any()
    assert real.grad is None
    assert all(p.grad is None for p in red_and_green.parameters())


def test_the_perceptual_loss_needs_a_weight_for_each_layer(red_and_green: FeatureExtractor) -> None:
    with pytest.raises(ValueError, match="zip"):
        losses.perceptual_loss(red_and_green, full(0.0, 1, 3, 4, 4), full(0.0, 1, 3, 4, 4), (1.0,))


def test_l1_is_the_mean_absolute_difference() -> None:
    fake = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1, 1)
    real = torch.tensor([0.5, 0.5, 0.5]).view(1, 3, 1, 1)
    assert float(losses.l1_loss(fake, real)) == pytest.approx(2.5 / 3)


def test_the_grid_loss_is_quadratic_near_the_truth_and_linear_beyond() -> None:
    truth = torch.zeros(1, 2, 2, 2)
    near, far = full(0.01, 1, 2, 2, 2), full(-0.1, 1, 2, 2, 2)
    # 0.01² / (2 · 0.02), and 0.1 - 0.02 / 2; one term for each estimate.
    assert float(losses.grid_loss([near], truth)) == pytest.approx(0.0025)
    assert float(losses.grid_loss([near, far], truth)) == pytest.approx(0.0025 + 0.09)
    assert float(losses.grid_loss([truth], truth)) == 0


def test_the_confidence_should_be_one_at_the_truth_and_fall_with_the_error() -> None:
    truth = torch.zeros(1, 1, 1, 2)
    error = torch.tensor([0.048, -0.064]).view(1, 1, 1, 2)  # 0.08 long: the target is 1 / e
    logit = full(1.5, 1, 1, 1, 1)
    target = math.exp(-1)
    expected = target * math.log1p(math.exp(-1.5)) + (1 - target) * math.log1p(math.exp(1.5))
    assert float(losses.confidence_loss(logit, error, truth)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.confidence_loss(logit, truth, truth)) == pytest.approx(math.log1p(math.exp(-1.5)), rel=1e-5)
    assert float(losses.confidence_loss(full(-9.0, 1, 1, 1, 1), full(1.0, 1, 1, 1, 2), truth)) < 1e-3


def test_the_confidence_loss_has_a_gradient_for_the_confidence_only() -> None:
    logit, estimate = leaf(full(0.3, 1, 1, 2, 2)), leaf(full(0.2, 1, 2, 2, 2))
    losses.confidence_loss(logit, estimate, torch.zeros(1, 2, 2, 2)).backward()
    assert logit.grad is not None
    assert logit.grad.any()
    assert estimate.grad is None


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_equal_pictures_have_no_loss_and_others_a_positive_one(a: float, b: float) -> None:
    x, y = full(a, 1, 3, 2, 2), full(b, 1, 3, 2, 2)
    assert float(losses.l1_loss(x, x)) == 0
    assert float(losses.l1_loss(x, y)) == pytest.approx(abs(a - b), abs=1e-6)
    assert float(losses.feature_matching_loss([[x, x]], [[x, y]])) == 0


def test_the_grid_loss_is_zero_for_the_truth_at_every_scale() -> None:
    truth = identity_grid((32, 48)) * 0.9
    coarse = [torch.nn.functional.avg_pool2d(truth.permute(0, 3, 1, 2), k).permute(0, 2, 3, 1) for k in (8, 4, 2)]
    assert float(losses.grid_loss([*coarse, truth], truth)) == pytest.approx(0, abs=1e-6)
    assert float(losses.grid_loss([coarse[0] + 0.1], truth)) == pytest.approx(0.1 - 0.01, rel=1e-3)


def test_blocks_with_a_discontinuity_do_not_count() -> None:
    truth = identity_grid((32, 32)).clone()
    truth[:, 4:12, 4:12] = 0.9  # discontinuities in the first four blocks of 8, none of which is filled
    coarse = torch.nn.functional.avg_pool2d(identity_grid((32, 32)).permute(0, 3, 1, 2), 8).permute(0, 2, 3, 1).clone()
    coarse[:, :2, :2] = 7.0
    assert float(losses.grid_loss([coarse], truth)) == pytest.approx(0, abs=1e-6)


def test_the_match_loss_is_the_cross_entropy_with_the_true_cell() -> None:
    truth = identity_grid((32, 32))
    even = Matches(torch.zeros(1, 4, 4, 4, 4), 8, (32, 32))
    assert float(losses.match_loss(even, truth)) == pytest.approx(math.log(16))
    sure = torch.full((1, 4, 4, 4, 4), -50.0)
    for row in range(4):
        for column in range(4):
            sure[0, row, column, row, column] = 50.0
    # The centre of a cell of even width is between pixels, so the truth is shared between neighbouring cells.
    shared = float(losses.match_loss(Matches(sure, 8, (32, 32)), truth))
    assert shared < 0.2 * 100
    wrong = float(losses.match_loss(Matches(sure.flip(4), 8, (32, 32)), truth))
    assert wrong > 90


def test_the_match_loss_prefers_one_of_two_candidates_to_their_mean() -> None:
    truth = torch.zeros(1, 32, 32, 2) - 0.75
    logits = torch.full((1, 4, 4, 4, 4), -9.0)
    one, mean = logits.clone(), logits.clone()
    one[..., 0, 0] = one[..., 3, 3] = 9.0
    mean[..., 1:3, 1:3] = 9.0
    assert losses.match_loss(Matches(one, 8, (32, 32)), truth) < losses.match_loss(Matches(mean, 8, (32, 32)), truth)


# --- the table


def test_every_weight_of_the_config_belongs_to_one_loss_of_the_table() -> None:
    weights = [loss.weight for loss in losses.GENERATOR_LOSSES.values()]
    assert sorted(weights) == sorted(name for name in LossConfig.model_fields if name.startswith("lambda_"))


def inputs(**changes: Any) -> losses.LossInputs:
    """Of a generator that copies, with every weight 2."""
    grid = identity_grid((16, 16))
    picture = full(0.5, 1, 3, 16, 16)
    painted = Painted(picture, (grid,), picture, picture, full(0.0, 1, 1, 16, 16))
    weights = {loss.weight: 2.0 for loss in losses.GENERATOR_LOSSES.values()}
    known = {"config": LossConfig(**weights), "painted": painted, "photo": full(0.0, 1, 3, 16, 16), "grid": grid}
    return losses.LossInputs(**known | changes)


def test_losses_without_their_inputs_are_left_out() -> None:
    assert list(losses.generator_losses(inputs())) == ["G_L1", "G_grid", "G_copy", "G_synthesised", "G_conf"]
    assert list(losses.generator_losses(inputs(painted=Painted(full(0.5, 1, 3, 16, 16))))) == ["G_L1"]
    judged = [[full(0.0), full(0.5)]]
    terms = losses.generator_losses(inputs(predictions_fake=judged, predictions_real=judged))
    assert list(terms)[:3] == ["G_GAN", "G_feat", "G_L1"]


def test_a_weight_of_zero_switches_a_loss_off_and_others_scale_it() -> None:
    config = LossConfig(lambda_L1=3.0, lambda_perc=0.0, lambda_GAN=0.0, lambda_feat=0.0)
    terms = losses.generator_losses(inputs(config=config))
    assert {name: (weight, float(value)) for name, (weight, value) in terms.items()} == {"G_L1": (3.0, 0.5)}
    assert float(losses.weighted_sum(terms)) == pytest.approx(1.5)


def test_the_perceptual_loss_counts_several_times_if_it_is_not_computed_every_step(
    red_and_green: FeatureExtractor,
) -> None:
    config = LossConfig(
        lambda_perc=2.0,
        perceptual_every=3,
        perceptual_layers=("relu1_1", "relu1_2"),
        perceptual_weights=(1.0, 1.0),
    )
    terms = [losses.generator_losses(inputs(config=config, perceptual=red_and_green, step=step)) for step in range(4)]
    assert ["G_perc" in found for found in terms] == [True, False, False, True]
    assert terms[0]["G_perc"][0] == 6.0


def test_the_perceptual_loss_compares_half_the_size_or_the_same_crop_of_both(red_and_green: FeatureExtractor) -> None:
    checks = torch.ones(1, 3, 160, 200)
    checks[..., ::2] = -1
    flat = torch.zeros(1, 3, 160, 200)
    assert float(losses.perceptual_loss(red_and_green, checks, flat, (1.0, 1.0))) > 0.001
    assert float(losses.perceptual_loss(red_and_green, checks, flat, (1.0, 1.0), "half")) == 0
    seen: list[tuple[int, ...]] = []
    hook = red_and_green.register_forward_pre_hook(lambda _module, given: seen.append(tuple(given[0].shape)))
    rng = torch.Generator().manual_seed(0)
    assert float(losses.perceptual_loss(red_and_green, checks, checks, (1.0, 1.0), "crop", rng)) == 0
    hook.remove()
    assert seen == [(1, 3, 128, 128)] * 2


def test_which_losses_a_run_computes() -> None:
    config = LossConfig(lambda_GAN=0.0, lambda_L1=1.0, lambda_match=1.0)
    assert losses.enabled_losses(config, correspondence=True) == ["G_perc", "G_L1", "G_match"]
    assert losses.enabled_losses(config, correspondence=False) == ["G_perc", "G_L1"]
    assert "G_feat" in losses.enabled_losses(LossConfig(), correspondence=False)


@pytest.mark.parametrize(("kind", "term"), [("log", -math.log(sigmoid(0.5))), ("minimax", math.log(1 - sigmoid(0.5)))])
def test_the_objective_of_equations_1_to_3(kind: str, term: float, red_and_green: FeatureExtractor) -> None:
    """L_perc + α · the adversarial term, and nothing else."""
    config = configure("paper", settings=("loss=equations", f"loss.gan={kind}", "loss.lambda_GAN=0.3")).loss
    assert losses.enabled_losses(config, correspondence=False) == ["G_GAN", "G_perc"]
    layers = {"perceptual_layers": ("relu1_1", "relu1_2"), "perceptual_weights": (1.0, 1.0)}
    given_now = inputs(
        config=config.model_copy(update=layers),
        painted=Painted(full(0.5, 1, 3, 16, 16)),
        perceptual=red_and_green,
        predictions_fake=[[full(7.0), full(0.5)]],
        predictions_real=[[full(0.0), full(0.5)]],
    )
    perceptual = losses.perceptual_loss(red_and_green, full(0.5, 1, 3, 16, 16), full(0.0, 1, 3, 16, 16), (1.0, 1.0))
    total = losses.weighted_sum(losses.generator_losses(given_now))
    assert float(total) == pytest.approx(float(perceptual) + 0.3 * term, rel=1e-5)
