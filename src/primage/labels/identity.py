"""Which of a model's labels a file means: by colour where colours are unique, by id where they are not."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int16, Int32, UInt8

from primage.errors import LabelError
from primage.labels.cityscapes import nearest_in_meaning
from primage.labels.colours import RGB, hex_colour, pack, positions
from primage.labels.doubt import unknown_label_error
from primage.labels.drawn_colours import share_of
from primage.labels.flatness import flat_squares
from primage.labels.label_map import LabelMap, Palette, Snapped, are_levels, palette_colours

log = logging.getLogger(__name__)

#: Kinds of files whose values are ids; a program may save these as levels of grey.
ID_SOURCES = ("palette", "grey", "cityscapes")
#: A picture has more values that fill no area than this, and than twice as many as do, if its values are shades.
_FEW_VALUES = 8


def file_colours(palette: Palette) -> Int32[np.ndarray, " n 3"]:
    """The colours of labels in the file that they come from."""
    return np.array([label.file_colour or label.colour for label in palette.labels], np.int32)


def known_colours(palette: Palette, lines: Sequence[RGB] = ()) -> Int32[np.ndarray, " n 3"]:
    """All colours that a drawing may have: those that show labels, those of their file, and those of lines."""
    return np.concatenate([palette_colours(palette), file_colours(palette), np.array(lines, np.int32).reshape(-1, 3)])


def colours_in_use(rgb: UInt8[np.ndarray, "h w 3"], palette: Palette) -> Int32[np.ndarray, " n 3"]:
    """The labels' colours in a drawing: as shown, as in the file that they come from, or ids as levels of grey.

    Args:
        rgb: (H, W, 3), the drawing.
        palette: the labels.

    Returns:
        (N, 3): those that most of its pixels have.
    """
    choices = [palette_colours(palette), file_colours(palette)]
    ids = np.array([label.id % 256 for label in palette.labels], np.int32)
    if palette.source in ID_SOURCES and len(np.unique(ids)) == len(ids) and (rgb == rgb[..., :1]).all():
        choices.append(np.repeat(ids[:, None], 3, axis=1))
    different = [each for i, each in enumerate(choices) if not i or not np.array_equal(each, choices[0])]
    return different[0] if len(different) == 1 else max(different, key=lambda colours: share_of(rgb, colours))


def shows_ids(rgb: UInt8[np.ndarray, "h w 3"], palette: Palette) -> bool:
    """Whether an RGB picture shows grey ids, as a program that converts a grey file to RGB saves them."""
    if palette.source not in ID_SOURCES or are_levels(palette) or not (rgb == rgb[..., :1]).all():
        return False
    return not np.isin(pack(rgb), pack(palette_colours(palette))).all()


def are_shades(values: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether the values of a picture are shades of soft borders rather than labels: few of them fill an area."""
    used = np.unique(values)
    filling = np.unique(values[flat_squares(values[..., None], np.ones(values.shape, bool), 3, 0)])
    return len(used) - len(filling) > max(_FEW_VALUES, 2 * len(filling))


def by_value(stored: LabelMap, palette: Palette, where: str) -> LabelMap | None:
    """Translate the values of a palette picture by their colours, or by their ids.

    Args:
        stored: the picture with its own palette, of the values in use.
        palette: the model's labels.
        where: the picture's name in messages.

    Returns:
        By colour if all its colours are labels', each of one; by id if all ids are and no colour means another label.
        None if neither holds: then its pixels are read by colour.

    Raises:
        LabelError: colours and ids contradict each other.
    """
    by_colour = _positions_by_colour(palette_colours(stored.palette), palette)
    by_id = _positions_by_id(stored.palette, palette)
    contradict = (by_colour >= 0) & (by_id != by_colour)
    if (by_colour >= 0).all():
        if contradict.any():
            log.info("%s: its palette has another order than the model's; labels are matched by colour", where)
        return LabelMap(by_colour.astype(np.uint8)[stored.index], palette)
    if (by_id < 0).any():
        return None
    if not contradict.any() or are_levels(stored.palette):
        return LabelMap(by_id.astype(np.uint8)[stored.index], palette)
    first = int(contradict.argmax())
    label, other = stored.palette.labels[first], palette.labels[int(by_colour[first])]
    raise LabelError(
        f"{where}: its palette fits the model's labels neither by colour nor by id: the value {label.id} has the "
        f"colour {hex_colour(label.colour)} of the id {other.id}; save the drawing as RGB"
    )


def matched(stored: LabelMap, palette: Palette, key: str, snap: bool, where: str, way_out: str = "") -> LabelMap:
    """Translate a file's labels by id or by name.

    Args:
        stored: the file with its own palette.
        palette: the model's labels.
        key: "id" or "name".
        snap: replace unknown labels by the nearest: in meaning among labels of Cityscapes, otherwise in colour.
        where: the file's name in messages.
        way_out: the option that does so, for messages; empty if there is none.

    Raises:
        LabelError: a label is unknown.
    """
    keys = [getattr(label, key) for label in stored.palette.labels]
    known = {getattr(label, key): i for i, label in reversed(list(enumerate(palette.labels)))}
    index_of = np.zeros(len(keys), np.uint8)
    doubtful = np.zeros(stored.index.shape, bool)
    for i, value in enumerate(keys):
        if value in known:
            index_of[i] = known[value]
            continue
        mask = stored.index == i
        index_of[i] = _nearest(stored.palette, i, palette)
        if not snap:
            y, x = divmod(int(mask.argmax()), mask.shape[1])
            pixels = f"{mask.sum():,} pixels have the {key} {value!r}"
            raise unknown_label_error(where, pixels, (x, y), palette, int(index_of[i]), way_out=way_out)
        label = palette.labels[index_of[i]]
        log.warning("%s: the %s %r is unknown; its %d pixels were given %r", where, key, value, mask.sum(), label)
        doubtful |= mask
    none = np.zeros_like(doubtful)
    snapped = Snapped(none, none, doubtful) if doubtful.any() else None
    return LabelMap(index_of[stored.index], palette, snapped)


def _positions_by_colour(colours: Int32[np.ndarray, " m 3"], palette: Palette) -> Int16[np.ndarray, " m"]:
    """The one label with each colour, as shown or as in its file; -1 for none or several."""
    shown, stored = _unique(palette_colours(palette)), _unique(file_colours(palette))
    code = pack(colours)
    first, second = (np.where(np.isin(code, pack(c[u])), positions(code, pack(c)), -1) for c, u in (shown, stored))
    return np.where(first >= 0, first, second).astype(np.int16)


def _unique(colours: Int32[np.ndarray, " n 3"]) -> tuple[Int32[np.ndarray, " n 3"], Bool[np.ndarray, " n"]]:
    code = pack(colours)
    different, counts = np.unique(code, return_counts=True)
    return colours, np.isin(code, different[counts == 1])


def _positions_by_id(stored: Palette, palette: Palette) -> Int16[np.ndarray, " m"]:
    known = {label.id: i for i, label in enumerate(palette.labels)} if palette.source in ID_SOURCES else {}
    return np.array([known.get(label.id, -1) for label in stored.labels], np.int16)


def _nearest(stored: Palette, position: int, palette: Palette) -> int:
    """The position in ``palette`` of what is nearest to a label of ``stored``: in meaning if known, else in colour."""
    if stored.source == palette.source == "cityscapes":
        names = [label.name for label in palette.labels]
        name = nearest_in_meaning(stored.labels[position].name, names)
        if name is not None:
            return names.index(name)
    distance = ((file_colours(palette) - file_colours(stored)[position]) ** 2).sum(axis=1)
    return int(distance.argmin())
