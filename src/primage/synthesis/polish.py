"""The last stage of a render: find what is incoherent in it, and synthesise that from the photo's patches."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.synthesis.closed import closed, open_guides, strange_sources
from primage.synthesis.field import at_sources
from primage.synthesis.guides import disagreement, guide_channels
from primage.synthesis.incoherence import incoherence
from primage.synthesis.regions import regions
from primage.synthesis.search import RADIUS
from primage.synthesis.sources import Plane, photo_plane, resampled_plane
from primage.synthesis.steps import finished
from primage.synthesis.synthesise import DEFAULTS, SynthesisConfig, Target, synthesising
from primage.synthesis.transforms import resizings, transforms

#: Value of the guide that keeps planes for resized regions to these regions.
_MARK = 1.0
#: Pixels of two renders that differ by more than this (grey levels, smoothed over about 3 × 3) have changed.
_CHANGED_LEVELS = 6.0
#: Distance, in pixels, up to which a pixel influences the incoherence of patches, which are compared at half the size.
_PATCH_PX = 2 * RADIUS + 2


@dataclass(frozen=True)
class Reference:
    """What patches are taken from.

    Attributes:
        photo: (H, W, 3), at the scale of the render.
        primitive: the training primitive, of the photo's size.
        spec: the model's description of its primitives.
        config: settings of the synthesis.
        device: torch device of the synthesis.
    """

    photo: UInt8[np.ndarray, "h w 3"]
    primitive: Primitive
    spec: PrimitiveSpec
    config: SynthesisConfig = DEFAULTS
    device: str = "cpu"

    @cached_property
    def guides(self) -> Float32[np.ndarray, "h w c"]:
        """(H, W, C), guides of the training primitive."""
        return guide_channels(self.primitive, self.spec, self.config.guides)


@dataclass(frozen=True)
class Render:
    """A generator's output that is to be polished.

    Attributes:
        primitive: the drawing.
        image: (H, W, 3), the picture.
        field: (H, W, 2), (y, x) of the source of each pixel in the photo, in pixels.
        confidence: (H, W) in [0, 1], confidence in ``field``.
    """

    primitive: Primitive
    image: UInt8[np.ndarray, "h w 3"]
    field: Float32[np.ndarray, "h w 2"]
    confidence: Float32[np.ndarray, "h w"]


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

    Yields:
        The share of the work that is done, after each step.

    Returns:
        The polished render.
    """
    spec, config = reference.spec, reference.config
    within = np.ones(render.image.shape[:2], bool) if within is None else within
    if previous is not None and previous.render.image.shape != render.image.shape:
        previous = None
    unchanged = np.zeros_like(within) if previous is None else ~_changed(render, previous.render, config)
    unlike = _incoherence(reference, render, within, unchanged, previous)
    yield 0.1
    guides = guide_channels(render.primitive, spec, config.guides)
    wrong = disagreement(guides, reference.guides, render.field)
    hole = regions(render.primitive, render.image, unlike, wrong)
    if forbidden is not None:
        hole |= _copied_from(forbidden, render.field)
    hole &= within
    image, field = render.image.copy(), render.field.copy()
    kept = np.zeros_like(hole)
    if previous is not None:
        kept = previous.polished.synthesised & unchanged & within
        if forbidden is not None:
            kept &= ~_copied_from(forbidden, previous.polished.field)
        image[kept], field[kept] = previous.polished.image[kept], previous.polished.field[kept]
    synthesised = hole | kept
    hole &= ~kept
    if not hole.any():
        return Polished(image, field, synthesised, unlike)
    allowed = np.ones(reference.photo.shape[:2], bool) if forbidden is None else ~forbidden
    planes, first, mark = _planes(reference, render.primitive, field, hole, allowed)
    unknown = hole & (closed(render.primitive, reference.primitive) if unknown is None else unknown)
    guides = open_guides(guides, render.primitive, unknown)
    strange = strange_sources(render.primitive, reference.primitive, unknown)
    if strange is not None:
        planes = [plane.avoiding(strange) for plane in planes]
    yield 0.15
    levels = config.levels_for(unknown, reference.primitive.size)
    rows, columns = _crop(hole, config.context(levels), config.multiple)
    target = Target(
        picture=image[rows, columns],
        guides=np.concatenate([guides, mark[..., None]], axis=2)[rows, columns],
        prior=field[rows, columns],
        plane=first[rows, columns],
        trust=(render.confidence * np.exp(-wrong / config.tolerance))[rows, columns],
        hole=hole[rows, columns],
        unknown=unknown[rows, columns],
    )
    steps = synthesising(planes, target, config, reference.device)
    while True:
        try:
            yield 0.15 + 0.85 * next(steps)
        except StopIteration as stop:
            image[rows, columns], field[rows, columns] = stop.value
            break
    return Polished(image, field, synthesised, unlike)


