"""Extraction of layers from a photo, with one function per kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import UInt8

from primage.detection.interpreter import prepare
from primage.downloads import Progress
from primage.errors import PrimitiveError
from primage.image import resize_image
from primage.primitive.colour_layer import PaintLayer
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import extract_edges, resize_edges
from primage.primitive.label_layer import LabelLayer
from primage.primitive.layer import AnyLayer
from primage.primitive.line_layer import LandmarkLayer, LineLayer
from primage.primitive.paint import extract_paint
from primage.primitive.photo_landmarks import extract_landmarks
from primage.primitive.semantic import extract_labels

Size = tuple[int, int]
_Photo = UInt8[np.ndarray, "h w 3"]


def _at_size(extract: Callable[[_Photo, Any], Any]) -> Callable[[_Photo, Size, Any], Any]:
    """An extraction that sees the photo at the working size only."""
    return lambda photo, size, settings: extract(resize_image(photo, size), settings)


#: The section of `PrimitiveConfig` that the layer's extraction depends on (none: ""), and the function.
_EXTRACTORS: dict[type[AnyLayer], tuple[str, Callable[[_Photo, Size, Any], Any]]] = {
    LabelLayer: ("segments", extract_labels),
    LineLayer: ("edges", _at_size(extract_edges)),
    LandmarkLayer: ("", lambda photo, size, _: resize_edges(extract_landmarks(photo), size)),
    PaintLayer: ("paint", _at_size(extract_paint)),
}


def extract_layer(layer: AnyLayer, photo: _Photo, config: PrimitiveConfig, size: Size | None = None) -> Any:
    """Extract one layer of a primitive.

    Args:
        layer: the layer to extract.
        photo: (H, W, 3) uint8 sRGB, at any size: faces are also found where the working size would be too small.
        config: extraction settings.
        size: (height, width), the working size; None for the photo's.

    Returns:
        The layer's data, of the working size.

    Raises:
        PrimitiveError: this layer cannot be extracted.
    """
    if layer.needs_file is not None:
        raise PrimitiveError(layer.needs_file)
    section, extract = _EXTRACTORS[type(layer)]
    return extract(photo, size or (photo.shape[0], photo.shape[1]), getattr(config, section) if section else None)


def fetch_detectors(layers: Iterable[AnyLayer], config: PrimitiveConfig, progress: Progress | None = None) -> None:
    """Download the weights that the extraction of layers needs, if they are not there yet.

    Args:
        layers: the layers to extract.
        config: extraction settings.
        progress: called with the progress of the download.

    Raises:
        ConfigError: the package that detection needs is not installed.
        WeightsError: the weights are not available.
    """
    semantic = config.segments.semantic == "on"
    if any(isinstance(each, LandmarkLayer) or (semantic and isinstance(each, LabelLayer)) for each in layers):
        prepare(progress)


def own_settings(layer: AnyLayer, config: PrimitiveConfig) -> PrimitiveConfig:
    """Reset all settings that the extraction of a layer does not depend on.

    Args:
        layer: one that can be extracted.
        config: settings of the extraction.

    Returns:
        Equal settings for this layer give an equal layer.
    """
    section, _ = _EXTRACTORS[type(layer)]
    return PrimitiveConfig.model_validate({section: getattr(config, section)} if section else {})
