"""Composes pictures: sprites with known masks and soft shadows over a known background.

Colours are blended in linear light and supersampled, so that borders look like those of a camera. A sprite is drawn
larger than it appears, so that it can be shown at twice its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

#: Samples per pixel and axis.
SAMPLES = 3
_GAMMA = 2.2


def to_linear(colour: object) -> np.ndarray:
    """sRGB in [0, 255] to linear light in [0, 1], float32."""
    return ((np.asarray(colour, np.float32) / 255) ** _GAMMA).astype(np.float32)


def to_picture(linear: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] to (H, W, 3) uint8 sRGB."""
    return np.rint(255 * linear.clip(0, 1) ** (1 / _GAMMA)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Sprite:
    """An object as it would be photographed alone.

    Attributes:
        colour: (h, w, 3) linear light.
        alpha: (h, w) in [0, 1].
        parts: (h, w) uint8, the label of each pixel, relative to the object's first label.
        anchor: (u, v) in [-1, 1], the point that a pose places: the centre, or (0, 1) for what stands on the ground.
    """

    colour: np.ndarray
    alpha: np.ndarray
    parts: np.ndarray
    anchor: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Shadow:
    """A soft shadow on what is behind the object; lengths are hundredths of the sprite's height.

    Attributes:
        offset: (x, y) shift of the object's silhouette.
        blur: standard deviation.
        strength: share of the light it takes away.
        lying: height of the silhouette when cast on the ground, as a share of its own; 1 for objects that lie flat.
        slant: horizontal shift of a cast shadow, as a share of the object's height.
    """

    offset: tuple[float, float] = (3.0, 4.0)
    blur: float = 3.0
    strength: float = 0.5
    lying: float = 1.0
    slant: float = 0.0


@dataclass(frozen=True)
class Pose:
    """Where an object is: first reshaped, then mirrored, scaled, rotated, and placed at ``at`` (x, y) in pixels.

    Attributes:
        scale: picture pixels per sprite pixel.
        stretch: further factors in width and height.
        taper: the width grows by this share from the middle to the bottom, and shrinks to the top.
        bend: sideways shift of top and bottom, as a share of half the width.
    """

    at: tuple[float, float]
    scale: float
    angle_deg: float = 0.0
    mirrored: bool = False
    stretch: tuple[float, float] = (1.0, 1.0)
    taper: float = 0.0
    bend: float = 0.0


@dataclass(frozen=True)
class Placed:
    """An object of a scene. ``labels`` holds the label of each part; ``source`` is the object it was copied from."""

    name: str
    sprite: Sprite = field(repr=False)
    pose: Pose
    labels: tuple[int, ...]
    shadows: tuple[Shadow, ...] = ()
    source: str | None = None

    def posed(self, **changes: object) -> Placed:
        return replace(self, pose=replace(self.pose, **changes))  # type: ignore[arg-type]


#: Objects from back to front.
Arrangement = tuple[Placed, ...]


@dataclass(frozen=True, eq=False)
class Background:
    """The picture behind all objects: (H, W, 3) linear light, and (H, W) uint8 labels."""

    colour: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class Composed:
    """An arrangement as a picture.

    Attributes:
        picture: (H, W, 3) uint8 sRGB.
        labels: (H, W) uint8.
        masks: (H, W) bool by object, the pixels where it is the front.
        shadows: (H, W) float32 by object, the light its shadow takes away.
    """

    picture: np.ndarray
    labels: np.ndarray
    masks: dict[str, np.ndarray]
    shadows: dict[str, np.ndarray]


def to_sprite(x: np.ndarray, y: np.ndarray, placed: Placed) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) in the sprite of points of the picture, both in pixels with centres at whole numbers."""
    pose, (height, width) = placed.pose, placed.sprite.alpha.shape
    dx, dy = x - pose.at[0], y - pose.at[1]
    turn = np.deg2rad(pose.angle_deg)
    across = (np.cos(turn) * dx + np.sin(turn) * dy) / pose.scale * (-1 if pose.mirrored else 1)
    along = (np.cos(turn) * dy - np.sin(turn) * dx) / (pose.scale * pose.stretch[1])
    anchor = placed.sprite.anchor
    v = along / (height / 2) + anchor[1]
    u = (across / (width / 2) - pose.bend * v**2) / (pose.stretch[0] * (1 + pose.taper * v)) + anchor[0]
    return (v + 1) * height / 2 - 0.5, (u + 1) * width / 2 - 0.5


def from_sprite(row: np.ndarray, column: np.ndarray, placed: Placed) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of `to_sprite`: (x, y) in the picture."""
    pose, (height, width), anchor = placed.pose, placed.sprite.alpha.shape, placed.sprite.anchor
    u, v = (column + 0.5) * 2 / width - 1, (row + 0.5) * 2 / height - 1
    along = (v - anchor[1]) * (height / 2) * pose.scale * pose.stretch[1]
    across = ((u - anchor[0]) * pose.stretch[0] * (1 + pose.taper * v) + pose.bend * v**2) * (width / 2) * pose.scale
    across = -across if pose.mirrored else across
    turn = np.deg2rad(pose.angle_deg)
    x = np.cos(turn) * across - np.sin(turn) * along + pose.at[0]
    return x, np.sin(turn) * across + np.cos(turn) * along + pose.at[1]


