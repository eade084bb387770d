"""Draws sprites: antialiased shapes, painted over each other, each with a part label."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage
from skimage.draw import polygon2mask

from truth.compose import Sprite, to_linear

Point = tuple[float, float]


class Canvas:
    """A transparent sheet. Coordinates are (x, y) in hundredths of its height; it is ``px`` pixels high."""

    def __init__(self, width: float, px: int = 320) -> None:
        self.unit = px / 100
        size = (px, round(width * self.unit))
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
        self.x, self.y = (x + 0.5) / self.unit, (y + 0.5) / self.unit
        self.colour = np.zeros((*size, 3), np.float32)
        self.alpha = np.zeros(size, np.float32)
        self.parts = np.zeros(size, np.uint8)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> np.ndarray:
        """Coverage of an ellipse."""
        radius = np.hypot((self.x - x) / rx, (self.y - y) / ry)
        return ((1 - radius) * min(rx, ry) * self.unit + 0.5).clip(0, 1)

    def polygon(self, points: Sequence[Point], round_px: float = 0.0) -> np.ndarray:
        """Coverage of a polygon; ``round_px`` (hundredths of the height) rounds its corners."""
        corners = np.array([(py, px) for px, py in points]) * self.unit - 0.5
        mask = polygon2mask(self.alpha.shape, corners).astype(np.float32)
        sigma = max(0.6, round_px * self.unit)
        soft = ndimage.gaussian_filter(np.pad(mask, 40, mode="edge"), sigma)[40:-40, 40:-40]
        return ((soft - 0.5) * 2.5 * sigma + 0.5).clip(0, 1)

    def box(self, left: float, top: float, right: float, bottom: float, round_px: float = 0.0) -> np.ndarray:
        """Coverage of a rectangle."""
        return self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], round_px)

    def line(self, points: Sequence[Point], width: float) -> np.ndarray:
        """Coverage of a line through points."""
        nearest = np.full(self.alpha.shape, np.inf, np.float32)
        for (ax, ay), (bx, by) in pairwise(points):
            dx, dy = bx - ax, by - ay
            t = (((self.x - ax) * dx + (self.y - ay) * dy) / (dx * dx + dy * dy + 1e-9)).clip(0, 1)
            nearest = np.minimum(nearest, np.hypot(self.x - ax - t * dx, self.y - ay - t * dy))
        return ((width / 2 - nearest) * self.unit + 0.5).clip(0, 1)

    def paint(self, cover: np.ndarray, colour: object, part: int | None = None) -> None:
        """Paint over what is there: an sRGB triple, or (h, w, 3) in linear light. Without a part, labels stay."""
        linear = to_linear(colour) if isinstance(colour, tuple) else np.asarray(colour, np.float32)
        alpha = cover + self.alpha * (1 - cover)
        own, below = cover[..., None], (self.alpha * (1 - cover))[..., None]
        self.colour = (linear * own + self.colour * below) / np.maximum(alpha, 1e-6)[..., None]
        self.alpha = alpha.astype(np.float32)
        if part is not None:
            self.parts[cover >= 0.5] = part

    def shade(self, light: np.ndarray, cover: np.ndarray | float = 1.0) -> None:
        """Multiply the light by a factor where ``cover`` says so."""
        self.colour *= (1 + (light - 1) * cover)[..., None]

    def sprite(self, anchor: Point = (0.0, 0.0)) -> Sprite:
        """What was painted; colours continue a little beyond the border, so that it stays clean when resampled."""
        solid = self.alpha > 0.5
        near = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
        colour = np.where(self.alpha[..., None] > 0.99, self.colour, self.colour[near[0], near[1]])
        return Sprite(colour.astype(np.float32), self.alpha, self.parts[near[0], near[1]], anchor)
