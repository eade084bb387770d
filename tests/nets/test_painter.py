"""The painter: any size, starts as a copy, renders the same with its norms folded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from primage.config import PainterConfig, preset
from primage.grid import identity_grid
from primage.nets.build import build_generator
from primage.nets.generator import Generator, Source, parameter_count
from primage.nets.layers import ConvBlock, fold_norms, sample
from tests.tiny import one_thread

CONFIG = PainterConfig(embedding=4, widths=(8, 8, 8, 8), blocks=(1, 0, 0, 1), refine_widths=(8, 8, 8))
SIZES = [(32, 32), (48, 64), (33, 57), (70, 41), (16, 16), (17, 90), (5, 7)]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=rng(seed)) * 2 - 1


def source(size: tuple[int, int] = (40, 56), channels: int = 5) -> Source:
    return Source(noise(1, 3, *size, seed=8), noise(1, channels, *size, seed=9))


def perturbed(seed: int = 0) -> Generator:
    """A painter whose weights and statistics differ from the initial ones."""
    network = build_generator(CONFIG, 5, rng(seed))
    noise_rng = rng(seed + 1)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(torch.rand(tensor.shape, generator=noise_rng) * 0.1 - 0.05)
    return network.eval()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_the_output_has_the_size_of_the_input(size: tuple[int, int], training: bool) -> None:
    network = perturbed().train(training)
    with torch.no_grad():
        painted = network(noise(2, 5, *size), source())
    assert painted.image.shape == (2, 3, *size)
    assert painted.image.abs().max() <= 1
    *coarse, last = painted.grids
    assert last.shape == (2, *size, 2)
    for grid, factor in zip(coarse, (8, 8, 8, 4, 2), strict=True):
        # Blocks that reach beyond the picture are dropped.
        assert grid.shape == (2, size[0] // factor, size[1] // factor, 2)
    assert (painted.matches is not None) == training
    assert painted.copied is not None
    assert painted.synthesised is not None
    assert painted.confidence is not None
    assert painted.copied.shape == painted.synthesised.shape == (2, 3, *size)
    assert painted.confidence.shape == (2, 1, *size)


@pytest.mark.parametrize("size", [(32, 32), (48, 64), (33, 57), (96, 128)])
def test_an_untrained_painter_matches_the_training_primitive_near_the_identity(size: tuple[int, int]) -> None:
    pair = source(size)
    with torch.no_grad():
        painted = build_generator(CONFIG, 5, rng()).eval()(pair.primitive, pair)
    assert float((painted.grids[-1] - identity_grid(size)).abs().mean()) < 0.08  # coordinates span [-1, 1]


@pytest.mark.parametrize("size", [(32, 32), (33, 57)])
def test_a_prepared_source_renders_the_same(size: tuple[int, int]) -> None:
    network, x = perturbed(), noise(1, 5, *size)
    with torch.no_grad():
        plain, prepared = network(x, source()), network(x, network.prepared(source()))
    torch.testing.assert_close(plain.image, prepared.image, atol=1e-3, rtol=0)  # noise amplifies rounding


def test_each_of_several_sources_is_used_for_its_own_primitives() -> None:
    network = perturbed()
    a, b = source(), Source(noise(1, 3, 40, 56, seed=4), noise(1, 5, 40, 56, seed=5))
    x = noise(4, 5, 40, 56)
    both = Source(torch.cat([a.photo, b.photo]), torch.cat([a.primitive, b.primitive]))
    with torch.no_grad():
        together = network(x, both).image
        apart = torch.cat([network(x[:2], a).image, network(x[2:], b).image])
    torch.testing.assert_close(together, apart, atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(32, 32), (33, 57)])
def test_the_copy_is_the_photo_at_the_last_estimate(size: tuple[int, int]) -> None:
    pair = source((40, 56))
    painted = perturbed().train()(noise(2, 5, *size), pair)  # (Rendering also blends and antialiases.)
    torch.testing.assert_close(
        painted.copied, sample(pair.photo, painted.grids[-1], "bicubic").clamp(-1, 1), atol=1e-4, rtol=0
    )


def test_the_image_blends_copied_and_synthesised_by_the_confidence() -> None:
    painted = perturbed()(noise(1, 5, 32, 48), source())
    assert painted.copied is not None
    assert painted.synthesised is not None
    assert painted.confidence is not None
    keep = torch.sigmoid(painted.confidence)
    torch.testing.assert_close(painted.image, keep * painted.copied + (1 - keep) * painted.synthesised)


def test_image_losses_have_no_gradient_for_the_confidence() -> None:
    network = build_generator(CONFIG, 5, rng())
    painted = network(noise(1, 5, 32, 32), source())
    assert painted.confidence is not None
    (gradient,) = torch.autograd.grad(painted.image.square().mean(), painted.confidence, allow_unused=True)
    assert gradient is None


def test_every_parameter_has_a_gradient_once_the_heads_are_not_zero() -> None:
    network = perturbed().train()
    painted = network(noise(2, 5, 32, 48), source())
    assert painted.confidence is not None
    assert painted.matches is not None
    total = painted.image.square().mean() + painted.confidence.square().mean()
    total = total + painted.matches.logits.log_softmax(-1)[..., 0].mean()
    (total + sum(grid.square().mean() for grid in painted.grids)).backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_folding_the_norms_does_not_change_the_output() -> None:
    network = perturbed()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    x = noise(2, 5, 33, 57)
    with torch.no_grad():
        plain = network(x, source())
        weights = list(network.parameters())
        fold_norms(network)
        folded = network(x, source())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(folded.image, plain.image, atol=1e-3, rtol=0)
    torch.testing.assert_close(folded.grids[-1], plain.grids[-1], atol=1e-4, rtol=0)
    # A model may share the tensors, so they must not be modified.
    assert all(any(torch.equal(p, tensor) for tensor in before.values()) for p in weights)


def test_folding_twice_is_folding_once() -> None:
    network = perturbed()
    fold_norms(network)
    fold_norms(network)
    assert sum(isinstance(module[1], nn.Identity) for module in network.modules() if isinstance(module, ConvBlock)) > 5


def test_weights_depend_on_the_rng_alone_and_the_global_state_stays() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (build_generator(CONFIG, 5, rng(seed)).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_initial_statistics_are_the_defaults() -> None:
    network = build_generator(CONFIG, 5, rng())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert not module.running_mean.any()
            assert bool((module.running_var == 1).all())
            assert bool((module.weight == 1).all())


def test_the_preset_painter_is_small() -> None:
    config = preset("standard").generator
    assert isinstance(config, PainterConfig)
    assert parameter_count(build_generator(config, 14, rng())) < 5e6


def test_sampling_at_the_identity_gives_the_image_and_outside_its_border() -> None:
    x = noise(1, 3, 9, 13)
    torch.testing.assert_close(sample(x, identity_grid((9, 13))), x, atol=1e-5, rtol=0)
    far = torch.full((2, 1, 1, 2), 5.0)
    torch.testing.assert_close(sample(x, far), x[:, :, -1:, -1:].expand(2, -1, -1, -1))
