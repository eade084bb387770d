"""Scenes at the size of a camera's photo: drawn again from the same sprites, with texture down to the pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from primage.origin.transforms import Affine
from truth.arrange import Edit, Scene
from truth.compose import Arrangement, Background, Placed, Sprite, from_sprite, to_sprite

#: How much larger sprites are drawn, so that they are sharp in a large picture.
_SPRITE_ZOOM = 3
#: Standard deviation of the grain, as a share of the light.
_GRAIN = 0.07


def enlarged(scene: Scene, short_side_px: int, rng: np.random.Generator) -> Scene:
    """The scene with its first arrangement at another size. Its edits still refer to the original size.

    Args:
        scene: the scene.
        short_side_px: length of the short side.
        rng: of the grain.
    """
    factor = short_side_px / min(scene.size)
    colour, labels = scene.background.colour, scene.background.labels
    large = _grained(_zoomed(colour, factor), rng)
    background = Background(large, ndimage.zoom(labels, factor, order=0, grid_mode=True, mode="nearest"))
    objects = tuple(replace(each, sprite=_sharp(each.sprite, rng)) for each in scene.objects)
    return replace(scene, background=background, objects=moved(objects, factor, 1 / _SPRITE_ZOOM))


def moved(objects: Arrangement, factor: float, sprite_factor: float = 1.0) -> Arrangement:
    """An arrangement for a picture that is larger by a factor, of sprites whose pixels have another size."""
    return tuple(
        each.posed(
            at=(_at(each.pose.at[0], factor), _at(each.pose.at[1], factor)),
            scale=each.pose.scale * factor * sprite_factor,
        )
        for each in objects
    )


def rearranged(large: Scene, scene: Scene, edit: Edit, short_side_px: int) -> Arrangement:
    """What an edit makes of the objects of an enlarged scene.

    Args:
        large: the enlarged scene.
        scene: the scene.
        edit: one of its edits.
        short_side_px: length of the short side of the enlarged one.
    """
    sprites = {each.name: each.sprite for each in large.objects}
    after = moved(edit.change(scene.objects), short_side_px / min(scene.size), 1 / _SPRITE_ZOOM)
    return tuple(replace(each, sprite=sprites[each.source or each.name]) for each in after)


def map_back(after: Placed, before: Placed, size: tuple[int, int]) -> Affine:
    """Where the pixels of a moved object come from, in shares of width and height.

    Raises:
        ValueError: the object was bent.
    """
    if (after.pose.bend, after.pose.taper) != (before.pose.bend, before.pose.taper):
        raise ValueError("a bent object is not an affine map of itself")
    at = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])
    x, y = from_sprite(*to_sprite(at[:, 0], at[:, 1], after), before)
    offset = np.array([y[0], x[0]])
    columns = [(np.array([y[2], x[2]]) - offset) / 1000, (np.array([y[1], x[1]]) - offset) / 1000]
    return Affine.of_pixels(np.stack(columns, axis=1), offset, size)


def _at(place: float, factor: float) -> float:
    return (place + 0.5) * factor - 0.5


def _zoomed(colour: np.ndarray, factor: float) -> np.ndarray:
    planes = [
        ndimage.zoom(plane, factor, order=3, grid_mode=True, mode="nearest") for plane in np.moveaxis(colour, -1, 0)
    ]
    return np.stack(planes, axis=-1).clip(0, 1).astype(np.float32)


def _grained(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = colour.shape[:2]
    fine = ndimage.gaussian_filter(rng.standard_normal(size).astype(np.float32), 0.7)
    coarse = ndimage.gaussian_filter(rng.standard_normal(size).astype(np.float32), 2.5)
    grain = fine / fine.std() + coarse / coarse.std()
    return (colour * (1 + _GRAIN * grain[..., None])).clip(0, 1).astype(np.float32)


def _sharp(sprite: Sprite, rng: np.random.Generator) -> Sprite:
    zoom = _SPRITE_ZOOM
    alpha = ndimage.zoom(sprite.alpha, zoom, order=3, grid_mode=True, mode="nearest")
    parts = ndimage.zoom(sprite.parts, zoom, order=0, grid_mode=True, mode="nearest")
    sharp = ((alpha - 0.5) * zoom + 0.5).clip(0, 1).astype(np.float32)
    return Sprite(_grained(_zoomed(sprite.colour, zoom), rng), sharp, parts, sprite.anchor)
