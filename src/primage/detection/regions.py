"""Named regions of people: skin, brows, eyes, irises, nose, lips, mouth, hair, and the whole person."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int, UInt8
from skimage.draw import polygon2mask

from primage.detection.bodies import find_bodies, person_mask
from primage.detection.faces import find_faces
from primage.detection.head import hair_and_skin
from primage.detection.topology import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    NOSE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)

#: The names of regions; each covers those before it.
PERSON, HAIR = "person", "hair"
NAMES = (PERSON, "skin", HAIR, "nose", "brows", "eyes", "irises", "lips", "mouth")
#: Regions of fewer pixels are left out: nobody can edit them.
_LEAST_PX = 6
_Mask = Bool[np.ndarray, "h w"]
#: Points on the outline of an iris.
_IRIS_POINTS = 24


def find_regions(
    photo: UInt8[np.ndarray, "h w 3"], working: UInt8[np.ndarray, "h2 w2 3"], superpixels: Int[np.ndarray, "h2 w2"]
) -> dict[str, Bool[np.ndarray, "h2 w2"]]:
    """Find the regions of the people in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB, in which faces and bodies are looked for.
        working: (H', W', 3) uint8, the photo at the size of the regions.
        superpixels: (H', W') numbers of its superpixels from 0.

    Returns:
        (H', W') masks by name, in the order of `NAMES`, without overlaps; empty if nobody was found.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    faces, bodies = find_faces(photo), find_bodies(photo)
    if not faces and not bodies:
        return {}
    scale = np.array([working.shape[1] / photo.shape[1], working.shape[0] / photo.shape[0]])
    bodies_here = tuple(body.scaled(float(scale.mean())) for body in bodies)
    certainty = person_mask(working, bodies_here)
    size = (working.shape[0], working.shape[1])
    found = {name: np.zeros(size, bool) for name in NAMES}
    found[PERSON] |= certainty > 0.5
    for face in faces:
        mesh = face.points * scale
        features = _features(mesh, size)
        oval = _inside(mesh[list(FACE_OVAL)], size)
        covered = features["brows"] | features["eyes"] | features["lips"]
        head = hair_and_skin(working, certainty, superpixels, mesh, oval, covered)
        found[PERSON] &= head.person
        found[PERSON] |= oval
        found[HAIR] |= head.hair & ~covered
        found["skin"] |= head.skin
        for name, mask in features.items():
            found[name] |= mask
    return _without_overlaps(found)


def _features(mesh: np.ndarray, size: tuple[int, int]) -> dict[str, _Mask]:
    def inside(*contours: tuple[int, ...]) -> _Mask:
        return np.asarray(np.logical_or.reduce([_inside(mesh[list(contour)], size) for contour in contours]))

    eyes = inside(RIGHT_EYE, LEFT_EYE)
    irises = np.logical_or.reduce([_inside(_circle(mesh[list(iris)]), size) for iris in (RIGHT_IRIS, LEFT_IRIS)])
    return {
        "nose": inside(NOSE),
        "brows": inside(RIGHT_BROW, LEFT_BROW),
        "eyes": eyes,
        "irises": irises & eyes,
        "lips": inside(OUTER_LIPS),
        "mouth": inside(INNER_LIPS),
    }


def _circle(points: np.ndarray) -> np.ndarray:
    """The circle through the mean distance of four points from their centre."""
    centre = points.mean(axis=0)
    radius = np.hypot(*(points - centre).T).mean()
    angles = np.linspace(0, 2 * np.pi, _IRIS_POINTS, endpoint=False)
    return np.asarray(centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1))


def _inside(contour: np.ndarray, size: tuple[int, int]) -> _Mask:
    """The pixels whose centres are inside a closed contour."""
    return np.asarray(polygon2mask(size, contour[:, ::-1] - 0.5))


def _without_overlaps(found: dict[str, _Mask]) -> dict[str, _Mask]:
    """Each region without those that cover it, and without regions of hardly any pixels."""
    kept: dict[str, _Mask] = {}
    covered = np.zeros_like(found[PERSON])
    for name in reversed(NAMES):
        mask = found[name] & ~covered
        if mask.sum() >= _LEAST_PX:
            kept[name] = mask
            covered |= mask
    return {name: kept[name] for name in NAMES if name in kept}
