"""The primitive of a later frame: read from files where they are given, else extracted with the training's settings."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8
from skimage.color import rgb2lab

from primage.errors import ConfigError, LabelError
from primage.evaluate.frames import Frame
from primage.image import read_image, resize_image
from primage.labels import LabelMap
from primage.model import Model
from primage.primitive.edges import edges_from_image, extract_edges, resize_edges
from primage.primitive.kinds import KINDS
from primage.primitive.paint import extract_paint
from primage.primitive.primitive import Primitive
from primage.primitive.read import read_primitive
from primage.primitive.segments import extract_segments

#: A region a whole width away is as unlike a label as one of this ΔE.
_AWAY_DELTA_E = 60.0


def frame_primitive(model: Model, frame: Frame) -> Primitive:
    """The primitive of a frame at the size its model paints it.

    Args:
        model: gives kind, labels and the settings of extraction.
        frame: photo and given layers.

    Returns:
        A primitive with the model's labels. Labels of the frame that the training frame does not have become the
        nearest of its own: a later frame of a street has a bus in it.

    Raises:
        ConfigError: a layer can neither be read nor extracted.
        UserError: a file is at fault.
    """
    spec = model.record.spec
    layers = KINDS[spec.kind].names
    if frame.primitive is None and spec.kind in ("landmarks", "manual") and frame.edges is None:
        raise ConfigError(f"{frame.photo}: {spec.kind} are not extracted; give them (--primitives FOLDER)")
    extracted = frame.primitive is None and (
        ("segments" in layers and frame.segments is None) or ("colours" in layers and spec.kind == "paint")
    )
    if not extracted:
        files = frame.files(spec.kind)
        try:
            return read_primitive(files, spec, model.render_size)
        except LabelError:
            with _quiet():
                return read_primitive(files, spec, model.render_size, snap=True)
    photo = read_image(frame.photo)
    size = model.render_size((photo.shape[0], photo.shape[1]))
    photo = resize_image(photo, size)
    if spec.kind == "paint":
        return Primitive(spec.kind, colours=extract_paint(photo, spec.config.paint))
    assert model.primitive.segments is not None
    found = extract_segments(photo, spec.config.segments)
    edges = None
    if "edges" in layers:
        drawn = None if frame.edges is None else edges_from_image(read_image(frame.edges))
        edges = extract_edges(photo, spec.config.edges) if drawn is None else resize_edges(drawn, size)
    labels = follow_labels(photo, found, model.photo, model.primitive.segments)
    return Primitive(spec.kind, segments=labels, edges=edges)


def follow_labels(
    photo: UInt8[np.ndarray, "h w 3"],
    found: LabelMap,
    training_photo: UInt8[np.ndarray, "h2 w2 3"],
    training: LabelMap,
) -> LabelMap:
    """Give each region of an unsupervised segmentation the training label it most resembles.

    Args:
        photo: (H, W, 3) uint8, a later frame.
        found: its own segmentation.
        training_photo: the training frame.
        training: its segmentation.

    Returns:
        ``found``'s regions under ``training``'s labels, by mean Lab colour and place.
    """
    later, known = _describe(photo, found), _describe(training_photo, training)
    away = np.linalg.norm(later[:, None] - known[None], axis=2)
    away[:, np.isnan(known).any(axis=1)] = np.inf  # a label that the training frame does not show
    return LabelMap(np.argmin(away, axis=1).astype(np.uint8)[found.index], training.palette)


def _describe(photo: np.ndarray, labels: LabelMap) -> np.ndarray:
    """Mean L, a, b, and the centre of each label, scaled so that Euclidean distance compares them."""
    lab = rgb2lab(photo)
    height, width = labels.index.shape
    y, x = np.mgrid[:height, :width] / width * _AWAY_DELTA_E
    count = len(labels.palette.labels)
    planes = (*np.moveaxis(lab, 2, 0), y, x)
    area = np.bincount(labels.index.ravel(), minlength=count).astype(float)
    area[area == 0] = np.nan
    return np.stack([np.bincount(labels.index.ravel(), p.ravel(), count) / area for p in planes], axis=1)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Unknown labels are the rule in later frames: one warning for each of thousands tells nobody anything."""
    logger = logging.getLogger("primage.labels")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
