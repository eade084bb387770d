"""The origin of a drawing's pixels as the package describes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from primage.origin.plane import FIRST, REMOVED, Origin
from primage.origin.transforms import Affine, Piece, Spline

#: An object that no affine map places within this has been bent.
_BENT_PX = 0.3
_SPLINE_POINTS = 120


def origin_of(coords: np.ndarray) -> Any:
    """Pieces from sampled places.

    Args:
        coords: (H, W, 2), the (row, column) in the photo that each pixel was taken from; NaN: something was removed.

    Returns:
        An `Origin`.
    """
    height, width = coords.shape[:2]
    here = np.moveaxis(np.indices((height, width)), 0, -1)
    removed = np.isnan(coords[..., 0])
    index = np.where(removed, REMOVED, 0).astype(np.uint16)
    moved = ~removed & (np.abs(np.nan_to_num(coords) - here).max(axis=-1) > 1e-3)
    objects, count = ndimage.label(moved)
    pieces = []
    for number in range(1, count + 1):
        rows, columns = np.nonzero(objects == number)
        pieces.append(_piece(np.stack([rows, columns], 1), coords[rows, columns].astype(float), (height, width)))
        index[rows, columns] = FIRST + len(pieces) - 1
    return Origin(index, tuple(pieces))


def _piece(at: np.ndarray, source: np.ndarray, size: tuple[int, int]) -> Piece:
    design = np.concatenate([at, np.ones((len(at), 1))], axis=1)
    matrix = np.linalg.lstsq(design, source, rcond=None)[0]
    if len(at) < 30 or np.abs(design @ matrix - source).max() < _BENT_PX:
        return Piece(transforms=(Affine.of_pixels(matrix[:2].T, matrix[2], size),))
    some = np.random.default_rng(0).choice(len(at), min(_SPLINE_POINTS, len(at)), replace=False)
    points, sources = ((pixels[some, ::-1] + 0.5) / size[::-1] for pixels in (at.astype(float), source))
    pairs = {"points": points.tolist(), "sources": sources.tolist(), "aspect": size[1] / size[0]}
    return Piece(transforms=(Spline.model_validate(pairs),))
