"""The last stage of a render: find what is incoherent in it, and synthesise that from the photo's patches."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

from primage.errors import PrimitiveError
from primage.primitive.edges import MAX_DISTANCE_PX
from primage.primitive.primitive import Primitive
from primage.synthesis.closed import closed, open_guides, source_penalty
from primage.synthesis.field import at_sources
from primage.synthesis.guides import disagreement, guide_channels
from primage.synthesis.incoherence import incoherence
from primage.synthesis.reference import MARK, Reference
from primage.synthesis.regions import regions
from primage.synthesis.search import RADIUS
from primage.synthesis.sources import Plane
from primage.synthesis.steps import finished, scaled
from primage.synthesis.synthesise import SynthesisConfig, Target, synthesising
from primage.synthesis.transforms import resizings, transforms

#: Pixels of two renders that differ by more than this (grey levels, smoothed over about 3 × 3) have changed.
_CHANGED_LEVELS = 6.0
#: Standard deviation of that smoothing, and the distance at which its filter ends.
_SMOOTHING_PX, _SMOOTHING_END_PX = 1.0, 4
#: Distance, in pixels, up to which a pixel influences the incoherence of patches, which are compared at half the size.
_PATCH_PX = 2 * RADIUS + 2
#: The same for guides: the distance to a line ends there, and boundaries are thinned before.
_GUIDE_PX = MAX_DISTANCE_PX + 8
#: The same for `regions`, which opens, grows and averages over a few pixels; at least this.
_REGION_PX = 40
#: Search and transforms add small numbers to a seed.
_SEED_STRIDE = 1_000_003


@dataclass(frozen=True)
class Render:
    """A generator's output that is to be polished.

    Attributes:
        primitive: the drawing.
        image: (H, W, 3), the picture.
        field: (H, W, 2), (y, x) of the source of each pixel in the photo, in pixels.
        confidence: (H, W) in [0, 1], confidence in ``field``.
        known: (H, W), pixels that the edit itself takes from ``field``; None for none.
    """

    primitive: Primitive
    image: UInt8[np.ndarray, "h w 3"]
    field: Float32[np.ndarray, "h w 2"]
    confidence: Float32[np.ndarray, "h w"]
    known: Bool[np.ndarray, "h w"] | None = None


@dataclass(frozen=True)
class Polished:
    """A polished render.

    Attributes:
        image: (H, W, 3).
        field: (H, W, 2), (y, x) of the source of each pixel in the photo, in pixels.
        synthesised: (H, W), the pixels that were synthesised; all others are the render's.
        incoherence: (H, W), of the render, before synthesis; 0 where pixels could not be replaced.
    """

    image: UInt8[np.ndarray, "h w 3"]
    field: Float32[np.ndarray, "h w 2"]
    synthesised: Bool[np.ndarray, "h w"]
    incoherence: Float32[np.ndarray, "h w"]


@dataclass(frozen=True)
class Previous:
    """A render that was polished before the drawing was changed a little.

    Attributes:
        render: the generator's output.
        polished: the result.
        within: (H, W), where pixels could be replaced; None for everywhere.
    """

    render: Render
    polished: Polished
    within: Bool[np.ndarray, "h w"] | None = None


def polishing(
    reference: Reference,
    render: Render,
    within: Bool[np.ndarray, "h w"] | None = None,
    forbidden: Bool[np.ndarray, "h2 w2"] | None = None,
    previous: Previous | None = None,
    unknown: Bool[np.ndarray, "h w"] | None = None,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    seed: int = 0,
) -> Generator[float, None, Polished]:
    """Polish a render, as an iterator that can be closed between its steps.

    Args:
        reference: what patches are taken from.
        render: the generator's output.
        within: (H, W), where pixels may be replaced; None for everywhere.
        forbidden: (H', W'), pixels of the photo that may not be copied: what the render copied from there is replaced.
        previous: a similar render. What was synthesised in it stays where neither the drawing nor the render changed
            nearby, and is context for the rest.
        unknown: (H, W), where neither render nor drawing say what should be there; None to find it by `closed`.
        excluded: (H', W'), pixels of the photo that nothing new is copied from: neither what is synthesised, nor what
            the render shows where the drawing differs from the training drawing.
        seed: of the random search, 0 or more.

    Yields:
        The share of the work that is done, after each step.

    Returns:
        The polished render.

    Raises:
        PrimitiveError: no place of the photo is left to copy from.
    """
    config = replace(reference.config, seed=reference.config.seed + _SEED_STRIDE * seed)
    within = np.ones(render.image.shape[:2], bool) if within is None else within
    image, field = render.image.copy(), render.field.copy()
    unlike = np.zeros(within.shape, np.float32)
    judged, kept = within, np.zeros_like(within)
    if previous is not None and previous.render.image.shape == render.image.shape:
        known = within & ~_changed(render, previous.render, config)
        if previous.within is not None:
            known &= previous.within
        unlike[known] = previous.polished.incoherence[known]
        judged, kept = within & ~known, known & previous.polished.synthesised
        for places in (forbidden, excluded):
            if places is not None:
                kept &= ~_copied_from(places, previous.polished.field)
        image[kept], field[kept] = previous.polished.image[kept], previous.polished.field[kept]
    if judged.any():
        part = _crop(judged, _PATCH_PX, 2)
        unlike[judged] = incoherence(render.image[part], reference.patches, render.field[part])[judged[part]]
    yield 0.1
    removed = np.zeros_like(within)
    if forbidden is not None:
        removed = _copied_from(forbidden, render.field) & within & ~kept
    if excluded is not None and render.primitive.size == reference.primitive.size:
        chosen = _copied_from(excluded, render.field) & render.primitive.differs(reference.primitive)
        removed |= chosen & within & ~kept & (True if render.known is None else ~render.known)
    if not (judged | removed).any():
        return Polished(image, field, kept, unlike)
    # A hole that something was taken out of is filled from its surroundings: their colours count, not their lines.
    reference = reference.suited_to(render.primitive) if forbidden is None else reference.weakly_guided
    if unknown is None:
        unknown = closed(render.primitive, reference.primitive)
    levels = config.levels_for(unknown & (judged | removed), reference.primitive.size)
    # What follows reads and changes nothing beyond this part.
    near = _crop(judged | removed, max(config.context(levels), _REGION_PX), config.multiple)
    guides = _guides(reference, render.primitive, near)
    wrong = disagreement(guides, reference.guides, render.field[near])
    hole = removed.copy()
    hole[near] |= judged[near] & regions(render.primitive.cropped(*near), render.image[near], unlike[near], wrong)
    synthesised = hole | kept
    if not hole.any():
        return Polished(image, field, synthesised, unlike)
    allowed = _allowed(forbidden, excluded)
    planes, first, mark = _planes(reference, config.seed, render.primitive, field, hole, allowed)
    unknown = hole & unknown
    guides = open_guides(guides, render.primitive.cropped(*near), unknown[near])
    penalty = source_penalty(render.primitive, reference.primitive, unknown)
    if penalty is not None:
        planes = [plane.avoiding(penalty) for plane in planes]
    yield 0.15
    levels = config.levels_for(unknown, reference.primitive.size)
    part = _crop(hole, config.context(levels), config.multiple)
    inner = _relative(part, near)
    target = Target(
        picture=image[part],
        guides=np.concatenate([guides[inner], mark[part][..., None]], axis=2),
        prior=field[part],
        plane=first[part],
        trust=render.confidence[part] * np.exp(-wrong[inner] / config.tolerance),
        hole=hole[part],
        unknown=unknown[part],
    )
    image[part], field[part] = yield from scaled(
        synthesising(planes, target, config, reference.device), start=0.15, share=0.85
    )
    return Polished(image, field, synthesised, unlike)


def excluded_places(
    size: tuple[int, int], exclude: Bool[np.ndarray, "h w"] | None = None, sample: Bool[np.ndarray, "h w"] | None = None
) -> Bool[np.ndarray, "h w"] | None:
    """The places of the photo that nothing new is copied from.

    Args:
        size: (height, width) of the photo.
        exclude: (H, W), places to leave out; None for none.
        sample: (H, W), the only places to use; None for all.

    Returns:
        (H, W); None for no place.

    Raises:
        PrimitiveError: a mask has another size, or no place is left.
    """
    for mask in (exclude, sample):
        if mask is not None and mask.shape != size:
            raise PrimitiveError(
                f"a mask of places is {mask.shape[1]}×{mask.shape[0]} px, but must be {size[1]}×{size[0]} px"
            )
    excluded = exclude if sample is None else ~sample if exclude is None else exclude | ~sample
    _allowed(excluded)
    return excluded


def polish(
    reference: Reference,
    render: Render,
    within: Bool[np.ndarray, "h w"] | None = None,
    forbidden: Bool[np.ndarray, "h2 w2"] | None = None,
    previous: Previous | None = None,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    seed: int = 0,
) -> Polished:
    """Polish a render in one go; see `polishing`."""
    return finished(polishing(reference, render, within, forbidden, previous, excluded=excluded, seed=seed))


def _guides(reference: Reference, primitive: Primitive, part: tuple[slice, slice]) -> Float32[np.ndarray, "h w c"]:
    """The guides of a part of a drawing."""
    rows, columns = (slice(max(0, side.start - _GUIDE_PX), side.stop + _GUIDE_PX) for side in part)
    guides = guide_channels(primitive.cropped(rows, columns), reference.spec, reference.config.guides)
    return guides[_relative(part, (rows, columns))]


def _planes(
    reference: Reference,
    seed: int,
    primitive: Primitive,
    field: Float32[np.ndarray, "h w 2"],
    hole: Bool[np.ndarray, "h w"],
    allowed: Bool[np.ndarray, "h2 w2"] | None,
) -> tuple[list[Plane], Int32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """The sources of patches, the plane in which each pixel is first looked for, and the mark of each pixel.

    Planes for resized regions have a mark, too. Half a mark is as far from a mark as from none: inside these regions,
    all planes cost the same; outside, marked ones cost more. Their enlarged, smoother patches would spread otherwise.
    """
    planes = [reference.plane(allowed)]
    maps, first = transforms(field, hole, seed)
    for number, matrix in enumerate(maps, start=1):
        places = field[first == number]
        box = np.percentile(places, 2, axis=0), np.percentile(places, 98, axis=0)
        planes.append(reference.resampled(matrix[:, :2], box, allowed))
    marks = np.zeros(hole.shape, np.float32)
    if primitive.segments is not None and reference.primitive.segments is not None:
        matrices, resized = resizings(primitive.segments.index, reference.primitive.segments.index, hole)
        planes += [reference.resized(matrix, allowed) for matrix in matrices]
        marks[resized] = 0.5 * MARK
    return planes, first, marks


def _allowed(*closed: Bool[np.ndarray, "h w"] | None) -> Bool[np.ndarray, "h w"] | None:
    """Where patches may be taken from; None for everywhere."""
    given = [places for places in closed if places is not None]
    if not given:
        return None
    allowed = ~np.logical_or.reduce(given)
    if not ndimage.binary_erosion(allowed, np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), bool)).any():
        raise PrimitiveError(
            "nothing of the photo is left to copy: at least 7 × 7 pixels must be neither removed nor excluded"
        )
    return np.asarray(allowed)


def _copied_from(places: Bool[np.ndarray, "h2 w2"], field: Float32[np.ndarray, "h w 2"]) -> Bool[np.ndarray, "h w"]:
    """The pixels whose colour contains a share of some pixels of the photo."""
    near = ndimage.binary_dilation(places, np.ones((3, 3), bool), iterations=2)  # bicubic interpolation
    return at_sources(near, field)


def _changed(render: Render, before: Render, config: SynthesisConfig) -> Bool[np.ndarray, "h w"]:
    """Where the drawing or the render has changed, or its neighbourhood at the coarsest level."""
    changed = render.primitive.differs(before.primitive)
    levels = np.maximum(render.image, before.image) - np.minimum(render.image, before.image)
    greatest = levels.max(axis=2)
    if (apart := greatest > _CHANGED_LEVELS).any():  # the mean is greater nowhere else
        part = _crop(apart, 2 * _SMOOTHING_END_PX, 1)
        smoothed = ndimage.gaussian_filter(greatest[part].astype(np.float32), _SMOOTHING_PX)
        changed[part] |= smoothed > _CHANGED_LEVELS
    if not changed.any():
        return changed
    reach = RADIUS * config.multiple
    part = _crop(changed, reach, 1)
    changed[part] = ndimage.distance_transform_edt(~changed[part]) <= reach
    return changed


def _crop(mask: Bool[np.ndarray, "h w"], margin: int, multiple: int) -> tuple[slice, slice]:
    """The rows and columns of a mask with a margin, starting at a multiple of a number."""
    out = []
    for axis in (1, 0):
        used = np.flatnonzero(mask.any(axis=axis))
        first = max(0, used[0] - margin) // multiple * multiple
        out.append(slice(first, min(mask.shape[1 - axis], used[-1] + 1 + margin)))
    return out[0], out[1]


def _relative(part: tuple[slice, slice], whole: tuple[slice, slice]) -> tuple[slice, slice]:
    """A part of the picture as a part of a larger part."""
    rows, columns = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, whole, strict=True))
    return rows, columns
