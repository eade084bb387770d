"""Pixels of known origin are copied; only the rest is left to the network and the synthesis."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.image import from_nearest_outside
from primage.origin.plane import DRAWN, FIRST, UNMOVED, Origin
from primage.origin.sampling import piece_colours
from primage.primitive.primitive import Primitive
from primage.synthesis.polish import Polished, Previous, Render, polishing
from primage.synthesis.reference import Reference
from primage.synthesis.shadows import cast_shadows
from primage.synthesis.steps import scaled

#: Pixels around what was drawn are not copied, as a share of the shorter side: a new line changes what is beside it.
_DRAWN_MARGIN = 0.035
#: The same around what was removed, in pixels: borders drawn around a thing do not enclose all of it.
_REMOVED_MARGIN_PX = 3.0
#: Half the width of the strip along the borders of pieces that may be synthesised.
_SEAM_PX = 3.0
#: Lines nearer to a hole's border belong to it, and fewer pixels of lines are not a drawing.
_HOLE_BORDER_PX = 5
_FEW_LINES = 8
#: Labels that differ from the nearest ones around a hole in more than this share of it were drawn.
_OTHER_LABELS = 0.15
_BINOMIAL = (1, 2, 1)


@dataclass(frozen=True)
class Plate:
    """A clean plate: the photo without anything that a series of drawings removes from it, as one background for all.

    Attributes:
        primitive: its drawing.
        polished: the picture; what is behind the removed things was synthesised.
    """

    primitive: Primitive
    polished: Polished


@dataclass(frozen=True)
class Copied:
    """A render whose pixels of known origin were copied from the photo.

    Attributes:
        render: its field and confidence are those of the copies, too.
        hole: (H, W), what was removed, with a margin and the shadow that it cast.
        emptied: (H, W), the same without shadow: what is drawn there is meant.
        forbidden: (H', W'), the places of the photo that show what was removed: they may not be copied into the hole.
        rest: (H, W), further pixels that may be replaced.
    """

    render: Render
    hole: Bool[np.ndarray, "h w"]
    emptied: Bool[np.ndarray, "h w"]
    forbidden: Bool[np.ndarray, "h2 w2"]
    rest: Bool[np.ndarray, "h w"]

    def on(self, plate: Plate) -> Copied:
        """The same with its hole filled from a clean plate, where nothing else was drawn into the hole."""
        drawing, other = self.render.primitive, plate.primitive
        lines = drawing.edges != other.edges if drawing.edges is not None and other.edges is not None else None
        unlike = None
        if drawing.segments is not None and other.segments is not None:
            unlike = drawing.segments.index != other.segments.index
        taken = plate.polished.synthesised & ~_drawn_into(self.hole, self.emptied, lines, unlike) & self.hole
        image, field, confidence = self.render.image.copy(), self.render.field.copy(), self.render.confidence.copy()
        image[taken], field[taken] = plate.polished.image[taken], plate.polished.field[taken]
        confidence[taken] = 1.0
        known = taken if self.render.known is None else self.render.known | taken
        render = replace(self.render, image=image, field=field, confidence=confidence, known=known)
        return replace(self, render=render, hole=self.hole & ~taken)


def composed(render: Render, origin: Origin, photo: UInt8[np.ndarray, "h2 w2 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Copy what is known of a render from the photo, and keep the rest.

    Args:
        render: the generator's output.
        origin: of the drawing, at the size of the render.
        photo: at the scale of the render.
    """
    return antialiased(copied(render, origin, photo).render.image, origin, photo)


@dataclass(frozen=True)
class Completed:
    """A render whose known pixels were copied and whose others were synthesised.

    Attributes:
        polished: the result.
        stages: what was synthesised one after the other; None where there was nothing to do.
    """

    polished: Polished
    stages: tuple[Previous | None, ...]