def _box(placed: Placed, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns that an object can touch."""
    height, width = placed.sprite.alpha.shape
    edge = np.linspace(-0.5, 0.5, 33)
    rows = np.concatenate([edge * 0 - 0.5, edge * 0 + 0.5, edge, edge]) * height + height / 2
    columns = np.concatenate([edge, edge, edge * 0 - 0.5, edge * 0 + 0.5]) * width + width / 2
    x, y = from_sprite(rows, columns, placed)
    spans = [(max(0, int(p.min()) - 2), min(side, int(p.max()) + 3)) for p, side in ((y, size[0]), (x, size[1]))]
    return slice(spans[0][0], max(spans[0])), slice(spans[1][0], max(spans[1]))


def _sampled(placed: Placed, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, tuple[slice, slice]]:
    """Premultiplied colour and alpha (h, w, 4) and labels (h, w) of an object, in the box of the picture."""
    box, sprite, pose = _box(placed, size), placed.sprite, placed.pose
    rows, columns = (np.arange(s.start, s.stop) for s in box)
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    fine_y, fine_x = ((axis[:, None] + offsets).ravel() for axis in (rows, columns))
    at = np.stack(to_sprite(fine_x[None, :] + 0 * fine_y[:, None], fine_y[:, None] + 0 * fine_x[None, :], placed))
    pixels = np.concatenate([sprite.colour * sprite.alpha[..., None], sprite.alpha[..., None]], axis=-1)
    step = 1 / (pose.scale * SAMPLES * np.sqrt(pose.stretch[0] * pose.stretch[1]))  # sprite pixels per sample
    out = np.empty((*at.shape[1:], 4), np.float32)
    for channel in range(4):
        plane = pixels[..., channel]
        if step > 1:
            plane = ndimage.gaussian_filter(plane, 0.4 * np.sqrt(step**2 - 1), mode="constant")
        out[..., channel] = ndimage.map_coordinates(np.pad(plane, 1), at + 1, order=1, mode="constant")
    out = out.reshape(len(rows), SAMPLES, len(columns), SAMPLES, 4).mean(axis=(1, 3))
    centre = np.stack(to_sprite(columns[None, :] + 0.0 * rows[:, None], rows[:, None] + 0.0 * columns, placed))
    i, j = (np.rint(c).astype(int).clip(0, side - 1) for c, side in zip(centre, sprite.alpha.shape, strict=True))
    return out, np.array(placed.labels, np.uint8)[sprite.parts[i, j]], box


def silhouette(placed: Placed, size: tuple[int, int]) -> np.ndarray:
    """(H, W) in [0, 1], how much of each pixel an object covers, without what is in front of it."""
    pixels, _, box = _sampled(placed, size)
    alpha = np.zeros(size, np.float32)
    alpha[box] = pixels[..., 3]
    return alpha


def _shadow(placed: Placed, shadow: Shadow, alpha: np.ndarray) -> np.ndarray:
    """(H, W), the share of the light that is taken away."""
    scale = placed.pose.scale * placed.sprite.alpha.shape[0] / 100
    size, flat = alpha.shape, alpha
    if shadow.lying != 1:
        # The silhouette is laid on the ground: rows above its base are squeezed towards it and shifted sideways.
        filled = np.flatnonzero(alpha.max(axis=1) > 0.5)
        base = float(filled.max()) if len(filled) else 0.0
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
        height = (base - y) / shadow.lying
        flat = ndimage.map_coordinates(alpha, [base - height, x - shadow.slant * height], order=1, mode="constant")
    x_px, y_px = (scale * o for o in shadow.offset)
    flat = ndimage.shift(flat, (y_px, x_px), order=1, mode="constant")
    return shadow.strength * ndimage.gaussian_filter(flat, shadow.blur * scale, truncate=3)


def compose(background: Background, arrangement: Sequence[Placed]) -> Composed:
    """Compose a picture from back to front; each shadow falls on everything behind its object."""
    size = background.labels.shape
    colour, labels = background.colour.copy(), background.labels.copy()
    owner = np.full(size, -1)
    shadows = {}
    for number, placed in enumerate(arrangement):
        pixels, own_labels, box = _sampled(placed, size)
        alpha = np.zeros(size, np.float32)
        alpha[box] = pixels[..., 3]
        light = np.ones(size, np.float32)
        for shadow in placed.shadows:
            light *= 1 - _shadow(placed, shadow, alpha)
        shadows[placed.name] = 1 - light
        colour *= light[..., None]
        colour[box] = colour[box] * (1 - pixels[..., 3:]) + pixels[..., :3]
        front = alpha >= 0.5
        owner[front] = number
        labels[box] = np.where(front[box], own_labels, labels[box])
    masks = {placed.name: owner == number for number, placed in enumerate(arrangement)}
    return Composed(to_picture(colour), labels, masks, shadows)
