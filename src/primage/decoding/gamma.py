"""PNG files that state the gamma of their values, and nothing else of their colours.

Source:
    Portable Network Graphics Specification (Third Edition), §4.3: a profile or an sRGB chunk takes precedence.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt16

from primage.decoding.decode import Decoded

#: Programs write this exponent, or nearly this, for sRGB.
_SRGB = 1 / 2.2
_TOLERANCE = 0.02


def gamma_curve(decoded: Decoded) -> UInt16[np.ndarray, " 65536"] | None:
    """The curve that turns the values of a picture into those of sRGB.

    Args:
        decoded: a picture as stored.

    Returns:
        For each value of 16 bits the value in sRGB; None if the values are in sRGB, or in the space of a profile.
    """
    info = decoded.image.info
    gamma = info.get("gamma")
    if decoded.format != "PNG" or not gamma or gamma < 0 or "srgb" in info or "icc_profile" in info:
        return None
    if abs(gamma - _SRGB) <= _TOLERANCE:
        return None
    light = np.linspace(0, 1, 1 << 16) ** (1 / gamma)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    curve: UInt16[np.ndarray, " 65536"] = np.rint(encoded * 65535).astype(np.uint16)
    return curve
