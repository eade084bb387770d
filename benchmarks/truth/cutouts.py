"""Sprites cut out of photos that scikit-image carries."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.measure import label, regionprops

from truth.canvas import Canvas, Point
from truth.compose import Sprite, to_linear
from truth.textures import Colour, crop, photo, tinted


def _cut(source: np.ndarray, alpha: np.ndarray, parts: np.ndarray, anchor: Point = (0.0, 0.0)) -> Sprite:
    """A sprite of a photo in linear light; border colours come from inside, so that nothing of the ground shows."""
    inside = ndimage.binary_erosion(alpha > 0.5, iterations=2)
    near = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return Sprite(source[near[0], near[1]], alpha.astype(np.float32), parts.astype(np.uint8), anchor)


def coin(number: int, dark: Colour, light: Colour) -> Sprite:
    """One of the coins, the largest first, as metal of two sRGB colours."""
    grey = photo("coins.png")[..., 0]
    solid = ndimage.binary_fill_holes(ndimage.gaussian_filter(grey.astype(np.float32), 1.5) > 108)
    regions = sorted(regionprops(label(ndimage.binary_opening(solid, iterations=3))), key=lambda r: -r.area)
    whole = [r for r in regions if r.solidity > 0.93 and min(r.bbox) > 4 and r.area < 4000]
    top, left, bottom, right = whole[number].bbox
    box = (slice(top - 4, bottom + 4), slice(left - 4, right + 4))
    mask = np.zeros(grey.shape, np.float32)
    mask[whole[number].coords[:, 0], whole[number].coords[:, 1]] = 1
    fine = (ndimage.zoom(ndimage.gaussian_filter(mask[box], 2.0), 4, order=1) - 0.55) * 6 + 0.5
    metal = ndimage.zoom(grey[box].astype(np.float32), 4, order=3)
    colour = tinted(np.repeat(metal[..., None], 3, axis=2), dark, light, 40, 215)
    return _cut(colour, fine.clip(0, 1), np.zeros(fine.shape))


def cup() -> Sprite:
    """The cup of coffee on its saucer. Parts: saucer, cup, coffee, spoon."""
    image = to_linear(photo("coffee.png"))
    canvas = Canvas(150, 400)
    saucer = np.maximum(_turned(canvas, (69.6, 57.6), (49.4, 39.2), 8), 0)
    rim = _turned(canvas, (72.8, 28.2), (29.3, 23.3), 8)
    bowl = canvas.polygon([(44, 33), (47, 48), (54, 62), (64, 69), (76, 69), (88, 60), (97, 46), (101.5, 32)], 1.5)
    handle = canvas.polygon([(55, 56), (65, 58), (64, 66), (58, 76), (52, 76), (49, 72), (50, 65)], 1.2)
    spoon = np.maximum(
        _turned(canvas, (91.5, 71), (9.6, 10.2), 0), canvas.polygon([(94, 62), (97, 63), (104, 30), (100, 44)], 0.5)
    )
    coffee = _turned(canvas, (71.8, 35.6), (20.5, 12.2), 5)
    parts = np.zeros(canvas.alpha.shape, np.uint8)
    for cover, part in ((spoon, 3), (np.maximum.reduce([bowl, handle, rim]), 1), (coffee, 2)):
        parts[cover > 0.5] = part
    return _cut(image, np.maximum.reduce([saucer, rim]), parts)


def _turned(canvas: Canvas, centre: Point, radii: Point, angle_deg: float) -> np.ndarray:
    turn = np.deg2rad(angle_deg)
    dx, dy = canvas.x - centre[0], canvas.y - centre[1]
    u, v = np.cos(turn) * dx + np.sin(turn) * dy, np.cos(turn) * dy - np.sin(turn) * dx
    return ((1 - np.hypot(u / radii[0], v / radii[1])) * min(radii) * canvas.unit + 0.5).clip(0, 1)


def print_of(
    name: str, at: tuple[int, int], side_px: int, width: float = 84, frame: float = 6, foot: float = 18
) -> Sprite:
    """A photo print with a white frame: the square of a photo at (row, column). Parts: paper, picture."""
    canvas = Canvas(width, 300)
    inner = (frame, frame, width - frame, 100 - foot)
    canvas.paint(canvas.box(1, 1, width - 1, 99, 0.3), (236, 233, 226), 0)
    zoom = (inner[2] - inner[0]) * canvas.unit / side_px
    size = tuple(int(np.ceil((b - a) * canvas.unit)) for a, b in ((inner[1], inner[3]), (inner[0], inner[2])))
    picture = np.zeros_like(canvas.colour)
    top, left = round(inner[1] * canvas.unit), round(inner[0] * canvas.unit)
    picture[top : top + size[0], left : left + size[1]] = to_linear(
        crop(name, (size[0], size[1]), at, zoom).clip(0, 255)
    )
    canvas.paint(canvas.box(*inner), picture, 1)
    canvas.shade(0.94 + 0.1 * (1 - canvas.y / 100))
    return canvas.sprite()


def disc(name: str, centre: tuple[int, int], radius_px: float, px: int = 300) -> Sprite:
    """A round piece of a photo."""
    canvas = Canvas(100, px)
    zoom = 0.5 * px / radius_px
    at = (round(centre[0] - radius_px), round(centre[1] - radius_px))
    canvas.paint(canvas.ellipse(50, 50, 48, 48), to_linear(crop(name, (px, px), at, zoom).clip(0, 255)), 0)
    return canvas.sprite()


def planet(name: str, centre: tuple[int, int], radius_px: float, tint: Colour = (255, 255, 255)) -> Sprite:
    """A sphere with a photo for its surface, lit from the left."""
    flat = disc(name, centre, radius_px)
    side = flat.alpha.shape[0]
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32) / 0.96
    z = np.sqrt((1 - x**2 - y**2).clip(0.0, 1))
    light = (-0.62 * x - 0.35 * y + 0.7 * z).clip(0, None) * 1.15 + 0.015
    surface = [ndimage.gaussian_filter(p, 1) for p in np.moveaxis(flat.colour, -1, 0)]
    bulge = 2 / np.pi * np.arcsin(np.hypot(x, y).clip(0, 1)) / np.hypot(x, y).clip(1e-3, None)
    where = [((c * bulge + 1) * 0.5 * (side - 1)) for c in (y, x)]
    colour = np.stack([ndimage.map_coordinates(p, where, order=1, mode="nearest") for p in surface], -1)
    colour = colour * light[..., None] * to_linear(tint)
    return Sprite(colour.astype(np.float32), flat.alpha, flat.parts)