def completing(
    reference: Reference,
    render: Render,
    origin: Origin,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    previous: Completed | None = None,
    seed: int = 0,
    plate: Plate | None = None,
) -> Generator[float, None, Completed]:
    """Copy what is known of a render from the photo and synthesise the rest, as an iterator like `polishing`.

    Args:
        reference: what patches are taken from.
        render: the generator's output.
        origin: of the drawing, at the size of the render.
        excluded: (H', W'), places of the photo that nothing new is copied from; see `polishing`.
        previous: a similar render, completed: what was synthesised in it stays where nothing changed nearby.
        seed: of the random search, 0 or more.
        plate: holes are filled from it, where its drawing is the same.

    Yields:
        The share of the work that is done, after each step.

    Returns:
        The completed render.
    """
    known = copied(render, origin, reference.photo)
    forbidden = known.forbidden
    undrawn = _undrawn(render.primitive, known.hole, known.emptied, origin.index >= FIRST)
    if plate is not None:
        known = known.on(plate)
        undrawn &= known.hole
    todo = ((undrawn, forbidden), (known.hole & ~undrawn, forbidden), (known.rest, None))
    current, synthesised = known.render, np.zeros(origin.size, bool)
    unlike = np.zeros(origin.size, np.float32)
    stages: list[Previous | None] = []
    for number, (within, forbid) in enumerate(todo):
        before = None if previous is None else previous.stages[number]
        stages.append(None)
        if not within.any():
            continue
        steps = polishing(reference, current, within, forbid, before, undrawn, excluded, seed)
        polished = yield from scaled(steps, number / len(todo), 1 / len(todo))
        stages[-1] = Previous(current, polished, within)
        current = replace(current, image=polished.image, field=polished.field)
        synthesised |= polished.synthesised
        unlike[within] = polished.incoherence[within]
    image = antialiased(current.image, origin, reference.photo)
    return Completed(Polished(image, current.field, synthesised, unlike), tuple(stages))


