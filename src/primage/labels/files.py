"""Label maps ⇄ files: palette PNG, RGB PNG, CVAT, labelme, Cityscapes ids."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from primage.errors import LabelError
from primage.image import write_png
from primage.labels.cityscapes import nearest_in_meaning
from primage.labels.colours import pack
from primage.labels.distinct_colours import distinct_colours
from primage.labels.formats.picture import PALETTE_KEY
from primage.labels.formats.raw import GREY_LEVELS, NAMED, UNKNOWN_PHOTO, Ids, PhotoFacts, RawLabels
from primage.labels.formats.read import read_raw_labels
from primage.labels.from_colours import MAX_FOUND_COLOURS, labels_from_rgb, unknown_label_error
from primage.labels.label_map import MAX_LABELS, Label, LabelMap, Palette, colourise, palette_colours

log = logging.getLogger(__name__)

_ID_SOURCES = ("palette", "grey", "cityscapes")
_LEVEL_SOURCES = ("palette", "grey")
#: Grey levels that lie nearer to each other, or all within a smaller range, are ids and no colours.
_MIN_LEVEL_GAP = 4
_MIN_LEVEL_RANGE = 64


def read_labels(
    path: str | Path | Sequence[Path],
    palette: Palette | None = None,
    snap: bool = False,
    ids: Ids | None = None,
    photo: PhotoFacts = UNKNOWN_PHOTO,
) -> LabelMap:
    """Read a label map; the format is recognised by the content.

    Args:
        path: a palette, grey or RGB picture (lossless), or anything else that `primage.labels.formats.read` reads;
            several files are one mask for each label.
        palette: the model's labels. Files of ids are matched by id if the palette came from such a file, files
            of labelme and COCO, and masks, by name, all others by colour.
        snap: map pixels with unknown labels to the nearest label: among labels of Cityscapes the nearest in meaning
            (`primage.labels.cityscapes`), otherwise the nearest in colour.
        ids: what the grey levels of a picture stand for, where its name does not say.
        photo: the photo that the labels belong to.

    Returns:
        The map, with ``palette`` if given, otherwise with the labels that occur in the file. Grey levels that are hard
        to tell apart (0, 1, 2 …) are ids, which get distinct colours.

    Raises:
        LabelError: the file is not a label map, or contains labels that are not in ``palette``.
        ImageError: the picture cannot be read.
    """
    raw = read_raw_labels(Path(path) if isinstance(path, str) else path, ids, photo)
    if palette is not None and raw.source == "rgb" and _shows_ids(raw, palette):
        raw = replace(raw, values=raw.values[..., 0], source="grey", entries=GREY_LEVELS)
    if raw.values.ndim == 3:
        if palette is not None or not raw.entries:
            return labels_from_rgb(raw.values, palette, snap, where=raw.where)
        listed = labels_from_rgb(raw.values, _palette_of(raw, sorted(raw.entries)), snap, where=raw.where)
        return _without_unused(listed)
    stored = _embedded(raw) or _from_entries(raw)
    if palette is None:
        return stored if raw.embedded is not None else _with_distinct_colours(stored)
    if stored.palette == palette:
        return stored
    if stored.palette.source in NAMED:
        return _match(stored, palette, "name", snap, raw.where)
    # Grey levels are colours as well as ids; matching them as colours handles antialiased borders.
    levels = _are_levels(palette) and _are_levels(stored.palette)
    if stored.palette.source in _ID_SOURCES and palette.source in _ID_SOURCES and not levels:
        return _match(stored, palette, "id", snap, raw.where)
    if raw.values.dtype == np.uint16:
        raise LabelError(f"{raw.where} contains 16-bit ids, but labels are matched by colour; save it as RGB")
    return labels_from_rgb(colourise(stored), palette, snap, where=raw.where)


def write_labels(path: str | Path, label_map: LabelMap) -> None:
    """Write a palette PNG whose pixel values are label indices, with the palette embedded as JSON.

    Args:
        path: the file; missing folders are created.
        label_map: the map, which ``read_labels`` reads back exactly.

    Raises:
        ImageError: the file cannot be written.
    """
    colours = [label.colour for label in label_map.palette.labels]
    text = {PALETTE_KEY: label_map.palette.model_dump_json()}
    write_png(path, label_map.index, text, palette=colours)


def _palette_of(raw: RawLabels, values: list[int]) -> Palette:
    """The labels that ``values`` stand for."""
    if len(values) > MAX_LABELS:
        raise LabelError(f"{raw.where} contains {len(values)} labels (a photo?); at most {MAX_LABELS} are supported")
    if raw.source == "grey" and len(values) > MAX_FOUND_COLOURS:
        log.warning("%s: %d grey levels are %d labels; is this a photo?", raw.where, len(values), len(values))
    entries = [raw.entries[value] for value in values]
    labels = tuple(Label(id=entry.id, colour=entry.colour, name=entry.name) for entry in entries)
    return Palette(labels=labels, source=raw.source)


def _from_entries(raw: RawLabels) -> LabelMap:
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    palette = _palette_of(raw, used)
    index_of = np.zeros(used[-1] + 1, np.uint8)
    index_of[used] = np.arange(len(used), dtype=np.uint8)
    return LabelMap(index_of[raw.values], palette)


def _are_levels(palette: Palette) -> bool:
    """Whether each label's colour is its id as a grey level."""
    return all(label.colour == (label.id,) * 3 for label in palette.labels)


