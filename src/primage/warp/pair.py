"""The training pair at one size, and random warps of it as a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from primage.config import AugmentConfig
from primage.image import resize_image, to_image, to_tensor
from primage.primitive.edges import extract_edges
from primage.primitive.primitive import Primitive, PrimitiveSpec, encode
from primage.warp.augment import PrimitiveWarper, another_frame, draw_grid, find_regions, one_thread, warp_photo

#: How many edge layers of different sigma are made beforehand: Canny is too slow for every step.
_SIGMAS = 8


@dataclass(frozen=True)
class Batch:
    """Warped pairs.

    Attributes:
        photo: (B, 3, H, W) in [-1, 1].
        primitive: (B, C, H, W) encoded.
        grid: (B, H, W, 2), where each pixel came from: (x, y), normalised, within [-1, 1].
    """

    photo: Float[Tensor, "b 3 h w"]
    primitive: Float[Tensor, "b c h w"]
    grid: Float[Tensor, "b h w 2"]


class TrainingPair:
    """One photo and its primitive, ready to be warped.

    Args:
        photo: (H, W, 3) uint8 at the working size.
        primitive: of the same size.
        spec: how it is encoded.
        scale: share of the working size to train at.
        augment: which warps; with ``canny_sigma`` the edges are extracted anew at several sigmas, unless they were
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
        self._warpers = [PrimitiveWarper(resized)]
        self._regions = find_regions(resized.segments) if augment.parts and resized.segments is not None else None
        extracted = resized.edges is not None and spec.kind != "landmarks" and not spec.edges_given
        self._redrawn = None
        if augment.redraw and extracted:
            own = spec.config.edges
            # A smaller picture wants less blur for the same lines, and has steeper slopes.
            self._redrawn = own.model_copy(
                update={
                    "sigma": max(0.5, own.sigma * scale),
                    "low": min(1.0, own.low / scale),
                    "high": min(1.0, own.high / scale),
                    "min_length_px": round(own.min_length_px * scale),
                }
            )
        if augment.canny_sigma and extracted:
            for sigma in np.geomspace(*augment.canny_sigma_range, _SIGMAS):
                # The range is for the working size; a smaller picture wants less blur for the same lines.
                settings = spec.config.edges.model_copy(update={"sigma": float(max(0.5, sigma * scale))})
                edges = extract_edges(small, settings)
                self._warpers.append(PrimitiveWarper(Primitive(resized.kind, resized.segments, edges)))

    @one_thread()
    def draw(
        self,
        batch: int,
        generator: torch.Generator,
        device: torch.device | str = "cpu",
        augment: AugmentConfig | None = None,
    ) -> Batch:
        """Warp the pair afresh.

        Args:
            batch: how many warps.
            generator: where the randomness comes from, on the CPU.
            device: where the tensors should lie.
            augment: other strengths of the pair's own augmentations, if wanted.

        Returns:
            ``batch`` warped pairs, each with a warp of its own.
        """
        augment = augment or self.augment
        grids = [draw_grid(augment, self.size, generator, self._regions) for _ in range(batch)]
        warpers = [self._warpers[int(torch.randint(len(self._warpers), (), generator=generator))] for _ in range(batch)]
        photos = [warp_photo(self.photo, grid) for grid in grids]
        primitives = [warper.warp(grid) for warper, grid in zip(warpers, grids, strict=True)]
        if self._redrawn is not None:
            for i in range(batch):
                if float(torch.rand((), generator=generator)) < augment.redraw_probability:
                    rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
                    lines = extract_edges(another_frame(to_image(photos[i]), rng), self._redrawn)
                    primitives[i] = Primitive(primitives[i].kind, primitives[i].segments, lines)
        encoded = torch.cat([encode(primitive, self.spec) for primitive in primitives])
        return Batch(torch.cat(photos).to(device), encoded.to(device), torch.cat(grids).to(device))
