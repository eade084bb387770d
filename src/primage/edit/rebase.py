"""Edits of a drawing, carried over to the same drawing after it was corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import ndimage

from primage.edit.apply import Edited
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, UNMOVED, Origin
from primage.primitive.layer import AnyLayer, nearest_pixels
from primage.primitive.primitive import Primitive

Mask = Bool[np.ndarray, "h w"]
Table = Int64[np.ndarray, "labels"]
Flags = Bool[np.ndarray, "labels"]

#: Of a label that is gone, this share must have become one other label, to which what was drawn with it changes.
_CLEAR_SHARE = 0.9
#: A moved part is doubtful if more than this share of what it shows has other labels now.
_RELABELLED_SHARE = 0.25
#: Within these distances, in pixels: lines of a moved part near a corrected line are taken anew; a corrected line near
#: one that was erased is the same.
_LINE_PX, _SAME_LINE_PX = 3, 2
#: Doubtful pixels this close to each other are one part, and smaller parts are noise of a drawing's borders.
_TOGETHER_PX, _MIN_PIXELS = 6, 12
#: No label.
_NONE = -1


@dataclass(frozen=True)
class Doubt:
    """A part of an edited drawing that may no longer be what was meant.

    Attributes:
        reason: "label": it was drawn with a label that is gone, and it is not clear what became of that. "source": what
            was moved there has other labels now.
        box: left, top, right and bottom, in shares of width and height.
        pixels: its number of pixels.
    """

    reason: Literal["label", "source"]
    box: tuple[float, float, float, float]
    pixels: int


class Rebased(NamedTuple):
    """An edited drawing on corrected ground.

    Attributes:
        drawing: the drawing, and where its pixels come from.
        doubts: where the edits may no longer make sense, largest first.
    """

    drawing: Edited
    doubts: tuple[Doubt, ...]


def rebased(drawing: Edited, before: Primitive, after: Primitive, same: Mapping[int, int] | None = None) -> Rebased:
    """Carry edits over to a corrected drawing.

    What was edited stays; everything else is as in the corrected drawing. Parts that were moved show the corrected
    drawing, too, and the places of removed ones are filled again from what surrounds them.

    Args:
        drawing: an edited drawing, and its origin.
        before: the drawing before both the edits and the corrections.
        after: the corrected drawing, of the same kind and size; its labels may be others.
        same: labels of ``before`` that are still the same, and their numbers in ``after``. Others become
            those that most of their pixels have now.

    Returns:
        The edited drawing, with the labels of ``after``.

    Raises:
        PrimitiveError: a drawing has another kind or size.
    """
    primitive, whole = drawing
    # What was pasted from another picture shows nothing of the drawing that was corrected.
    origin = whole.without_pictures
    for other in (before, after):
        if other.kind != primitive.kind or other.size != primitive.size:
            raise PrimitiveError("edits can only be carried over to a drawing of the same kind and size")
    moved = origin.index >= FIRST
    edited = primitive.differs(before) | (origin.index != UNMOVED)
    rows, columns = _sources(origin)
    doubtful: dict[Literal["label", "source"], Mask] = {}
    table = None
    if before.segments is not None and after.segments is not None:
        table, unclear = _successors(before.segments, after.segments, same or {})
        relabelled = (table[before.segments.index] != after.segments.index)[rows, columns] & moved
        doubtful["source"] = _mostly(relabelled, origin)
        assert primitive.segments is not None
        drawn = edited & ~moved & ~origin.removed
        doubtful["label"] = drawn & unclear[primitive.segments.index]
    layers: dict[str, Any] = {}
    for layer, new in after:
        data, old = primitive.layers[layer.name], before.layers[layer.name]
        if isinstance(new, LabelMap):
            assert table is not None
            labels = _labels(data.index, old.index, new.index, table, edited, origin, (rows, columns))
            layers[layer.name] = LabelMap(labels, new.palette)
        elif new.ndim == 2:
            layers[layer.name] = _lines(layer, data, old, new, edited, origin, (rows, columns))
        else:
            changed = _grown((old != new).any(axis=2), 1)[rows, columns] & moved
            kept = np.where(edited[..., None], data, new)
            layers[layer.name] = np.where(changed[..., None], new[rows, columns], kept)
    found = [doubt for reason, mask in doubtful.items() for doubt in _parts(reason, mask)]
    found.sort(key=lambda doubt: -doubt.pixels)
    return Rebased(Edited(Primitive(primitive.kind, **layers), whole), tuple(found))


def _sources(origin: Origin) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the source of each pixel; its own where it does not come from elsewhere."""
    coords: Float64[np.ndarray, "h w 2"] = np.moveaxis(np.indices(origin.size), 0, -1).astype(np.float64)
    found = origin.coords(origin.size)
    moved = origin.index >= FIRST
    coords[moved] = found[moved]
    return nearest_pixels(coords, origin.size)


