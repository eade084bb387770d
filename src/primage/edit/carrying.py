"""Edits of one frame's drawing, carried to the drawing of another frame, in which things have moved."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy import ndimage

from primage.edit.apply import Edited
from primage.origin.plane import FIRST, UNMOVED, Origin
from primage.origin.transforms import IDENTITY, Affine, Piece, Spline
from primage.primitive.layer import nearest_pixels
from primage.primitive.primitive import Primitive

Points = Float64[np.ndarray, "n 2"]
Field = Float32[np.ndarray, "h w 2"]
Mask = Bool[np.ndarray, "h w"]

#: Standard deviation of the smoothing of a field, as a share of the shorter side, and at least, in pixels.
_SMOOTH, _SMOOTH_PX = 0.02, 2.0
#: A motion that no affine map explains to within this, in pixels, for 95 % of the points, is a spline.
_AFFINE_PX = 1.0
#: A motion of less than this at all points is none.
_STILL_PX = 0.25
#: Robust fitting: residuals above this, in pixels, count less. Iterations of it.
_INLIER_PX, _ITERATIONS = 1.0, 5
#: Cells of the grid, on each axis, that give a spline a point each: at most, and their smallest size in deviations of
#: the smoothing, so that the spline follows no noise.
_SPLINE_CELLS, _CELL_DEVIATIONS = 5, 4.0
#: Pixels around an edit whose lines are replaced by those around the edit of the first frame.
_AROUND_PX = 1


def steady(field: Field, weight: Float32[np.ndarray, "h w"]) -> Field:
    """Smooth a field, so that what is carried along it does not tremble.

    Args:
        field: (H, W, 2), (y, x) of the source of each pixel.
        weight: (H, W), 0 or more: how much each pixel is to be trusted.

    Returns:
        (H, W, 2): the displacement averaged by normalised convolution (Knutsson & Westin 1993).
    """
    identity = np.moveaxis(np.indices(weight.shape, dtype=np.float32), 0, -1)
    sigma = _deviation(weight.shape)
    trusted = weight + np.float32(1e-4)
    total = ndimage.gaussian_filter(trusted, sigma)
    shift = [ndimage.gaussian_filter((field - identity)[..., i] * trusted, sigma) / total for i in (0, 1)]
    return np.asarray(identity + np.stack(shift, axis=-1), np.float32)


def _deviation(size: tuple[int, ...]) -> float:
    return max(_SMOOTH_PX, _SMOOTH * min(size))


def carried(drawing: Edited, before: Primitive, after: Primitive, field: Field) -> Edited:
    """Carry the edits of a drawing to another frame's.

    What was drawn or removed goes with what is around it. What was moved goes along, and shows the other frame's
    pixels: its map is preceded by the motion of its place between the frames, and followed by that of its source.

    Args:
        drawing: the edited drawing of the first frame, and its origin.
        before: the first frame's drawing before the edits.
        after: the other frame's drawing, of the same kind, size and labels.
        field: (H, W, 2), the place, (y, x) in pixels, in the first frame of each pixel of the other one.

    Returns:
        The other frame's drawing with the edits, and where its pixels come from in the other frame.
    """
    primitive, origin = drawing
    size = after.size
    changed = primitive.differs(before) | (origin.index != UNMOVED)
    changed = ndimage.binary_dilation(changed, np.ones((3, 3), bool), iterations=_AROUND_PX)
    rows, columns = nearest_pixels(field, size)
    inside = ((field > -0.5) & (field < np.array(size) - 0.5)).all(axis=-1)
    target = changed[rows, columns] & inside
    if not target.any():
        return Edited(after, Origin.unmoved(size))
    coords = field.astype(np.float64)
    everywhere = np.ones(size, bool)
    layers = primitive.layers
    edited = after.map(lambda layer, data: layer.paste(data, layers[layer.name], coords, target, everywhere))
    index = np.where(target, origin.index[rows, columns], UNMOVED).astype(np.uint16)
    pieces = tuple(
        _carried(piece, index == FIRST + number, origin.index == FIRST + number, field)
        for number, piece in enumerate(origin.pieces)
    )
    return Edited(edited, Origin(index, pieces).compact())


def _carried(piece: Piece, target: Mask, place: Mask, field: np.ndarray) -> Piece:
    """The map of a piece in the other frame; ``place`` is where the piece is in the first frame."""
    size, field = target.shape, field.astype(np.float64)
    if not target.any():
        return piece
    scale = np.array([size[1], size[0]], float)
    rows, columns = np.nonzero(target)
    here = np.stack([columns, rows], axis=1) + 0.5
    along = _motion(here, field[target][:, ::-1] + 0.5, size)
    rows, columns = np.nonzero(place)
    sources = piece((np.stack([columns, rows], axis=1) + 0.5) / scale) * scale
    source = np.zeros(size, bool)
    inside = ((sources >= 0) & (sources < scale)).all(axis=1)
    x, y = sources[inside].astype(int).T
    source[y, x] = True
    at = source[nearest_pixels(field, size)]
    if at.sum() < 3:
        at = target
    rows, columns = np.nonzero(at)
    back = _motion(field[at][:, ::-1] + 0.5, np.stack([columns, rows], axis=1) + 0.5, size)
    whole = piece.after(along) if along is not IDENTITY else piece
    if back is IDENTITY:
        return whole
    last = whole.transforms[-1] if whole.transforms else IDENTITY
    if isinstance(back, Affine) and isinstance(last, Affine):
        return Piece(transforms=(*whole.transforms[:-1], back.after(last)))
    return Piece(transforms=(*whole.transforms, back))


def _motion(points: Points, moved: Points, size: tuple[int, ...]) -> Affine | Spline:
    """The map through noisy pairs of points, (x, y) in pixels; as few parameters as explain it."""
    if np.abs(moved - points).max() < _STILL_PX:
        return IDENTITY
    scale = np.array([size[1], size[0]], float)
    centre = points.mean(axis=0)
    design = np.concatenate([points - centre, np.ones((len(points), 1))], axis=1)
    spread = np.linalg.svd(design[:, :2], compute_uv=False)
    if len(points) < 3 or spread[-1] < np.sqrt(len(points)):  # a line, or hardly more
        design[:, :2] = 0
    weight = np.ones(len(points))
    for _ in range(_ITERATIONS):
        root = np.sqrt(weight)[:, None]
        shift, *_rest = np.linalg.lstsq(design * root, (moved - points) * root, rcond=None)
        residual = np.linalg.norm(points + design @ shift - moved, axis=1)
        weight = 1 / (1 + (residual / _INLIER_PX) ** 2)
    if np.quantile(residual, 0.95) > _AFFINE_PX and (spline := _spline(points, moved, scale)) is not None:
        return spline
    linear = np.eye(2) + shift[:2].T
    offset = shift[2] - shift[:2].T @ centre
    # From pixels to shares.
    linear = linear * scale[None] / scale[:, None]
    (a, c), (b, d) = linear
    return Affine(matrix=(float(a), float(b), float(c), float(d), *map(float, offset / scale)))


def _spline(points: Points, moved: Points, scale: Float64[np.ndarray, 2]) -> Spline | None:
    """A spline through the means of the cells of a grid; None if they do not define one."""
    low, high = points.min(axis=0), points.max(axis=0)
    shortest = _CELL_DEVIATIONS * _deviation((int(scale[1]), int(scale[0])))
    cells = np.clip((high - low) / shortest, 2, _SPLINE_CELLS).astype(int)
    cell = np.minimum((points - low) / np.maximum(high - low, 1e-9) * cells, cells - 1).astype(int)
    number = cell @ (1, cells[0])
    total = int(cells.prod())
    count = np.bincount(number, minlength=total)
    used = count > 0
    means = [
        np.stack([np.bincount(number, x, total)[used] / count[used] for x in xs.T], axis=1) / scale
        for xs in (points, moved)
    ]
    try:
        from_points, to_points = ([(float(x), float(y)) for x, y in mean] for mean in means)
        return Spline(points=tuple(from_points), sources=tuple(to_points), aspect=float(scale[0] / scale[1]))
    except ValueError:  # few points, or on a line
        return None
