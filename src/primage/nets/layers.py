"""Building blocks shared by the networks."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.grid import resample
from primage.nets.graphs import tracing

#: Negative slope of the leaky ReLU.
LEAKY_SLOPE = 0.1
#: Decay rates of `edge_aware_weight` with the primitive's variance within two blocks and its change between them.
_EDGE_SENSITIVITY = 8.0


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, leaky ReLU. (`fold_norms` merges BatchNorm into the convolution for rendering.)"""

    def __init__(self, channels_in: int, channels_out: int, momentum: float, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(channels_out, momentum=momentum),
            nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two convolution blocks with a skip connection."""

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvBlock(channels, channels, momentum), ConvBlock(channels, channels, momentum))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape as ``x``."""
        out: Tensor = x + self.body(x)
        return out


def allocate(network: nn.Module) -> None:
    """Give a network that was built inside ``with torch.device("meta")`` memory for its weights, on the CPU.

    (`torch.nn.Module.to_empty` does the same, and loads SymPy first, which takes most of a second.)

    Args:
        network: changed in place; its weights are undefined afterwards.
    """
    weights = {name: torch.empty(tensor.shape, dtype=tensor.dtype) for name, tensor in network.state_dict().items()}
    network.load_state_dict(weights, assign=True)


def fold_norms(network: nn.Module) -> None:
    """Fold BatchNorm into the convolutions, in place, for rendering only.

    Args:
        network: in evaluation mode; its `ConvBlock`s lose their BatchNorm.
    """
    for module in network.modules():
        if isinstance(module, ConvBlock):
            convolution, norm = module[0], module[1]
            assert isinstance(convolution, nn.Conv2d)
            if isinstance(norm, nn.BatchNorm2d):
                module[0] = torch.nn.utils.fusion.fuse_conv_bn_eval(convolution, norm)
                module[1] = nn.Identity()


def sample(
    x: Float[Tensor, "s c h w"], grid: Float[Tensor, "b h2 w2 2"], mode: str = "bilinear"
) -> Float[Tensor, "b c h2 w2"]:
    """Sample images at a grid of coordinates; outside the image the border is replicated.

    Args:
        x: (S, C, H, W); each of the S images serves B / S consecutive grids.
        grid: (B, H', W', 2), (x, y), normalised, align_corners=True.
        mode: as in `torch.nn.functional.grid_sample`.

    Returns:
        (B, C, H', W').
    """
    x = expand_to_batch(x, grid.shape[0])
    if mode == "bicubic" and tracing():
        x, grid = _bordered(x, grid)
    return resample(x, grid, mode)


def _bordered(x: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """The same samples inside a replicated border: there, ONNX has other bicubic samples than PyTorch."""
    border = 3
    height, width = x.shape[2:]
    coords = []
    for axis, side in enumerate((width, height)):
        # From two pixels outside on, all that is interpolated is the same pixel.
        pixel = ((grid[..., axis] + 1) * (0.5 * (side - 1))).clamp(min=-2.0)
        pixel = torch.minimum(pixel, torch.ones_like(pixel) * (side + 1))
        coords.append((pixel + border) * (2.0 / (side + 2 * border - 1)) - 1)
    return F.pad(x, (border,) * 4, mode="replicate"), torch.stack(coords, dim=-1)


def expand_to_batch(x: Float[Tensor, "s c h w"], batch: int) -> Float[Tensor, "b c h w"]:
    """Repeat each of S tensors B / S times; a single one is expanded without a copy."""
    return x.expand(batch, -1, -1, -1) if x.shape[0] == 1 else x.repeat_interleave(batch // x.shape[0], 0)


def block_variance(
    embedded: Float[Tensor, "b c h w"], means: Float[Tensor, "b c h2 w2"], block_px: int
) -> Float[Tensor, "b 1 h2 w2"]:
    """Variance of an embedded primitive within blocks, summed over channels.

    Args:
        embedded: (B, C, H, W).
        means: (B, C, H / k, W / k), the mean of each block.
        block_px: k.

    Returns:
        (B, 1, H / k, W / k).
    """
    variance = F.avg_pool2d(embedded.square(), block_px) - means.square()
    return variance.sum(1, keepdim=True)


def edge_aware_weight(
    means: Float[Tensor, "b c h w"], variance: Float[Tensor, "b 1 h w"], dim: int
) -> Float[Tensor, "b 1 h2 w2"]:
    """Smoothness weight between neighbouring blocks: 1 in empty areas, falling to 0 where the primitive changes.

    Args:
        means: (B, C, H, W), mean of the embedded primitive in each block.
        variance: (B, 1, H, W), see `block_variance`.
        dim: axis along which neighbours are compared: 3 for the right neighbour, 2 for the one below.

    Returns:
        (B, 1, H, W - 1) or (B, 1, H - 1, W).
    """
    n = means.shape[dim] - 1
    change = means.diff(dim=dim).square().sum(1, keepdim=True)
    change = change + (variance.narrow(dim, 0, n) + variance.narrow(dim, 1, n))
    return torch.exp(-_EDGE_SENSITIVITY * change)


def upsample_bilinear(x: Float[Tensor, "b c h w"], factor: float = 2.0) -> Float[Tensor, "b c h2 w2"]:
    """Upsample bilinearly, align_corners=False."""
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
