"""Lines drawn over labels in one picture: their colour, found by what it does, and their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from PIL import ImageColor
from scipy import ndimage

from primage.errors import PrimitiveError
from primage.image import from_nearest_outside
from primage.labels.colours import RGB, as_rgb, pack, positions, unpack
from primage.primitive.edges import thin

Picture = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]

#: Pixels within this distance of the line colour are lines, which allows for antialiasing.
_LINE_TOLERANCE = 64
#: Pixels of one colour, in a picture of flat colours, and in one that was scaled or compressed.
_SAME, _SIMILAR = 8, 24
#: A picture has flat colours if its 64 commonest cover this share of it.
_FLAT_SHARE = 0.98
#: Lines are at most so wide (share of the short side), nowhere else than in this share of their pixels.
_MAX_WIDTH, _THIN_SHARE = 0.05, 0.7
_MIN_PIXELS, _MIN_LENGTHS = 16, 3.0
#: Together they are at least so long (share of the short side).
_MIN_EXTENT = 0.4
#: Most pens are black; white and pure colours are also likelier to be pens than labels are.
_PENS = {(0, 0, 0): 4.0, (255, 255, 255): 2.0} | dict.fromkeys(
    ((255, 0, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)), 1.0
)
_DARK, _LIGHT = 60, 230
#: Lines narrower than this many pixels may consist of blends alone; those of black and white ones are recognised.
_HAIRLINE, _BLENDING_PENS = 1.5, ((0, 0, 0), (255, 255, 255))
#: Lines of any other colour separate labels: they run along so many of the borders.
_SEPARATING = 0.5
#: A pixel that a line covers less of is no part of it; neither are shorter pieces of such pixels.
_MIN_COVERAGE, _MIN_PIECE = 0.25, 8
_HAIRLINE_PX = 4
#: Largest difference of a channel between a colour and a blend of two others, and the least share of each.
_BLEND_LEVELS, _BLEND_SHARE = 12, 0.1
#: The same where fewer than half of the pixels have a label's colour: JPEG blurs colours more than lightness.
_COMPRESSED_LEVELS, _COMPRESSED_SHARE = 32, 0.5
#: Antialiasing reaches two pixels from a line.
_FRINGE_PX = 2


def parse_colour(text: str) -> RGB:
    """The colour that a person wrote.

    Args:
        text: ``#rrggbb``, ``#rgb``, ``rgb(…)`` or a name of CSS.

    Raises:
        PrimitiveError: there is no such colour.

    Example:
        >>> parse_colour("#ff8000"), parse_colour("black")
        ((255, 128, 0), (0, 0, 0))
    """
    try:
        red, green, blue = ImageColor.getrgb(text.strip())[:3]
    except ValueError as error:
        raise PrimitiveError(f"'{text}' is not a colour; write #rrggbb, for example '#000000', or a name") from error
    return red, green, blue


@dataclass(frozen=True)
class ThinColour:
    """A colour that is drawn thinly, like lines.

    Attributes:
        colour: red, green and blue, 0 to 255.
        length_px: of its centre lines.
        likely: how likely it is a pen, times its length; 0 if it is as likely a label.
    """

    colour: RGB
    length_px: int
    likely: float


def find_line_colour(rgb: Picture, labels: Int32[np.ndarray, "p 3"] | None = None) -> RGB | None:
    """The colour of the lines drawn over labels.

    Args:
        rgb: (H, W, 3) uint8, a super primitive as one picture.
        labels: (N, 3), the colours of the labels, if they are known; they are no lines.

    Returns:
        A colour that is drawn thinly everywhere, as a pen does, and is dark, light or pure, or separates most labels;
        None if there is none.
    """
    found = thin_colours(rgb, labels)
    return found[0].colour if found and found[0].likely else None


def thin_colours(rgb: Picture, labels: Int32[np.ndarray, "p 3"] | None = None) -> list[ThinColour]:
    """The colours that are drawn thinly everywhere and are no blends of others, likely line colours first.

    Args:
        rgb: (H, W, 3) uint8, a super primitive as one picture.
        labels: (N, 3), colours that are left out.
    """
    colours, tolerance = _colours_and_tolerance(rgb)
    masks = {colour: mask for colour in colours if _is_thin(mask := _near(rgb, colour, tolerance))}
    areas = [colour for colour in colours if colour not in masks]
    known = [] if labels is None else [as_rgb(label) for label in labels]
    broader, found = list(areas), []
    for colour, mask in sorted(masks.items(), key=lambda item: -int(item[1].sum())):
        blended = _is_blend(np.array([colour], np.float32), np.array(broader, np.int32).reshape(-1, 3))[0]
        broader.append(colour)
        length = 0 if blended or _levels(colour, known) <= tolerance else int(thin(mask).sum())
        if mask.sum() < _HAIRLINE * length and _is_pale(colour, areas):
            continue  # of a black or white line, antialiased
        if length >= max(_MIN_PIXELS // 2, _MIN_LENGTHS * mask.sum() / max(length, 1)):
            pen = _pen(colour) if length >= _MIN_EXTENT * min(mask.shape) else 0.0
            found.append(ThinColour(colour, length, length * pen))
    found.sort(key=lambda x: (-x.likely, -x.length_px))
    # Compression makes new colours along borders, where lines are, too.
    if tolerance == _SAME and not (found and found[0].likely):
        hairlines = _blended_pens(rgb, areas, known)
        if hairlines:
            return [*hairlines, *found]
        if found and _separates(rgb, masks[found[0].colour], areas):
            found[0] = replace(found[0], likely=float(found[0].length_px))
    return found


def _is_pale(colour: RGB, areas: Sequence[RGB]) -> bool:
    """Whether a colour is a blend of black or white, where that is no label, and a label."""
    value = np.array([colour], np.float32)
    pens = [pen for pen in _BLENDING_PENS if _levels(pen, [*areas, colour]) > _SIMILAR]
    return any(_is_blend(value, np.array([pen, area], np.int32))[0] for pen in pens for area in areas)


def _blended_pens(rgb: Picture, areas: Sequence[RGB], labels: Sequence[RGB]) -> list[ThinColour]:
    """Black or white, if antialiased lines of that colour are drawn so finely that few pixels have it."""
    for pen in _BLENDING_PENS:
        if areas and _levels(pen, [*areas, *labels]) > _LINE_TOLERANCE:
            lines, _ = _split(rgb, [pen], np.array(areas, np.int32))
            length = int(thin(lines).sum())
            if length >= _MIN_EXTENT * min(lines.shape):
                return [ThinColour(pen, length, length * _pen(pen))]
    return []


def colours_in(rgb: Picture) -> list[RGB]:
    """The colours of a picture, commonest first, at most 64; similar ones count as one.

    Args:
        rgb: (H, W, 3) uint8.
    """
    return _colours_and_tolerance(rgb)[0]


def nearest_colour(rgb: Picture, colour: RGB) -> RGB | None:
    """The colour of a picture that a person means by a similar one; None if there is none.

    Args:
        rgb: (H, W, 3) uint8.
        colour: red, green and blue, 0 to 255.
    """
    nearest = min(colours_in(rgb), key=lambda other: _levels(colour, [other]), default=None)
    return nearest if nearest is not None and _levels(colour, [nearest]) <= _LINE_TOLERANCE else None


def split_lines(
    rgb: Picture, line_colours: Sequence[RGB], labels: Int32[np.ndarray, "p 3"] | None
) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Separate lines from labels in a super primitive that is one picture.

    Args:
        rgb: (H, W, 3) uint8.
        line_colours: colours of the lines.
        labels: (N, 3), the colours of the labels, if they are known.

    Returns:
        (H, W) bool each: the lines, and the blended pixels beside them, which are neither.
    """
    if labels is None:
        lines = np.zeros(rgb.shape[:2], bool)
        _, tolerance = _colours_and_tolerance(rgb)
        for colour in line_colours:
            lines |= _near(rgb, colour, tolerance)
        beside = ndimage.maximum_filter(lines, size=5) & ~lines
        return lines, beside if tolerance > _SAME else np.zeros_like(lines)
    return _split(rgb, line_colours, labels)