def _successors(before: LabelMap, after: LabelMap, same: Mapping[int, int]) -> tuple[Table, Flags]:
    """The new number of each label, `_NONE` if nothing was drawn with it; whether it is gone without a clear one."""
    count = len(before.palette.labels)
    pairs = np.zeros((count, len(after.palette.labels)), np.int64)
    np.add.at(pairs, (before.index.ravel(), after.index.ravel()), 1)
    total, largest = pairs.sum(axis=1), pairs.max(axis=1)
    table = np.where(total > 0, pairs.argmax(axis=1), _NONE)
    unclear = largest < _CLEAR_SHARE * total
    unclear |= total == 0
    for old, new in same.items():
        table[old], unclear[old] = new, False
    return table, unclear


def _labels(
    edited_index: np.ndarray,
    old: np.ndarray,
    new: np.ndarray,
    table: Table,
    edited: Mask,
    origin: Origin,
    sources: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    mapped = table[edited_index]
    out = np.where(edited & (mapped != _NONE), mapped, new)
    changed = (origin.index >= FIRST) & _grown(table[old] != new, 1)[sources]
    out[changed] = new[sources][changed]
    removed = origin.removed
    if removed.any() and not removed.all():
        near = ndimage.distance_transform_edt(removed, return_distances=False, return_indices=True)
        filled = removed & (edited_index == edited_index[near[0], near[1]])
        out[filled] = out[near[0], near[1]][filled]
    return out.astype(new.dtype)


def _lines(
    layer: AnyLayer,
    lines: Mask,
    old: Mask,
    new: Mask,
    edited: Mask,
    origin: Origin,
    sources: tuple[np.ndarray, np.ndarray],
) -> Mask:
    out = np.where(edited, lines, new)
    erased, remaining = old & ~lines & (origin.index < FIRST), old & lines
    if erased.any():  # a corrected line beside one that was erased is that line
        distance = ndimage.distance_transform_edt(~erased)
        nearer = distance < ndimage.distance_transform_edt(~remaining) if remaining.any() else True
        out &= edited | old | ~((distance <= _SAME_LINE_PX) & nearer)
    anew = (origin.index >= FIRST) & _grown(old != new, _LINE_PX)[sources]
    for value in np.unique(origin.index[anew]):
        places = origin.piece(int(value))(origin.places(np.ones(origin.size, bool)))
        coords = (places[:, ::-1] * origin.size - 0.5).reshape(*origin.size, 2)
        region, part = np.zeros(origin.size, bool), origin.index == value
        region[sources[0][part], sources[1][part]] = True
        out = layer.paste(out, new, coords, anew & part, _grown(region, 1))
    return np.asarray(out)


def _mostly(mask: Mask, origin: Origin) -> Mask:
    """The pixels of a mask that are a large share of a moved part, which is connected."""
    out = np.zeros_like(mask)
    for value in np.unique(origin.index[mask]):
        parts, count = ndimage.label(origin.index == value)
        share = ndimage.mean(mask, parts, np.arange(1, count + 1))
        out |= mask & np.concatenate([[False], share > _RELABELLED_SHARE])[parts]
    return out


def _parts(reason: Literal["label", "source"], mask: Mask) -> list[Doubt]:
    if not mask.any():
        return []
    height, width = mask.shape
    parts, _ = ndimage.label(ndimage.distance_transform_edt(~mask) <= _TOGETHER_PX, np.ones((3, 3), bool))
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(np.where(mask, parts, 0)), start=1):
        pixels = int((mask[rows, columns] & (parts[rows, columns] == number)).sum())
        if pixels >= _MIN_PIXELS:
            box = columns.start / width, rows.start / height, columns.stop / width, rows.stop / height
            found.append(Doubt(reason, box, pixels))
    return found


def _grown(mask: Mask, pixels: int) -> Mask:
    return np.asarray(ndimage.binary_dilation(mask, np.ones((3, 3), bool), iterations=pixels))
