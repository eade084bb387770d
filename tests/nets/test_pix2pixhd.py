"""The published generator and discriminator: their size, any picture size, their randomness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
import torch
from torch import nn

from primage.config import DiscriminatorConfig, Pix2PixHDConfig, preset
from primage.nets.build import build_generator, build_network
from primage.nets.discriminator import MultiscaleDiscriminator, build_discriminator
from primage.nets.generator import Source, parameter_count
from primage.nets.pix2pixhd import ResnetBlock
from tests.tiny import one_thread

SIZES = [(32, 32), (48, 64), (33, 57), (70, 41), (16, 16), (17, 90), (5, 7)]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=rng(seed)) * 2 - 1


def source(channels: int = 3) -> Source:
    return Source(noise(1, 3, 20, 30), noise(1, channels, 20, 30))


def test_generator_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        assert parameter_count(build_network(Pix2PixHDConfig(), 3)) == 182_443_267
        assert parameter_count(build_network(preset("paper").generator, 3)) == 182_443_267


def test_discriminator_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        assert parameter_count(MultiscaleDiscriminator(DiscriminatorConfig(), 3)) == 5_535_618


@pytest.mark.parametrize("enhancers", [0, 1, 2])
@pytest.mark.parametrize("size", SIZES)
def test_the_output_has_the_size_of_the_input(size: tuple[int, int], enhancers: int) -> None:
    config = Pix2PixHDConfig(ngf=2, n_blocks=1, n_blocks_local=1, n_local_enhancers=enhancers, n_downsampling=3)
    network = build_generator(config, 5, rng()).eval()
    with torch.no_grad():
        painted = network(noise(2, 5, *size), source(5))
    assert painted.image.shape == (2, 3, *size)
    assert painted.image.abs().max() <= 1
    assert painted.grids == ()
    assert painted.copied is None


def test_enhancers_add_detail_around_a_wider_coarse_network() -> None:
    config = Pix2PixHDConfig(ngf=2, n_blocks=1, n_blocks_local=2, n_local_enhancers=2)
    network = build_network(config, 3)
    assert network.multiple == 64
    assert network.coarse.body[1].out_channels == 8  # 2 · 2²
    assert [enhancer.down[1].out_channels for enhancer in network.enhancers] == [4, 2]
    assert not any(isinstance(module, nn.Tanh) for module in network.coarse.modules())
    assert sum(isinstance(module, nn.Tanh) for module in network.enhancers[-1].modules()) == 1


@pytest.mark.parametrize("enhancers", [0, 1, 2])
def test_every_parameter_learns(enhancers: int) -> None:
    config = Pix2PixHDConfig(ngf=2, n_blocks=1, n_blocks_local=1, n_local_enhancers=enhancers, n_downsampling=2)
    network = build_generator(config, 3, rng())
    (network(noise(1, 3, 48, 40), source()).image - noise(1, 3, 48, 40, seed=1)).abs().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    assert all(p.grad.abs().sum() > 0 for name, p in network.named_parameters() if name.endswith("weight"))


def test_the_source_is_ignored() -> None:
    network = build_generator(Pix2PixHDConfig(ngf=2, n_blocks=1), 3, rng())
    x = noise(1, 3, 32, 32)
    other = Source(noise(1, 3, 9, 9, seed=5), noise(1, 3, 9, 9, seed=6))
    assert torch.equal(network(x, source()).image, network(x, other).image)


def test_initial_weights_are_normal_with_deviation_002() -> None:
    network = build_generator(Pix2PixHDConfig(ngf=16, n_blocks=2), 3, rng())
    weights = torch.cat([p.detach().flatten() for name, p in network.named_parameters() if name.endswith("weight")])
    assert abs(float(weights.std()) - 0.02) < 1e-4
    assert abs(float(weights.mean())) < 1e-4


def convolutions(network: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]


def test_initial_biases_are_uniform_as_pytorch_leaves_them() -> None:
    for network in (
        build_generator(Pix2PixHDConfig(ngf=16, n_blocks=2), 3, rng()),
        build_discriminator(DiscriminatorConfig(ndf=32), 3, rng(), "uniform"),
    ):
        scaled = []
        for module in convolutions(network):
            assert module.bias is not None
            fan_in, _ = nn.init._calculate_fan_in_and_fan_out(module.weight)
            scaled.append(module.bias.detach() * fan_in**0.5)
        together = torch.cat(scaled)
        assert together.abs().max() <= 1
        assert abs(float(together.mean())) < 0.05
        assert float(together.std()) == pytest.approx(3**-0.5, abs=0.02)


def test_the_discriminator_of_other_presets_starts_with_zero_biases() -> None:
    network = build_discriminator(DiscriminatorConfig(ndf=4), 3, rng())
    assert all(module.bias is not None and not module.bias.any() for module in convolutions(network))


# --- golden values: the published layers, one by one

CONV = "{}→{} {}×{} stride {} pad {}"


def layers(network: nn.Module) -> list[str]:
    """The layers in the order in which they are applied, residual blocks in brackets."""
    found = []
    for module in network.children():
        if isinstance(module, ResnetBlock):
            found.append(f"[{', '.join(layers(module.body))}]")
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            name = "up " if isinstance(module, nn.ConvTranspose2d) else ""
            sides = (module.in_channels, module.out_channels, *module.kernel_size, module.stride[0], module.padding[0])
            found.append(name + CONV.format(*sides) + (f" out {module.output_padding[0]}" if name else ""))
        elif isinstance(module, nn.InstanceNorm2d):
            assert not module.affine
            assert not module.track_running_stats
            assert module.eps == 1e-5
            found.append("norm")
        elif isinstance(module, nn.ReflectionPad2d):
            found.append(f"reflect {module.padding[0]}")
        elif isinstance(module, nn.LeakyReLU):
            found.append(f"leaky {module.negative_slope}")
        else:
            found.append(type(module).__name__.lower())
    return found


def test_the_generator_consists_of_the_published_layers() -> None:
    with torch.device("meta"):
        network = build_network(preset("paper").generator, 3)
    expected = ["reflect 3", CONV.format(3, 64, 7, 7, 1, 0), "norm", "relu"]
    for width in (64, 128, 256, 512):
        expected += [CONV.format(width, 2 * width, 3, 3, 2, 1), "norm", "relu"]
    half = f"reflect 1, {CONV.format(1024, 1024, 3, 3, 1, 0)}, norm"
    expected += [f"[{half}, relu, {half}]"] * 9
    for width in (1024, 512, 256, 128):
        expected += ["up " + CONV.format(width, width // 2, 3, 3, 2, 1) + " out 1", "norm", "relu"]
    expected += ["reflect 3", CONV.format(64, 3, 7, 7, 1, 0), "tanh"]
    assert layers(network.coarse.body) == expected
    assert len(network.enhancers) == 0


def test_the_discriminator_consists_of_the_published_layers() -> None:
    with torch.device("meta"):
        network = MultiscaleDiscriminator(preset("paper").discriminator, 3)
    expected = [
        [CONV.format(6, 64, 4, 4, 2, 2), "leaky 0.2"],
        [CONV.format(64, 128, 4, 4, 2, 2), "norm", "leaky 0.2"],
        [CONV.format(128, 256, 4, 4, 2, 2), "norm", "leaky 0.2"],
        [CONV.format(256, 512, 4, 4, 1, 2), "norm", "leaky 0.2"],
        [CONV.format(512, 1, 4, 4, 1, 2)],
    ]
    assert [[layers(stage) for stage in scale.stages] for scale in network.scales] == [expected] * 2


def test_weights_depend_on_the_rng_alone_and_the_global_state_stays() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (build_generator(Pix2PixHDConfig(ngf=2), 3, rng(seed)).state_dict() for seed in (3, 3, 4))
    discriminators = [build_discriminator(DiscriminatorConfig(ndf=2), 3, rng(seed)).state_dict() for seed in (3, 3, 4)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
    assert all(torch.equal(discriminators[0][name], discriminators[1][name]) for name in discriminators[0])
    assert not all(torch.equal(discriminators[0][name], discriminators[2][name]) for name in discriminators[0])


@pytest.mark.parametrize("scales", [1, 2, 3])
@pytest.mark.parametrize("size", [(64, 64), (33, 57), (16, 32)])
def test_each_scale_scores_patches_at_half_the_resolution(scales: int, size: tuple[int, int]) -> None:
    discriminator = build_discriminator(DiscriminatorConfig(ndf=4, num_D=scales), 5, rng())
    outputs = discriminator(noise(2, 5, *size), noise(2, 3, *size))
    assert [len(stages) for stages in outputs] == [5] * scales  # 3 halvings, one more, the scores
    assert [stages[-1].shape[1] for stages in outputs] == [1] * scales
    assert [stages[0].shape[1] for stages in outputs] == [4] * scales
    heights = [stages[0].shape[2] for stages in outputs]
    assert all(abs(a - 2 * b) <= 2 for a, b in pairwise(heights))


def test_channels_double_up_to_512() -> None:
    with torch.device("meta"):
        discriminator = MultiscaleDiscriminator(DiscriminatorConfig(ndf=128, n_layers=4, num_D=1), 3)
    widths = [stage[0].out_channels for stage in discriminator.scales[0].stages]
    assert widths == [128, 256, 512, 512, 512, 1]


def test_the_score_depends_on_both_primitive_and_photo() -> None:
    discriminator = build_discriminator(DiscriminatorConfig(ndf=4, num_D=1), 3, rng())
    photo, one, other = noise(1, 3, 32, 32), noise(1, 3, 32, 32, seed=1), noise(1, 3, 32, 32, seed=2)
    assert not torch.allclose(discriminator(one, photo)[0][-1], discriminator(other, photo)[0][-1])
    assert not torch.allclose(discriminator(photo, one)[0][-1], discriminator(photo, other)[0][-1])
