"""The conditional multi-scale patch discriminator of pix2pixHD."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import DiscriminatorConfig
from primage.nets.layers import allocate
from primage.nets.pix2pixhd import init_normal


class PatchDiscriminator(nn.Module):
    """Scores overlapping patches as real or fake.

    Args:
        channels: of primitive and photo together.
        ndf: channels after the first layer; each further layer doubles them, up to 512.
        n_layers: number of layers with stride 2.

    Source:
        Isola et al. 2017, §3.2.2; Wang et al. 2017, §3.2.
    """

    def __init__(self, channels: int, ndf: int, n_layers: int) -> None:
        super().__init__()
        width = ndf
        stages = [nn.Sequential(nn.Conv2d(channels, width, 4, 2, 2), nn.LeakyReLU(0.2))]
        for i in range(1, n_layers + 1):
            wider = min(width * 2, 512)
            stride = 2 if i < n_layers else 1
            stages.append(
                nn.Sequential(nn.Conv2d(width, wider, 4, stride, 2), nn.InstanceNorm2d(wider), nn.LeakyReLU(0.2))
            )
            width = wider
        stages.append(nn.Sequential(nn.Conv2d(width, 1, 4, 1, 2)))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b ..."]]:
        """Features of every stage; the last is the score map."""
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class MultiscaleDiscriminator(nn.Module):
    """``num_D`` patch discriminators, each at half the resolution of the one before.

    Args:
        config: the published values by default.
        channels: of the encoded primitive (3 in the paper).

    Source:
        Wang et al. 2017, §3.2. 5,535,618 parameters at the paper's settings.
    """

    def __init__(self, config: DiscriminatorConfig, channels: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(channels + 3, config.ndf, config.n_layers) for _ in range(config.num_D)
        )

    def forward(
        self, primitive: Float[Tensor, "b c h w"], photo: Float[Tensor, "b 3 h w"]
    ) -> list[list[Float[Tensor, "b ..."]]]:
        """Score photos, given their primitives.

        Args:
            primitive: (B, C, H, W) encoded.
            photo: (B, 3, H, W) in [-1, 1], real or fake.

        Returns:
            For each scale, the features of every stage; the score map is last.
        """
        x = torch.cat([primitive, photo], dim=1)
        outputs = []
        for i, discriminator in enumerate(self.scales):
            if i:
                x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
            outputs.append(discriminator(x))
        return outputs


def build_discriminator(
    config: DiscriminatorConfig, channels: int, rng: torch.Generator, biases: Literal["zero", "uniform"] = "zero"
) -> MultiscaleDiscriminator:
    """Build a discriminator with fresh weights.

    Args:
        config: its size.
        channels: of the encoded primitive.
        rng: source of randomness for the weights.
        biases: how they start (`primage.nets.pix2pixhd.init_normal`).

    Returns:
        The network, on the CPU.
    """
    with torch.device("meta"):
        network = MultiscaleDiscriminator(config, channels)
    allocate(network)
    init_normal(network, rng, biases)
    return network
