"""Random warps of a photo together with its primitive.

All geometric augmentations, including cutting and pasting, are composed into *one* sampling grid. So the pair is
resampled once, and the grid is the true correspondence between the warped pair and the training pair.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional as F

from primage.config import AugmentConfig
from primage.grid import identity_grid, reflect, resample
from primage.primitive.primitive import Primitive
from primage.warp.camera import Motion, Room, camera_grid, rotation
from primage.warp.regions import Regions
from primage.warp.tps import tps_grid

#: Maximum rotation and scaling of `_local`.
_LOCAL_DEG = 35.0
_LOCAL_LOG_SCALE = math.log(1.6)
#: The same for `_parts`.
_PART_DEG = 40.0
_PART_LOG_SCALE = math.log(2.0)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch's small operations on one thread: waking others takes longer than the operations."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def draw_grid(
    config: AugmentConfig, size: tuple[int, int], rng: torch.Generator, regions: Regions | None = None
) -> Float[Tensor, "1 h w 2"]:
    """Draw a random warp: TPS and local moves or a camera's motion, then affine maps, then parts and cutmix.

    Args:
        config: the augmentations and their strengths.
        size: (height, width) of the photo.
        rng: random source, on the CPU.
        regions: regions of the photo that can be cut out as parts, and that a camera sees as objects.

    Returns:
        (1, H, W, 2), (x, y), normalised, within [-1, 1] (borders reflected): the source of every pixel.

    Source:
        Paper §3.2, which specifies no ranges. Deviations depend on the settings (docs/paper.md).
    """
    grid = identity_grid(size)
    moved = config.camera and chance(config.camera_probability, rng)
    if moved:
        grid = camera_grid(*_draw_motion(config, size, rng), size, regions)
    bent = not moved and config.tps and chance(config.tps_probability, rng)
    if bent:
        n = config.tps_points
        shifts = (torch.rand(1, n, n, 2, generator=rng) * 2 - 1) * config.tps_shift
        if config.tps_pin_corners:
            shifts[:, [0, 0, -1, -1], [0, -1, 0, -1]] = 0
        # In widths, as published for square photos; in heights for wide photos, which would fold otherwise.
        grid = tps_grid(shifts * min(1.0, size[0] / size[1]), size, config.tps_lambda)
    if config.local and not moved and chance(config.local_probability, rng):
        grid = _local(grid, config, rng)
    affine = _draw_affine(config, size[0] / size[1], bent, rng)
    if affine is not None:
        grid = grid @ affine[:2, :2].T + affine[:2, 2]
    grid = reflect(grid)
    if config.parts and chance(config.parts_probability, rng):
        grid = _parts(grid, config, rng, regions)
    if config.cutmix and chance(config.cutmix_probability, rng):
        grid = _cutmix(grid, config.cutmix_px, rng)
    return grid


def _draw_motion(config: AugmentConfig, size: tuple[int, int], rng: torch.Generator) -> tuple[Room, Motion]:
    """Draw a scene and how the camera moves in it: mostly forward, for what is behind it is not in the photo."""

    def log_uniform(low: float, high: float) -> float:
        return math.exp(_uniform(math.log(low), math.log(high), rng))

    vanishing_point = _uniform(-0.4, 0.4, rng), _uniform(-0.4, 0.3, rng)
    focal_length = 2.0  # a horizontal field of view of 53 degrees
    # The nearest ground that the photo shows is at its bottom.
    nearest = focal_length / ((1 - vanishing_point[1]) * size[0] / size[1])
    room = Room(
        left=log_uniform(1.5, 8.0),
        right=log_uniform(1.5, 8.0),
        ground=1.0,
        ceiling=log_uniform(2.0, 20.0),
        far=nearest * log_uniform(3.0, 12.0),
        vanishing_point=vanishing_point,
        focal_length=focal_length,
    )
    shift = (
        0.3 * _uniform(-room.left, room.right, rng),
        _uniform(-0.2, 0.2, rng),
        config.camera_forward * nearest * _uniform(-0.2, 1, rng),
    )
    turn = math.radians(config.camera_turn_deg)
    turned = rotation(_uniform(-turn, turn, rng), _uniform(-turn, turn, rng) / 5, _uniform(-turn, turn, rng) / 8)
    return room, Motion(shift, turned, log_uniform(1 / config.camera_zoom, config.camera_zoom))


def _local(grid: Float[Tensor, "1 h w 2"], config: AugmentConfig, rng: torch.Generator) -> Float[Tensor, "1 h w 2"]:
    """Move, rotate and scale parts of the picture, deforming their surroundings smoothly, as users' edits do.

    Each part is an affine map that fades out with a Gaussian around a random point. Shifts are at most 0.8 radii,
    because larger ones would fold the picture.
    """
    height, width = grid.shape[1:3]
    to_isotropic = grid.new_tensor([1.0, height / width])
    # The displacement is smooth, so a quarter of the resolution is enough.
    coords = identity_grid((max(2, height // 4), max(2, width // 4))) * to_isotropic
    offset = torch.zeros_like(coords)
    for _ in range(1 + int(torch.randint(config.local_count, (), generator=rng))):
        low, high = config.local_radius
        # Radii are in shorter sides; a width is two units of x.
        radius = 2 * min(1.0, height / width) * math.exp(_uniform(math.log(low), math.log(high), rng))
        centre = (torch.rand(2, generator=rng) * 2 - 1) * to_isotropic
        shift = (torch.rand(2, generator=rng) * 2 - 1) * (0.8 * radius)
        angle = math.radians(_uniform(-_LOCAL_DEG, _LOCAL_DEG, rng))
        scale = math.exp(_uniform(-_LOCAL_LOG_SCALE, _LOCAL_LOG_SCALE, rng))
        turn = scale * torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        distance = coords - centre
        fade = torch.exp(distance.square().sum(-1, keepdim=True) / (-2 * radius**2))
        offset = offset + fade * (distance @ (turn - torch.eye(2)).T + shift)
    offset = (offset / to_isotropic).permute(0, 3, 1, 2)
    full = F.interpolate(offset, (height, width), mode="bilinear", align_corners=True)
    return grid + full.permute(0, 2, 3, 1)


def _uniform(low: float | int, high: float | int, rng: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=rng))


def chance(probability: float, rng: torch.Generator) -> bool:
    """Whether something of this probability happens now."""
    return _uniform(0, 1, rng) < probability


def _draw_affine(config: AugmentConfig, aspect: float, bent: bool, rng: torch.Generator) -> Float[Tensor, "3 3"] | None:
    """The affine part in normalised coordinates; None if it is switched off."""
    if not any((config.rotation, config.shear, config.crop, config.translation, config.flip)):
        return None
    matrix: Tensor = torch.eye(3)
    # Rotation and shear need isotropic coordinates, in which y is measured in widths like x.
    to_isotropic = torch.diag(torch.tensor([1.0, aspect, 1.0]))
    may_rotate = config.rotation and (config.rotation_with_tps or not bent)
    if may_rotate and chance(config.rotation_probability, rng):
        angle = math.radians(_uniform(-config.rotation_deg, config.rotation_deg, rng))
        matrix[:2, :2] = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    if config.shear:
        shear = torch.eye(3)
        shear[0, 1] = _uniform(-config.shear_max, config.shear_max, rng)
        matrix = shear @ matrix
    matrix = torch.linalg.inv(to_isotropic) @ matrix @ to_isotropic
    if config.crop:
        scale = _uniform(config.crop_scale, 1.0, rng)
        window = torch.diag(torch.tensor([scale, scale, 1.0]))
        window[0, 2] = _uniform(scale - 1, 1 - scale, rng)
        window[1, 2] = _uniform(scale - 1, 1 - scale, rng)
        matrix = window @ matrix
    if config.translation and chance(config.translation_probability, rng):
        shift = torch.eye(3)
        reach = 2 * config.translation_max
        shift[0, 2] = _uniform(-reach, reach, rng)
        shift[1, 2] = _uniform(-reach, reach, rng) / aspect
        matrix = shift @ matrix
    if config.flip and chance(0.5, rng):
        matrix = torch.diag(torch.tensor([-1.0, 1.0, 1.0])) @ matrix
    return matrix


def draw_window(side_px: int, size: tuple[int, int], rng: torch.Generator) -> tuple[slice, slice]:
    """Draw the place of a square window that is trained on in place of the whole picture.

    Args:
        side_px: side of the window; where the picture is shorter, the window is, too.
        size: (height, width) of the picture.
        rng: where the randomness comes from.

    Returns:
        Rows and columns of the window.
    """
    lengths = [min(side_px, side) for side in size]
    spare = [side - length for side, length in zip(size, lengths, strict=True)]
    starts = [int(torch.randint(most + 1, (), generator=rng)) for most in spare]
    rows, columns = (slice(start, start + length) for start, length in zip(starts, lengths, strict=True))
    return rows, columns


def _cutmix(grid: Float[Tensor, "1 h w 2"], side_px: tuple[int, int], rng: torch.Generator) -> Float[Tensor, "1 h w 2"]:
    """Paste a square of the warped pair elsewhere, photo and primitive together."""
    height, width = grid.shape[1:3]
    scale = min(height, width) / 256
    side = max(2, min(round(_uniform(*side_px, rng) * scale), height - 1, width - 1))

    def corner() -> tuple[int, int]:
        return int(_uniform(0, height - side, rng)), int(_uniform(0, width - side, rng))

    (y, x), (to_y, to_x) = corner(), corner()
    grid = grid.clone()
    grid[:, to_y : to_y + side, to_x : to_x + side] = grid[:, y : y + side, x : x + side].clone()
    return grid


def _parts(
    grid: Float[Tensor, "1 h w 2"], config: AugmentConfig, rng: torch.Generator, regions: Regions | None
) -> Float[Tensor, "1 h w 2"]:
    """Cut parts out and paste them elsewhere, rotated and scaled.

    A part is a region of the label map or a blob. Half of the time its old position is covered by the area beside it,
    as after a move. All parts are cut from the original warp, so that none is disrupted by another.
    """
    height, width = grid.shape[1:3]
    to_isotropic = grid.new_tensor([1.0, height / width])
    short = min(1.0, height / width)  # half the shorter side, as a width is two units of x
    coords = identity_grid((height, width)) * to_isotropic
    out = grid.clone()

    def paste(source: Tensor, target: Tensor, turn: Tensor, radius: float, region_index: int) -> None:
        source_coords = (coords - target) @ turn.T + source
        part = resample(grid.permute(0, 3, 1, 2), reflect(source_coords / to_isotropic)).permute(0, 2, 3, 1)
        if region_index and regions is not None:
            nearest = F.grid_sample(regions.index, part, mode="nearest", align_corners=True)[0]
            inside = nearest == region_index
        else:
            offset = coords - target
            wobble = 1 + 0.25 * torch.sin(
                torch.atan2(offset[..., 1], offset[..., 0]) * int(torch.randint(1, 6, (), generator=rng))
                + _uniform(0, 2 * math.pi, rng)
            )
            inside = offset.norm(dim=-1) < 2 * short * radius * wobble
        torch.where(inside[..., None], part, out, out=out)

    for _ in range(1 + int(torch.randint(config.parts_count, (), generator=rng))):
        low, high = config.parts_radius
        radius = math.exp(_uniform(math.log(low), math.log(high), rng))
        source = (torch.rand(2, generator=rng) * 2 - 1) * 0.9 * to_isotropic
        region_index = 0
        if regions is not None and chance(0.5, rng):
            region_index = 1 + int(torch.randint(len(regions.radii), (), generator=rng))
            source, radius = regions.centres[region_index - 1] * to_isotropic, float(regions.radii[region_index - 1])
        target = (torch.rand(2, generator=rng) * 2 - 1) * 0.95 * to_isotropic
        angle = math.radians(_uniform(-_PART_DEG, _PART_DEG, rng)) if chance(0.5, rng) else 0.0
        scale = math.exp(_uniform(-_PART_LOG_SCALE, _PART_LOG_SCALE, rng)) if chance(0.6, rng) else 1.0
        turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) / scale
        if chance(0.15, rng):
            turn = turn @ torch.diag(torch.tensor([-1.0, 1.0]))
        if chance(0.5, rng):  # cover the old position with the area beside it
            direction = _uniform(0, 2 * math.pi, rng)
            beside = torch.tensor([math.cos(direction), math.sin(direction)])
            aside = beside * (2 * short * radius * _uniform(1.2, 2.5, rng))
            paste(source + aside, source, torch.eye(2), radius * 1.2, 0)
        paste(source, target, turn, radius * scale, region_index)
    return out


def another_frame(photo: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """Alter a photo like another frame of a video: brightness, blur and noise, which change the extracted lines.

    Args:
        photo: (H, W, 3) uint8.
        rng: random source.

    Returns:
        Same shape.
    """
    out = photo.astype(np.float32) * rng.uniform(0.85, 1.15) + rng.uniform(-10, 10)
    if rng.random() < 0.5:
        out = gaussian_filter(out, (*[rng.uniform(0, 0.8)] * 2, 0))
    out += rng.standard_normal(out.shape) * rng.uniform(0, 5)
    return np.asarray(out.clip(0, 255).astype(np.uint8))


class PrimitiveWarper:
    """A training primitive prepared for repeated warping.

    Args:
        primitive: the training primitive.
        thin: whether warped lines are thinned to one pixel.
    """

    def __init__(self, primitive: Primitive, thin: bool = True) -> None:
        self._kind = primitive.kind
        self._warpers = {layer.name: layer.warper(data, thin) for layer, data in primitive}

    @one_thread()
    def warp(self, grid: Float[Tensor, "1 h w 2"]) -> Primitive:
        """Warp the primitive: labels and paintings with nearest neighbour, lines re-thinned.

        Args:
            grid: (1, H, W, 2) on the CPU, (x, y), normalised, within [-1, 1].

        Returns:
            A primitive of the grid's size with the same palette; labels and flat colours are never blended.
        """
        return Primitive(self._kind, **{name: warp(grid) for name, warp in self._warpers.items()})
