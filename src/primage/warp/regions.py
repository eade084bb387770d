"""Regions of a label map that warps move as a whole: parts that are pasted elsewhere, objects that a camera passes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt
from skimage.measure import label, regionprops

from primage.labels.label_map import LabelMap


@dataclass(frozen=True)
class Regions:
    """Connected regions of one label, of a size that a user would select.

    Attributes:
        index: (1, 1, H, W) float32, 0 for no region, or 1 … N.
        centres: (N, 2), (x, y), normalised.
        radii: (N,), in shorter sides: half the square root of the area.
        feet: (N, 2), (x, y), normalised: the middle of the lowest row.
        standing: (N,), whether the region is an object in the scene: one that touches neither the sides nor the
            bottom of the picture, as roads, lawns and buildings do.
    """

    index: Float[torch.Tensor, "1 1 h w"]
    centres: Float[torch.Tensor, "n 2"]
    radii: Float[torch.Tensor, " n"]
    feet: Float[torch.Tensor, "n 2"]
    standing: Bool[torch.Tensor, " n"]

    @cached_property
    def background(self) -> Float[torch.Tensor, "1 2 h w"]:
        """(1, 2, H, W), (x, y), normalised: offsets of a standing region's pixels to mirror images at its outline.

        What is there stands for the background that the object hides, which only a moving camera sees. Elsewhere 0.
        """
        index = self.index[0, 0].numpy().astype(np.intp)
        standing = np.concatenate([[False], self.standing.numpy()])[index]
        last = np.maximum(1, np.array(index.shape[::-1]) - 1)
        nearest = distance_transform_edt(standing, return_distances=False, return_indices=True)
        here = np.indices(index.shape)
        mirrored = (2 * nearest - here).clip(0, last[::-1, None, None])
        return torch.tensor(2 * (mirrored - here)[::-1] / last[:, None, None], dtype=torch.float32)[None]


def find_regions(segments: LabelMap) -> Regions | None:
    """Find the regions of a label map that can be moved.

    Args:
        segments: (H, W) labels.

    Returns:
        Regions that cover between 0.3 % and 25 % of the picture; None if there is none.
    """
    height, width = segments.index.shape
    last = np.maximum(1, np.array([width - 1, height - 1]))
    connected = label(segments.index.astype(np.int32) + 1)
    index = np.zeros((height, width), np.float32)
    centres, radii, feet, standing = [], [], [], []
    for region in regionprops(connected):
        if 0.003 <= region.area / (height * width) <= 0.25:
            _, left, bottom, right = region.bbox
            y, x = region.centroid
            lowest = region.coords[region.coords[:, 0] == bottom - 1, 1].mean()
            centres.append((x, y))
            feet.append((lowest, bottom - 1))
            radii.append(0.5 * math.sqrt(region.area) / min(height, width))
            standing.append(left > 0 and right < width and bottom < height)
            index[connected == region.label] = len(centres)
    if not centres:
        return None
    at_centres, at_feet = (2 * np.array(points) / last - 1 for points in (centres, feet))
    return Regions(
        torch.from_numpy(index)[None, None],
        torch.tensor(at_centres, dtype=torch.float32),
        torch.tensor(radii, dtype=torch.float32),
        torch.tensor(at_feet, dtype=torch.float32),
        torch.tensor(standing),
    )
