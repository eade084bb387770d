"""Finds where a part of a drawing comes from in another drawing: a similarity, or a stretch along the axes.

Poses are found by correlating points of lines and borders with those of the other drawing, each with its direction, on
a coarse grid and at every angle and scale; the best ones are refined by iterated closest points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Bool, Complex64, Complex128, Float64, Int64
from scipy import ndimage

from primage.origin.features import REACH_PX, Features, Part

Matrix = Float64[np.ndarray, "2 2"]
Offset = Float64[np.ndarray, " 2"]

#: Scales that are searched, and the first poses to try: turns by right angles, mirrored or not, and plain scales.
_MIN_SCALE, _MAX_SCALE = 0.4, 2.5
#: Ratios of the scales along the two axes that count as a stretch.
_MIN_STRETCH, _MAX_STRETCH = 1.08, 2.5
_MIRROR = np.diag([1.0, -1.0])
#: Cells of the coarse grid, in pixels.
_CELL_PX = (4.0, 8.0)
_COARSE_SIDE_PX = 256
#: Points that are used for the search and for refinement.
_SEARCH_POINTS, _REFINED_POINTS = 300, 200
_BATCH = 32
#: Blur of the coarse grid, in cells, and the points on a pixel of a line's length in a cell that count as a line.
_CELL_SIGMA, _LINE_WEIGHT = 0.8, 0.4
#: Planes of the coarse grid: one for lines, the others for borders.
_CHANNELS = 3
#: Poses that are refined after each search.
_REFINED = 8
#: How far a point may be from its partner in each iteration.
_REACHES_PX = (8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 2.0, 2.0)
_DAMPING = 1e-3
_POLISHED_POINTS = 2000
#: Offsets this close to whole pixels are whole; maps that differ by less at the corners of a part are the same.
_WHOLE_PX, _SAME_PX = 0.3, 0.75
#: Linear maps that differ by less from the identity are the identity.
_SLIGHT = 0.02


@dataclass(frozen=True, eq=False)
class Pose:
    """A map from (row, column) of an edited drawing to (row, column) of the training drawing."""

    linear: Matrix
    offset: Offset

    def __call__(self, points: Float64[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Map points, (..., 2)."""
        return np.asarray(points @ self.linear.T + self.offset)

    @property
    def scale(self) -> float:
        """Pixels of the training drawing per pixel of the edited one."""
        return float(np.sqrt(abs(np.linalg.det(self.linear))))

    @property
    def is_stretched(self) -> bool:
        """Whether it scales differently along two axes."""
        longest, shortest = np.linalg.svd(self.linear, compute_uv=False)
        return bool(longest > _MIN_STRETCH * shortest)

    @property
    def is_shift(self) -> bool:
        """Whether it neither turns, mirrors nor scales."""
        return bool(np.abs(self.linear - np.eye(2)).max() < _SLIGHT)

    @property
    def inverse(self) -> Pose:
        """The map back."""
        back = np.linalg.inv(self.linear)
        return Pose(back, -back @ self.offset)

    def directions(self, normals: np.ndarray) -> np.ndarray:
        """Directions, exp(2i · angle), after the map (as if it were a similarity)."""
        mirrored = np.linalg.det(self.linear) < 0
        down = self.linear[:, 0] / np.linalg.norm(self.linear[:, 0])
        return np.asarray((normals.conj() if mirrored else normals) * complex(*down) ** 2)


def simple_poses(part: Part, original: Features) -> list[Pose]:
    """Candidates that are not turned by odd angles nor scaled by odd factors, refined."""
    turns = [_turn(angle) @ mirror for mirror in (np.eye(2), _MIRROR) for angle in (0.0, 90.0, 180.0, 270.0)]
    shapes = [*turns, np.eye(2) / 2, np.eye(2) * 2]
    return _refined(part, original, _search(part, original, np.array(shapes), 3, _cell(part)))


