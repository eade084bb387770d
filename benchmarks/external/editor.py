"""A paint program: a flat RGB picture, selections that are cut and pasted, a pencil, a bucket; it saves a PNG.

It is not given the layers of a drawing, only its picture. Beside it, the true origin is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from primage.origin.plane import Origin
from primage.origin.transforms import Affine
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw
from primage.primitive.read import LayerFiles, read_primitive


@dataclass(frozen=True)
class Style:
    """How the program saves and resamples.

    Attributes:
        order: of the spline that moved parts are resampled with: 0 is nearest neighbour, 3 is bicubic.
        factor: by which the drawing is enlarged before anything else.
    """

    order: int = 0
    factor: int = 1


class Editor:
    """Edits the picture of a drawing.

    Args:
        training: the drawing.
        spec: provides its line colour.
        style: how to resample.
    """

    def __init__(self, training: Primitive, spec: PrimitiveSpec, style: Style) -> None:
        self.training, self.spec, self.style = training, spec, style
        self.before = self._enlarged(draw(training, spec.line_colour))
        self.picture = self.before.copy()
        self.origin = Origin.unmoved(training.size)

    def _enlarged(self, array: np.ndarray) -> np.ndarray:
        factor = self.style.factor
        if factor == 1:
            return array
        size = array.shape[1] * factor, array.shape[0] * factor
        filters = {0: Image.Resampling.NEAREST, 3: Image.Resampling.BICUBIC}
        return np.asarray(Image.fromarray(array).resize(size, filters[self.style.order]))

    def erase(self, mask: np.ndarray) -> None:
        """Fill a selection, (H, W), with the areas around it."""
        filled = draw(self.training.map(lambda layer, data: layer.close(data, mask)), self.spec.line_colour)
        large = self._enlarged(mask.astype(np.uint8) * 255) > 127
        self.picture[large] = self._enlarged(filled)[large]
        self.origin = self.origin.emptied(mask)

    def paste(self, mask: np.ndarray, linear: np.ndarray, offset: np.ndarray, below: np.ndarray | None = None) -> None:
        """Paste a selection of the unedited picture: a pixel p of the result comes from ``linear`` · p + ``offset``.

        ``below``, (H, W), is not painted over.
        """
        size = mask.shape
        coords = np.stack(np.mgrid[: size[0], : size[1]], axis=-1) @ linear.T + offset
        inside = np.rint(coords).astype(int)
        target = ((inside >= 0) & (inside < size)).all(axis=-1)
        target &= mask[tuple(np.moveaxis(inside.clip(0, np.array(size) - 1), -1, 0))]
        if below is not None:
            target &= ~below
        unmoved = Origin.unmoved((size[0], size[1]))
        transform = Affine.of_pixels(linear, offset, (size[0], size[1]))
        self.origin = self.origin.pasted(unmoved, coords.astype(float), target, transform)
        # The same with the pixels of the enlarged picture, whose centres are at (p + 0.5) · factor - 0.5.
        factor = self.style.factor
        large = np.stack(np.mgrid[: size[0] * factor, : size[1] * factor], axis=-1)
        large = (((large + 0.5) / factor - 0.5) @ linear.T + offset + 0.5) * factor - 0.5
        alpha = self._enlarged(mask.astype(np.uint8) * 255).astype(np.float32) / 255
        shrink = max(0.0, np.sqrt(abs(np.linalg.det(linear))) - 1) * 0.5 * (self.style.order > 0)
        planes = [alpha, *(alpha * plane for plane in np.moveaxis(self.before.astype(np.float32), -1, 0))]
        where = np.moveaxis(large, -1, 0)
        cover, *colour = (
            ndimage.map_coordinates(ndimage.gaussian_filter(p, shrink) if shrink else p, where, order=self.style.order)
            for p in planes
        )
        cover = cover.clip(0, 1)
        if below is not None:
            cover = cover * (self._enlarged(below.astype(np.uint8) * 255) < 128)
            colour = [plane * (self._enlarged(below.astype(np.uint8) * 255) < 128) for plane in colour]
        blend = np.stack(colour, axis=-1) + self.picture * (1 - cover[..., None])
        self.picture = np.rint(blend.clip(0, 255)).astype(np.uint8)

    def stroke(self, points: Sequence[tuple[float, float]], colour: Sequence[int], width: float = 1.4) -> None:
        """Draw a line through (x, y) points in pixels of the drawing; antialiased unless resampling is by nearest."""
        for factor in {1, self.style.factor}:
            shape = [side * factor for side in self.origin.size]
            at = np.stack(np.mgrid[: shape[0], : shape[1]][::-1], axis=-1) / factor
            nearest = np.full(shape, np.inf)
            for a, b in pairwise(points):
                step = np.subtract(b, a)
                share = (((at - a) @ step) / (step @ step)).clip(0, 1)
                nearest = np.minimum(nearest, np.linalg.norm(at - a - share[..., None] * step, axis=-1))
            cover = ((width / 2 - nearest) * factor + 0.5).clip(0, 1)
            if factor == 1:
                self.origin = self.origin.drawn(cover > 0.5)
            if factor == self.style.factor:
                cover = cover if self.style.order else (cover > 0.5).astype(float)
                blend = self.picture * (1 - cover[..., None]) + cover[..., None] * np.array(colour)
                self.picture = np.rint(blend).astype(np.uint8)

    def saved(self, path: Path) -> Primitive:
        """Save the picture, and read it as Primage would."""
        Image.fromarray(self.picture).save(path)
        return read_primitive(LayerFiles(whole=path), self.spec, lambda _: self.training.size, snap=True)
