"""The matcher's feature encoder, shared by the query and the reference primitive."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.nets.layers import ConvBlock, ResidualBlock, block_variance, upsample_bilinear

#: A cell of the correlation volume covers this many pixels along each axis, before any pooling.
CELL_PX = 8


@dataclass(frozen=True)
class Features:
    """Features of primitives, at three resolutions from coarse to fine.

    Attributes:
        eighth: (B, C, H / 8, W / 8), learnt; its receptive field includes a level at 1/16.
        quarter: (B, C, H / 4, W / 4), learnt.
        half: (B, C, H / 2, W / 2), learnt.
        primitive_pools: the embedded primitive itself, averaged over blocks of 8, 4 and 2 pixels, (B, E, H / k, W / k).
        block_variance: (B, 1, H / 8, W / 8), variance of the primitive within blocks of 8 pixels.
    """

    eighth: Tensor
    quarter: Tensor
    half: Tensor
    primitive_pools: tuple[Tensor, Tensor, Tensor]
    block_variance: Tensor

    def __getitem__(self, rows: slice) -> Features:
        """Features of a part of the batch."""
        eighth, quarter, half, variance = (x[rows] for x in (self.eighth, self.quarter, self.half, self.block_variance))
        a, b, c = (pool[rows] for pool in self.primitive_pools)
        return Features(eighth, quarter, half, (a, b, c), variance)

    def to(self, device: torch.device | str) -> Features:
        """A copy on another device."""
        eighth, quarter, half, variance = (
            x.to(device) for x in (self.eighth, self.quarter, self.half, self.block_variance)
        )
        a, b, c = (pool.to(device) for pool in self.primitive_pools)
        return Features(eighth, quarter, half, (a, b, c), variance)


@dataclass(frozen=True)
class ReferenceFeatures:
    """Features of the training pair, as the matcher's input.

    Attributes:
        features: features of the padded reference primitive, or of S of them.
        photo_half: (1 or S, 12, H / 2, W / 2), the padded photo, with 2 × 2 pixels as channels.
        size: (height, width) without padding.
    """

    features: Features
    photo_half: Tensor
    size: tuple[int, int]

    def to(self, device: torch.device | str) -> ReferenceFeatures:
        """A copy on another device."""
        return ReferenceFeatures(self.features.to(device), self.photo_half.to(device), self.size)


class Encoder(nn.Module):
    """Convolutional features at 1/2, 1/4 and 1/8, the last fused with a level at 1/16.

    `pixel_unshuffle` comes first, because layers at full resolution are slow on a CPU.

    Args:
        config: widths and blocks.
    """

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        widths, momentum = config.widths, config.norm_momentum

        def stage(i: int, channels_in: int, stride: int) -> nn.Sequential:
            blocks = [ResidualBlock(widths[i], momentum) for _ in range(config.blocks[i])]
            return nn.Sequential(ConvBlock(channels_in, widths[i], momentum, stride), *blocks)

        self.stages = nn.ModuleList(
            [stage(0, 4 * config.embedding, 1), stage(1, widths[0], 2), stage(2, widths[1], 2), stage(3, widths[2], 2)]
        )
        self.fuse = ConvBlock(widths[2] + widths[3], widths[2], momentum)
        self.descriptor = nn.Conv2d(widths[2], config.descriptor, 1)

    def forward(self, embedded: Float[Tensor, "b c h w"]) -> Features:
        """Compute features.

        Args:
            embedded: (B, E, H, W), embedded primitives; sides are multiples of 16.

        Returns:
            Features at three resolutions.
        """
        out = F.pixel_unshuffle(embedded, 2)
        outputs = []
        for stage in self.stages:
            out = stage(out)
            outputs.append(out)
        half, quarter, eighth, sixteenth = outputs
        eighth = self.fuse(torch.cat([eighth, upsample_bilinear(sixteenth)], dim=1))
        pool_half = F.avg_pool2d(embedded, 2)
        pool_quarter = F.avg_pool2d(pool_half, 2)
        pool_eighth = F.avg_pool2d(pool_quarter, 2)
        variance = block_variance(embedded, pool_eighth, CELL_PX).detach()
        return Features(eighth, quarter, half, (pool_eighth, pool_quarter, pool_half), variance)

    def describe(self, features: Features) -> Float[Tensor, "b c h w"]:
        """Unit-length descriptors of the cells at 1/8, for the correlation volume."""
        return F.normalize(self.descriptor(features.eighth), dim=1)
