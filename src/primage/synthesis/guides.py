"""Guides: the channels of a drawing on which patches are compared, beside their colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from primage.primitive.codes import CODE_CHANNELS
from primage.primitive.line_layer import CLOSENESS_PX
from primage.primitive.primitive import Primitive, PrimitiveSpec, code_matrix, encode
from primage.synthesis.field import at_sources

#: Distance to a line, in pixels, beyond which pixels do not differ.
_FAR_PX = 16.0


@dataclass(frozen=True)
class GuideWeights:
    """How much a squared difference of each guide counts; 1 is the weight of each colour channel.

    Attributes:
        labels: of label codes, ±0.5 in eight channels (or codes of colours, for a painting).
        lines: of lines in {0, 1}, halved, of the closeness exp(-d / 4 px), and of min(d, 16 px) / 32 px.
    """

    labels: float = 0.7
    lines: float = 2.0

    def times(self, factor: float) -> GuideWeights:
        """All weights, multiplied."""
        return GuideWeights(self.labels * factor, self.lines * factor)


def guide_channels(primitive: Primitive, spec: PrimitiveSpec, weights: GuideWeights) -> Float32[np.ndarray, "h w c"]:
    """Compute the guides of a primitive, weighted.

    Args:
        primitive: of the model's kind, with the model's labels.
        spec: the model's description of its primitives.
        weights: of the guides.

    Returns:
        (H, W, 11): label or colour codes, lines, closeness and distance to a line, each times the square root of its
        weight. A label map without lines has its boundaries as lines.
    """
    with_boundaries = spec.model_copy(update={"config": spec.config.model_copy(update={"encoding": "boundaries"})})
    matrix = code_matrix(with_boundaries).numpy()
    codes = np.einsum("oc,chw->hwo", matrix, encode(primitive, with_boundaries)[0].numpy())
    labels, line, closeness = codes[..., :CODE_CHANNELS], codes[..., CODE_CHANNELS], codes[..., CODE_CHANNELS + 1]
    distance = np.minimum(-CLOSENESS_PX * np.log(np.maximum(closeness, 1e-6)), _FAR_PX) / (2 * _FAR_PX)
    if not closeness.any():  # a painting has no lines
        distance = np.zeros_like(line)
    lines = np.stack([0.7 * line, closeness, distance], axis=-1)
    out: Float32[np.ndarray, "h w c"] = np.concatenate(
        [labels * np.sqrt(weights.labels), lines * np.sqrt(weights.lines)], axis=-1
    ).astype(np.float32)
    return out


def disagreement(
    guides: Float32[np.ndarray, "h w c"],
    reference: Float32[np.ndarray, "h2 w2 c"],
    field: Float32[np.ndarray, "h w 2"],
) -> Float32[np.ndarray, "h w"]:
    """How much a drawing differs from the training drawing at the sources of its pixels.

    Args:
        guides: (H, W, C), of the drawing.
        reference: (H', W', C), of the training drawing.
        field: (H, W, 2), (y, x) of the source of each pixel, in pixels.

    Returns:
        (H, W), squared differences summed over the channels, mean over 7 × 7 pixels.
    """
    difference = np.square(guides - at_sources(reference, field)).sum(-1)
    mean: Float32[np.ndarray, "h w"] = ndimage.uniform_filter(difference, 7)
    return mean
