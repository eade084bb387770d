"""The primitive of a test frame: read from files where given, otherwise extracted with the training settings."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import UInt8
from skimage.color import rgb2lab

from primage.detection.regions import NAMES
from primage.errors import ConfigError, LabelError
from primage.evaluate.protocol.frames import Frame
from primage.image import read_image, resize_image
from primage.labels.formats.raw import PhotoFacts
from primage.labels.label_map import LabelMap
from primage.model import Model
from primage.primitive.extract import extract_layer
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.layer import AnyLayer, ReadOptions
from primage.primitive.primitive import Primitive
from primage.primitive.read import read_primitive

#: Colour difference (ΔE) that weighs as much as a distance of one image width when regions are matched.
_WIDTH_DELTA_E = 60.0


def frame_primitive(model: Model, frame: Frame) -> Primitive:
    """The primitive of a frame, at the size at which the model renders it.

    Args:
        model: provides the kind of primitive, the labels and the extraction settings.
        frame: photo and given layers.

    Returns:
        A primitive with the model's labels. A label absent from the training frame (say, a bus that enters the
        street later) is replaced by the nearest training label.

    Raises:
        ConfigError: a layer can neither be read nor extracted.
        UserError: a file is invalid.
    """
    spec = model.record.spec
    given = set(KINDS[spec.kind].names) if frame.primitive is not None else set(frame.layers)
    missing = [layer for layer in layers_of(spec.kind) if layer.name not in given]
    if any(layer.needs_file is not None for layer in missing):
        raise ConfigError(f"{frame.photo}: {spec.kind} cannot be extracted; provide them with --primitives FOLDER")
    if all(layer.name == "edges" for layer in missing):
        files = frame.files(spec.kind)
        try:
            return read_primitive(files, spec, model.render_size)
        except LabelError:
            with _label_warnings_off():
                return read_primitive(files, spec, model.render_size, snap=True)
    original = read_image(frame.photo)
    size = model.render_size((original.shape[0], original.shape[1]))
    facts = PhotoFacts(frame.photo.name, (original.shape[0], original.shape[1]))
    photo = resize_image(original, size)

    def of_frame(layer: AnyLayer, training: Any) -> Any:
        if layer.name in frame.layers:
            options = ReadOptions(spec.palette, photo=facts, thin=spec.config.edges.thin)
            return layer.resize(layer.read(frame.layers[layer.name], options), size)
        data = extract_layer(layer, original, spec.config, size)
        return match_labels(photo, data, model.photo, training) if isinstance(data, LabelMap) else data

    return model.primitive.map(of_frame)


def match_labels(
    photo: UInt8[np.ndarray, "h w 3"],
    segments: LabelMap,
    training_photo: UInt8[np.ndarray, "h2 w2 3"],
    training_segments: LabelMap,
) -> LabelMap:
    """Give each region of an unsupervised segmentation the most similar training label.

    Args:
        photo: (H, W, 3) uint8, a test frame.
        segments: its segmentation.
        training_photo: (H', W', 3) uint8, the training frame.
        training_segments: its segmentation.

    Returns:
        The regions of ``segments`` under the labels of ``training_segments``: those of people by name, all others by
        mean Lab colour and centre.
    """
    query, reference = _region_features(photo, segments), _region_features(training_photo, training_segments)
    distance = np.linalg.norm(query[:, None] - reference[None], axis=2)
    distance[:, np.isnan(reference).any(axis=1)] = np.inf  # labels that do not occur in the training frame
    names = [label.name for label in training_segments.palette.labels]
    named = {n: label.name for n, label in enumerate(segments.palette.labels) if label.name in {*NAMES} & {*names}}
    if named:  # the regions of people have their own labels, so no other region gets these
        distance[:, [number for number, name in enumerate(names) if name in NAMES]] = np.inf
    nearest = np.argmin(distance, axis=1).astype(np.uint8)
    for number, name in named.items():
        nearest[number] = names.index(name)
    return LabelMap(nearest[segments.index], training_segments.palette)


def _region_features(photo: np.ndarray, labels: LabelMap) -> np.ndarray:
    """Mean L, a, b and centre of each label, scaled for comparison by Euclidean distance."""
    lab = rgb2lab(photo)
    height, width = labels.index.shape
    y, x = np.mgrid[:height, :width] / width * _WIDTH_DELTA_E
    count = len(labels.palette.labels)
    planes = (*np.moveaxis(lab, 2, 0), y, x)
    area = np.bincount(labels.index.ravel(), minlength=count).astype(float)
    area[area == 0] = np.nan
    return np.stack([np.bincount(labels.index.ravel(), p.ravel(), count) / area for p in planes], axis=1)


@contextlib.contextmanager
def _label_warnings_off() -> Iterator[None]:
    """Unknown labels are normal in test frames; a warning for each of thousands of frames is noise."""
    logger = logging.getLogger("primage.labels")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
