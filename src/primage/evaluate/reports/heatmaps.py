"""Scalar maps as colour images, and images as data URIs."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from skimage.transform import resize

#: Low to high: black, violet, red, orange, pale yellow; lightness increases monotonically.
_RAMP = np.array([(6, 5, 20), (80, 18, 110), (182, 54, 88), (246, 130, 40), (252, 240, 165)], dtype=np.float64)
_QUALITY = 90


def heatmap(
    values: Float[np.ndarray, "h w"], size: tuple[int, int], low: float = 0.0, high: float | None = None
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Colour a scalar map.

    Args:
        values: (H, W).
        size: (height, width) of the output; upsampled with nearest neighbour, so cells stay visible as squares.
        low: value shown as black.
        high: value shown as pale yellow; by default the maximum.

    Returns:
        (height, width, 3) uint8.

    Example:
        >>> import numpy as np
        >>> heatmap(np.array([[0.0, 1.0]]), (1, 2)).tolist()
        [[[6, 5, 20], [252, 240, 165]]]
    """
    top = float(np.nanmax(values)) if high is None else high
    level = np.clip((values - low) / max(top - low, 1e-12), 0, 1)
    level = resize(level, size, order=0, mode="edge", anti_aliasing=False) if values.shape != size else level
    stops = np.arange(len(_RAMP)) / (len(_RAMP) - 1)
    colours = [np.interp(level, stops, _RAMP[:, channel]) for channel in range(3)]
    return np.stack(colours, axis=-1).round().astype(np.uint8)


def data_uri(image: UInt8[np.ndarray, "h w 3"], longest_px: int = 512) -> str:
    """Encode an image for embedding in HTML, as WebP at quality 90; lossless PNG files are kept beside the page.

    Args:
        image: (H, W, 3) uint8.
        longest_px: larger images are downscaled so that their long side has this size.

    Returns:
        A data: URI.
    """
    thumbnail = Image.fromarray(image)
    thumbnail.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    thumbnail.save(out, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
