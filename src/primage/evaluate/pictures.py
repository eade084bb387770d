"""Maps in colours, and pictures inside a page."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from skimage.transform import resize

#: From nothing to much: black, violet, red, orange, pale yellow; lightness rises all the way.
_RAMP = np.array([(6, 5, 20), (80, 18, 110), (182, 54, 88), (246, 130, 40), (252, 240, 165)], dtype=np.float64)
_QUALITY = 90


def heat(
    values: Float[np.ndarray, "h w"], size: tuple[int, int], low: float = 0.0, high: float | None = None
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Colour a map.

    Args:
        values: (H, W).
        size: (height, width) of the picture; cells stay visible as squares.
        low: shown as black.
        high: shown as pale yellow; the greatest value if None.

    Returns:
        (height, width, 3) uint8.
    """
    top = float(np.nanmax(values)) if high is None else high
    share = np.clip((values - low) / max(top - low, 1e-12), 0, 1)
    share = resize(share, size, order=0, mode="edge", anti_aliasing=False) if values.shape != size else share
    place = np.arange(len(_RAMP)) / (len(_RAMP) - 1)
    colours = [np.interp(share, place, _RAMP[:, channel]) for channel in range(3)]
    return np.stack(colours, axis=-1).round().astype(np.uint8)


def data_uri(image: UInt8[np.ndarray, "h w 3"], longest_px: int = 512) -> str:
    """A picture as text, to be put into a page: WebP of quality 90, since the exact PNG files lie beside the page.

    Args:
        image: (H, W, 3) uint8.
        longest_px: larger ones are shrunk.

    Returns:
        A data: URI.
    """
    picture = Image.fromarray(image)
    picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
