"""Distances of a painted edit to its true picture, in the boxes of what the edit changes."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

import numpy as np
import torch
from scipy import ndimage

from truth.drawings import lines_of

Box = tuple[slice, slice]
Distance = Callable[[np.ndarray, np.ndarray], float]

#: Pixels that differ by more than this, of 255, in any channel are changed.
CHANGED = 2
_MARGIN_PX = 8
#: Smaller boxes are enlarged: LPIPS needs context.
_MIN_SIDE_PX = 64
_LINE_TOLERANCE_PX = 2


def distance_by(network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Distance:
    """The distance of two pictures, (H, W, 3) uint8, by a network that compares tensors in [-1, 1]."""

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        x, y = (torch.from_numpy(p.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None].contiguous() for p in (a, b))
        with torch.inference_mode():
            return float(network(x, y))

    return distance


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels in which two pictures differ visibly."""
    return np.asarray((np.abs(before.astype(int) - after) > CHANGED).any(axis=-1))


def boxes(mask: np.ndarray) -> list[Box]:
    """Disjoint boxes that contain a mask with a margin: one for each connected part; overlapping boxes are joined."""
    grown = ndimage.binary_dilation(mask, iterations=_MARGIN_PX)
    found = [_enlarged(box, mask.shape) for box in ndimage.find_objects(ndimage.label(grown)[0])]
    joined: list[Box] = []
    for box in found:
        new = box
        while overlap := next((other for other in joined if _overlap(new, other)), None):
            joined.remove(overlap)
            new = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(new, overlap, strict=True))
        joined.append(new)
    return joined


def _enlarged(box: Box, shape: tuple[int, ...]) -> Box:
    spans = []
    for span, side in zip(box, shape, strict=True):
        missing = max(0, min(_MIN_SIDE_PX, side) - (span.stop - span.start))
        first = min(max(0, span.start - missing // 2), side - (span.stop - span.start) - missing)
        spans.append(slice(first, first + span.stop - span.start + missing))
    return spans[0], spans[1]


def _overlap(a: Box, b: Box) -> bool:
    return all(x.start < y.stop and y.start < x.stop for x, y in zip(a, b, strict=True))


def line_f1(image: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    """F1 of the picture's Canny lines against those of the truth, 2 px tolerance, inside a mask."""
    found, wanted = lines_of(image), lines_of(truth)
    shares = []
    for lines, others in ((found, wanted), (wanted, found)):
        inside = lines & where
        if not inside.any():
            shares.append(float(not (others & where).any()))
        else:
            near = ndimage.distance_transform_edt(~others) <= _LINE_TOLERANCE_PX if others.any() else others
            shares.append(float(near[inside].mean()))
    precision, recall = shares
    return 2 * precision * recall / max(precision + recall, 1e-9)


def scores(image: np.ndarray, before: np.ndarray, truth: np.ndarray, distance: Distance) -> dict[str, float]:
    """All figures of one picture.

    Returns:
        lpips: LPIPS to the truth in each box, averaged with the number of changed pixels in it; lpips_whole: over the
        whole picture; psnr and line_f1: in all boxes together; incoherence, if the package computes it.
    """
    mask = changed(before, truth)
    found = boxes(mask)
    weights = np.array([mask[box].sum() for box in found], float)
    where = np.zeros(mask.shape, bool)
    for box in found:
        where[box] = True
    error = np.square(image.astype(float) - truth)[where].mean()
    numbers = {
        "lpips": float(np.average([distance(image[box], truth[box]) for box in found], weights=weights)),
        "lpips_whole": distance(image, truth),
        "psnr": float(min(99.0, 10 * np.log10(255**2 / max(error, 1e-9)))),
        "line_f1": line_f1(image, truth, where),
    }
    if (value := incoherence(image, before, where)) is not None:
        numbers["incoherence"] = value
    return {name: round(value, 5) for name, value in numbers.items()}


def incoherence(image: np.ndarray, photo: np.ndarray, where: np.ndarray) -> float | None:
    """Mean distance of the picture's patches inside a mask to the photo's nearest; None if the package has none.

    Plug in here: `primage.synthesis.incoherence` takes picture and photo, and returns a map of (H, W).
    """
    measure = _measure()
    return None if measure is None else float(np.asarray(measure(image, photo))[where].mean())


@functools.cache
def _measure() -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
    try:
        found = getattr(importlib.import_module("primage.synthesis.incoherence"), "incoherence", None)
    except ImportError:
        return None
    return found if callable(found) else None
