"""Where a render replaces the photo: at the edits and at what moved with them, nowhere else."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from PIL import Image
from scipy import ndimage
from torch.nn import functional as F

from primage.image import resize_image
from primage.nets.generator import Painted
from primage.tensors import to_tensor

#: Of the shorter side: how far around a changed pixel the render always shows, and how softly it ends.
_MARGIN = 0.035
_FEATHER = 0.025
#: Levels of 255 by which a render must differ from that of the unedited drawing to have been moved by the edit.
_MOVED_LEVELS = 10
#: Neighbouring pixels taken from further apart than this (pixels) lie on a seam between two copied parts.
_SEAM_PX = 2.0
#: Rows of the full-size picture worked at together.
_STRIP = 256


def blend_mask(
    changed: Bool[np.ndarray, "h w"],
    image: UInt8[np.ndarray, "h w 3"],
    unedited: UInt8[np.ndarray, "h w 3"],
) -> Float32[np.ndarray, "h w"]:
    """How far each pixel is taken from the render.

    A drawing moved by a few pixels has not changed inside, where its label and the lines are what they were; the photo
    has. So whatever the render changed goes with the edit, as far as it is connected to it.

    Args:
        changed: where the drawing differs from the unedited one.
        image: the render.
        unedited: the render of the unedited drawing, by the same network.

    Returns:
        (H, W) in [0, 1]; 0 all over without edits.
    """
    if not changed.any():
        return np.zeros(changed.shape, np.float32)
    short = min(changed.shape)
    near = ndimage.distance_transform_edt(~changed) <= max(3.0, _MARGIN * short)
    levels = np.abs(image.astype(np.float32) - unedited).max(axis=2)
    moved = ndimage.gaussian_filter(levels, 1.5) > _MOVED_LEVELS
    parts, _ = ndimage.label(near | moved, structure=np.ones((3, 3), dtype=bool))
    kept = np.isin(parts, np.unique(parts[near]))
    away = ndimage.distance_transform_edt(~kept) / max(3.0, _FEATHER * short)
    share = np.clip(1 - away, 0, 1).astype(np.float32)
    smooth: Float32[np.ndarray, "h w"] = share * share * (3 - 2 * share)
    return smooth


def blend(
    photo: UInt8[np.ndarray, "h w 3"], image: UInt8[np.ndarray, "h w 3"], mask: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Put a render into a photo. Where the mask is 0 the photo's bytes stay as they are.

    Args:
        photo: what is kept.
        image: what replaces it.
        mask: how far.

    Returns:
        The mixture.
    """
    share = mask[..., None]
    mixed: UInt8[np.ndarray, "h w 3"] = np.round(photo * (1 - share) + image * share).astype(np.uint8)
    return mixed


def enlarge(
    image: UInt8[np.ndarray, "h w 3"], painted: Painted, photo: UInt8[np.ndarray, "h2 w2 3"]
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """A render at the photo's own size. What was copied is copied again from the photo with all its detail.

    Args:
        image: the render.
        painted: how it came about; its correspondences are used where there are any.
        photo: the photo at full size.

    Returns:
        The render at that size.
    """
    size = (photo.shape[0], photo.shape[1])
    large = resize_image(image, size)
    if not painted.grids or painted.confidence is None or size == image.shape[:2]:
        return large
    height, width = image.shape[:2]
    full, small = to_tensor(photo), to_tensor(resize_image(photo, (height, width)))
    grid = painted.grids[-1].cpu()
    # From the corners' centres at ±1 to the corners themselves, as sizes differ.
    scale = torch.tensor([(width - 1) / width, (height - 1) / height])
    grid = (grid * scale).permute(0, 3, 1, 2)
    copied = F.grid_sample(small, grid.permute(0, 2, 3, 1), align_corners=False, padding_mode="border")
    trust = torch.sigmoid(painted.confidence.cpu()) * _seamless(grid)
    mixed = large.astype(np.float32)
    for top in range(0, size[0], _STRIP):
        rows = slice(top, min(top + _STRIP, size[0]))
        places = _places(rows, size)
        seen = F.grid_sample(grid, places, align_corners=False, padding_mode="border").permute(0, 2, 3, 1)
        sharp = F.grid_sample(full, seen, align_corners=False, padding_mode="border")
        blurred = F.grid_sample(copied, places, align_corners=False, padding_mode="border")
        weight = F.grid_sample(trust, places, align_corners=False, padding_mode="border")
        detail = ((sharp - blurred) * weight * 127.5)[0].permute(1, 2, 0).numpy()
        mixed[rows] += detail
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def enlarge_mask(mask: Float32[np.ndarray, "h w"], size: tuple[int, int]) -> Float32[np.ndarray, "h2 w2"]:
    """A mask at another size; 0 stays exactly 0.

    Args:
        mask: in [0, 1].
        size: (height, width).
    """
    large = Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(large, np.float32), 0, 1)


def _places(rows: slice, size: tuple[int, int]) -> torch.Tensor:
    """Normalised coordinates of the pixels of some rows."""
    y = (torch.arange(rows.start, rows.stop) + 0.5) * 2 / size[0] - 1
    x = (torch.arange(size[1]) + 0.5) * 2 / size[1] - 1
    down, along = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((along, down), dim=-1)[None].float()


def _seamless(grid: torch.Tensor) -> torch.Tensor:
    """1 where neighbours come from neighbours, 0 at seams: between two parts there is nothing to copy."""
    height, width = grid.shape[2:]
    px = grid * torch.tensor([width / 2, height / 2])[None, :, None, None]
    seam = torch.zeros(1, 1, height, width)
    for axis in (2, 3):
        jump = (px.diff(dim=axis).abs().amax(dim=1, keepdim=True) > _SEAM_PX).float()
        pad = (0, 0, 0, 1) if axis == 2 else (0, 1, 0, 0)
        seam = torch.maximum(seam, F.pad(jump, pad))
    return 1 - F.max_pool2d(seam, 3, stride=1, padding=1)
