"""Label maps ⇄ files: palette PNG, RGB PNG, CVAT, labelme, Cityscapes ids."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from primage.errors import LabelError
from primage.image import write_png
from primage.labels.formats import PALETTE_KEY, RawLabels, read_raw_labels
from primage.labels.from_colours import MAX_FOUND_COLOURS, foreign_label, labels_from_rgb
from primage.labels.label_map import MAX_LABELS, Label, LabelMap, Palette, colourise, palette_colours

log = logging.getLogger(__name__)

_ID_SOURCES = ("palette", "grey", "cityscapes")


def read_labels(path: str | Path, palette: Palette | None = None, snap: bool = False) -> LabelMap:
    """Read a label map; the format is told by the content.

    Args:
        path: a palette, grey or RGB picture (lossless), a CVAT "Segmentation mask 1.1" zip, folder or mask,
            ``export.zip/mask.png`` for one of several, or a labelme JSON.
        palette: the labels a model knows. Files of ids are matched to it by id if it came from such a file,
            labelme's by name, all others by colour.
        snap: give pixels that are no label of ``palette`` the nearest one.

    Returns:
        The map, with ``palette`` if given, else with the labels that occur in the file.

    Raises:
        LabelError: the file is no label map, or holds what ``palette`` does not.
        ImageError: the picture cannot be read.
    """
    raw = read_raw_labels(Path(path))
    if raw.values.ndim == 3:
        if palette is not None or not raw.entries:
            return labels_from_rgb(raw.values, palette, snap, where=raw.where)
        listed = labels_from_rgb(raw.values, _palette_of(raw, sorted(raw.entries)), snap, where=raw.where)
        return _without_unused(listed)
    own = _embedded(raw) or _from_entries(raw)
    if palette is None or own.palette == palette:
        return own
    if own.palette.source == "labelme":
        return _match(own, palette, "name", snap, raw.where)
    # Grey levels are colours as well as ids; taken as colours, antialiased borders can be recognised.
    levels = all(label.colour == (label.id,) * 3 for label in (*palette.labels, *own.palette.labels))
    if own.palette.source in _ID_SOURCES and palette.source in _ID_SOURCES and not levels:
        return _match(own, palette, "id", snap, raw.where)
    if raw.values.dtype == np.uint16:
        raise LabelError(f"{raw.where} holds 16-bit ids, but colours are needed to match; save it as RGB")
    return labels_from_rgb(colourise(own), palette, snap, where=raw.where)


def write_labels(path: str | Path, label_map: LabelMap) -> None:
    """Write a palette PNG whose pixel values are positions in the palette, with the palette's JSON inside.

    Args:
        path: where; missing folders are made.
        label_map: read back by ``read_labels`` exactly as it is.

    Raises:
        ImageError: the file cannot be written.
    """
    colours = [label.colour for label in label_map.palette.labels]
    text = {PALETTE_KEY: label_map.palette.model_dump_json()}
    write_png(path, label_map.index, text, palette=colours)


def _palette_of(raw: RawLabels, values: list[int]) -> Palette:
    """The labels that ``values`` stand for."""
    if len(values) > MAX_LABELS:
        raise LabelError(f"{raw.where} holds {len(values)} labels (a photo?); at most {MAX_LABELS} work")
    if raw.source == "grey" and len(values) > MAX_FOUND_COLOURS:
        log.warning("%s: %d grey levels are %d labels; is this a photo?", raw.where, len(values), len(values))
    entries = [raw.entries[value] for value in values]
    labels = tuple(Label(id=entry.id, colour=entry.colour, name=entry.name) for entry in entries)
    return Palette(labels=labels, source=raw.source)


def _from_entries(raw: RawLabels) -> LabelMap:
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    palette = _palette_of(raw, used)
    place = np.zeros(used[-1] + 1, np.uint8)
    place[used] = np.arange(len(used), dtype=np.uint8)
    return LabelMap(place[raw.values], palette)


def _embedded(raw: RawLabels) -> LabelMap | None:
    """The map as ``write_labels`` wrote it, unless another program has changed the palette since."""
    if raw.embedded is None:
        return None
    try:
        palette = Palette.model_validate_json(raw.embedded)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"])
        raise LabelError(f"{raw.where}: its {PALETTE_KEY} text is damaged ({reason}); save anew") from error
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    kept = used[-1] < len(palette.labels)
    if kept and all(palette.labels[value].colour == raw.entries[value].colour for value in used):
        return LabelMap(raw.values, palette)
    log.warning("%s: its palette was changed after Primage wrote it; ids and names are lost", raw.where)
    return None


def _without_unused(label_map: LabelMap) -> LabelMap:
    used = np.flatnonzero(np.bincount(label_map.index.ravel()))
    place = np.zeros(MAX_LABELS + 1, np.uint8)
    place[used] = np.arange(len(used), dtype=np.uint8)
    labels = tuple(label_map.palette.labels[i] for i in used)
    return LabelMap(place[label_map.index], Palette(labels=labels, source=label_map.palette.source))


def _match(own: LabelMap, palette: Palette, key: str, snap: bool, where: str) -> LabelMap:
    """Translate a file's labels into ``palette`` by id or by name."""
    keys = [getattr(label, key) for label in own.palette.labels]
    known = {getattr(label, key): i for i, label in reversed(list(enumerate(palette.labels)))}
    place = np.zeros(len(keys), np.uint8)
    for i, value in enumerate(keys):
        if value in known:
            place[i] = known[value]
            continue
        here = own.index == i
        place[i] = ((palette_colours(palette) - palette_colours(own.palette)[i]) ** 2).sum(axis=1).argmin()
        if not snap:
            y, x = divmod(int(here.argmax()), here.shape[1])
            what = f"{here.sum():,} pixels have the {key} {value!r}"
            raise foreign_label(where, what, (x, y), palette, int(place[i]))
        label = palette.labels[place[i]]
        log.warning("%s: %s %r is not known; its %d pixels became %r", where, key, value, here.sum(), label)
    return LabelMap(place[own.index], palette)
