"""Closed places: something was erased there, and the drawing shows no more than the surroundings."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from primage.primitive.codes import CODE_CHANNELS
from primage.primitive.primitive import Primitive

#: Half the width of strips that are ignored: borders of labels shift by a few pixels from frame to frame.
_STRIP_PX = 7
#: Share of a changed region that must look closed.
_SHARE = 0.9
#: Pixels around a closed region that belong to it: outlines and their antialiased edges.
_OUTLINE_PX = 8
#: Distance from a line up to which the drawing of lines counts.
_LINE_PX = 3


def closed(primitive: Primitive, reference: Primitive) -> Bool[np.ndarray, "h w"]:
    """Find what was erased: regions whose new labels are those of the nearest pixels around them.

    Args:
        primitive: the drawing.
        reference: the training primitive.

    Returns:
        (H, W), with a margin; nothing without labels, or if the sizes differ.
    """
    nothing = np.zeros(primitive.size, bool)
    if primitive.segments is None or reference.segments is None or primitive.size != reference.size:
        return nothing
    labels = primitive.segments.index
    changed = labels != reference.segments.index
    if not changed.any() or changed.all():
        return nothing
    near = ndimage.distance_transform_edt(changed, return_distances=False, return_indices=True)
    alike = changed & (labels[near[0], near[1]] == labels)
    core = ndimage.binary_opening(alike, iterations=_STRIP_PX)
    found = nothing.copy()
    for label in np.unique(labels[core]):
        # What a part that grew has covered is half like the nearest pixels, too.
        component, count = ndimage.label(changed & (labels == label))
        share = ndimage.mean(alike, component, np.arange(1, count + 1))
        found |= alike & np.isin(component, 1 + np.flatnonzero(share >= _SHARE))
    found = ndimage.binary_propagation(core & found, mask=found)
    if not found.any():
        return nothing
    return ndimage.binary_dilation(found, iterations=_OUTLINE_PX) & np.isin(labels, labels[found])


def open_guides(
    guides: Float32[np.ndarray, "h w c"], primitive: Primitive, places: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w c"]:
    """Declare the guides of closed places unknown.

    An editor fills labels from the nearest pixels, and nobody draws the texture of what appears: neither is meant.

    Args:
        guides: (H, W, C), of the drawing.
        primitive: the drawing.
        places: (H, W), from `closed`.

    Returns:
        The guides, NaN in these places except near lines.
    """
    if not places.any():
        return guides
    out = guides.copy()
    out[places, :CODE_CHANNELS] = np.nan
    lines = primitive.edges
    if lines is not None and lines.any():
        places = places & (ndimage.distance_transform_edt(~lines) > _LINE_PX)
    out[places, CODE_CHANNELS:] = np.nan
    return out


def source_penalty(
    primitive: Primitive, reference: Primitive, places: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h2 w2"] | None:
    """Penalise what closed places cannot contain: labels that are not in them.

    Args:
        primitive: the drawing.
        reference: the training primitive.
        places: (H, W), from `closed`.

    Returns:
        (H', W') of the photo, 1 at such pixels; None if nothing is closed.
    """
    if not places.any() or primitive.segments is None or reference.segments is None:
        return None
    labels = np.unique(primitive.segments.index[places])
    out: Float32[np.ndarray, "h2 w2"] = (~np.isin(reference.segments.index, labels)).astype(np.float32)
    return out
