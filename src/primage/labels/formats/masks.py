"""One black and white picture for each label, as Label Studio, RectLabel and many scripts write them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

import numpy as np
from jaxtyping import Bool, UInt8

from primage.decoding.decode import Decoded, decode
from primage.decoding.flatten import flatten
from primage.errors import LabelError
from primage.labels.flatness import flat_squares
from primage.labels.formats.canvas import Canvas
from primage.labels.formats.export import Export
from primage.labels.formats.raw import RawLabels

log = logging.getLogger(__name__)

#: Label Studio's names: task-1-annotation-1-by-1-tag-cat-0.
_LABEL_STUDIO = re.compile(r"(?P<task>.*-)?tag-(?P<label>.+)-\d+")
#: Levels from dark to light that are neither; a mask has few of them, at soft borders.
_MIDDLE = (64, 192)
_MAX_MIDDLE_SHARE = 0.1
#: None of them fills a square of this side.
_AREA_SIDE = 3


@dataclass(frozen=True)
class MaskFile:
    """The file of one mask.

    Attributes:
        path: its name, which tells the label.
        data: its bytes; None if ``path`` is a file of its own.
        where: its name in messages.
    """

    path: PurePath
    data: bytes | None
    where: str


def read_masks(files: Sequence[MaskFile], where: str) -> RawLabels:
    """Read one mask for each label. Where masks overlap, the smaller one lies on top.

    Args:
        files: the masks: white (or opaque) where the label is.
        where: their folder, for messages.

    Returns:
        The labels, named by the files; "background" is what no mask marks.

    Raises:
        LabelError: a picture is no mask, or has another size than the others, or they belong to several pictures.
        ImageError: a picture cannot be read.
    """
    names = _labels(files, where)
    masks = [_mask(file) for file in files]
    size = (masks[0].shape[0], masks[0].shape[1])
    for file, mask in zip(files, masks, strict=True):
        if mask.shape != size:
            raise LabelError(
                f"{file.where} is {mask.shape[1]}×{mask.shape[0]} px, but {files[0].where} is {size[1]}×{size[0]} px; "
                "masks of one photo have one size"
            )
        if not mask.any():
            log.warning("%s marks nothing; its label %r does not occur", file.where, names[files.index(file)])
    order = sorted(range(len(files)), key=lambda i: -int(masks[i].sum()))
    canvas = Canvas(size, where)
    values = {name: canvas.value(name) for name in names}  # in the order of the files
    for i in order:
        canvas.stamp(masks[i], values[names[i]])
    labels = canvas.labels("masks")
    _report_overlaps(masks, [values[name] for name in names], labels)
    return labels


def read_mask_export(export: Export, names: Iterable[str]) -> RawLabels:
    """Read the masks of a folder or a zip; as `read_masks`."""
    files = [MaskFile(PurePosixPath(name), export.read(name), export.where(name)) for name in names]
    return read_masks(files, str(export.path))


def _labels(files: Sequence[MaskFile], where: str) -> list[str]:
    stems = [file.path.stem for file in files]
    found = [_LABEL_STUDIO.fullmatch(stem) for stem in stems]
    tasks = {match["task"] or "" for match in found if match is not None}
    if len(tasks) > 1:
        some = ", ".join(sorted(task.rstrip("-") for task in tasks)[:3])
        raise LabelError(f"{where} has the masks of {len(tasks)} annotations ({some} …); give those of one photo")
    names = [stem if match is None else match["label"] for stem, match in zip(stems, found, strict=True)]
    if len(files) > 1 and len(set(stems)) == 1:  # cat/mask.png, dog/mask.png
        return [file.path.parent.name for file in files]
    return names


def _mask(file: MaskFile) -> Bool[np.ndarray, "h w"]:
    levels = _levels(decode(str(file.path) if file.data is None else file.where, file.data))
    found = np.unique(levels)
    if len(found) <= 2 and (len(found) == 1 or found[0] == 0):
        return np.asarray(levels > 0)
    middle = (levels > _MIDDLE[0]) & (levels < _MIDDLE[1])
    if (
        found[-1] < _MIDDLE[1]
        or middle.mean() > _MAX_MIDDLE_SHARE
        or flat_squares(levels[..., None], middle, _AREA_SIDE, 0).any()
    ):
        raise LabelError(
            f"{file.where} is no mask: the picture of one label is black, and white where the label is; "
            "a label map that has all labels is given alone"
        )
    return np.asarray(levels > 127)


def _levels(decoded: Decoded) -> UInt8[np.ndarray, "h w"]:
    """The opacity of a picture with transparency, otherwise its brightness."""
    if decoded.image.has_transparency_data:
        opacity = np.asarray(decoded.image.convert("RGBA").getchannel("A"))
        if opacity.min() < 128:
            return opacity
    return np.asarray(flatten(decoded, (0, 0, 0), managed=False).max(axis=2))


def _report_overlaps(masks: Sequence[np.ndarray], values: Sequence[int], labels: RawLabels) -> None:
    """Say how much of each mask another label covers."""
    for mask, value in zip(masks, values, strict=True):
        under = mask & (labels.values != value)
        for other in np.unique(labels.values[under]):
            pixels = int((labels.values[under] == other).sum())
            over, name = labels.entries[int(other)].name, labels.entries[value].name
            log.info("%s: %r lies over %r at %d pixels, as the smaller one", labels.where, over, name, pixels)
