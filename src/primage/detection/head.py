"""Hair and skin around a face: superpixels of a person, told apart by colour and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8
from scipy import ndimage
from skimage.color import rgb2lab

#: Points of the mesh: the top of the forehead, the chin, the outer corners of the eyes.
_FOREHEAD, _CHIN, _EYES = 10, 152, (33, 263)
#: In units of the face's height, upwards from the chin: hair is looked for from the shoulders to above the crown …
_LOWEST, _HIGHEST = -1.2, 1.75
#: … and to the sides of the middle of the face.
_SIDEWAYS = 1.3
#: Skin is looked for as far as the ears, and below the chin to the sides of a neck.
_EARS, _SHOULDERS = 0.6, 0.7
#: Certain hair lies above the eyes and outside the oval; certain clothes lie this far below the chin.
_HAIR_FROM, _CLOTHES_BELOW = 0.62, -0.25
#: A person's superpixels that are this different (ΔE) from a typical colour do not belong to it.
_SKIN_DELTA_E, _HAIR_DELTA_E = 22.0, 30.0
#: Lightness varies with the light, so it counts for less than hue.
_LIGHTNESS = 0.6
_CLUSTERS, _ROUNDS = 3, 10
#: Half the width of a neck, whose shaded skin counts as more similar than it is.
_NECK, _NECK_SHADE = 0.25, 0.6
#: Certainty of the inside of a person, and (1 - this) of the background.
_CERTAIN = 0.9
#: Less hair than this, as a share of the face's area, is no hair.
_LEAST_HAIR = 0.04


@dataclass(frozen=True)
class _Axes:
    """Coordinates of a face: upwards from the chin, and sideways from its middle, in units of its height."""

    chin: np.ndarray
    up: np.ndarray
    height: float

    @classmethod
    def of(cls, mesh: Float[np.ndarray, "478 2"]) -> _Axes:
        left, right = mesh[list(_EYES)]
        up = np.array([right[1] - left[1], left[0] - right[0]])
        up = up / max(float(np.hypot(*up)), 1e-6)
        return cls(mesh[_CHIN], up, max(float((mesh[_FOREHEAD] - mesh[_CHIN]) @ up), 1.0))

    def __call__(self, points: Float[np.ndarray, "n 2"]) -> tuple[np.ndarray, np.ndarray]:
        away = (points - self.chin) / self.height
        return away @ self.up, away @ np.array([-self.up[1], self.up[0]])


@dataclass(frozen=True)
class Head:
    """What surrounds a face.

    Attributes:
        person: (H, W) all people, with a more exact border around this head.
        hair: (H, W) hair, which includes hats.
        skin: (H, W) the face, neck and ears.
    """

    person: Bool[np.ndarray, "h w"]
    hair: Bool[np.ndarray, "h w"]
    skin: Bool[np.ndarray, "h w"]


def hair_and_skin(
    photo: UInt8[np.ndarray, "h w 3"],
    person: Float32[np.ndarray, "h w"],
    superpixels: Int[np.ndarray, "h w"],
    mesh: Float[np.ndarray, "478 2"],
    oval: Bool[np.ndarray, "h w"],
    features: Bool[np.ndarray, "h w"],
) -> Head:
    """Find hair and skin of one person.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        person: (H, W) in [0, 1], how certainly a pixel shows a person.
        superpixels: (H, W) numbers of superpixels from 0.
        mesh: (478, 2) points of the face.
        oval: (H, W) inside of the face's oval.
        features: (H, W) eyes, brows and lips, which are neither.

    Returns:
        The person, hair and skin.
    """
    count = int(superpixels.max()) + 1
    flat = superpixels.ravel()
    area = np.bincount(flat, minlength=count).clip(1)

    def share(mask: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(flat, mask.ravel().astype(float), count) / area)

    lab = rgb2lab(photo) * [_LIGHTNESS, 1, 1]
    colour = np.stack([np.bincount(flat, lab[..., k].ravel(), count) / area for k in range(3)], axis=1)
    y, x = np.indices(person.shape)
    centre = np.stack([np.bincount(flat, plane.ravel(), count) / area for plane in (x, y)], axis=1) + 0.5
    up, sideways = _Axes.of(mesh)(centre)
    certainty, in_oval = share(person), share(oval)
    of_person = certainty > 0.5
    certain_skin = (share(oval & ~features) > 0.8) & (up < 0.7) & (up > 0.1)
    if not certain_skin.any():
        return Head(person > 0.5, np.zeros_like(oval), oval)
    skin = np.median(colour[certain_skin], axis=0)
    from_skin = np.linalg.norm(colour - skin, axis=1)
    neck = (np.abs(sideways) < _NECK) & (up < 0) & (up > -_NECK)
    from_skin[neck] *= _NECK_SHADE
    near = (up > _LOWEST) & (up < _HIGHEST) & (np.abs(sideways) < _SIDEWAYS)
    seeds = (certainty > _CERTAIN) & near & (in_oval < 0.1) & (up > _HAIR_FROM) & (from_skin > _SKIN_DELTA_E / 2)
    # The border of the person is uncertain, and what looks like the background there belongs to it.
    around = near & (certainty < 1 - _CERTAIN)
    unsure = near & of_person & (certainty < _CERTAIN)
    if around.any():
        from_around = _distance(colour, _typical(colour[around], area[around]))
        typical = np.concatenate([skin[None], _typical(colour[seeds], area[seeds])]) if seeds.any() else skin[None]
        of_person &= ~(unsure & (from_around < _distance(colour, typical)))
    if area[seeds].sum() < _LEAST_HAIR * max(int(oval.sum()), 1):
        hair = np.zeros(count, bool)
    else:
        from_hair = _distance(colour, _typical(colour[seeds], area[seeds]))
        clothes = of_person & (up < _CLOTHES_BELOW) & (from_skin > _SKIN_DELTA_E) & (from_hair > _HAIR_DELTA_E / 2)
        from_clothes = (
            _distance(colour, _typical(colour[clothes], area[clothes])) if clothes.any() else np.full(count, np.inf)
        )
        hair = of_person & near & (from_hair < np.minimum(from_skin, _HAIR_DELTA_E)) & (in_oval < 0.9)
        hair &= (up > 0) | (from_hair < from_clothes)
        hair |= seeds
        hair &= ~((in_oval > 0.5) & (up < 0.55)) & ~neck  # shadows, of lids and of the chin, are dark, too
        hair = _connected(hair, seeds, superpixels)
    about_head = np.where(up > 0, np.abs(sideways) < _EARS, (np.abs(sideways) < _SHOULDERS) & (up > _LOWEST))
    skinny = of_person & about_head & (from_skin < _SKIN_DELTA_E) & ~hair
    skinny = _connected(skinny | certain_skin, certain_skin | neck, superpixels)
    is_hair, is_skin = hair[superpixels], skinny[superpixels] | oval
    is_hair |= ndimage.binary_fill_holes(is_hair) & ~is_skin  # highlights, and shadows between strands
    return Head(of_person[superpixels] | oval, is_hair, is_skin & ~is_hair)


def _typical(colours: np.ndarray, area: np.ndarray) -> np.ndarray:
    """A few typical colours, each of at least a tenth of the area."""
    if len(colours) <= _CLUSTERS:
        return colours
    by_lightness = np.argsort(colours[:, 0], kind="stable")
    centres = colours[by_lightness[np.linspace(0, len(colours) - 1, _CLUSTERS).astype(int)]]
    weight: np.ndarray = np.ones(len(centres), float)
    for _ in range(_ROUNDS):
        which = np.linalg.norm(colours[:, None] - centres[None], axis=2).argmin(axis=1)
        weight = np.bincount(which, area.astype(float), len(centres))
        sums = np.stack([np.bincount(which, area * plane, len(centres)) for plane in colours.T], axis=1)
        centres, weight = (sums / weight.clip(1e-9)[:, None])[weight > 0], weight[weight > 0]
    return np.asarray(centres[weight >= 0.1 * weight.sum()])


def _distance(colours: np.ndarray, typical: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(colours[:, None] - typical[None], axis=2).min(axis=1))


def _connected(chosen: np.ndarray, seeds: np.ndarray, superpixels: np.ndarray) -> np.ndarray:
    """The chosen superpixels that are connected to a seed."""
    component, _ = ndimage.label(chosen[superpixels], structure=np.ones((3, 3)))
    kept = np.unique(component[seeds[superpixels]])
    keep = np.zeros(len(chosen), bool)
    inside = np.isin(component, kept[kept > 0])
    keep[np.unique(superpixels[inside])] = True
    return np.asarray(keep & chosen)
