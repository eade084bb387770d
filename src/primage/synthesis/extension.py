"""Beyond the photo's borders: patches of the photo continue it, as the drawing says."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.errors import PrimitiveError
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive
from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.reference import Reference
from primage.synthesis.synthesise import Target, synthesising

Mask = Bool[np.ndarray, "h w"]
Image = UInt8[np.ndarray, "h w 3"]

#: Derivative of (y, x) in the photo by (y, x) in its mirror image.
_MIRRORED = np.array([[1, 0], [0, -1]], np.float32)
#: What continues the photo is less certain than what was drawn in it: factors of the weights of guides.
_LABELS, _LINES = 0.7, 0.35
#: There is context on one side only. So what is near it weighs more, and there are more rounds; see `SynthesisConfig`.
_FALLOFF, _ROUNDS, _PULL_OUTSIDE = 1.0, 20, 0.001
#: Light is compared over about this many pixels on both sides of the border. Beyond, its difference falls to 1 / e over
#: this share of the depth. Larger differences, in [0, 1], are edges of what is shown.
_LIGHT_PX, _FADE, _MOST_LIGHT = 4.0, 0.4, 0.2
#: Search and transforms add small numbers to a seed.
_SEED_STRIDE = 1_000_003


def extending(
    reference: Reference,
    primitive: Primitive,
    image: Image,
    hole: Mask,
    margins: Margins,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    seed: int = 0,
) -> Generator[float, None, tuple[Image, Float32[np.ndarray, "h w 2"]]]:
    """Synthesise what lies beyond the photo's borders, as an iterator that can be closed between its steps.

    Patches come from the photo and from its mirror image. Nothing is known of their places beforehand.

    Args:
        reference: what patches are taken from.
        primitive: the drawing, of the size of the canvas.
        image: (H, W, 3), the canvas, in which everything but the hole is known.
        hole: (H, W), what to synthesise.
        margins: of the canvas around the photo.
        excluded: (H', W'), places of the photo that nothing is copied from.
        seed: of the random search, 0 or more.

    Yields:
        The share of the work that is done, after each step.

    Returns:
        The canvas, whose known pixels are unchanged, and (H, W, 2), (y, x) of the source in the photo of each pixel of
        the hole, in pixels.

    Raises:
        PrimitiveError: no place of the photo is left to copy from, or the canvas does not fit the photo.
    """
    size = reference.primitive.size
    if margins.around(size) != hole.shape:
        raise PrimitiveError(f"the canvas is {hole.shape[1]}×{hole.shape[0]} px, which does not fit its margins")
    given = reference.config.guides
    weights = GuideWeights(labels=_LABELS * given.labels, lines=_LINES * given.lines)
    seed = reference.config.seed + _SEED_STRIDE * seed
    config = replace(reference.config, guides=weights, seed=seed)
    config = replace(config, falloff=_FALLOFF, unknown_rounds=_ROUNDS, pull_outside=_PULL_OUTSIDE)
    reference = replace(reference, config=config)
    # Patches that reach beyond the photo repeat its last pixels: they would continue the picture as streaks.
    allowed = np.zeros(size, bool)
    allowed[1:-1, 1:-1] = True
    if excluded is not None:
        allowed &= ~excluded
    whole = np.zeros(2), np.array(size) - 1.0
    planes = [reference.plane(allowed), reference.resampled(_MIRRORED, whole, allowed)]
    guides = guide_channels(primitive, reference.spec, weights)
    firsts = margins.top, margins.left
    y, x = (_folded(np.arange(n) - first, m) for n, first, m in zip(hole.shape, firsts, size, strict=True))
    target = Target(
        picture=image,
        guides=np.concatenate([guides, np.zeros((*hole.shape, 1), np.float32)], axis=2),
        prior=np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).astype(np.float32),
        plane=np.zeros(hole.shape, np.int32),
        trust=np.zeros(hole.shape, np.float32),
        hole=hole,
        unknown=hole,
    )
    found, field = yield from synthesising(planes, target, config, reference.device)
    return _in_one_light(found, hole), field


def _folded(places: np.ndarray, count: int) -> np.ndarray:
    """Places beyond the borders, mirrored at them."""
    turn = np.mod(places, 2 * count)
    return np.asarray(np.minimum(turn, 2 * count - 1 - turn))


def _in_one_light(image: Image, hole: Mask) -> Image:
    """Fit what was synthesised to the light of what it continues, fading with the distance."""
    if not hole.any() or hole.all():
        return image
    colours = image.astype(np.float32) / 255
    inside, outside = (_mean(colours, part) for part in (~hole, hole))
    step = inside - outside
    step *= np.exp(-np.square(np.abs(step).max(axis=2, keepdims=True) / _MOST_LIGHT))
    distance, near = ndimage.distance_transform_edt(hole, return_indices=True)
    reach = max(1.0, _FADE * float(distance.max()))
    offset = step[near[0], near[1]] * np.exp(-distance / reach)[..., None]
    offset = ndimage.gaussian_filter(offset, (_LIGHT_PX / 2, _LIGHT_PX / 2, 0))
    fitted = np.rint(255 * (colours + offset)).clip(0, 255).astype(np.uint8)
    return np.where(hole[..., None], fitted, image)


def _mean(colours: Float32[np.ndarray, "h w 3"], part: Mask) -> Float32[np.ndarray, "h w 3"]:
    """The mean of a part around each pixel."""
    share = ndimage.gaussian_filter(part.astype(np.float32), _LIGHT_PX)
    total = ndimage.gaussian_filter(colours * part[..., None], (_LIGHT_PX, _LIGHT_PX, 0))
    return np.asarray(total / np.maximum(share, 1e-3)[..., None], np.float32)
