"""The training pair at one size, and random warps of it as a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from primage.config import AugmentConfig
from primage.grid import resample
from primage.image import resize_image
from primage.primitive.edges import extract_edges
from primage.primitive.primitive import Primitive, PrimitiveSpec, encode
from primage.tensors import to_image, to_tensor
from primage.warp.augment import (
    PrimitiveWarper,
    another_frame,
    chance,
    draw_grid,
    draw_window,
    one_thread,
)
from primage.warp.regions import find_regions

#: Number of edge layers with different sigmas extracted in advance, because Canny is too slow for every step.
_SIGMAS = 8


@dataclass(frozen=True)
class Batch:
    """Warped pairs.

    Attributes:
        photo: (B, 3, H, W) in [-1, 1].
        primitive: (B, C, H, W) encoded.
        grid: (B, H, W, 2), the source of each pixel: (x, y), normalised, within [-1, 1].
    """

    photo: Float[Tensor, "b 3 h w"]
    primitive: Float[Tensor, "b c h w"]
    grid: Float[Tensor, "b h w 2"]


class TrainingPair:
    """One photo and its primitive, prepared for random warps.

    Args:
        photo: (H, W, 3) uint8 at the working size.
        primitive: its primitive, of the same size.
        spec: encoding of the primitive.
        scale: share of the working size to train at.
        augment: augmentation settings; with ``canny_sigma``, edges are extracted at several sigmas, unless they were
            given as a file.
    """

    def __init__(
        self,
        photo: UInt8[np.ndarray, "h w 3"],
        primitive: Primitive,
        spec: PrimitiveSpec,
        scale: float,
        augment: AugmentConfig,
    ) -> None:
        height, width = photo.shape[:2]
        self.size = (max(16, round(height * scale)), max(16, round(width * scale)))
        small = resize_image(photo, self.size)
        resized = primitive.resized(self.size)
        self.augment = augment
        self.spec = spec
        self.photo = to_tensor(small)
        self.encoded = encode(resized, spec)
        self._warpers = [PrimitiveWarper(resized, spec.config.edges.thin)]
        movable = augment.parts or augment.camera
        self._regions = find_regions(resized.segments) if movable and resized.segments is not None else None
        edges = spec.config.edges
        extracted = spec.extracts_edges
        #: Settings for extracting lines from a warped photo; None if this is switched off.
        self._redrawn = edges.at_scale(scale) if augment.redraw and extracted else None
        if augment.canny_sigma and extracted:
            for sigma in np.geomspace(*augment.canny_sigma_range, _SIGMAS):
                lines = extract_edges(small, edges.at_scale(scale, float(sigma)))
                self._warpers.append(PrimitiveWarper(resized.replace(edges=lines), edges.thin))

    @one_thread()
    def draw(
        self,
        batch: int,
        rng: torch.Generator,
        device: torch.device | str = "cpu",
        augment: AugmentConfig | None = None,
    ) -> Batch:
        """Draw random warps of the pair.

        Args:
            batch: number of warps.
            rng: random source, on the CPU.
            device: torch device of the tensors.
            augment: settings that replace the pair's own.

        Returns:
            ``batch`` pairs, each with a different warp.
        """
        augment = augment or self.augment
        grids = [draw_grid(augment, self.size, rng, self._regions) for _ in range(batch)]
        if augment.window_px and chance(augment.window_probability, rng):
            windows = [draw_window(augment.window_px, self.size, rng) for _ in range(batch)]
            grids = [grid[:, rows, columns] for grid, (rows, columns) in zip(grids, windows, strict=True)]
        warpers = [self._warpers[int(torch.randint(len(self._warpers), (), generator=rng))] for _ in range(batch)]
        photos = [resample(self.photo, grid) for grid in grids]
        primitives = [warper.warp(grid) for warper, grid in zip(warpers, grids, strict=True)]
        if self._redrawn is not None:
            for i in range(batch):
                if float(torch.rand((), generator=rng)) < augment.redraw_probability:
                    noise = np.random.default_rng(int(torch.randint(2**62, (), generator=rng)))
                    lines = extract_edges(another_frame(to_image(photos[i]), noise), self._redrawn)
                    primitives[i] = primitives[i].replace(edges=lines)
        encoded = torch.cat([encode(primitive, self.spec) for primitive in primitives])
        return Batch(torch.cat(photos).to(device), encoded.to(device), torch.cat(grids).to(device))
