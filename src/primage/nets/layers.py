"""Small parts that our networks are made of."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

#: Of the leaky ReLU below 0.
SLOPE = 0.1
#: How fast the calm between blocks falls: over the variance of the drawing in both and its change between them.
_CHANGE_SLOPE = 8.0


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, leaky ReLU. (BatchNorm folds into the convolution for rendering.)"""

    def __init__(self, channels_in: int, channels_out: int, momentum: float, stride: int = 1, size: int = 3) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, size, stride, size // 2, bias=False),
            nn.BatchNorm2d(channels_out, momentum=momentum),
            nn.LeakyReLU(SLOPE, inplace=True),
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


def coordinates(size: tuple[int, int], padded: tuple[int, ...], device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """Where each pixel is.

    Args:
        size: (height, width) of the picture proper, which spans [-1, 1].
        padded: (height, width) with the padding at the right and below, which lies beyond 1.
        device: where the result should lie.

    Returns:
        (1, 2, H, W): x, then y.
    """
    rows, columns = (
        torch.arange(total, device=device) * (2.0 / max(1, proper - 1)) - 1
        for proper, total in zip(size, padded, strict=True)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def sample(
    x: Float[Tensor, "s c h w"], grid: Float[Tensor, "b h2 w2 2"], mode: str = "bilinear"
) -> Float[Tensor, "b c h2 w2"]:
    """Look something of the training pair up at estimated places.

    Args:
        x: (S, C, H, W); each serves B / S grids in turn.
        grid: (B, H', W', 2), (x, y), normalised, align_corners=True; outside, the border is taken.
        mode: as in `torch.nn.functional.grid_sample`.

    Returns:
        (B, C, H', W').
    """
    return F.grid_sample(for_batch(x, grid.shape[0]), grid, mode=mode, padding_mode="border", align_corners=True)


def for_batch(x: Float[Tensor, "s c h w"], batch: int) -> Float[Tensor, "b c h w"]:
    """Repeat each of S things B / S times; without copying if there is but one."""
    return x.expand(batch, -1, -1, -1) if x.shape[0] == 1 else x.repeat_interleave(batch // x.shape[0], 0)


def busyness(
    drawing: Float[Tensor, "b c h w"], means: Float[Tensor, "b c h2 w2"], block_px: int
) -> Float[Tensor, "b 1 h2 w2"]:
    """How much an embedded drawing varies within blocks, summed over its channels.

    Args:
        drawing: (B, C, H, W).
        means: of its blocks, (B, C, H / k, W / k).
        block_px: k.
    """
    variance = F.avg_pool2d(drawing.square(), block_px) - means.square()
    return variance.sum(1, keepdim=True)


def calm_between(
    means: Float[Tensor, "b c h w"], busy: Float[Tensor, "b 1 h w"], dim: int
) -> Float[Tensor, "b 1 h2 w2"]:
    """From 1, where a block and the next one along an axis are empty, down to 0, where the drawing changes."""
    n = means.shape[dim] - 1
    change = means.diff(dim=dim).square().sum(1, keepdim=True) + (busy.narrow(dim, 0, n) + busy.narrow(dim, 1, n))
    return torch.exp(-_CHANGE_SLOPE * change)


def up(x: Float[Tensor, "b c h w"], factor: float = 2.0) -> Float[Tensor, "b c h2 w2"]:
    """Enlarge bilinearly."""
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
