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
from primage.labels.colours import NO_COLOURS
from primage.labels.display import with_distinct_colours
from primage.labels.formats.picture import PALETTE_KEY
from primage.labels.formats.raw import GREY_LEVELS, NAMED, UNKNOWN_PHOTO, Ids, PhotoFacts, RawLabels
from primage.labels.formats.read import read_raw_labels
from primage.labels.from_colours import MAX_FOUND_COLOURS, labels_from_rgb
from primage.labels.identity import (
    ID_SOURCES,
    are_shades,
    by_value,
    colours_in_use,
    known_colours,
    matched,
    shows_ids,
)
from primage.labels.label_map import MAX_LABELS, Label, LabelMap, Palette, are_levels, colourise, palette_colours
from primage.labels.undo_jpeg import uncompressed

log = logging.getLogger(__name__)


def read_labels(
    path: str | Path | Sequence[Path],
    palette: Palette | None = None,
    snap: bool = False,
    ids: Ids | None = None,
    photo: PhotoFacts = UNKNOWN_PHOTO,
    way_out: str = "",
) -> LabelMap:
    """Read a label map; the format is recognised by the content.

    Args:
        path: a palette, grey or RGB picture, or anything else that `primage.labels.formats.read` reads; several files
            are one mask for each label.
        palette: the model's labels. Files of labelme and COCO, and masks, are matched by name; palette pictures by
            colour, and by id if the colours are not unique; grey levels by id if the palette came from a file of ids;
            all others by colour.
        snap: map pixels with unknown labels to the nearest label: among labels of Cityscapes the nearest in meaning
            (`primage.labels.cityscapes`), otherwise the nearest in colour.
        ids: what the grey levels of a picture stand for, where its name does not say.
        photo: the photo that the labels belong to.
        way_out: the option that snaps, for messages; empty if there is none.

    Returns:
        The map, with ``palette`` if given, otherwise with the labels that occur in the file, in colours that can be
        told apart (`primage.labels.display`).

    Raises:
        LabelError: the file is not a label map, or contains labels that are not in ``palette``.
        ImageError: the picture cannot be read.
    """
    raw = read_raw_labels(Path(path) if isinstance(path, str) else path, ids, photo)
    return _own(raw, snap) if palette is None else _of_model(raw, palette, snap, way_out)


def _own(raw: RawLabels, snap: bool) -> LabelMap:
    """The map with the labels that occur in it."""
    embedded = _embedded(raw)
    if embedded is not None:
        return embedded
    if raw.values.ndim == 3 and raw.entries:
        listed = _palette_of(raw, sorted(raw.entries))
        own = _without_unused(labels_from_rgb(raw.values, listed, snap, where=raw.where, drawn=raw.drawn))
    elif raw.values.ndim == 3:
        own = labels_from_rgb(raw.values, where=raw.where, drawn=raw.drawn)
        if raw.drawn is not None:
            restored = uncompressed(raw.drawn, palette_colours(own.palette), NO_COLOURS, raw.where)
            own = own if restored is None else labels_from_rgb(restored, own.palette, where=raw.where, drawn=raw.drawn)
    elif raw.drawn is not None and raw.source in ("palette", "grey") and are_shades(raw.values):
        own = _by_level(labels_from_rgb(raw.drawn.srgb, where=raw.where, drawn=raw.drawn), raw)
    else:
        own = _from_entries(raw)
    return replace(own, palette=with_distinct_colours(own.palette))


def _of_model(raw: RawLabels, palette: Palette, snap: bool, way_out: str) -> LabelMap:
    """The map with the labels of a model."""
    lossless = raw.drawn is None or raw.drawn.lossy is None
    if raw.source == "rgb" and lossless and shows_ids(raw.values, palette):
        raw = replace(raw, values=raw.values[..., 0], source="grey", entries=GREY_LEVELS)
    if raw.values.ndim == 3:
        return _by_colour(raw, palette, snap, way_out)
    stored = _embedded(raw, quiet=True) or _from_entries(raw)
    if stored.palette == palette:
        return stored
    if stored.palette.source in NAMED:
        return matched(stored, palette, "name", snap, raw.where, way_out)
    if stored.palette.source == palette.source == "cityscapes":  # also in a palette picture that Primage wrote
        return matched(stored, palette, "id", snap, raw.where, way_out)
    shades = raw.drawn is not None and are_shades(raw.values)
    if raw.source == "palette":
        found = None if shades else by_value(stored, palette, raw.where)
        return _by_colour(raw, palette, snap, way_out) if found is None else found
    # Grey levels are colours as well as ids; matching them as colours handles antialiased borders.
    if palette.source in ID_SOURCES and not are_levels(palette) and not shades:
        return matched(stored, palette, "id", snap, raw.where, way_out)
    if raw.values.dtype == np.uint16:
        raise LabelError(f"{raw.where} contains 16-bit ids, but labels are matched by colour; save it as RGB")
    return _by_colour(raw, palette, snap, way_out)


def _by_colour(raw: RawLabels, palette: Palette, snap: bool, way_out: str) -> LabelMap:
    stored = raw.values if raw.values.ndim == 3 else None
    if raw.drawn is not None and (stored is not None or raw.drawn.converted is not None):
        rgb = raw.drawn.meaning(known_colours(palette))
        restored = uncompressed(raw.drawn, colours_in_use(rgb, palette), NO_COLOURS, raw.where)
        rgb = rgb if restored is None else restored
    else:
        rgb = colourise(_from_entries(raw)) if stored is None else stored
    return labels_from_rgb(rgb, palette, snap, where=raw.where, drawn=raw.drawn, way_out=way_out)


def _by_level(found: LabelMap, raw: RawLabels) -> LabelMap:
    """Labels found among shades of grey have their level as id."""
    if raw.source != "grey":
        return found
    labels = tuple(label.model_copy(update={"id": label.colour[0]}) for label in found.palette.labels)
    return replace(found, palette=Palette(labels=labels, source="grey"))


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


def _embedded(raw: RawLabels, quiet: bool = False) -> LabelMap | None:
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
    if not quiet:
        log.warning("%s: the palette was changed after Primage wrote it; ids and names are lost", raw.where)
    return None


def _without_unused(label_map: LabelMap) -> LabelMap:
    used = np.flatnonzero(np.bincount(label_map.index.ravel()))
    index_of = np.zeros(MAX_LABELS + 1, np.uint8)
    index_of[used] = np.arange(len(used), dtype=np.uint8)
    labels = tuple(label_map.palette.labels[i] for i in used)
    palette = Palette(labels=labels, source=label_map.palette.source)
    return replace(label_map, index=index_of[label_map.index], palette=palette)
