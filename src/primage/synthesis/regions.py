"""What is synthesised: where a render is unlike the photo."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.primitive.primitive import Primitive
from primage.synthesis.incoherence import patch_variance

#: Incoherence of a patch from which it is synthesised, and as a share of the patch's own variance.
_INCOHERENT = 0.008
_SHARE = 0.13
#: Added to the variance, so that noise in flat areas does not count.
_FLAT = 0.004
#: Disagreement of the drawings from which pixels are synthesised.
_DISAGREES = 0.3
#: Half the width of strips of disagreement that are ignored.
_STRIP_PX = 5
#: Smaller spots are ignored, and what remains is grown, in pixels.
_SPECK_PX = 2
_GROWTH_PX = 8


def regions(
    primitive: Primitive,
    image: UInt8[np.ndarray, "h w 3"],
    incoherence: Float32[np.ndarray, "h w"],
    disagreement: Float32[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """Choose what to synthesise.

    With lines, the matcher places nearly everything well, and only what is unlike the photo is replaced. Labels alone
    leave the inside of each region to chance, so the whole picture is.

    Args:
        primitive: the drawing.
        image: its render.
        incoherence: of the render.
        disagreement: of the drawing with the training drawing, at the sources of the render.

    Returns:
        (H, W).
    """
    if primitive.edges is None and primitive.segments is not None:
        return np.ones(incoherence.shape, bool)
    unlike = (incoherence > _INCOHERENT) & (incoherence > _SHARE * (patch_variance(image) + _FLAT))
    cleaned = ndimage.binary_opening(unlike, iterations=_SPECK_PX)
    # Borders of labels shift by a few pixels from frame to frame; narrow strips along them do not count.
    cleaned |= ndimage.binary_opening(disagreement > _DISAGREES, iterations=_STRIP_PX)
    grown: Bool[np.ndarray, "h w"] = (
        ndimage.binary_dilation(cleaned, iterations=_GROWTH_PX) if cleaned.any() else cleaned
    )
    return grown
