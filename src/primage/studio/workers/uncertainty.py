"""Uncertainty about an edit: where the render is incoherent, that is, unlike anything in the photo."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from primage.image import encode_png

#: Side of a cell of the map in pixels.
CELL_PX = 4
#: Incoherence (`primage.synthesis.incoherence`) of an entirely uncertain cell.
_FULL = 0.1
#: Uncertainty (0 to 1) below which nothing is shown, and above which the colour does not get stronger.
_INVISIBLE, _SATURATED = 0.22, 0.6
#: Visible on light and dark photos, and in both themes of the editor; even at its strongest it is translucent.
_COLOUR = (255, 92, 20)
_MAX_ALPHA = 165


def uncertainty_map(
    incoherence: Float32[np.ndarray, "h w"], weight: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h2 w2"]:
    """Compute how uncertain the render of an edited drawing is.

    Args:
        incoherence: of the network's picture, before synthesis.
        weight: in [0, 1], weight of the render in the result (`blend_mask`); 0 far from edits.

    Returns:
        Square roots of means over cells of `CELL_PX` × `CELL_PX` pixels, 255 for an incoherence of 0.1 and above. The
        last cells may extend beyond the drawing.

    Example:
        >>> uncertainty_map(np.full((4, 4), 0.025, np.float32), np.ones((4, 4), np.float32))
        array([[128]], dtype=uint8)
    """
    here = incoherence * weight
    height, width = here.shape
    here = np.pad(here, ((0, -height % CELL_PX), (0, -width % CELL_PX)), mode="edge")
    cells = here.reshape(here.shape[0] // CELL_PX, CELL_PX, here.shape[1] // CELL_PX, CELL_PX).mean(axis=(1, 3))
    levels: UInt8[np.ndarray, "h2 w2"] = np.round(255 * np.sqrt(np.minimum(cells / _FULL, 1))).astype(np.uint8)
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