def _split(rgb: Picture, line_colours: Sequence[RGB], labels: Int32[np.ndarray, "p 3"]) -> tuple[Mask, Mask]:
    """Lines, and the blended pixels beside them, where the colours of labels are known."""
    lines = np.zeros(rgb.shape[:2], bool)
    exact = positions(pack(rgb), pack(labels)) >= 0
    # Most pixels have exactly the colour of a label; only the others can be lines.
    value = rgb[~exact].astype(np.int16)
    coverage = np.zeros(exact.shape, np.float32)
    levels = _BLEND_LEVELS if exact.mean() >= _COMPRESSED_SHARE else _COMPRESSED_LEVELS
    for line in np.array(line_colours, np.int16).reshape(-1, 3):
        line_distance = np.abs(value - line).max(axis=1)
        is_line = line_distance <= _LINE_TOLERANCE
        nearest = np.full(len(value), 255, np.int16)
        for colour in labels.astype(np.int16):
            np.minimum(nearest, np.abs(value - colour).max(axis=1), out=nearest)
        is_line &= nearest > line_distance
        lines[~exact] |= is_line
        blended = np.flatnonzero(~is_line & (nearest > _SIMILAR))
        share = np.zeros(len(value), np.float32)
        share[blended] = _coverage(value[blended].astype(np.float32), line.astype(np.float32), labels, levels)
        coverage[~exact] = np.maximum(coverage[~exact], share)
    lines |= _hairlines(lines, coverage)
    beside = ndimage.maximum_filter(lines, size=5)
    return lines, beside & ~lines & ~exact


