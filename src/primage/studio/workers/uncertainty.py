"""Uncertainty about an edit: the network's confidence, compared with that in the training primitive."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from primage.image import encode_png

#: Side of a cell of the map in pixels.
CELL_PX = 4
#: Uncertainty (0 to 1) below which nothing is shown, and above which the colour does not get stronger.
_INVISIBLE, _SATURATED = 0.06, 0.6
#: Visible on light and dark photos, and in both themes of the editor; even at its strongest it is translucent.
_COLOUR = (255, 92, 20)
_MAX_ALPHA = 165


def uncertainty_map(
    uncertainty: Float32[np.ndarray, "h w"], baseline: Float32[np.ndarray, "h w"], weight: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h2 w2"]:
    """Compute how much more uncertain the render of an edited drawing is than that of the training primitive.

    Args:
        uncertainty: one minus the confidence of the render, in [0, 1].
        baseline: the same for the training primitive; uncertainty that was there before the edit is not reported.
        weight: in [0, 1], weight of the render in the result (`blend_mask`); 0 far from edits.

    Returns:
        Means over cells of `CELL_PX` × `CELL_PX` pixels, 255 for 1. The last cells may extend beyond the drawing.

    Example:
        >>> uncertainty_map(*(np.full((4, 4), value, np.float32) for value in (0.6, 0.2, 1.0)))
        array([[102]], dtype=uint8)
    """
    more = np.clip(uncertainty - baseline, 0, 1) * weight
    height, width = more.shape
    more = np.pad(more, ((0, -height % CELL_PX), (0, -width % CELL_PX)), mode="edge")
    cells = more.reshape(more.shape[0] // CELL_PX, CELL_PX, more.shape[1] // CELL_PX, CELL_PX)
    levels: UInt8[np.ndarray, "h2 w2"] = np.round(255 * cells.mean(axis=(1, 3))).astype(np.uint8)
    return levels


def uncertainty_png(levels: UInt8[np.ndarray, "h2 w2"]) -> bytes:
    """Draw the map as an overlay for the result.

    Args:
        levels: from `uncertainty_map`.

    Returns:
        A PNG of the map's size, in one colour whose opacity increases with the uncertainty.
    """
    strength = np.clip((levels / 255 - _INVISIBLE) / (_SATURATED - _INVISIBLE), 0, 1)
    picture = np.empty((*levels.shape, 4), np.uint8)
    picture[..., :3] = _COLOUR
    picture[..., 3] = np.round(_MAX_ALPHA * strength)
    return encode_png(picture, compress_level=1)
