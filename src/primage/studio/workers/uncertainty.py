"""Where the painter is unsure of an edit: its own confidence, compared with what it is of the unedited drawing."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

#: The map has one value for so many pixels a side.
CELL_PX = 4
#: Doubt (0 to 1) that is not shown yet, and doubt from which on the colour gets no stronger.
_UNSEEN, _FULL = 0.06, 0.6
#: Reads on photos light and dark, and in both themes of the editor; at its strongest the picture still shows through.
_COLOUR = (255, 92, 20)
_STRONGEST = 165


def doubt_map(
    doubt: Float32[np.ndarray, "h w"], usual: Float32[np.ndarray, "h w"], share: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h2 w2"]:
    """How much less an edited drawing's render is to be trusted than that of the unedited one.

    Args:
        doubt: one minus the confidence of the render, in [0, 1].
        usual: the same of the unedited drawing's render; what was doubtful before is no news.
        share: how far each pixel is taken from the render (`workers.blending.blend_mask`): 0 far from edits.

    Returns:
        The means of cells of `CELL_PX` pixels a side, 255 for 1; the last ones reach beyond the drawing.
    """
    more = np.clip(doubt - usual, 0, 1) * share
    height, width = more.shape
    more = np.pad(more, ((0, -height % CELL_PX), (0, -width % CELL_PX)), mode="edge")
    cells = more.reshape(more.shape[0] // CELL_PX, CELL_PX, more.shape[1] // CELL_PX, CELL_PX)
    found: UInt8[np.ndarray, "h2 w2"] = np.round(255 * cells.mean(axis=(1, 3))).astype(np.uint8)
    return found


def doubt_png(found: UInt8[np.ndarray, "h2 w2"]) -> bytes:
    """The map as a picture to lay over the result.

    Args:
        found: by `doubt_map`.

    Returns:
        A PNG of the map's size: transparent where nothing is doubtful, a warm colour that gets stronger with the doubt.
    """
    strength = np.clip((found / 255 - _UNSEEN) / (_FULL - _UNSEEN), 0, 1)
    picture = np.empty((*found.shape, 4), np.uint8)
    picture[..., :3] = _COLOUR
    picture[..., 3] = np.round(_STRONGEST * strength)
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()
