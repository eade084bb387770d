"""Sampling grids: the source position of each pixel.

(B, H, W, 2), (x, y), normalised to [-1, 1], align_corners=True.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def identity_grid(size: tuple[int, int], device: torch.device | str = "cpu") -> Float[Tensor, "1 h w 2"]:
    """The sampling grid that leaves a picture unchanged.

    Args:
        size: (height, width).
        device: torch device of the grid.

    Returns:
        (1, H, W, 2), (x, y), normalised to [-1, 1], align_corners=True.

    Example:
        >>> identity_grid((2, 3))[0, :, :, 0]
        tensor([[-1.,  0.,  1.],
                [-1.,  0.,  1.]])
    """
    return _identity_grid(size, str(device))


@lru_cache(maxsize=16)
def _identity_grid(size: tuple[int, int], device: str) -> Tensor:
    height, width = size
    y, x = torch.meshgrid(pixel_centres(height), pixel_centres(width), indexing="ij")
    return torch.stack([x, y], dim=-1)[None].to(device)


def pixel_centres(length: int) -> Float[Tensor, " length"]:
    """Normalised coordinates of the pixels along one side, from -1 to 1; 0 for a single pixel."""
    # linspace(-1, 1, 1) would put a single row at the border; its centre is 0.
    return torch.linspace(-1, 1, length) if length > 1 else torch.zeros(1)


def coords_grid(size: tuple[int, int], padded: tuple[int, ...], device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """Normalised coordinates of the pixels of a padded image.

    Args:
        size: (height, width) without padding; it spans [-1, 1].
        padded: (height, width) with padding at the right and bottom, where coordinates exceed 1.
        device: torch device of the result.

    Returns:
        (1, 2, H, W): x, then y; without padding `identity_grid` in the layout of a flow field.

    Example:
        >>> coords_grid((1, 3), (1, 4), torch.device("cpu"))[0, 0].tolist()
        [[-1.0, 0.0, 1.0, 2.0]]
    """
    rows, columns = (
        torch.arange(total, device=device) * (2.0 / max(1, proper - 1)) - 1
        for proper, total in zip(size, padded, strict=True)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def reflect(grid: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Reflect coordinates outside the picture at its borders.

    Args:
        grid: normalised coordinates of any shape.

    Returns:
        Coordinates of the same shape within [-1, 1]: the true sources under reflection padding.

    Example:
        >>> reflect(torch.tensor([-1.5, 0.5, 1.25]))
        tensor([-0.5000,  0.5000,  0.7500])
    """
    return 1 - ((grid + 1).remainder(4) - 2).abs()


def resample(
    x: Float[Tensor, "b c h w"], grid: Float[Tensor, "b h2 w2 2"], mode: str = "bilinear"
) -> Float[Tensor, "b c h2 w2"]:
    """Resample pictures at grid points.

    Args:
        x: (B, C, H, W) float32, any range.
        grid: (B, H', W', 2), (x, y), normalised, align_corners=True.
        mode: as in `torch.nn.functional.grid_sample`; "bicubic" may leave the range.

    Returns:
        (B, C, H', W'), same range; outside the picture, the border is replicated (see `reflect`).
    """
    return F.grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=True)