def _coverage(
    value: Float32[np.ndarray, "n 3"], line: Float32[np.ndarray, " 3"], labels: Int32[np.ndarray, "p 3"], levels: int
) -> Float32[np.ndarray, " n"]:
    """How much of each pixel a line covers, if it is a blend of the line and a label, and none of two labels."""
    best = np.zeros(len(value), np.float32)
    for label in labels.astype(np.float32):
        direction = line - label
        offset = value - label
        share = (offset @ direction / max(float(direction @ direction), 1.0)).clip(0, 1)
        fits = np.abs(offset - share[:, None] * direction).max(axis=1) <= levels
        np.maximum(best, np.where(fits, share, 0), out=best)
    rows = np.flatnonzero(best >= _MIN_COVERAGE)
    best[rows[_is_blend(value[rows], labels)]] = 0
    return np.where(best >= _MIN_COVERAGE, best, 0).astype(np.float32)


def _is_blend(values: Float32[np.ndarray, "n 3"], colours: Int32[np.ndarray, "p 3"]) -> Bool[np.ndarray, " n"]:
    """Whether each value lies between two of the colours."""
    found = np.zeros(len(values), bool)
    for number, one in enumerate(colours.astype(np.float32)):
        for other in colours[number + 1 :].astype(np.float32):
            direction, offset = other - one, values - one
            share = (offset @ direction / max(float(direction @ direction), 1.0))[:, None]
            between = (share[:, 0] >= _BLEND_SHARE) & (share[:, 0] <= 1 - _BLEND_SHARE)
            found |= between & (np.abs(offset - share * direction).max(axis=1) <= _BLEND_LEVELS)
    return found


def _hairlines(lines: Mask, coverage: Float32[np.ndarray, "h w"]) -> Mask:
    """Lines so thin that no pixel has their colour: where coverage is at least half of the greatest nearby."""
    if not coverage.any():
        return np.zeros_like(lines)
    coverage = np.where(lines, np.float32(1), coverage)
    found = (coverage > 0) & (coverage >= 0.5 * ndimage.maximum_filter(coverage, size=5))
    found &= ~_opened(found & ~lines, _HAIRLINE_PX)  # areas have an unknown colour of their own
    component, count = ndimage.label(found, structure=np.ones((3, 3), bool))
    kept = np.bincount(component.ravel(), minlength=count + 1) >= _MIN_PIECE
    kept[0] = False
    return np.asarray(kept[component])