def _undrawn(
    primitive: Primitive,
    hole: Bool[np.ndarray, "h w"],
    emptied: Bool[np.ndarray, "h w"],
    moved: Bool[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """The parts of a hole into which nobody drew anything: what is behind them is not known."""
    unlike = None
    if primitive.segments is not None and not (hole | moved).all():
        # The hole was filled before the moved parts were put in front of it.
        index = primitive.segments.index
        unlike = from_nearest_outside(index, hole | moved) != index
    return np.asarray(hole & ~_drawn_into(hole, emptied, primitive.edges, unlike))


def _drawn_into(
    hole: Bool[np.ndarray, "h w"],
    emptied: Bool[np.ndarray, "h w"],
    lines: Bool[np.ndarray, "h w"] | None,
    unlike: Bool[np.ndarray, "h w"] | None,
) -> Bool[np.ndarray, "h w"]:
    """The connected parts of a hole with new lines, or with a share of other labels."""
    parts, count = ndimage.label(hole, np.ones((3, 3), bool))
    numbers = np.arange(1, count + 1)
    drawn = np.zeros(count, bool)
    if lines is not None:
        inside = ndimage.binary_erosion(emptied, np.ones((3, 3), bool), iterations=_HOLE_BORDER_PX)
        drawn |= ndimage.sum_labels(lines & inside, parts, numbers) >= _FEW_LINES
    if unlike is not None:
        drawn |= ndimage.mean(unlike, parts, numbers) > _OTHER_LABELS
    return np.asarray(np.isin(parts, numbers[drawn]))


def copied(render: Render, origin: Origin, photo: UInt8[np.ndarray, "h2 w2 3"]) -> Copied:
    """Copy what is known of a render from the photo.

    Args:
        render: the generator's output.
        origin: of the drawing, at the size of the render.
        photo: at the scale of the render.

    Returns:
        The copies, and what is left to do.
    """
    photo_size = (photo.shape[0], photo.shape[1])
    drawn = _near(origin.index == DRAWN, max(3.0, _DRAWN_MARGIN * min(origin.size)))
    known = origin.known & ~drawn
    image, field, confidence = render.image.copy(), render.field.copy(), render.confidence.copy()
    field[known], confidence[known] = origin.coords(photo_size)[known], 1.0
    for value in origin.sources:
        where = known & (origin.index == value)
        image[where] = np.rint(_colours(origin, value, where, photo))
    # What fills a hole is first looked for around it.
    places = origin.places(origin.removed)[:, ::-1] * photo_size - 0.5
    field[origin.removed], confidence[origin.removed] = places, 0.0
    emptied = _near(origin.removed, _REMOVED_MARGIN_PX) & (origin.index < FIRST)
    hole, forbidden = emptied.copy(), _left(origin, photo_size)
    if photo_size == origin.size:
        shadows = cast_shadows(photo, origin, render.primitive.segments)
        hole |= shadows
        forbidden |= shadows
    rest = (~known | _near(_borders(origin), _SEAM_PX)) & ~hole
    placed = replace(render, image=image, field=field, confidence=confidence, known=known)
    return Copied(placed, hole, emptied, forbidden, rest)


def antialiased(
    image: UInt8[np.ndarray, "h w 3"], origin: Origin, photo: UInt8[np.ndarray, "h2 w2 3"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Smooth the outlines of pieces that were scaled, turned or bent: a camera's pixel sees both sides.

    Args:
        image: the picture.
        origin: of the drawing, of the same size.
        photo: at the scale of the picture.
    """
    bent = [FIRST + i for i, piece in enumerate(origin.pieces) if piece.shift is None]
    if not bent:
        return image
    border = _borders(origin) & _near(np.isin(origin.index, bent), 1.5)
    rows, columns = np.nonzero(border)
    total = np.zeros((len(rows), 3), np.float32)
    rest = np.ones(len(rows), np.float32)
    for value in origin.sources:
        share = (origin.index == value).astype(np.float32)
        for axis in (0, 1):
            share = ndimage.convolve1d(share, np.array(_BINOMIAL) / 4, axis=axis, mode="nearest")
        weight = share[rows, columns]
        used = weight > 0
        where = np.zeros(border.shape, bool)
        where[rows[used], columns[used]] = True
        total[used] += weight[used, None] * _colours(origin, value, where, photo)
        rest -= weight
    # Pixels without an origin keep their share of the colour.
    mixed = total + rest[:, None].clip(0, 1) * image[rows, columns]
    out = image.copy()
    out[rows, columns] = np.rint(mixed).clip(0, 255)
    return out


def _left(origin: Origin, photo_size: tuple[int, int]) -> Bool[np.ndarray, "h2 w2"]:
    """The places of the photo that show what was removed or moved away."""
    here = origin.resized(photo_size)
    moved = np.zeros(photo_size, bool)
    places = np.rint(here.coords(photo_size)[here.index >= FIRST]).astype(int)
    rows, columns = np.clip(places, 0, np.array(photo_size) - 1).T
    moved[rows, columns] = True
    # Parts that were enlarged leave gaps between their sources.
    moved = ndimage.binary_closing(moved, np.ones((3, 3), bool), border_value=0) & (here.index != UNMOVED)
    return np.asarray(_near(here.removed | moved, _REMOVED_MARGIN_PX))


def _colours(
    origin: Origin, value: int, where: Bool[np.ndarray, "h w"], photo: np.ndarray
) -> Float32[np.ndarray, "n 3"]:
    return piece_colours(photo, origin.piece(value), origin.places(where), origin.size)


def _borders(origin: Origin) -> Bool[np.ndarray, "h w"]:
    """Pixels beside one that comes from elsewhere."""
    index = origin.index
    return np.asarray(ndimage.maximum_filter(index, 3) != ndimage.minimum_filter(index, 3))


def _near(mask: Bool[np.ndarray, "h w"], distance_px: float) -> Bool[np.ndarray, "h w"]:
    if not mask.any():
        return mask
    return np.asarray(ndimage.distance_transform_edt(~mask) <= distance_px)
