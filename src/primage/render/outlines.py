"""Outlines of regions of a drawing at the photo's size: smoothed, then fitted to the photo's own edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.measure import find_contours

from primage.render.cubic import sample
from primage.synthesis.kernel import kernel

Points = Float64[np.ndarray, "n 2"]
#: Maps (N, 2) places of the picture, (y, x) in pixels, to places of the photo.
Source = Callable[[Points], Points]

#: How far a region continues outside the picture, in working-size pixels.
_BEYOND_PX = 4
#: The distance from the outline is smoothed in passes: their standard deviation in working-size pixels, their number,
#: and the least distance that remains, so that no pixel changes sides; more of it where a part is one pixel thin.
_SIGMA_PX, _PASSES, _LEAST_PX, _THIN_PX = 0.7, 5, 0.02, 0.4
#: Distance of the points of an outline, in pixels of the photo.
_SPACING_PX = 1.5
#: An edge of the photo is looked for within this distance of the outline, in working-size pixels.
_BAND_PX = 1.0
#: Number of steps from the outline to the end of the band.
_STEPS = 12
#: ... times as far around a part that was enlarged, up to this factor.
_MAX_ENLARGED = 3.0
#: Differences of colours below this (of 1) are no edges.
_LEAST_CONTRAST = 0.02
#: Width of the strips to both sides of an edge whose colours are compared, in steps.
_STRIP = 3
#: Costs: of the distance from the smoothed outline (at the end of the band), and of a squared step per point.
_FAR_COST, _STEP_COST = 0.5, 0.4
#: Edges are this many pixels of the photo wide, at least, and this many working-size pixels, at most.
_MIN_WIDTH_PX, _MAX_WIDTH = 1.0, 0.5


@dataclass(frozen=True, eq=False)
class Cover:
    """A part of the picture, as covered by a region.

    Attributes:
        alpha: (h, w) in [0, 1], how much of a pixel is covered.
        shift: (h, w, 2), (y, x) in pixels of the photo: where the colour is taken from, relative to the pixel. Not 0
            only beside the outline, where the photo's pixels are mixed with what was behind.
    """

    alpha: Float32[np.ndarray, "h w"]
    shift: Float32[np.ndarray, "h w 2"]


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed curves around a region; by the even-odd rule.

    Attributes:
        points: (N, 2), (y, x) in pixels of the full-size picture.
        normals: (N, 2), pointing out of the region.
        widths: (N,), how wide the transition is, in pixels.
        starts: (C + 1,), the first point of each curve, and N.
    """

    points: Points
    normals: Points
    widths: Float64[np.ndarray, n]
    starts: np.ndarray

    @cached_property
    def following(self) -> np.ndarray:
        """(N,), the next point of each one."""
        out = np.arange(1, len(self.points) + 1)
        out[self.starts[1:] - 1] = self.starts[:-1]
        return out

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    def cover(self, rows: slice, columns: slice, grow_px: float = 0.0) -> Cover:
        """What the region covers in a window.

        Args:
            rows: of the full-size picture.
            columns: likewise.
            grow_px: distance by which the region is larger.
        """
        shape = rows.stop - rows.start, columns.stop - columns.start
        shift = np.zeros((*shape, 2), np.float32)
        corner = np.array([rows.start, columns.start])
        inside = np.zeros(shape, np.bool_)
        local = self.points - corner
        _fill(local, self.following, inside)
        alpha = inside.astype(np.float32)
        reach = grow_px + 1.5 * float(self.widths.max(initial=1.0)) + 2
        near = ((local > -reach) & (local < np.array(shape) + reach)).all(axis=1)
        if not near.any():
            return Cover(alpha, shift)
        pad = int(np.ceil(reach))
        touched = np.zeros((shape[0] + 2 * pad, shape[1] + 2 * pad), bool)
        at = np.rint(local[near]).astype(int) + pad
        at = at[((at >= 0) & (at < touched.shape)).all(axis=1)]
        touched[at[:, 0], at[:, 1]] = True
        band = ndimage.distance_transform_edt(~touched)[pad : pad + shape[0], pad : pad + shape[1]] <= reach
        pixels = np.argwhere(band)
        distance, nearest = self._distances(pixels + corner)
        signed = np.where(inside[band], -distance, distance) - grow_px
        extent = 1.5 * self.widths[nearest]
        t = np.clip(0.5 - signed / extent, 0, 1)
        alpha[band] = t * t * (3 - 2 * t)
        depth = 0.5 * extent + 0.5
        back = np.where(alpha[band] > 0, np.maximum(signed + depth, 0), 0)
        shift[band] = -self.normals[nearest] * back[:, None]
        return Cover(alpha, shift)

    def _distances(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The distance of places from the curves, and the nearest point."""
        _, nearest = self._tree.query(at, workers=1)
        best = np.full(len(at), np.inf)
        previous = np.empty(len(self.points), np.intp)
        previous[self.following] = np.arange(len(self.points))
        for first in (nearest, previous[nearest]):
            a, b = self.points[first], self.points[self.following[first]]
            along = b - a
            t = ((at - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12)
            best = np.minimum(best, np.linalg.norm(a + np.clip(t, 0, 1)[:, None] * along - at, axis=1))
        return best, np.asarray(nearest)


def outline(mask: Bool[np.ndarray, "h w"], photo: np.ndarray, source: Source, size: tuple[int, int]) -> Outline:
    """The outline of a region at full size.

    Args:
        mask: (H, W), the region in a drawing.
        photo: (H', W', 3) uint8 or uint16, at full size.
        source: where a place of the picture comes from.
        size: (height, width) of the full-size picture.

    Returns:
        Closed curves.
    """
    curves = [_Curve.through(points) for points in traced(mask, size)]
    scale = float(np.mean(np.array(size) / np.array(mask.shape)))
    fitted = [_fitted(curve, photo, source, scale) for curve in curves]
    starts = np.cumsum([0, *(len(curve.points) for curve, _ in fitted)])
    if not fitted:
        return Outline(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), starts)
    parts = [(curve.points, curve.normals, widths) for curve, widths in fitted]
    points, normals, widths = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Outline(points, normals, widths, starts)


def traced(mask: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> list[Points]:
    """Smooth closed curves around a region, with the region on their right.

    Args:
        mask: (H, W), the region in a drawing.
        size: (height, width) of the full-size picture.

    Returns:
        (N, 2) each, (y, x) in pixels of that picture; at its borders they run outside.

    Source:
        Whitaker 2000: the smoothest surface that leaves every sample on its side.
    """
    pad = _BEYOND_PX
    inside = np.pad(np.pad(mask, pad, mode="edge"), 1)
    level = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    level = np.clip(level - np.sign(level) * 0.5, -3, 3)
    square = np.ones((2, 2), bool)
    thin = (inside & ~ndimage.binary_opening(inside, square)) | (ndimage.binary_closing(inside, square) & ~inside)
    least = np.where(thin, _THIN_PX, _LEAST_PX)
    for _ in range(_PASSES):
        level = ndimage.gaussian_filter(level, _SIGMA_PX)
        level = np.where(inside, np.maximum(level, least), np.minimum(level, -least))
    scale = np.array(size) / np.array(mask.shape)
    curves = []
    for curve in find_contours(level, 0.0):
        points = (curve[:-1] - pad - 1 + 0.5) * scale - 0.5
        if len(points) >= 3:
            curves.append(_resampled(points, float(scale.mean())))
    return curves


def _resampled(points: Float64[np.ndarray, "m 2"], scale: float) -> Points:
    """The same closed curve with evenly spaced points, without the corners of the tracing."""
    closed = np.concatenate([points, points[:1]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    count = max(8, int(np.ceil(length[-1] / _SPACING_PX)))
    at = np.arange(count) * length[-1] / count
    even = np.stack([np.interp(at, length, closed[:, axis]) for axis in (0, 1)], axis=1)
    sigma = 0.5 * scale * count / max(length[-1], 1e-9)
    return ndimage.gaussian_filter1d(even, sigma, axis=0, mode="wrap") if sigma > 0.3 else even


@dataclass(frozen=True, eq=False)
class _Curve:
    """A closed curve with unit normals that point out of the region."""

    points: Points
    normals: Points

    @classmethod
    def through(cls, points: Points, sigma: float = 2.0) -> _Curve:
        tangent = ndimage.gaussian_filter1d(points, sigma, axis=0, order=1, mode="wrap")
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
        # The region is on the right, so the left is outside.
        return cls(points, np.stack([-tangent[:, 1], tangent[:, 0]], axis=1))


def _fitted(curve: _Curve, photo: np.ndarray, source: Source, scale: float) -> tuple[_Curve, np.ndarray]:
    """A curve moved to the edges of the photo nearby, and the widths of these edges."""
    count = len(curve.points)
    # A part that was enlarged has errors of its drawing enlarged, too.
    across = np.linalg.norm(source(curve.points + curve.normals) - source(curve.points - curve.normals), axis=1) / 2
    enlarged = float(np.clip(1 / np.maximum(np.median(across), 0.1), 1, _MAX_ENLARGED))
    step = _BAND_PX * scale * enlarged / _STEPS
    reach = _STEPS + 2 * _STRIP + 1
    offsets = np.arange(-reach, reach + 1) * step
    places = curve.points[:, None] + offsets[None, :, None] * curve.normals[:, None]
    profiles = sample(photo, source(places.reshape(-1, 2))).reshape(count, len(offsets), 3)
    profiles /= np.iinfo(photo.dtype).max
    sums = np.concatenate([np.zeros((count, 1, 3)), np.cumsum(profiles, axis=1, dtype=np.float64)], axis=1)
    centre = np.arange(reach - _STEPS, reach + _STEPS + 1)
    before = (sums[:, centre] - sums[:, centre - _STRIP]) / _STRIP
    after = (sums[:, centre + 1 + _STRIP] - sums[:, centre + 1]) / _STRIP
    contrast = np.linalg.norm(after - before, axis=2)
    # Relative to the strongest edge of the surroundings, so that weak but clear borders count, too.
    window = max(3, round(4 * scale / _SPACING_PX))
    strongest = ndimage.gaussian_filter1d(contrast.max(axis=1), window, mode="wrap")
    gain = contrast / np.maximum(strongest, _LEAST_CONTRAST)[:, None]
    cost = -gain + _FAR_COST * (np.arange(-_STEPS, _STEPS + 1) / _STEPS) ** 2
    best = np.zeros(count, np.int64)
    _shortest_path(cost, _STEP_COST, best)
    moved = ndimage.gaussian_filter1d((best - _STEPS) * step, 0.25 * scale / _SPACING_PX, mode="wrap")
    widths = _widths(profiles, reach + best - _STEPS, 2 * scale / _SPACING_PX) * step
    widths = np.clip(widths, _MIN_WIDTH_PX, max(_MIN_WIDTH_PX, _MAX_WIDTH * scale))
    return _Curve.through(curve.points + moved[:, None] * curve.normals), widths


def _widths(profiles: np.ndarray, edge: np.ndarray, sigma: float) -> np.ndarray:
    """The widths of edges, in steps: their height over their steepness, both averaged along the curve."""
    rows = np.arange(len(profiles))

    def mean(first: int, last: int) -> np.ndarray:
        return np.asarray(np.mean([profiles[rows, edge + i] for i in range(first, last + 1)], axis=0))

    def size(difference: np.ndarray) -> np.ndarray:
        smooth = ndimage.gaussian_filter1d(difference, sigma, axis=0, mode="wrap")
        return np.asarray(np.linalg.norm(smooth, axis=1))

    height = size(mean(_STRIP + 1, 2 * _STRIP + 1) - mean(-2 * _STRIP - 1, -_STRIP - 1))
    steepness = size(mean(1, 1) - mean(-1, -1)) / 2
    return np.where(height > _LEAST_CONTRAST, height / np.maximum(steepness, 1e-6), 0)


@kernel()
@no_type_check
def _shortest_path(cost: np.ndarray, step_cost: float, best: np.ndarray) -> None:
    """The cheapest offset of each point of a closed curve (dynamic programming)."""
    count, states = cost.shape
    # Twice around, of which the middle is kept: start and end then do not matter.
    length = 2 * count
    total = np.zeros(states)
    origin = np.zeros((length, states), np.int16)
    new = np.zeros(states)
    for i in range(length):
        for s in range(states):
            least, where = np.inf, 0
            for t in range(max(0, s - 3), min(states, s + 4)):
                value = total[t] + step_cost * (s - t) * (s - t)
                if value < least:
                    least, where = value, t
            new[s] = least + cost[i % count, s]
            origin[i, s] = where
        total[:] = new - new.min()
    state = np.argmin(total)
    for i in range(length - 1, -1, -1):
        if count // 2 <= i < count // 2 + count:
            best[i % count] = state
        state = origin[i, state]


@kernel()
@no_type_check
def _fill(points: np.ndarray, following: np.ndarray, inside: np.ndarray) -> None:
    """Fill closed curves by the even-odd rule, at the centres of pixels."""
    height, width = inside.shape
    for i in range(len(points)):
        y0, x0 = points[i, 0], points[i, 1]
        y1, x1 = points[following[i], 0], points[following[i], 1]
        if y1 < y0:
            y0, x0, y1, x1 = y1, x1, y0, x0
        for row in range(max(0, int(np.ceil(y0))), min(height, int(np.ceil(y1)))):
            crossing = x0 + (row - y0) / (y1 - y0) * (x1 - x0)
            first = max(0, int(np.ceil(crossing)))
            if first < width:
                inside[row, first] = not inside[row, first]
    for row in range(height):
        for column in range(1, width):
            if inside[row, column - 1]:
                inside[row, column] = not inside[row, column]
