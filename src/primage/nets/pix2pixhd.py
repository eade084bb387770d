"""The paper's generator: pix2pixHD's global generator, with local enhancers for large photos."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import Pix2PixHDConfig
from primage.nets.generator import Generator, Painted, Source
from primage.nets.wide_convolution import WideConv2d


class ResnetBlock(nn.Module):
    """Two reflection-padded 3 × 3 convolutions with instance norm, and a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            WideConv2d(channels),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            WideConv2d(channels),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape as ``x``."""
        out: Tensor = x + self.body(x)
        return out


def _stem(channels: int, width: int) -> list[nn.Module]:
    return [
        nn.ReflectionPad2d(3),
        nn.Conv2d(channels, width, 7),
        nn.InstanceNorm2d(width),
        nn.ReLU(inplace=True),
    ]


def _down(width: int) -> list[nn.Module]:
    return [nn.Conv2d(width, 2 * width, 3, 2, 1), nn.InstanceNorm2d(2 * width), nn.ReLU(inplace=True)]


def _up(width: int) -> list[nn.Module]:
    return [
        nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1),
        nn.InstanceNorm2d(width // 2),
        nn.ReLU(inplace=True),
    ]


def _head(width: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]


class GlobalGenerator(nn.Module):
    """The coarse network G1.

    Args:
        channels: of the input.
        ngf: channels after the first layer.
        n_downsampling: number of layers with stride 2.
        n_blocks: residual blocks at the lowest resolution.
        head: whether the output is an image; otherwise it is ``ngf`` features for a local enhancer.

    Source:
        Wang et al. 2017 (pix2pixHD), §3.2 and supplement; paper §3.4.
    """

    def __init__(self, channels: int, ngf: int, n_downsampling: int, n_blocks: int, head: bool = True) -> None:
        super().__init__()
        layers = _stem(channels, ngf)
        for i in range(n_downsampling):
            layers += _down(ngf * 2**i)
        layers += [ResnetBlock(ngf * 2**n_downsampling) for _ in range(n_blocks)]
        for i in range(n_downsampling, 0, -1):
            layers += _up(ngf * 2**i)
        self.body = nn.Sequential(*layers, *(_head(ngf) if head else []))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """(B, 3, H, W) in [-1, 1], or features; H and W are multiples of 2^n_downsampling."""
        out: Tensor = self.body(x)
        return out


class LocalEnhancer(nn.Module):
    """One G2 around the next coarser network: works at full resolution, reads that network's features at half.

    Args:
        channels: of the input.
        width: channels after the first layer; twice as many are added to the coarser network's features.
        n_blocks: residual blocks at half resolution.
        head: whether the output is an image.

    Source:
        Wang et al. 2017, §3.2, Fig. 3.
    """

    def __init__(self, channels: int, width: int, n_blocks: int, head: bool) -> None:
        super().__init__()
        self.down = nn.Sequential(*_stem(channels, width), *_down(width))
        self.up = nn.Sequential(
            *[ResnetBlock(2 * width) for _ in range(n_blocks)],
            *_up(2 * width),
            *(_head(width) if head else []),
        )

    def forward(self, x: Float[Tensor, "b c h w"], coarse: Float[Tensor, "b k h2 w2"]) -> Float[Tensor, "b k2 h w"]:
        """``coarse`` has 2 · width channels at half the size of ``x``."""
        out: Tensor = self.up(self.down(x) + coarse)
        return out


class Pix2PixHD(Generator):
    """The global generator with 0–2 local enhancers.

    Args:
        config: the published values by default.
        channels: of the encoded primitive (3 in the paper).

    Source:
        Paper §3.1, §3.4. 182,443,267 parameters at the paper's settings.
    """

    def __init__(self, config: Pix2PixHDConfig, channels: int) -> None:
        super().__init__()
        n = config.n_local_enhancers
        self.multiple = 2 ** (config.n_downsampling + n)
        self.coarse = GlobalGenerator(channels, config.ngf * 2**n, config.n_downsampling, config.n_blocks, head=n == 0)
        self.enhancers = nn.ModuleList(
            LocalEnhancer(channels, config.ngf * 2 ** (n - 1 - i), config.n_blocks_local, head=i == n - 1)
            for i in range(n)
        )

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """See `primage.nets.generator.Generator.paint`; ``source`` is ignored: this network memorises its photo."""
        pyramid = [x]
        for _ in self.enhancers:
            pyramid.append(F.avg_pool2d(pyramid[-1], 3, 2, 1, count_include_pad=False))
        out = self.coarse(pyramid.pop())
        for enhancer in self.enhancers:
            out = enhancer(pyramid.pop(), out)
        return Painted(image=out)

    def initialise(self, rng: torch.Generator) -> None:
        """Normal(0, 0.02) weights and uniform biases, see `init_normal`."""
        init_normal(self, rng, biases="uniform")


def init_normal(network: nn.Module, rng: torch.Generator, biases: Literal["zero", "uniform"] = "zero") -> None:
    """Draw the weights of every convolution from Normal(0, 0.02).

    Args:
        network: its convolutions are changed in place.
        rng: source of randomness.
        biases: "uniform" draws them from ±1 / √fan_in, PyTorch's default, which pix2pixHD's code leaves as it is.

    Source:
        Wang et al. 2017, supplement.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02, generator=rng)
            if module.bias is None:
                continue
            if biases == "uniform":
                # PyTorch's fan in: the second axis of the weights, also where that is the outputs (transposed).
                bound = module.weight[0].numel() ** -0.5
                nn.init.uniform_(module.bias, -bound, bound, generator=rng)
            else:
                nn.init.zeros_(module.bias)
