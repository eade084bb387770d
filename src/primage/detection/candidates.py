"""Single-shot detectors: anchors, decoding, and non-maximum suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from primage.detection.crops import Crop, reduced
from primage.detection.interpreter import network

#: Larger photos are searched at this size: squares of them are reduced to less than 224 px anyway.
_LONGEST_PX = 1536


@dataclass(frozen=True)
class Candidates:
    """What a detector found, best first.

    Attributes:
        boxes: (N, 4) left, top, right, bottom in pixels.
        points: (N, K, 2) its key points.
        scores: (N,) in [0, 1].
    """

    boxes: Float[np.ndarray, "n 4"]
    points: Float[np.ndarray, "n k 2"]
    scores: Float[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Detector:
    """A single-shot detector.

    Attributes:
        name: of its network.
        strides: of the layers that have anchors.
        per_layer: anchors of each layer at a cell.
        keypoints: number of key points.
        low: the value of black in its input; white is 1.
        threshold: candidates with a lower score are dropped.
    """

    name: str
    strides: tuple[int, ...]
    per_layer: int
    keypoints: int
    low: float
    threshold: float


def anchors(size: tuple[int, int], strides: Sequence[int], per_layer: int) -> Float[np.ndarray, "n 2"]:
    """The centres of anchors: cell by cell, and in each cell those of all layers with the same stride.

    Args:
        size: (height, width) of the network's input.
        strides: of the layers.
        per_layer: anchors of each layer at a cell.

    Returns:
        (N, 2), (x, y) in [0, 1].

    Source:
        Liu et al. 2016, arXiv 1512.02325, §2.2. The anchors here are all of the input's size, so they have no scales.

    Example:
        >>> anchors((128, 128), (8, 16, 16, 16), 2).shape
        (896, 2)
    """
    centres = []
    for stride in dict.fromkeys(strides):
        rows, columns = -(-size[0] // stride), -(-size[1] // stride)
        y, x = np.mgrid[:rows, :columns]
        cells = np.stack([(x.ravel() + 0.5) / columns, (y.ravel() + 0.5) / rows], axis=1)
        centres.append(np.repeat(cells, per_layer * list(strides).count(stride), axis=0))
    return np.concatenate(centres)


def decode(
    raw: Float[np.ndarray, "n c"], logits: Float[np.ndarray, " n"], centres: Float[np.ndarray, "n 2"], side: int
) -> Candidates:
    """Decode a detector's output.

    Args:
        raw: (N, 4 + 2K) centre, width and height, and points, in pixels of the input, relative to the anchors.
        logits: (N,) scores before the sigmoid.
        centres: (N, 2) of the anchors.
        side: of the network's input, in pixels.

    Returns:
        All candidates, in the anchors' order; boxes and points in [0, 1].
    """
    values = raw.astype(float) / side
    centre, half = values[:, :2] + centres, values[:, 2:4] / 2
    points = values[:, 4:].reshape(len(values), -1, 2) + centres[:, None]
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(float), -100, 100)))
    return Candidates(np.concatenate([centre - half, centre + half], axis=1), points, scores)


def detect(detector: Detector, photo: UInt8[np.ndarray, "h w 3"], crops: Sequence[Crop]) -> Candidates:
    """Run a detector on upright squares of a photo.

    Args:
        detector: the detector.
        photo: (H, W, 3) uint8.
        crops: the squares; what several of them show is found once.

    Returns:
        What was found, in pixels of the photo.
    """
    scale = min(1.0, _LONGEST_PX / max(photo.shape))
    if scale < 1:
        small = detect(
            detector,
            reduced(photo, (max(1, round(photo.shape[0] * scale)), max(1, round(photo.shape[1] * scale)))),
            [Crop((crop.centre[0] * scale, crop.centre[1] * scale), crop.side * scale) for crop in crops],
        )
        return Candidates(small.boxes / scale, small.points / scale, small.scores)
    net = network(detector.name)
    centres = anchors(net.size, detector.strides, detector.per_layer)
    found = []
    for crop in crops:
        outputs = net.run(crop.cut(photo, net.size) * (1 - detector.low) + detector.low)
        raw = next(each for each in outputs.values() if each.shape[1] > 1)
        logits = next(each for each in outputs.values() if each.shape[1] == 1)
        each = decode(raw, logits[:, 0], centres, net.size[0])
        keep = each.scores >= detector.threshold
        boxes = crop.to_photo(each.boxes[keep].reshape(-1, 2)).reshape(-1, 4)
        points = crop.to_photo(each.points[keep].reshape(-1, 2)).reshape(-1, detector.keypoints, 2)
        found.append(suppress(Candidates(boxes, points, each.scores[keep])))
    merged = [np.concatenate([getattr(each, name) for each in found]) for name in ("boxes", "points", "scores")]
    return suppress(Candidates(*merged))


def suppress(found: Candidates, overlap: float = 0.3) -> Candidates:
    """Merge candidates of the same thing into their mean, weighted by their scores.

    Args:
        found: candidates in any order.
        overlap: intersection over union from which two candidates are the same thing.

    Returns:
        One candidate for each thing with the best score, best first.

    Source:
        Bazarevsky et al. 2019, arXiv 1907.05047, §4.2: blending instead of plain non-maximum suppression, because it is
        steadier from frame to frame.
    """
    left = np.argsort(-found.scores, kind="stable")
    boxes, points, scores = [], [], []
    while len(left):
        same = overlaps(found.boxes[left[0]], found.boxes[left]) > overlap
        same[0] = True
        group = left[same]
        weight = found.scores[group] / found.scores[group].sum()
        boxes.append(weight @ found.boxes[group])
        points.append(np.tensordot(weight, found.points[group], axes=1))
        scores.append(found.scores[left[0]])
        left = left[~same]
    if not scores:
        return Candidates(np.zeros((0, 4)), found.points[:0].astype(float), np.zeros(0))
    return Candidates(np.array(boxes), np.array(points), np.array(scores))


def overlaps(box: Float[np.ndarray, " 4"], boxes: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, " n"]:
    """Intersection over union of a box with each of others.

    Args:
        box: (4,) left, top, right, bottom.
        boxes: (N, 4).

    Returns:
        (N,) in [0, 1].

    Example:
        >>> overlaps(np.array([0.0, 0, 2, 1]), np.array([[0.0, 0, 2, 1], [1, 0, 3, 1], [5, 5, 6, 6]])).round(2)
        array([1.  , 0.33, 0.  ])
    """
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    own = max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
    return np.asarray(shared / np.maximum(areas + own - shared, 1e-12))
