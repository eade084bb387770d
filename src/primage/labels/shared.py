"""One palette for the label maps of several drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from primage.errors import LabelError
from primage.labels.display import with_distinct_colours
from primage.labels.formats.raw import NAMED
from primage.labels.label_map import MAX_LABELS, Label, LabelMap, Palette


def shared_labels(maps: Sequence[LabelMap], names: Sequence[str]) -> list[LabelMap]:
    """Give label maps one palette with the labels of all.

    Args:
        maps: of drawings of the same kind of file.
        names: of the drawings, for messages.

    Returns:
        The same maps. Labels are the same if they have the same name, id or colour in their files, by what the kind of
        file identifies them.

    Raises:
        LabelError: the drawings are of different kinds, or there are too many labels.

    Example:
        >>> red, blue = Label(id=0, colour=(255, 0, 0)), Label(id=0, colour=(0, 0, 255))
        >>> one = LabelMap(np.zeros((1, 2), np.uint8), Palette(labels=(red,), source="rgb"))
        >>> other = LabelMap(np.zeros((1, 2), np.uint8), Palette(labels=(blue,), source="rgb"))
        >>> [found.index.tolist() for found in shared_labels([one, other], ["one", "other"])]
        [[[0, 0]], [[1, 1]]]
    """
    source = maps[0].palette.source
    for label_map, name in zip(maps, names, strict=True):
        if label_map.palette.source != source:
            raise LabelError(f"{name}: its labels are of another kind than those of {names[0]}; save both likewise")
    identities = [[_identity(label, source) for label in label_map.palette.labels] for label_map in maps]
    labels: dict[object, Label] = {}
    for label_map, keys in zip(maps, identities, strict=True):
        for key, label in zip(keys, label_map.palette.labels, strict=True):
            labels.setdefault(key, label)
    if len(labels) > MAX_LABELS:
        raise LabelError(f"the drawings have {len(labels)} labels in all; at most {MAX_LABELS} can be learned")
    palette = with_distinct_colours(Palette(labels=_numbered(tuple(labels.values())), source=source))
    position = {key: number for number, key in enumerate(labels)}
    return [
        replace(label_map, index=np.array([position[key] for key in keys], np.uint8)[label_map.index], palette=palette)
        for label_map, keys in zip(maps, identities, strict=True)
    ]


def _identity(label: Label, source: str) -> object:
    """What makes two labels of different files the same."""
    if source == "rgb":
        return label.file_colour or label.colour
    return label.name if source in NAMED else label.id


def _numbered(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    """Labels with ids that differ: those of colours and names are numbers within a file."""
    if len({label.id for label in labels}) == len(labels):
        return labels
    return tuple(label.model_copy(update={"id": number}) for number, label in enumerate(labels))