def all_poses(part: Part, original: Features) -> list[Pose]:
    """Candidates at every angle and scale, mirrored or not, refined."""
    # Large parts need no finer grid than a picture of this size.
    coarser = max(1.0, min(original.lines.shape) / _COARSE_SIDE_PX)
    cell = float(np.clip(part.radius / 6, _cell(part), coarser * _CELL_PX[1]))
    step = float(np.clip(2 * cell / max(part.radius, 1.0), 0.15, 0.3))
    angles = np.arange(0.0, 360.0, np.rad2deg(step))
    scales = np.geomspace(_MIN_SCALE, _MAX_SCALE, 1 + int(np.ceil(np.log(_MAX_SCALE / _MIN_SCALE) / step)))
    shapes = [s * _turn(float(a)) @ mirror for mirror in (np.eye(2), _MIRROR) for s in scales for a in angles]
    coarse = _search(part, original, np.array(shapes), 1, cell)
    turns, factors = np.rad2deg(step) * np.array([-0.4, 0.0, 0.4]), np.exp(step * np.array([-0.4, 0.0, 0.4]))
    near = [f * _turn(float(a)) @ pose.linear for _, pose in coarse[:_REFINED] for f in factors for a in turns]
    return _refined(part, original, _search(part, original, np.array(near), 1, max(cell / 2, _CELL_PX[0])))


def stretched_poses(part: Part, original: Features) -> list[Pose]:
    """Candidates that are scaled differently along rows and columns, as by one handle of a selection, refined."""
    cell = _cell(part)
    step = float(np.clip(2 * cell / max(part.radius, 1.0), 0.1, 0.2))
    scales = np.geomspace(_MIN_SCALE, _MAX_SCALE, 1 + int(np.ceil(np.log(_MAX_SCALE / _MIN_SCALE) / step)))
    ratio = scales[:, None] / scales
    rows, columns = np.nonzero(
        (np.maximum(ratio, 1 / ratio) > _MIN_STRETCH) & (np.maximum(ratio, 1 / ratio) < _MAX_STRETCH)
    )
    shapes = np.array([np.diag([scales[i], scales[j]]) for i, j in zip(rows, columns, strict=True)])
    coarse = _search(part, original, shapes, 1, cell)
    factors = np.exp(step * np.array([-0.4, 0.0, 0.4]))
    near = [pose.linear * [[a], [b]] for _, pose in coarse[:_REFINED] for a in factors for b in factors]
    found = _refined(part, original, _search(part, original, np.array(near), 1, max(cell / 2, _CELL_PX[0])), True)
    return [pose for pose in found if pose.is_stretched]


def _turn(angle_deg: float) -> Matrix:
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.array([[cos, -sin], [sin, cos]])


def _cell(part: Part) -> float:
    return float(np.clip(part.radius / 6, *_CELL_PX))


