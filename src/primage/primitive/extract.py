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

_EXTRACTORS: dict[type[AnyLayer], Callable[[UInt8[np.ndarray, "h w 3"], PrimitiveConfig], Any]] = {
    LabelLayer: lambda photo, config: extract_segments(photo, config.segments),
    LineLayer: lambda photo, config: extract_edges(photo, config.edges),
    PaintLayer: lambda photo, config: extract_paint(photo, config.paint),
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
    return _EXTRACTORS[type(layer)](photo, config)
