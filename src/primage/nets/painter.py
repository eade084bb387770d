"""Our small generator: says for each pixel where in the training photo it comes from, and paints what cannot be copied.

A warp hands out the true dense correspondence for free, so the network is told where every pixel came from. Texture
is sharp within a minute, because it *is* the photo's.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.nets.generator import Generator, Painted, Source, reset_norms

_SLOPE = 0.1
#: The confidence starts at sigmoid(2) = 0.88: copy first, paint where copying turns out to be wrong.
_CONFIDENCE_BIAS = 2.0


class ConvBlock(nn.Sequential):
    """3 × 3 convolution, BatchNorm, leaky ReLU. (BatchNorm folds into the convolution for rendering.)"""

    def __init__(self, channels_in: int, channels_out: int, momentum: float, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out, momentum=momentum),
            nn.LeakyReLU(_SLOPE, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two convolution blocks added to the input."""

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvBlock(channels, channels, momentum), ConvBlock(channels, channels, momentum))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape as ``x``."""
        out: Tensor = x + self.body(x)
        return out


def sample(x: Float[Tensor, "1 c h w"], grid: Float[Tensor, "b h2 w2 2"]) -> Float[Tensor, "b c h2 w2"]:
    """Look the training pair up at estimated places.

    Args:
        x: (1, C, H, W).
        grid: (B, H', W', 2), (x, y), normalised, align_corners=True; outside, the border is taken.

    Returns:
        (B, C, H', W').
    """
    expanded = x.expand(grid.shape[0], -1, -1, -1)
    return F.grid_sample(expanded, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _nearest_up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Painter(Generator):
    """U-Net with a correspondence head, a refinement that compares primitives, and a light painting decoder.

    1. A U-Net reads the primitive and estimates, at a quarter of the size, where each pixel comes from.
    2. The *training* primitive and photo, sampled there, are set beside the primitive to paint: a small network
       corrects the estimate by comparing. It matches instead of memorising, so it serves edits never warped to.
    3. The photo sampled at the corrected estimate is blended with painted pixels, by the confidence in it.

    All the work is done at half size or below (`pixel_unshuffle`): thin layers at full size are slow on a CPU.

    Args:
        config: widths and blocks.
        channels: of the encoded primitive.
    """

    multiple = 16

    def __init__(self, config: PainterConfig, channels: int) -> None:
        super().__init__()
        widths, momentum = config.widths, config.norm_momentum
        self.embed = nn.Conv2d(channels, config.embedding, 1)

        def stage(i: int, channels_in: int, stride: int) -> nn.Sequential:
            blocks = [ResidualBlock(widths[i], momentum) for _ in range(config.blocks[i])]
            return nn.Sequential(ConvBlock(channels_in, widths[i], momentum, stride), *blocks)

        inputs = 4 * (config.embedding + 2)
        self.down = nn.ModuleList(
            [stage(0, inputs, 1), stage(1, widths[0], 2), stage(2, widths[1], 2), stage(3, widths[2], 2)]
        )
        self.up = nn.ModuleList(ConvBlock(widths[i] + widths[i + 1], widths[i], momentum) for i in (2, 1, 0))
        self.to_grid = nn.Conv2d(widths[1], 2, 3, 1, 1)

        half, quarter = config.refine_widths
        self.compare = ConvBlock(4 * (2 * config.embedding + 3) + widths[0], half, momentum)
        self.compare_down = nn.Sequential(
            ConvBlock(half, quarter, momentum, stride=2), ResidualBlock(quarter, momentum)
        )
        self.compare_up = ConvBlock(half + quarter, half, momentum)
        self.to_correction = nn.Conv2d(half, 2, 3, 1, 1)

        self.decode = nn.Sequential(ConvBlock(half + 12, half, momentum), ConvBlock(half, half, momentum))
        self.to_image = nn.Conv2d(half, 4 * 4, 3, 1, 1)

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """See `primage.nets.generator.Generator.paint`."""
        batch, _, height, width = x.shape
        here = _coordinates(size, (height, width), x.device).expand(batch, -1, -1, -1)
        seen = self.embed(x)

        # 1: from what the drawing looks like.
        features = []
        out = F.pixel_unshuffle(torch.cat([seen, here], dim=1), 2)
        for stage in self.down:
            out = stage(out)
            features.append(out)
        for i, block in zip((2, 1, 0), self.up, strict=True):
            out = block(torch.cat([features[i], _nearest_up(out)], dim=1))
            if i == 1:
                shift = F.interpolate(self.to_grid(out), (height, width), mode="bilinear", align_corners=False)
        first = (here + shift).permute(0, 2, 3, 1)

        # 2: from comparing it with the training drawing, at the place found so far.
        source_seen = self.embed(source.primitive)
        there = torch.cat([seen, sample(source_seen, first), sample(source.photo, first)], dim=1)
        near = self.compare(torch.cat([F.pixel_unshuffle(there, 2), out], dim=1))
        wide = self.compare_down(near)
        near = self.compare_up(torch.cat([near, _nearest_up(wide)], dim=1))
        correction = F.interpolate(self.to_correction(near), (height, width), mode="bilinear", align_corners=False)
        second = first + correction.permute(0, 2, 3, 1)

        # 3: copy, and paint what cannot be copied.
        copied = sample(source.photo, second)
        decoded = self.to_image(self.decode(torch.cat([near, F.pixel_unshuffle(copied, 2)], dim=1)))
        decoded = F.pixel_shuffle(decoded, 2)
        drawn, confidence = torch.tanh(decoded[:, :3]), decoded[:, 3:] + _CONFIDENCE_BIAS
        # The confidence learns from the correspondences alone: the picture's losses would rather have a blurred
        # average than sharp texture a pixel off.
        keep = torch.sigmoid(confidence).detach()
        image = keep * copied + (1 - keep) * drawn
        return Painted(image, grids=(first, second), copied=copied, drawn=drawn, confidence=confidence)

    def initialise(self, generator: torch.Generator) -> None:
        """He-normal convolutions; the coordinate heads start at zero: every pixel comes from its own place."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=_SLOPE, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        reset_norms(self)
        for head in (self.to_grid, self.to_correction):
            nn.init.zeros_(head.weight)


def _coordinates(size: tuple[int, int], padded: tuple[int, int], device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """Where each pixel is, (x, y) with the picture proper in [-1, 1] and the padding beyond 1."""
    rows, columns = (
        torch.arange(total, device=device) * (2.0 / max(1, proper - 1)) - 1
        for proper, total in zip(size, padded, strict=True)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def fold_norms(network: nn.Module) -> None:
    """Fold BatchNorm into the convolutions, in place, for rendering only.

    Args:
        network: in evaluation mode; `ConvBlock`s in it lose their BatchNorm.
    """
    for module in network.modules():
        if isinstance(module, ConvBlock):
            convolution, norm = module[0], module[1]
            assert isinstance(convolution, nn.Conv2d)
            if isinstance(norm, nn.BatchNorm2d):
                module[0] = torch.nn.utils.fusion.fuse_conv_bn_eval(convolution, norm)
                module[1] = nn.Identity()
