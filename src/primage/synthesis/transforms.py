"""The transforms of a field: the affine maps by which it scales, rotates, mirrors or stretches what it copies."""

from __future__ import annotations

from dataclasses import dataclass

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
#: Regions of a label that are compared, and intersection over union from which they have the same shape.
_MAX_REGIONS = 6
_SAME_SHAPE = 0.8


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
        distance = proposals.transpose(1, 0, 2) @ points[judges].T
        distance -= targets[judges].T[:, None]
        distance *= distance
        best = proposals[np.count_nonzero(distance[0] + distance[1] < _AGREES_PX**2, axis=1).argmax()]
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
) -> tuple[Float32[np.ndarray, "n 2 2"], Bool[np.ndarray, "h w"]]:
    """Find by which factors regions of a drawing were resized.

    Args:
        labels: (H, W), label ids of the drawing.
        training: (H', W'), of the training drawing.
        hole: (H, W), where to look.

    Returns:
        (N, 2, 2), derivatives of the source position by the target position: diagonal, one for each region in the hole
        that has the shape of a region of the same label in training, but another size; and (H, W), these regions.
        Regions that the picture's border cuts off are left out.
    """
    found: list[np.ndarray] = []
    where = np.zeros(labels.shape, bool)
    for label in np.unique(labels[hole]):
        here = labels == label
        if 2 * np.count_nonzero(here & hole) <= _MIN_PIXELS:
            continue  # no region is in the hole
        inside = [each for each in _regions(here) if hole[each.slices][each.mask].mean() > 0.5]
        sources = _regions(training == label) if inside else []
        if not sources:
            continue
        for region in inside:
            overlap, source = max(((_overlap(region.mask, each.mask), each) for each in sources), key=lambda x: x[0])
            matrix = np.diag(np.divide(source.mask.shape, region.mask.shape))
            if overlap < _SAME_SHAPE or not _sensible(matrix[None])[0]:
                continue
            if np.linalg.norm(matrix - np.eye(2)) > _IDENTITY:
                where[region.slices] |= region.mask
                if all(np.linalg.norm(matrix - other) > _IDENTITY for other in found):
                    found.append(matrix)
    return np.array(found[:_MAX_TRANSFORMS], np.float32).reshape(-1, 2, 2), where


@dataclass(frozen=True)
class _Region:
    """A connected region, cut out by its bounding box."""

    slices: tuple[slice, slice]
    mask: np.ndarray


def _regions(mask: np.ndarray) -> list[_Region]:
    """The largest connected regions that do not touch the border."""
    index, count = ndimage.label(mask)
    areas = np.bincount(index.ravel(), minlength=count + 1)[1:]
    boxes = ndimage.find_objects(index)
    out = []
    for i in np.argsort(-areas, kind="stable")[:_MAX_REGIONS]:
        rows, columns = boxes[i]
        inside = rows.start > 0 and columns.start > 0 and rows.stop < len(mask) and columns.stop < mask.shape[1]
        if areas[i] >= _MIN_PIXELS and inside:
            out.append(_Region((rows, columns), index[rows, columns] == i + 1))
    return out


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two masks, the second resized to the first."""
    rows, columns = (np.arange(n) * m // n for n, m in zip(a.shape, b.shape, strict=True))
    resized = b[np.ix_(rows, columns)]
    return float((a & resized).sum() / max(1, (a | resized).sum()))


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
        y, x = points[choice, 0] - wanted[:, :1], points[choice, 1] - wanted[:, 1:]
        distance = y * y + x * x
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
