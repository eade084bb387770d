"""What a picture that someone hands over is: a whole drawing, its labels alone, its lines alone, or a photo."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, UInt8

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.errors import LabelError, PrimageError, PrimitiveError
from primage.labels.formats.raw import UNKNOWN_PHOTO, PhotoFacts
from primage.labels.formats.read import is_picture_file
from primage.labels.from_colours import labels_from_rgb
from primage.labels.identity import known_colours
from primage.labels.label_map import LabelMap
from primage.primitive.config import PrimitiveConfig
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.layer import COMMAND_LINE, ReadOptions, WaysOut
from primage.primitive.line_drawing import read_line_drawing
from primage.primitive.line_layer import LineLayer
from primage.primitive.primitive import PrimitiveSpec
from primage.primitive.read import LayerFiles, read_files
from primage.primitive.shape import check_shape, fitted

Lines = Bool[np.ndarray, "h w"]
#: What files are to be read as: "drawing" is all layers in one picture, "auto" is whatever they hold.
Part = Literal["auto", "drawing", "segments", "edges", "colours"]

#: In a picture of lines alone, so large a share of the paper has one label.
_ONE_LABEL_SHARE = 0.995
#: Largest short side to which a picture is reduced, by leaving out rows and columns, before it is judged.
_JUDGED_PX = 640
#: A drawing of known labels has colours no farther from theirs than this in so large a share of its pixels.
_NEAR_LEVELS, _NEAR_SHARE = 32.0, 0.5


@dataclass(frozen=True)
class Recognised:
    """Layers read from files, and what the reader said.

    Attributes:
        layers: by name, each at the size of its file; those that the files do not hold are missing.
        said: notes and warnings, in order, as the command line shows them.
    """

    layers: dict[str, Any]
    said: tuple[str, ...]


def recognise(
    paths: Sequence[Path],
    part: Part,
    config: PrimitiveConfig,
    spec: PrimitiveSpec | None = None,
    photo: PhotoFacts = UNKNOWN_PHOTO,
    snap: bool = False,
    ways: WaysOut = COMMAND_LINE,
) -> Recognised:
    """Read the layers that files hold, of which nobody said which these are.

    Of a kind with labels and lines, a picture may have both, or one of them: lines over labels; labels, over which no
    lines are drawn; lines on plain paper. Other files of labels, and several masks, are labels.

    Args:
        paths: one file; or several masks, one for each label.
        part: what they are; "auto" to find out.
        config: kind and extraction settings.
        spec: the model's description of its primitives; None for training.
        photo: the photo that the files belong to; layers must have its shape, if its size is known.
        snap: map unknown colours to the nearest label, where that is in doubt, too.
        ways: what messages advise.

    Raises:
        PrimitiveError, LabelError, ImageError: as for `primage.primitive.read.read_files`.
    """

    def read(files: LayerFiles) -> Recognised:
        with _heard() as said:
            layers = read_files(files, config, spec, photo, snap, ways).layers
            for layer in layers_of(config.kind):
                if layer.name in layers and photo.size is not None:
                    size = layer.size(layers[layer.name])
                    check_shape(size, photo.size, str(paths[0]), "the photo")
                    fitted(size, photo.size, str(paths[0]))
        return Recognised(layers, tuple(dict.fromkeys(said)))

    names = KINDS[config.kind].names
    if part == "auto" and (len(paths) > 1 or not is_picture_file(paths[0])):
        part = "segments"
    if part not in ("auto", "drawing"):
        return read(_alone(part, paths))
    if len(names) == 1:
        return read(_alone(names[0], paths))
    if part == "drawing":
        return read(LayerFiles(whole=paths[0]))
    ink = _plain_ink(paths[0])
    try:
        whole = read(LayerFiles(whole=paths[0]))
    except PrimageError:
        if ink is None:
            raise
        return read(LayerFiles(edges=paths[0]))
    if ink is not None and _one_label(whole.layers["segments"], ink):
        return read(LayerFiles(edges=paths[0]))
    if "edges" not in whole.layers or not whole.layers["edges"].any():
        return read(LayerFiles(segments=paths))
    return whole


def looks_drawn(path: Path) -> bool:
    """Whether a file is a drawing, whosever: flat colours, lines on plain paper, or a file of labels; a photo is not.

    A drawing of many labels that was compressed with loss may look like a photo, too: see `is_surely_photo`.

    Args:
        path: a file that can be read.

    Raises:
        ImageError: it cannot be read.
    """
    if not is_picture_file(path):
        return True
    rgb = _reduced(path)
    with _heard():
        try:
            labels_from_rgb(rgb)
            return True
        except LabelError:
            pass
    with _heard() as said:
        try:
            return bool(read_line_drawing(rgb).any()) and not said
        except PrimitiveError:
            return False


def is_surely_photo(path: Path, kind: str, spec: PrimitiveSpec | None = None) -> bool:
    """Whether a picture that does not look drawn need not be read, as the reader would refuse it.

    It takes a moment, while reading a large photo as labels takes minutes.

    Args:
        path: a picture for which `looks_drawn` is false.
        kind: kind of the drawing that it is to be read as.
        spec: the model's description of its primitives; None for training.

    Returns:
        Of labels that are known: whether less than half of it has colours near them. Of lines alone: whether it has no
        plain paper. Of a painting, which may be any picture: False.

    Raises:
        ImageError: it cannot be read.
    """
    from scipy.spatial import cKDTree

    names = KINDS[kind].names
    if names == ("edges",):
        with _heard():
            try:
                read_line_drawing(_reduced(path))
                return False
            except PrimitiveError:
                return True
    if "segments" not in names or spec is None or spec.palette is None:
        return "segments" in names
    colours = known_colours(spec.palette, [spec.line_colour])
    distance, _ = cKDTree(colours).query(_reduced(path).reshape(-1, 3))
    return float((np.asarray(distance) <= _NEAR_LEVELS).mean()) < _NEAR_SHARE


def _reduced(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    rgb = flatten(decode(path))
    step = -(-min(rgb.shape[:2]) // _JUDGED_PX)
    return np.ascontiguousarray(rgb[::step, ::step])


def _alone(layer: str, paths: Sequence[Path]) -> LayerFiles:
    named: dict[str, Any] = {layer: paths}
    return LayerFiles(**named)


def _plain_ink(path: Path) -> Lines | None:
    """All that is drawn, if it is but lines on plain paper."""
    with _heard() as said:
        try:
            ink = LineLayer().read(path, ReadOptions(thin=False, lines_required=True))
        except PrimageError:
            return None
    return None if said else ink


def _one_label(labels: LabelMap, ink: Lines) -> bool:
    paper = np.bincount(labels.index[~ink]) if labels.index.shape == ink.shape else np.zeros(1)
    return bool(paper.max() >= _ONE_LABEL_SHARE * max(1, paper.sum()))


@contextlib.contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what the readers say, instead of saying it."""
    said: list[str] = []
    logger = logging.getLogger("primage")
    handler = _Collector(said)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])  # which also forgets that notes were wanted
        logger.propagate = before[1]


class _Collector(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.INFO)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())
