"""The edit-risk map as an image."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from primage.evaluate.analyses.risk import Risk
from primage.evaluate.reports.heatmaps import heatmap
from primage.image import resize_image
from primage.model import Model
from primage.primitive.primitive import Primitive, draw

#: Risk at which the overlay starts to show; it is fully opaque at 1.
_FAINT = 0.4
_OUTLINE = (220, 20, 60)


def draw_risk(risk: Risk, primitive: Primitive, model: Model) -> UInt8[np.ndarray, "h w 3"]:
    """Overlay the risk as a heat map on the greyed-out primitive, with flagged regions outlined.

    Args:
        risk: risk of the primitive.
        primitive: the primitive it was computed for.
        model: provides the line colour and the working size.

    Returns:
        (H, W, 3) uint8 at the model's working size.
    """
    height, width = size = model.render_size(primitive.size)
    rows = np.arange(height) * risk.values.shape[0] // height
    columns = np.arange(width) * risk.values.shape[1] // width
    values, mask = risk.values[np.ix_(rows, columns)], risk.flagged[np.ix_(rows, columns)]
    image = resize_image(draw(primitive, model.record.spec.line_colour), size).astype(float)
    grey = 0.5 * image.mean(axis=2, keepdims=True) + 110
    opacity = 0.8 * np.clip((values - _FAINT) / (1 - _FAINT), 0, 1)[..., None]
    blended = grey * (1 - opacity) + heatmap(values, size, high=1.5).astype(float) * opacity
    blended[mask & ~ndimage.binary_erosion(mask, iterations=2)] = _OUTLINE
    return np.asarray(blended.clip(0, 255), dtype=np.uint8)
