"""Blending renders with the photo: the render is used at edits and at everything that moved with them."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from PIL import Image
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from primage.image import resize_image
from primage.nets.generator import Painted
from primage.tensors import to_tensor

#: As shares of the shorter side: the distance around changed pixels within which the render is always used, and the
#: width of the transition to the photo.
_MARGIN = 0.035
_FEATHER = 0.025
#: Pixels that differ from the render of the training primitive by more than this (grey levels) are affected by edits.
_AFFECTED_LEVELS = 10
#: Neighbouring pixels whose sources are further apart than this (in pixels) have a seam between them.
_SEAM_PX = 2.0
#: Number of rows of the full-size picture processed at once.
_STRIP = 256


def blend_mask(
    changed: Bool[np.ndarray, "h w"],
    image: UInt8[np.ndarray, "h w 3"],
    training_render: UInt8[np.ndarray, "h w 3"],
) -> Float32[np.ndarray, "h w"]:
    """Compute the weight of the render in the result.

    Inside a part that was moved by a few pixels, labels and lines are unchanged, but the photo is not. So the render is
    also used wherever it differs from that of the training primitive, if that region is connected to an edit.

    Args:
        changed: where the drawing differs from the training primitive.
        image: the render.
        training_render: the render of the training primitive by the same network.

    Returns:
        (H, W) in [0, 1]; 0 everywhere without edits.
    """
    if not changed.any():
        return np.zeros(changed.shape, np.float32)
    short = min(changed.shape)
    margin = ndimage.distance_transform_edt(~changed) <= max(3.0, _MARGIN * short)
    levels = np.abs(image.astype(np.float32) - training_render).max(axis=2)
    affected = ndimage.gaussian_filter(levels, 1.5) > _AFFECTED_LEVELS
    regions, _ = ndimage.label(margin | affected, structure=np.ones((3, 3), dtype=bool))
    edited = np.isin(regions, np.unique(regions[margin]))
    distance = ndimage.distance_transform_edt(~edited) / max(3.0, _FEATHER * short)
    ramp = np.clip(1 - distance, 0, 1).astype(np.float32)
    smooth: Float32[np.ndarray, "h w"] = ramp * ramp * (3 - 2 * ramp)
    return smooth


def blend(
    photo: UInt8[np.ndarray, "h w 3"], image: UInt8[np.ndarray, "h w 3"], mask: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Blend a render into a photo. Where the mask is 0 the photo is kept byte for byte.

    Args:
        photo: used where the mask is 0.
        image: used where the mask is 1.
        mask: in [0, 1].

    Returns:
        The blended picture.

    Example:
        >>> photo, image = (np.full((1, 2, 3), value, np.uint8) for value in (10, 20))
        >>> blend(photo, image, np.array([[0.0, 0.5]], np.float32))[..., 0]
        array([[10, 15]], dtype=uint8)
    """
    weight = mask[..., None]
    mixed: UInt8[np.ndarray, "h w 3"] = np.round(photo * (1 - weight) + image * weight).astype(np.uint8)
    return mixed


def upsample_render(
    image: UInt8[np.ndarray, "h w 3"],
    painted: Painted,
    photo: UInt8[np.ndarray, "h2 w2 3"],
    synthesised: Bool[np.ndarray, "h w"] | None = None,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Upsample a render to the photo's size. Copied pixels get the detail of the full-size photo.

    Args:
        image: the render.
        painted: the generator's output; without correspondences, the render is only resized.
        photo: the photo at full size.
        synthesised: pixels that were synthesised after ``painted``, and are only resized.

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
    # Convert from ±1 at the centres of the corner pixels to ±1 at the borders of the picture, as the sizes differ.
    scale = torch.tensor([(width - 1) / width, (height - 1) / height])
    grid = (grid * scale).permute(0, 3, 1, 2)
    copied = F.grid_sample(small, grid.permute(0, 2, 3, 1), align_corners=False, padding_mode="border")
    weight = torch.sigmoid(painted.confidence.cpu()) * _continuous(grid)
    if synthesised is not None:
        weight = weight * (1 - F.max_pool2d(torch.from_numpy(synthesised)[None, None].float(), 3, stride=1, padding=1))
    mixed = large.astype(np.float32)
    for top in range(0, size[0], _STRIP):
        rows = slice(top, min(top + _STRIP, size[0]))
        target = _pixel_coords(rows, size)
        source = F.grid_sample(grid, target, align_corners=False, padding_mode="border").permute(0, 2, 3, 1)
        sharp = F.grid_sample(full, source, align_corners=False, padding_mode="border")
        blurred = F.grid_sample(copied, target, align_corners=False, padding_mode="border")
        strip = F.grid_sample(weight, target, align_corners=False, padding_mode="border")
        detail = ((sharp - blurred) * strip * 127.5)[0].permute(1, 2, 0).numpy()
        mixed[rows] += detail
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def resize_mask(mask: Float32[np.ndarray, "h w"], size: tuple[int, int]) -> Float32[np.ndarray, "h2 w2"]:
    """Resize a mask with interpolation; 0 stays exactly 0.

    Args:
        mask: in [0, 1].
        size: (height, width).
    """
    large = Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(large, np.float32), 0, 1)


def _pixel_coords(rows: slice, size: tuple[int, int]) -> Tensor:
    """Normalised (x, y) of the pixels of some rows, with ±1 at the borders of the picture."""
    y = (torch.arange(rows.start, rows.stop) + 0.5) * 2 / size[0] - 1
    x = (torch.arange(size[1]) + 0.5) * 2 / size[1] - 1
    ys, xs = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((xs, ys), dim=-1)[None].float()


def _continuous(grid: Tensor) -> Tensor:
    """1 where neighbouring pixels have neighbouring sources, 0 at seams, where there is no detail to copy."""
    height, width = grid.shape[2:]
    px = grid * torch.tensor([width / 2, height / 2])[None, :, None, None]
    seam = torch.zeros(1, 1, height, width)
    for axis in (2, 3):
        jump = (px.diff(dim=axis).abs().amax(dim=1, keepdim=True) > _SEAM_PX).float()
        pad = (0, 0, 0, 1) if axis == 2 else (0, 1, 0, 0)
        seam = torch.maximum(seam, F.pad(jump, pad))
    return 1 - F.max_pool2d(seam, 3, stride=1, padding=1)