def polish(
    reference: Reference,
    render: Render,
    within: Bool[np.ndarray, "h w"] | None = None,
    forbidden: Bool[np.ndarray, "h2 w2"] | None = None,
    previous: Previous | None = None,
) -> Polished:
    """Polish a render in one go; see `polishing`."""
    return finished(polishing(reference, render, within, forbidden, previous))


def _planes(
    reference: Reference,
    primitive: Primitive,
    field: Float32[np.ndarray, "h w 2"],
    hole: Bool[np.ndarray, "h w"],
    allowed: Bool[np.ndarray, "h2 w2"],
) -> tuple[list[Plane], Int32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """The sources of patches, the plane in which each pixel is first looked for, and the mark of each pixel.

    Planes for resized regions have a mark, too. Half a mark is as far from a mark as from none: inside these regions,
    all planes cost the same; outside, marked ones cost more. Their enlarged, smoother patches would spread otherwise.
    """
    multiple = reference.config.multiple

    def resampled(matrix: np.ndarray, box: tuple[np.ndarray, np.ndarray], mark: float) -> Plane:
        pair = reference.photo, reference.primitive, reference.spec, reference.config.guides
        return resampled_plane(*pair, allowed, matrix, box, multiple).marked(mark)

    planes = [photo_plane(reference.photo, reference.guides, allowed, multiple).marked(0.0)]
    maps, first = transforms(field, hole, reference.config.seed)
    for number, matrix in enumerate(maps, start=1):
        places = field[first == number]
        box = np.percentile(places, 2, axis=0), np.percentile(places, 98, axis=0)
        planes.append(resampled(matrix[:, :2], box, 0.0))
    marks = np.zeros(hole.shape, np.float32)
    if primitive.segments is not None and reference.primitive.segments is not None:
        whole = np.zeros(2), np.array(reference.photo.shape[:2]) - 1.0
        matrices, resized = resizings(primitive.segments.index, reference.primitive.segments.index, hole)
        planes += [resampled(matrix, whole, _MARK) for matrix in matrices]
        marks[resized] = 0.5 * _MARK
    return planes, first, marks


def _copied_from(places: Bool[np.ndarray, "h2 w2"], field: Float32[np.ndarray, "h w 2"]) -> Bool[np.ndarray, "h w"]:
    """The pixels whose colour contains a share of some pixels of the photo."""
    near = ndimage.binary_dilation(places, np.ones((3, 3), bool), iterations=2)  # bicubic interpolation
    return at_sources(near, field)


def _changed(render: Render, before: Render, config: SynthesisConfig) -> Bool[np.ndarray, "h w"]:
    """Where the drawing or the render has changed, or its neighbourhood at the coarsest level."""
    levels = np.abs(render.image.astype(np.float32) - before.image).max(axis=2)
    changed = ndimage.gaussian_filter(levels, 1.0) > _CHANGED_LEVELS
    changed |= render.primitive.differs(before.primitive)
    if not changed.any():
        return changed
    near: Bool[np.ndarray, "h w"] = ndimage.distance_transform_edt(~changed) <= RADIUS * config.multiple
    return near


def _incoherence(
    reference: Reference,
    render: Render,
    within: Bool[np.ndarray, "h w"],
    unchanged: Bool[np.ndarray, "h w"],
    previous: Previous | None,
) -> Float32[np.ndarray, "h w"]:
    """The incoherence of a render, computed only where it may matter and is not known."""
    unlike = np.zeros(within.shape, np.float32)
    unknown = within
    if previous is not None:
        known = unchanged & within
        if previous.within is not None:
            known &= previous.within
        unlike[known] = previous.polished.incoherence[known]
        unknown = within & ~known
    if unknown.any():
        rows, columns = _crop(unknown, _PATCH_PX, 2)
        part = incoherence(render.image[rows, columns], reference.photo, render.field[rows, columns])
        unlike[unknown] = part[unknown[rows, columns]]
    return unlike


def _crop(mask: Bool[np.ndarray, "h w"], margin: int, multiple: int) -> tuple[slice, slice]:
    """The rows and columns of a mask with a margin, starting at a multiple of a number."""
    out = []
    for axis in (1, 0):
        used = np.flatnonzero(mask.any(axis=axis))
        first = max(0, used[0] - margin) // multiple * multiple
        out.append(slice(first, min(mask.shape[1 - axis], used[-1] + 1 + margin)))
    return out[0], out[1]
