"""The transforms of a field: the affine maps by which it scales, rotates, mirrors or stretches what it copies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

#: Random triples of pixels that propose a map, and pixels that judge it.
_PROPOSALS = 600
_JUDGES = 1200
#: Largest distance of the pixels of a triple.
_REACH_PX = 40
#: Sources at most this far from those of a map agree with it.
_AGREES_PX = 2.5
#: Maps whose linear part is this close to the identity (Frobenius norm) need no plane: patches differ by under a pixel.
_IDENTITY = 0.12
#: Areas may shrink or grow by this factor, and sides by its root, at most.
_MAX_AREA = 16.0
#: Maps that fewer pixels agree with are left out, and those beyond this number.
_MIN_PIXELS = 120
_MIN_SHARE = 0.06
_MAX_TRANSFORMS = 3


def transforms(
    field: Float32[np.ndarray, "h w 2"], hole: Bool[np.ndarray, "h w"], seed: int = 0
) -> tuple[Float32[np.ndarray, "n 2 3"], Int32[np.ndarray, "h w"]]:
    """Find the affine maps that most pixels of a field follow.

    Args:
        field: (H, W, 2), (y, x) of the source of each pixel, in pixels.
        hole: (H, W), where to look.
        seed: of the random proposals.

    Returns:
        (N, 2, 3), maps from (y, x, 1) in the target to (y, x) in the photo, without those that only shift; and (H, W),
        1 + the number of the map that a pixel agrees with, or 0.

    Source:
        Fischler & Bolles 1981 (RANSAC), applied repeatedly to what is left.
    """
    index = np.zeros(hole.shape, np.int32)
    found: list[np.ndarray] = []
    places = np.argwhere(hole)
    if len(places) < _MIN_PIXELS:
        return np.zeros((0, 2, 3), np.float32), index
    rng = np.random.default_rng(seed)
    everything = _homogeneous(places)
    sources = field[places[:, 0], places[:, 1]].astype(np.float64)
    rest = np.arange(len(places))
    least = max(_MIN_PIXELS, _MIN_SHARE * len(places))
    for _ in range(3 * _MAX_TRANSFORMS):
        if len(rest) < least or len(found) == _MAX_TRANSFORMS:
            break
        points, targets = everything[rest], sources[rest]
        proposals = _propose(points, targets, rng)
        judges = rng.choice(len(rest), min(_JUDGES, len(rest)), replace=False)
        y, x = proposals.transpose(1, 0, 2) @ points[judges].T - targets[judges].T[:, None]
        best = proposals[(y * y + x * x < _AGREES_PX**2).sum(1).argmax()]
        agrees = np.linalg.norm(points @ best.T - targets, axis=1) < _AGREES_PX
        if agrees.sum() < least:
            break
        best = np.linalg.lstsq(points[agrees], targets[agrees], rcond=None)[0].T
        agrees = np.linalg.norm(points @ best.T - targets, axis=1) < _AGREES_PX
        if np.linalg.norm(best[:, :2] - np.eye(2)) > _IDENTITY and _sensible(best[None])[0]:
            found.append(best)
            chosen = places[rest[agrees]]
            index[chosen[:, 0], chosen[:, 1]] = len(found)
        rest = rest[~agrees]
    return np.array(found, np.float32).reshape(-1, 2, 3), index


def resizings(
    labels: UInt8[np.ndarray, "h w"], training: UInt8[np.ndarray, "h2 w2"], hole: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "n 2 2"]:
    """Find by which factors regions of a drawing were resized.

    Args:
        labels: (H, W), label ids of the drawing.
        training: (H', W'), of the training drawing.
        hole: (H, W), where to look.

    Returns:
        (N, 2, 2), derivatives of the source position by the target position: diagonal, one for each region in the hole
        whose bounding box is larger or smaller than that of the largest region of the same label in training.
    """
    found: list[np.ndarray] = []
    for label in np.unique(labels[hole]):
        sources = _largest_boxes(training == label, 1)
        if not sources:
            continue
        for side in _largest_boxes((labels == label) & _touched(labels == label, hole), 2):
            matrix = np.diag(sources[0] / side)
            near = [np.linalg.norm(matrix - other) < _IDENTITY for other in (np.eye(2), *found)]
            if _sensible(matrix[None])[0] and not any(near):
                found.append(matrix)
    return np.array(found[:_MAX_TRANSFORMS], np.float32).reshape(-1, 2, 2)


def _touched(mask: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The regions of a mask that are mostly in the hole."""
    regions = ndimage.label(mask)[0]
    inside, area = np.bincount(regions.ravel(), weights=hole.ravel()), np.bincount(regions.ravel())
    return np.asarray((inside > 0.5 * area)[regions] & mask)


def _largest_boxes(mask: np.ndarray, count: int) -> list[np.ndarray]:
    """Height and width of the bounding boxes of the largest regions of a mask."""
    regions, number = ndimage.label(mask)
    areas = np.bincount(regions.ravel(), minlength=number + 1)[1:]
    boxes = ndimage.find_objects(regions)
    largest = [i for i in np.argsort(-areas, kind="stable")[:count] if areas[i] >= _MIN_PIXELS]
    return [np.array([side.stop - side.start for side in boxes[i]], np.float64) for i in largest]


def _homogeneous(places: np.ndarray) -> np.ndarray:
    return np.concatenate([places, np.ones((len(places), 1))], axis=1)


def _propose(points: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Maps through random triples of pixels close to each other."""
    first = rng.integers(0, len(points), _PROPOSALS)
    triple = [first]
    for _ in range(2):
        # The nearest of a few random pixels to a random place around the first.
        wanted = points[first, :2] + rng.uniform(-_REACH_PX, _REACH_PX, (_PROPOSALS, 2))
        choice = rng.integers(0, len(points), (_PROPOSALS, 32))
        distance = np.linalg.norm(points[choice, :2] - wanted[:, None], axis=2)
        triple.append(choice[np.arange(_PROPOSALS), distance.argmin(1)])
    chosen = np.stack(triple, axis=1)
    corners = points[chosen]
    solvable = np.abs(np.linalg.det(corners)) > 50  # twice the triangle's area, in px²
    maps = np.linalg.solve(np.where(solvable[:, None, None], corners, np.eye(3)), targets[chosen]).transpose(0, 2, 1)
    usable = solvable & _sensible(maps)
    return maps[usable] if usable.any() else np.eye(2, 3)[None]


def _sensible(maps: np.ndarray) -> np.ndarray:
    singular = np.linalg.svd(maps[:, :, :2], compute_uv=False)
    side = np.sqrt(_MAX_AREA)
    return np.asarray((singular[:, 0] < side) & (singular[:, 1] > 1 / side) & (singular[:, 0] < 3 * singular[:, 1]))
