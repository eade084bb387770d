"""Files that someone opens as drawings in the studio: what they are, and how they were read."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from primage.errors import LabelError, PrimageError, PrimitiveError
from primage.http.errors import RefusalError
from primage.labels.formats.raw import PhotoFacts
from primage.labels.label_map import LabelMap
from primage.primitive.config import PrimitiveConfig
from primage.primitive.kinds import layers_of
from primage.primitive.layer import WaysOut
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.recognise import Recognised, is_surely_photo, looks_drawn, recognise
from primage.studio.opened import DOUBTFUL, NEAREST, SLIGHT, Part
from primage.studio.workers.reader import Opened

_WAYS = WaysOut(
    snap="choose “Use the nearest labels”",
    lines="open them as a file of their own",
    photo_lines="have the photo's own lines extracted",
)
#: A file is an edit of a drawing if so many of its pixels are the drawing's: labels, lines, colours up to some levels.
_SAME_LABELS, _SAME_LINES, _SAME_COLOURS, _SAME_LEVELS = 0.5, 0.3, 0.3, 3
#: Labels within this distance of a line tell whether that below it may have changed.
_AROUND_PX = 2
#: If more pixels than this were given the nearest label, though their colour is not near, it is more likely a photo.
_MOST_SNAPPED = 0.5


@dataclass(frozen=True)
class ReadFiles(Recognised):
    """Layers read from files.

    Attributes:
        unsure: whether they do not look like a drawing.
    """

    unsure: bool


def read_opened(
    files: Sequence[Path],
    part: Part,
    config: PrimitiveConfig,
    photo: PhotoFacts,
    spec: PrimitiveSpec | None = None,
    snap: bool = False,
) -> ReadFiles:
    """Read files, and find out what they are.

    Args:
        files: one file, or several masks, in a folder of their own; messages have their names alone.
        part: what they are to be read as.
        config: kind and extraction settings.
        photo: the photo that they belong to.
        spec: the model's description of its primitives; None for training.
        snap: map unknown colours to the nearest label.

    Raises:
        RefusalError: they cannot be read. Its code is "photo" if it is one, "project" if it is a zip of a project of
            the studio, "doubt" if ``snap`` would read it, "invalid" otherwise.
    """

    def own_words(text: str) -> str:
        return text.replace(f"{files[0].parent}/", "").replace("the run's primitive.png", "this drawing")

    def read(snap: bool) -> Recognised:
        return recognise(files, part, config, spec, photo, snap, _WAYS)

    if _is_project(files[0]):
        raise RefusalError(422, "project", f"{files[0].name} is a project of the studio, not a drawing")
    drawn = True
    try:
        drawn = len(files) > 1 or looks_drawn(files[0])
        if not drawn and not snap and is_surely_photo(files[0], config.kind, spec):
            known = spec is not None and spec.palette is not None
            missing = "few of this drawing's colours" if known else "neither flat colours nor lines on plain paper"
            raise PrimitiveError(f"{files[0]} looks like a photo, not a drawing: it has {missing}")
        found = read(snap)
    except PrimageError as error:
        code = "photo" if not drawn else "invalid"
        if drawn and isinstance(error, LabelError) and spec is not None and not snap and _succeeds(read):
            code = "doubt"
        raise RefusalError(422, code, own_words(str(error))) from error
    return ReadFiles(found.layers, tuple(own_words(each) for each in found.said), not drawn)


def _succeeds(read: Any) -> bool:
    try:
        read(snap=True)
    except PrimageError:
        return False
    return True


def _is_project(file: Path) -> bool:
    if not zipfile.is_zipfile(file):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return {"project.json", "run/run.json"} <= set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False  # other files may look like one at their end; the reader says what is wrong


def resembles(found: ReadFiles, training: Primitive) -> bool:
    """Whether layers are likely an edit of a drawing.

    Args:
        found: the layers, of any size.
        training: the drawing.
    """
    for layer in layers_of(training.kind):
        if layer.name not in found.layers:
            continue
        data = layer.resize(found.layers[layer.name], training.size)
        new, old = layer.to_array(data).astype(np.int16), layer.to_array(training.layers[layer.name]).astype(np.int16)
        if layer.name == "segments":
            snapped = found.layers["segments"].snapped
            far = None if snapped is None else (snapped.clear & ~snapped.slight) | snapped.doubtful
            share = 0.0 if far is None else float(far.mean())
            return share <= _MOST_SNAPPED and bool((new == old).mean() >= _SAME_LABELS)
        if layer.name == "edges":
            near = ndimage.maximum_filter(old, 3) > 0
            return bool((near & (new > 0)).sum() >= _SAME_LINES * max(1, (new > 0).sum()))
        return bool((np.abs(new - old).max(axis=2) <= _SAME_LEVELS).mean() >= _SAME_COLOURS)
    return False


def with_hidden_labels(layers: dict[str, np.ndarray], current: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Layers that were read from one picture, in which lines hide the labels below them, completed by the current ones.

    Where no label around a line has changed, that below it has not either. So a drawing that nobody edited gives the
    same layers again.

    Args:
        layers: those read, at the size of the drawing.
        current: all of the drawing that they replace.
    """
    if not {"segments", "edges"} <= layers.keys():
        return layers
    labels, lines = layers["segments"], layers["edges"] > 0
    changed = (labels != current["segments"]) & ~lines & (current["edges"] == 0)
    hidden = lines & ~ndimage.maximum_filter(changed, size=2 * _AROUND_PX + 1)
    return {**layers, "segments": np.where(hidden, current["segments"], labels)}


def opened(found: ReadFiles, kind: str, size: tuple[int, int], unsure: bool) -> Opened:
    """The result of a job: layers at the size of the drawing, and what was snapped.

    Args:
        found: the layers, at the sizes of their files.
        kind: kind of the drawing.
        size: (height, width) of the drawing.
        unsure: whether it may as well be a photo.
    """
    layers = {
        layer.name: layer.to_array(layer.resize(found.layers[layer.name], size))
        for layer in layers_of(kind)
        if layer.name in found.layers
    }
    plane = np.zeros(size, np.uint8)
    nearest = doubtful = 0
    segments: LabelMap | None = found.layers.get("segments")
    if segments is not None and segments.snapped is not None:
        doubtful = int(segments.snapped.doubtful.sum())
        nearest = int(segments.snapped.clear.sum()) + doubtful
        (layer,) = (layer for layer in layers_of(kind) if layer.name == "segments")
        small = layer.resize(segments, size).snapped
        plane[small.clear] = NEAREST
        plane[small.slight] = SLIGHT
        plane[small.doubtful] = DOUBTFUL
    return Opened(layers, (), found.said, plane, nearest, doubtful, unsure)
