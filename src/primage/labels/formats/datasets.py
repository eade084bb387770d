"""Conventions of data sets: Pascal VOC's palette and its void borders, and Cityscapes' colours."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from primage.image import from_nearest_outside
from primage.labels.cityscapes import cityscapes_table
from primage.labels.colours import RGB, pack, positions
from primage.labels.formats.export import read_text
from primage.labels.formats.picture import entries_of
from primage.labels.formats.raw import Entry, RawLabels

log = logging.getLogger(__name__)

#: Pascal VOC's value of borders and of what its annotators left out.
_VOID = 255
_CITYSCAPES_COLOURS, _CITYSCAPES_INSTANCES = "_color.png", "_instanceIds.png"
_VOC_NAMES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


def with_conventions(raw: RawLabels, path: Path) -> RawLabels:
    """Apply the conventions of the data set that a picture comes from.

    Args:
        raw: the picture as read.
        path: its file.

    Returns:
        For a picture with Pascal VOC's palette, void pixels (255) have the nearest label, and labels have names if a
        ``class_names.txt`` lists them or the folder is VOC's own. For Cityscapes' ``*_color.png``, colours have names.
        In ``*_instanceIds.png``, instances (26001) have the label of their class (26). Any other picture as it is.
    """
    if raw.source == "palette" and raw.embedded is None and _has_voc_palette(raw):
        return _named(_without_void(raw), path)
    if raw.source == "rgb" and path.name.endswith(_CITYSCAPES_COLOURS):
        return _cityscapes_colours(raw)
    if raw.source == "grey" and path.name.endswith(_CITYSCAPES_INSTANCES):
        return _cityscapes_instances(raw)
    return raw


def voc_colour(value: int) -> RGB:
    """Pascal VOC's colour of a value: its bits in turn are the high bits of red, green and blue.

    Example:
        >>> voc_colour(1), voc_colour(15), voc_colour(255)
        ((128, 0, 0), (192, 128, 128), (224, 224, 192))
    """
    colour = [0, 0, 0]
    for bit in range(8):
        colour[bit % 3] |= (value >> bit & 1) << (7 - bit // 3)
    return colour[0], colour[1], colour[2]


def _has_voc_palette(raw: RawLabels) -> bool:
    used = np.unique(raw.values).tolist()
    return len(used) > 1 and all(raw.entries[value].colour == voc_colour(value) for value in used)


def _without_void(raw: RawLabels) -> RawLabels:
    void = raw.values == _VOID
    if not void.any() or void.all():
        return raw
    log.info(
        "%s: %s pixels are void (255), as borders in Pascal VOC's maps; each was given the nearest label",
        *(raw.where, f"{int(void.sum()):,}"),
    )
    values = from_nearest_outside(raw.values, void)
    return replace(raw, values=values, drawn=None)  # the void colour is still in the drawn one


def _named(raw: RawLabels, path: Path) -> RawLabels:
    """Give the labels names, if it is known which classes they are."""
    names: Sequence[str] = ()
    for folder in (path.parent, path.parent.parent):
        if (folder / "class_names.txt").is_file():
            names = read_text(folder / "class_names.txt").split("\n")
            break
    else:
        if path.parent.name == "SegmentationClass" and raw.values.max() < len(_VOC_NAMES):
            names = _VOC_NAMES
    named = dict(raw.entries)
    named |= {i: Entry(i, voc_colour(i), name.strip()) for i, name in enumerate(names[:_VOID]) if name.strip()}
    return replace(raw, entries=named)


def _cityscapes_colours(raw: RawLabels) -> RawLabels:
    """Names for the colours, if all of the picture's belong to Cityscapes."""
    entries: dict[RGB, Entry] = {}
    for i, _, name, colour in cityscapes_table():
        entries.setdefault(colour, Entry(i, colour, name))
    known = pack(np.array(list(entries), np.int32))
    if (positions(pack(raw.values), known) < 0).any():
        return raw
    return replace(raw, source="cityscapes", entries={entry.id: entry for entry in entries.values()})


def _cityscapes_instances(raw: RawLabels) -> RawLabels:
    values = np.where(raw.values >= 1000, raw.values // 1000, raw.values)
    table = entries_of("cityscapes")
    if not set(np.unique(values).tolist()) <= set(table):
        return raw
    return replace(raw, source="cityscapes", values=values.astype(np.uint8), entries=table)
