"""The two drawings of an edit: extracted from its true picture, and made from the training drawing as a person would.

A person selects the objects that change, with their shadows, and moves them in all layers. Labels under what was taken
away are filled from the nearest pixels outside, as the editor does, and lines there are removed.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.feature import canny
from skimage.morphology import skeletonize

from truth.arrange import Scene
from truth.compose import Arrangement, Composed, Placed, from_sprite, to_sprite

FORMS = ("extracted", "drawn")
#: The package's default extraction of lines, repeated here so that every commit is given the same drawings.
_SIGMA, _LOW, _HIGH, _MIN_LENGTH_PX = 2.0, 0.04, 0.10, 14
#: An object's outline lies up to this far outside its mask.
_OUTLINE_PX = 2
#: Shadows that take away more than this belong to the selection.
_SHADOW = 0.04
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing of a scene.

    Attributes:
        labels: (H, W) uint8, in the scene's numbers.
        lines: (H, W) bool, or None for a drawing of labels alone.
        origin: (H, W, 2) float32, the (row, column) in the photo that each pixel was taken from, NaN where the edit
            made it up; None if it is not known.
    """

    labels: np.ndarray
    lines: np.ndarray | None
    origin: np.ndarray | None = None


def palette(count: int) -> np.ndarray:
    """(count, 3) uint8, well-separated colours."""
    colours = [
        colorsys.hsv_to_rgb((0.13 + 0.618034 * i) % 1, 0.35 + 0.3 * (i % 3) / 2, 0.95 - 0.22 * (i % 4) / 3)
        for i in range(count)
    ]
    return np.rint(255 * np.array(colours)).astype(np.uint8)


def picture(drawing: Drawing) -> np.ndarray:
    """(H, W, 3) uint8: labels as colours, lines in black."""
    drawn = palette(256)[drawing.labels]
    if drawing.lines is not None:
        drawn[drawing.lines] = 0
    return drawn


def lines_of(image: np.ndarray) -> np.ndarray:
    """(H, W) bool: Canny edges, thin and without specks."""
    found = canny(rgb2gray(image), sigma=_SIGMA, low_threshold=_LOW, high_threshold=_HIGH, mode="nearest")
    component, _ = ndimage.label(skeletonize(found), structure=_EIGHT)
    sizes = np.bincount(component.ravel())
    sizes[0] = 0
    return np.asarray(sizes[component] >= _MIN_LENGTH_PX)


def extracted(scene: Scene, composed: Composed) -> Drawing:
    """The drawing of a picture: its labels and, for a super primitive, its lines."""
    return Drawing(composed.labels, lines_of(composed.picture) if scene.primitive == "super" else None)


def drawn(scene: Scene, base: Composed, training: Drawing, objects: Arrangement) -> Drawing:
    """The training drawing, edited so that its objects are arranged as in ``objects``."""
    before, after = ({each.name: each for each in group} for group in (scene.objects, objects))
    gone = [name for name, each in before.items() if name not in after or after[name].pose != each.pose]
    hole, selected = np.zeros(scene.size, bool), np.zeros(scene.size, bool)
    for name in gone:
        hole |= base.masks[name]
        selected |= _selection(base, name)
    near = ndimage.distance_transform_edt(hole, return_distances=False, return_indices=True)
    labels = training.labels[near[0], near[1]]
    lines = None if training.lines is None else training.lines & ~selected
    origin = np.stack(np.mgrid[: scene.size[0], : scene.size[1]], axis=-1).astype(np.float32)
    origin[hole] = np.nan
    covered = np.zeros(scene.size, bool)  # by the objects in front
    for placed in reversed(objects):
        if placed.name in before and placed.name not in gone:
            covered |= base.masks[placed.name]
            continue
        name = placed.source or placed.name
        coords = _source(placed, before[name], scene.size)
        target = _at(base.masks[name], coords) & ~covered
        rows, columns = _nearest(coords, scene.size)
        labels[target] = training.labels[rows, columns][target]
        origin[target] = coords[target]
        if lines is not None and training.lines is not None:
            in_front = _grown(covered)
            lines &= ~(_at(_grown(base.masks[name]), coords) & ~in_front)
            lines |= _moved_lines(training.lines, _selection(base, name), coords) & ~in_front
        covered |= target
    return Drawing(labels, None if lines is None else skeletonize(lines), origin)


def _grown(mask: np.ndarray) -> np.ndarray:
    return np.asarray(ndimage.binary_dilation(mask, _EIGHT, iterations=_OUTLINE_PX))


def _selection(base: Composed, name: str) -> np.ndarray:
    """An object with its outline, and its shadow unless that falls on another object."""
    others = np.any([mask for other, mask in base.masks.items() if other != name] or [np.False_], axis=0)
    return _grown(base.masks[name]) | ((base.shadows[name] > _SHADOW) & ~others)


def _source(placed: Placed, original: Placed, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 2), the (row, column) in the photo of each pixel of a moved object."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    x, y = from_sprite(*to_sprite(x, y, placed), original)
    return np.stack([y, x], axis=-1)


def _nearest(coords: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.moveaxis(np.rint(np.clip(coords, -1, 1e5)).astype(int), -1, 0)
    return rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)


def _at(mask: np.ndarray, coords: np.ndarray) -> np.ndarray:
    """A mask at other coordinates; False outside the picture."""
    size = (mask.shape[0], mask.shape[1])
    inside = ((coords > -0.5) & (coords < np.array(size) - 0.5)).all(axis=-1)
    return np.asarray(mask[_nearest(coords, size)] & inside)


def _moved_lines(lines: np.ndarray, selection: np.ndarray, coords: np.ndarray) -> np.ndarray:
    """The lines of a selection at other coordinates, unbroken: by their distance, then thinned."""
    if not (lines & selection).any():
        return np.zeros(lines.shape, bool)
    distance = ndimage.distance_transform_edt(~(lines & selection))
    nearest = ndimage.map_coordinates(distance, np.moveaxis(coords, -1, 0), order=1, mode="nearest")
    steps = [np.linalg.norm(np.gradient(coords, axis=axis), axis=-1) for axis in (0, 1)]
    close = nearest <= 0.75 * np.maximum.reduce([np.ones_like(nearest), *steps])
    return np.asarray(skeletonize(close & _at(selection, coords)))