def _colours_and_tolerance(rgb: Picture) -> tuple[list[RGB], int]:
    """The colours that occur, commonest first, and how far pixels of one colour may differ from it."""
    values, counts = np.unique(pack(rgb), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    flat = counts[order[:64]].sum() >= _FLAT_SHARE * counts.sum()
    tolerance = _SAME if flat else _SIMILAR
    if not flat:  # by the commonest ranges of colours, since every single colour is rare
        cells = (values >> 20 & 15) << 8 | (values >> 12 & 15) << 4 | values >> 4 & 15
        by_cell = np.bincount(cells, counts)
        first = np.lexsort((-counts, cells, -by_cell[cells]))
        order = first[np.concatenate([[True], np.diff(cells[first]) != 0])]
        counts = by_cell[cells]
    found: list[RGB] = []
    for i in order:
        if counts[i] < _MIN_PIXELS or len(found) == 64:
            break
        colour = as_rgb(unpack(values[i : i + 1])[0])
        if not flat:
            colour = next((pen for pen in _PENS if _levels(colour, [pen]) <= tolerance), colour)
        if _levels(colour, found) > tolerance:
            found.append(colour)
    return found, tolerance


def _levels(colour: RGB, others: Sequence[RGB]) -> int:
    """The greatest difference of a channel from the nearest of other colours."""
    return min((max(abs(a - b) for a, b in zip(colour, other, strict=True)) for other in others), default=256)


def _near(rgb: Picture, colour: RGB, tolerance: int) -> Mask:
    return np.asarray((np.abs(rgb.astype(np.int16) - np.array(colour, np.int16)) <= tolerance).all(axis=2))


def _is_thin(mask: Mask) -> bool:
    """Whether a colour is drawn in lines, all over the picture."""
    area = int(mask.sum())
    side = max(4, round(_MAX_WIDTH * min(mask.shape)))
    return area >= _MIN_PIXELS and int((mask & ~_opened(mask, side)).sum()) >= _THIN_SHARE * area


def _opened(mask: Mask, side: int) -> Mask:
    """The parts of a mask into which a square fits; the picture's border does not count as an end."""
    eroded = ndimage.minimum_filter(mask.view(np.uint8), side)
    return np.asarray(ndimage.maximum_filter(eroded, side, origin=-((side + 1) % 2)), bool)


def _pen(colour: RGB) -> float:
    """How much likelier a colour is a pen than others; 0 if it is no likelier."""
    for pen, weight in _PENS.items():
        if _levels(colour, [pen]) <= _SIMILAR:
            return weight
    return 1.0 if max(colour) <= _DARK or min(colour) >= _LIGHT else 0.0


def _separates(rgb: Picture, mask: Mask, labels: Sequence[RGB]) -> bool:
    """Whether most borders of labels run along a colour's pixels."""
    if len(labels) < 2:
        return False
    mask = ndimage.maximum_filter(mask, size=2 * _FRINGE_PX + 1)
    pixels = rgb.astype(np.int16)
    index = np.zeros(mask.shape, np.uint8)
    nearest = np.full(mask.shape, 256, np.int16)
    for number, label in enumerate(labels):
        distance = np.abs(pixels - np.array(label, np.int16)).max(axis=2)
        index[distance < nearest] = number
        np.minimum(nearest, distance, out=nearest)
    index = from_nearest_outside(index, mask)
    across, down = index[:, 1:] != index[:, :-1], index[1:] != index[:-1]
    on_line = (across & (mask[:, 1:] | mask[:, :-1])).sum() + (down & (mask[1:] | mask[:-1])).sum()
    return bool(on_line >= max(1, _SEPARATING * (across.sum() + down.sum())))
