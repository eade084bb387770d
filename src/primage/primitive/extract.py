"""Extraction of layers from a photo, with one function per kind of layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import UInt8

from primage.errors import PrimitiveError
from primage.primitive.colour_layer import PaintLayer
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import extract_edges
from primage.primitive.label_layer import LabelLayer
from primage.primitive.layer import AnyLayer
from primage.primitive.line_layer import LineLayer
from primage.primitive.paint import extract_paint
from primage.primitive.segments import extract_segments

#: The section of `PrimitiveConfig` that the layer's extraction depends on, and the function.
_EXTRACTORS: dict[type[AnyLayer], tuple[str, Callable[[UInt8[np.ndarray, "h w 3"], Any], Any]]] = {
    LabelLayer: ("segments", extract_segments),
    LineLayer: ("edges", extract_edges),
    PaintLayer: ("paint", extract_paint),
}


def extract_layer(layer: AnyLayer, photo: UInt8[np.ndarray, "h w 3"], config: PrimitiveConfig) -> Any:
    """Extract one layer of a primitive.

    Args:
        layer: the layer to extract.
        photo: (H, W, 3) uint8 sRGB, at the working size.
        config: extraction settings.

    Returns:
        The layer's data, of the photo's size.

    Raises:
        PrimitiveError: this layer cannot be extracted.
    """
    if layer.needs_file is not None:
        raise PrimitiveError(layer.needs_file)
    section, extract = _EXTRACTORS[type(layer)]
    return extract(photo, getattr(config, section))


def own_settings(layer: AnyLayer, config: PrimitiveConfig) -> PrimitiveConfig:
    """Reset all settings that the extraction of a layer does not depend on.

    Args:
        layer: one that can be extracted.
        config: settings of the extraction.

    Returns:
        Equal settings for this layer give an equal layer.
    """
    section, _ = _EXTRACTORS[type(layer)]
    return PrimitiveConfig.model_validate({section: getattr(config, section)})
