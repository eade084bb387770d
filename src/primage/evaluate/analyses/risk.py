"""Edit risk: which parts of an edited primitive are unlike anything seen in training, computed without rendering."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from scipy import ndimage

from primage.evaluate.analyses.distance_maps import COPIES, distance_maps
from primage.evaluate.analyses.features import Features
from primage.evaluate.protocol.progress import Event
from primage.model import Model
from primage.primitive.primitive import Primitive
from primage.synthesis.incoherence import incoherence
from primage.tensors import to_image
from primage.warp.augment import PrimitiveWarper, draw_grid

#: Number of warped copies outside the bank, which calibrate the scale: their distances are normal in training.
_HELD_OUT = 8
_PERCENTILE = 99.0
#: Flagged regions with fewer locations are treated as noise.
_MIN_CELLS = 2


@dataclass(frozen=True)
class FlaggedRegion:
    """A connected region of a primitive that is flagged as risky.

    Attributes:
        box_px: (left, top, right, bottom) in pixels of the primitive.
        risk: maximum risk in the region.
        share: share of the image's area.
    """

    box_px: tuple[int, int, int, int]
    risk: float
    share: float


@dataclass(frozen=True)
class Risk:
    """Risk map of an edited primitive.

    Attributes:
        values: (h, w) nearest-neighbour distance divided by ``threshold``; above 1 the primitive is unlike anything
            seen in training.
        flagged: (h, w) where the value is above 1, isolated locations excluded.
        regions: the flagged regions, riskiest first.
        features: name of the feature network and layer.
        weights_sha256: hash of that network's weights.
        threshold: 99th percentile of the distances of held-out warps of the training primitive.
    """

    values: Float[np.ndarray, "h w"]
    flagged: Bool[np.ndarray, "h w"]
    regions: tuple[FlaggedRegion, ...]
    features: str
    weights_sha256: str
    threshold: float

    @property
    def share(self) -> float:
        """Share of the primitive that is flagged, in [0, 1]."""
        return float(self.flagged.mean())


def edit_risks(
    model: Model,
    primitives: Sequence[Primitive],
    features: Features,
    copies: int = COPIES,
    seed: int = 0,
    task: str = "risk",
) -> Generator[Event, None, list[Risk]]:
    """Measure how far primitives are from what training has seen.

    Args:
        model: the trained model.
        primitives: primitives of the model's kind; they are compared at the model's working size.
        features: feature extractor to compare them with.
        copies: number of copies of the training primitive, warped with the run's own augmentation, that count as seen.
        seed: seed of the warps.
        task: text for `Event`.

    Yields:
        Progress.

    Returns:
        The risk of each primitive.

    Source:
        1-NN distance: paper, §5. The calibration and the flagged regions are ours.
    """
    primitives = [primitive.resized(model.render_size(primitive.size)) for primitive in primitives]
    augment = model.record.config.augment
    rng = torch.Generator().manual_seed(seed + 1)  # independent of the bank's warps
    warper = PrimitiveWarper(model.primitive, model.record.spec.config.edges.thin)
    held_out = [warper.warp(draw_grid(augment, model.size, rng)) for _ in range(_HELD_OUT)]
    maps = yield from distance_maps(model, [*primitives, *held_out], features, augment, copies, seed, task)
    calibration = np.concatenate([with_copies.ravel() for _, with_copies in maps[len(primitives) :]])
    threshold = max(float(np.percentile(calibration, _PERCENTILE)), 1e-6)
    risks = []
    for primitive, (_, distance) in zip(primitives, maps, strict=False):
        values = distance / threshold
        flagged, regions = _flagged_regions(values, primitive.size)
        risks.append(Risk(values, flagged, regions, features.name, features.weights_sha256, threshold))
    return risks


def picture_incoherence(model: Model, primitive: Primitive) -> Float32[np.ndarray, "h w"]:
    """Render a primitive, and find where the network's picture, before synthesis, is unlike anything in the photo.

    Args:
        model: the trained model.
        primitive: of the model's kind, at the size to render.

    Returns:
        (H, W), see `primage.synthesis.incoherence`.
    """
    painted = model.paint(primitive)
    render = model.unpolished(primitive, painted)
    field = None if render is None else render.field
    return incoherence(to_image(painted.image.cpu()), model.reference(primitive.size).patches, field)


def _flagged_regions(values: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, tuple[FlaggedRegion, ...]]:
    component, _ = ndimage.label(values > 1, structure=np.ones((3, 3)))
    flagged = np.zeros(values.shape, dtype=bool)
    scale = (size[0] / values.shape[0], size[1] / values.shape[1])
    regions = []
    for i, box in enumerate(ndimage.find_objects(component), start=1):
        inside = component == i
        if inside.sum() < _MIN_CELLS:
            continue
        flagged |= inside
        rows, columns = box
        regions.append(
            FlaggedRegion(
                (
                    *(round(columns.start * scale[1]), round(rows.start * scale[0])),
                    *(round(columns.stop * scale[1]), round(rows.stop * scale[0])),
                ),
                round(float(values[inside].max()), 3),
                round(float(inside.mean()), 4),
            )
        )
    return flagged, tuple(sorted(regions, key=lambda region: -region.risk))