def _with_distinct_colours(own: LabelMap) -> LabelMap:
    """Replace grey levels that nobody could tell apart: they are ids, and neither person nor network sees ids."""
    levels = np.array([label.id for label in own.palette.labels])
    if not _are_levels(own.palette) or len(levels) < 2:
        return own
    if np.diff(levels).min() >= _MIN_LEVEL_GAP and np.ptp(levels) >= _MIN_LEVEL_RANGE:
        return own
    recoloured = zip(own.palette.labels, distinct_colours(len(levels)), strict=True)
    labels = tuple(label.model_copy(update={"colour": colour}) for label, colour in recoloured)
    return LabelMap(own.index, own.palette.model_copy(update={"labels": labels}))


def _shows_ids(raw: RawLabels, palette: Palette) -> bool:
    """Whether an RGB picture shows grey ids, as a program that converts a grey file to RGB saves them."""
    if palette.source not in _LEVEL_SOURCES or _are_levels(palette) or raw.values.ndim != 3:
        return False
    if not (raw.values == raw.values[..., :1]).all():
        return False
    return not np.isin(pack(raw.values), pack(palette_colours(palette))).all()


def _embedded(raw: RawLabels) -> LabelMap | None:
    """The map written by ``write_labels``; None if another program has changed the palette since."""
    if raw.embedded is None:
        return None
    try:
        palette = Palette.model_validate_json(raw.embedded)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"])
        raise LabelError(f"{raw.where}: its {PALETTE_KEY} text is damaged ({reason}); save the file again") from error
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    complete = used[-1] < len(palette.labels)
    if complete and all(palette.labels[value].colour == raw.entries[value].colour for value in used):
        return LabelMap(raw.values, palette)
    log.warning("%s: the palette was changed after Primage wrote it; ids and names are lost", raw.where)
    return None


def _without_unused(label_map: LabelMap) -> LabelMap:
    used = np.flatnonzero(np.bincount(label_map.index.ravel()))
    index_of = np.zeros(MAX_LABELS + 1, np.uint8)
    index_of[used] = np.arange(len(used), dtype=np.uint8)
    labels = tuple(label_map.palette.labels[i] for i in used)
    return LabelMap(index_of[label_map.index], Palette(labels=labels, source=label_map.palette.source))


def _match(stored: LabelMap, palette: Palette, key: str, snap: bool, where: str) -> LabelMap:
    """Translate a file's labels into ``palette`` by id or by name."""
    keys = [getattr(label, key) for label in stored.palette.labels]
    known = {getattr(label, key): i for i, label in reversed(list(enumerate(palette.labels)))}
    index_of = np.zeros(len(keys), np.uint8)
    for i, value in enumerate(keys):
        if value in known:
            index_of[i] = known[value]
            continue
        mask = stored.index == i
        index_of[i] = _nearest(stored.palette, i, palette)
        if not snap:
            y, x = divmod(int(mask.argmax()), mask.shape[1])
            pixels = f"{mask.sum():,} pixels have the {key} {value!r}"
            raise unknown_label_error(where, pixels, (x, y), palette, int(index_of[i]))
        label = palette.labels[index_of[i]]
        log.warning("%s: the %s %r is unknown; its %d pixels were given %r", where, key, value, mask.sum(), label)
    return LabelMap(index_of[stored.index], palette)


def _nearest(stored: Palette, position: int, palette: Palette) -> int:
    """The position in ``palette`` of what is nearest to a label of ``stored``: in meaning if known, else in colour."""
    if stored.source == palette.source == "cityscapes":
        names = [label.name for label in palette.labels]
        name = nearest_in_meaning(stored.labels[position].name, names)
        if name is not None:
            return names.index(name)
    distance = ((palette_colours(palette) - palette_colours(stored)[position]) ** 2).sum(axis=1)
    return int(distance.argmin())