def _channels(kinds: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """The plane of the coarse grid for points of each kind: lines often lie on borders."""
    return np.where(kinds < 0, 0, 1 + kinds % (_CHANNELS - 1))


def _tints(kinds: Int64[np.ndarray, " n"]) -> Complex128[np.ndarray, " n"]:
    """Factors by which points of different kinds on one plane cancel out on average."""
    return np.asarray(np.exp(2j * np.pi * ((kinds + 1) * 0.618034 % 1)))


def _grids(
    places: Float64[np.ndarray, "b n 2"],
    values: Complex128[np.ndarray, "b n"],
    channels: Int64[np.ndarray, " n"],
    shape: tuple[int, int],
) -> Complex64[np.ndarray, "b planes r c"]:
    """Sums of values by plane and cell, around the edge."""
    rows, columns = np.moveaxis(np.rint(places).astype(int), -1, 0)
    planes = np.arange(len(places))[:, None] * _CHANNELS + channels
    flat = (planes * shape[0] + rows % shape[0]) * shape[1] + columns % shape[1]
    cells = len(places) * _CHANNELS * shape[0] * shape[1]
    real, imaginary = (np.bincount(flat.ravel(), part.ravel(), cells) for part in (values.real, values.imag))
    return np.asarray(real + 1j * imaginary, np.complex64).reshape(-1, _CHANNELS, *shape)


def _search(
    part: Part, original: Features, shapes: Float64[np.ndarray, "s 2 2"], each: int, cell: float
) -> list[tuple[float, Pose]]:
    """The best poses with the given linear maps, with the share of points that they explain, best first."""
    margin = int(np.ceil(part.radius / cell)) + 2
    rows, columns = (scipy.fft.next_fast_len(int(side / cell) + margin) for side in original.lines.shape)
    few = part.sample(_SEARCH_POINTS)
    channels, tints = _channels(few.kinds), _tints(few.kinds)
    used = np.unique(channels)
    spectrum = _spectrum(original, cell, (rows, columns))[used]
    centre = part.centre
    found: list[tuple[float, Pose]] = []
    for start in range(0, len(shapes), _BATCH):
        batch = shapes[start : start + _BATCH]
        turn = batch[:, 0, 0] + 1j * batch[:, 1, 0]
        turn /= np.abs(turn)
        mirrored = np.linalg.det(batch) < 0
        normals = np.where(mirrored[:, None], few.normals.conj(), few.normals) * turn[:, None] ** 2
        places = np.einsum("bij,nj->bni", batch, few.points - centre) / cell
        grids = _grids(places, normals * tints, channels, (rows, columns))[:, used]
        product = (scipy.fft.fft2(grids).conj() * spectrum).sum(axis=1)
        votes = scipy.fft.ifft2(product).real / len(few.points)
        for vote, linear in zip(votes, batch, strict=True):
            for score, at in _peaks(vote, each):
                # Cells beyond the picture stand for negative places.
                beyond = at > np.array([rows, columns]) - margin / 2
                place = np.where(beyond, at - (rows, columns), at) * cell
                found.append((score, Pose(linear, place - linear @ centre)))
    return sorted(found, key=lambda entry: -entry[0])


def _spectrum(original: Features, cell: float, shape: tuple[int, int]) -> Complex64[np.ndarray, "planes r c"]:
    """The Fourier transform of a drawing's points on the coarse grid, every line of about the same weight."""
    values = _tints(original.kinds) * original.normals
    grid = _grids(original.points[None] / cell, values[None], _channels(original.kinds), shape)[0]
    smooth = ndimage.gaussian_filter(grid, (0, _CELL_SIGMA, _CELL_SIGMA), mode="wrap")
    return np.asarray(scipy.fft.fft2(smooth / np.maximum(np.abs(smooth), _LINE_WEIGHT * cell)), np.complex64)


def _peaks(vote: np.ndarray, count: int) -> Iterator[tuple[float, np.ndarray]]:
    """The highest cells, at least three apart."""
    for _ in range(count):
        at = np.array(np.unravel_index(int(vote.argmax()), vote.shape))
        yield float(vote[tuple(at)]), at
        vote[max(0, at[0] - 2) : at[0] + 3, max(0, at[1] - 2) : at[1] + 3] = -1


def _refined(part: Part, original: Features, poses: list[tuple[float, Pose]], free: bool = False) -> list[Pose]:
    """The best poses, without those that converge to one that was there before."""
    found: list[Pose] = []
    few = part.sample(_REFINED_POINTS)
    for _, start in poses[:_REFINED]:
        pose = refine(few, original, start, free)
        if pose is not None and not any(is_same(part, pose, other, REACH_PX) for other in found):
            found.append(pose)
    return found


def partners(part: Part, original: Features, pose: Pose, reach_px: float) -> tuple[np.ndarray, np.ndarray]:
    """For each point its partner in the other drawing and whether it has one within reach."""
    where = Part(pose(part.points), part.kinds, pose.directions(part.normals)).embedded
    distance, nearest = original.tree.query(where, distance_upper_bound=reach_px)
    return np.minimum(nearest, len(original.points) - 1), np.isfinite(distance)


def refine(part: Part, original: Features, pose: Pose, free: bool = False) -> Pose | None:
    """Iterated closest points, from point to line, for a similarity; any affine map if ``free``.

    Args:
        part: the points.
        original: the other drawing.
        pose: the initial map.
        free: whether the map may shear and stretch.

    Returns:
        The refined map; None if too few points have a partner.

    Source:
        Chen & Medioni 1992; Besl & McKay 1992.
    """
    for reach in _REACHES_PX:
        nearest, close = partners(part, original, pose, reach)
        if close.sum() < 8:
            return None
        half = np.sqrt(original.normals[nearest[close]])
        normals = np.column_stack([half.real, half.imag])
        pose = _fitted(part.points[close], original.points[nearest[close]], normals, pose, free)
        if not _MIN_SCALE / 1.2 < pose.scale < _MAX_SCALE * 1.2:
            return None
    return pose


def _fitted(points: np.ndarray, targets: np.ndarray, normals: np.ndarray, pose: Pose, free: bool) -> Pose:
    """One step of least squares along the normals; what they leave open stays as it was."""
    centre = points.mean(axis=0)
    around = points - centre
    size = max(1.0, float(np.sqrt((around**2).sum(axis=1).mean())))
    around = around / size
    mirror = np.sign(np.linalg.det(pose.linear))
    # Columns: change of the linear map by each of its parameters, then of the offset.
    units = np.eye(4).reshape(4, 2, 2)
    basis = units if free else np.stack([units[0] + mirror * units[3], units[2] - mirror * units[1]])
    columns = [np.einsum("ni,ij,nj->n", normals, unit, around) for unit in basis]
    matrix = np.column_stack([*columns, normals])
    residual = ((targets - pose(points)) * normals).sum(axis=1)
    weights = 1 / (1 + residual**2)
    left = matrix.T @ (weights[:, None] * matrix)
    left += _DAMPING * len(points) * np.eye(len(left))
    change = np.linalg.solve(left, matrix.T @ (weights * residual))
    linear = pose.linear + np.einsum("k,kij->ij", change[:-2], basis) / size
    return Pose(linear, pose(centre) + change[-2:] - linear @ centre)


def explained(part: Part, original: Features, pose: Pose) -> Bool[np.ndarray, " n"]:
    """Which points have a partner within `REACH_PX`."""
    return partners(part, original, pose, max(REACH_PX, REACH_PX * pose.scale))[1]


def simplest(part: Part, original: Features, pose: Pose) -> Pose:
    """The simplest map that fits as well as a pose: by right angles, whole pixels, half or double size, unsheared.

    Args:
        part: the points that come from there.
        original: the other drawing.
        pose: the map found.
    """
    pose = refine(part.sample(_POLISHED_POINTS), original, pose, pose.is_stretched) or pose
    if pose.is_stretched:
        upright = np.diag(np.diag(pose.linear))
        simple = Pose(upright, pose(part.centre) - upright @ part.centre)
        return simple if is_same(part, simple, pose) else pose
    scale = min((0.5, 1.0, 2.0), key=lambda factor: abs(np.log(pose.scale / factor)))
    linear = np.rint(pose.linear / pose.scale) * scale
    if not np.isclose(abs(np.linalg.det(linear)), scale**2):
        return pose
    offset = pose(part.centre) - linear @ part.centre
    whole = np.rint(offset)
    if scale == 1 and np.abs(whole - offset).max() < _WHOLE_PX:
        offset = whole
    simple = Pose(linear, offset)
    return simple if is_same(part, simple, pose) else pose


def is_same(part: Part, pose: Pose, other: Pose, tolerance_px: float = _SAME_PX) -> bool:
    """Whether two maps agree on a part.

    Args:
        part: the points.
        pose: a map.
        other: another one.
        tolerance_px: largest difference between them, in pixels of the edited or the training drawing, the larger.
    """
    corners = part.centre + part.radius * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    return bool(np.abs(pose(corners) - other(corners)).max() < tolerance_px * max(1.0, pose.scale))
