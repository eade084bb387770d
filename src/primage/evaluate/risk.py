"""The edit-risk map: which parts of an edited drawing the training has never seen anything like, before any render."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import ndimage

from primage.evaluate.pictures import heat
from primage.evaluate.runs import Event
from primage.evaluate.seen import COPIES, Features, coverage_maps
from primage.image import resize_image
from primage.model import Model
from primage.primitive.primitive import Primitive, draw
from primage.warp.augment import PrimitiveWarper, draw_grid

#: Warps that are in no bank: what is as far away as they are is as familiar as anything the training will meet.
_HELD_OUT = 8
_PERCENTILE = 99.0
#: The map shows colour from here on, in full at 1.
_FAINT = 0.4
#: A flagged spot of fewer cells is noise.
_MIN_CELLS = 2


@dataclass(frozen=True)
class Spot:
    """A flagged part of a drawing.

    Attributes:
        box_px: (left, top, right, bottom) in pixels of the drawing.
        risk: the greatest in it.
        share: of the picture's area.
    """

    box_px: tuple[int, int, int, int]
    risk: float
    share: float


@dataclass(frozen=True)
class Risk:
    """What is known of an edited drawing before it is rendered.

    Attributes:
        values: (h, w) distance to the nearest thing seen, over the distance that 99 % of the locations of unseen warps
            of the training drawing stay below: above 1 the drawing is unlike anything seen.
        flagged: (h, w) where it is above 1, single cells left out.
        spots: the flagged parts, the riskiest first.
        features: name of the network and layer.
        weights_sha256: of that network.
        threshold: the distance that stands for 1.
    """

    values: Float[np.ndarray, "h w"]
    flagged: Bool[np.ndarray, "h w"]
    spots: tuple[Spot, ...]
    features: str
    weights_sha256: str
    threshold: float

    @property
    def share(self) -> float:
        """Share of the drawing that is flagged."""
        return float(self.flagged.mean())


def edit_risk(
    model: Model, drawing: Primitive, features: Features, copies: int = COPIES, seed: int = 0
) -> Generator[Event, None, Risk]:
    """Measure how far an edited drawing is from what the training has seen; see `risks`.

    Args:
        model: the trained model.
        drawing: of the model's kind.
        features: what drawings are compared by.
        copies: how many warps of the training drawing count as seen.
        seed: of the warps.

    Yields:
        Progress.

    Returns:
        The risk.
    """
    found = yield from risks(model, [drawing], features, copies, seed)
    return found[0]


def risks(
    model: Model,
    drawings: Sequence[Primitive],
    features: Features,
    copies: int = COPIES,
    seed: int = 0,
    task: str = "risk",
) -> Generator[Event, None, list[Risk]]:
    """Measure how far drawings are from what the training has seen.

    Args:
        model: the trained model.
        drawings: of the model's kind; they are looked at in the model's working size.
        features: what drawings are compared by.
        copies: how many warps of the training drawing, drawn with the run's own augmentation, count as seen.
        seed: of the warps.
        task: for `Event`.

    Yields:
        Progress.

    Returns:
        The risk of each.

    Source:
        Paper §5, whose 1-NN distance this is; the scale and the flags are ours.
    """
    drawings = [drawing.resized(model.render_size(drawing.size)) for drawing in drawings]
    augment = model.record.config.augment
    rng = torch.Generator().manual_seed(seed + 1)  # not the bank's
    warper = PrimitiveWarper(model.primitive)
    held_out = [warper.warp(draw_grid(augment, model.size, rng)) for _ in range(_HELD_OUT)]
    maps = yield from coverage_maps(model, [*drawings, *held_out], features, augment, copies, seed, task)
    usual = np.concatenate([with_copies.ravel() for _, with_copies in maps[len(drawings) :]])
    threshold = max(float(np.percentile(usual, _PERCENTILE)), 1e-6)
    found = []
    for drawing, (_, distance) in zip(drawings, maps, strict=False):
        values = distance / threshold
        flagged, spots = _spots(values, drawing.size)
        found.append(Risk(values, flagged, spots, features.name, features.weights_sha256, threshold))
    return found


def draw_risk(risk: Risk, drawing: Primitive, model: Model) -> np.ndarray:
    """The drawing, pale and grey, under the map in colours; flagged parts stand out.

    Args:
        risk: its risk.
        drawing: what was measured.
        model: says which colour lines have.

    Returns:
        (H, W, 3) uint8 at the model's working size.
    """
    height, width = size = model.render_size(drawing.size)
    rows = np.arange(height) * risk.values.shape[0] // height
    columns = np.arange(width) * risk.values.shape[1] // width
    values, mask = risk.values[np.ix_(rows, columns)], risk.flagged[np.ix_(rows, columns)]
    picture = resize_image(draw(drawing, model.record.spec.line_colour), size).astype(float)
    grey = 0.5 * picture.mean(axis=2, keepdims=True) + 110
    share = 0.8 * np.clip((values - _FAINT) / (1 - _FAINT), 0, 1)[..., None]
    mixed = grey * (1 - share) + heat(values, size, high=1.5).astype(float) * share
    mixed[mask & ~ndimage.binary_erosion(mask, iterations=2)] = (220, 20, 60)
    return np.asarray(mixed.clip(0, 255), dtype=np.uint8)


def _spots(values: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, tuple[Spot, ...]]:
    component, _ = ndimage.label(values > 1, structure=np.ones((3, 3)))
    flagged = np.zeros(values.shape, dtype=bool)
    scale = (size[0] / values.shape[0], size[1] / values.shape[1])
    spots = []
    for i, box in enumerate(ndimage.find_objects(component), start=1):
        inside = component == i
        if inside.sum() < _MIN_CELLS:
            continue
        flagged |= inside
        rows, columns = box
        spots.append(
            Spot(
                (
                    *(round(columns.start * scale[1]), round(rows.start * scale[0])),
                    *(round(columns.stop * scale[1]), round(rows.stop * scale[0])),
                ),
                round(float(values[inside].max()), 3),
                round(float(inside.mean()), 4),
            )
        )
    return flagged, tuple(sorted(spots, key=lambda spot: -spot.risk))
