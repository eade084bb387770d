"""Turns the channels of any encoded primitive into the ten that the shipped matcher reads."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from primage.primitive.primitive import LAYERS, PrimitiveSpec

#: Channels for labels (or colours), then lines and closeness to a line.
CODE_CHANNELS = 8
EMBEDDED_CHANNELS = CODE_CHANNELS + 2
#: Length of a code's entries.
_AMPLITUDE = 0.5


def label_codes(count: int) -> Float[Tensor, "count 8"]:
    """A code for each label; any two differ in as many signs as can be had.

    Args:
        count: how many; beyond 256 codes repeat, a little shorter each time.

    Returns:
        (count, 8), entries ±0.5.
    """
    corners = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(CODE_CHANNELS)) & 1)
    chosen = [0b00110101]
    distance = (corners != corners[chosen[0]]).sum(1)
    while len(chosen) < min(count, 256):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, (corners != corners[chosen[-1]]).sum(1))
    rounds = np.arange(count) // 256
    codes = corners[np.asarray(chosen)[np.arange(count) % 256]] * (_AMPLITUDE * 0.8**rounds)[:, None]
    return torch.from_numpy(codes.astype(np.float32))


def colour_codes() -> Float[Tensor, "3 8"]:
    """What a colour in [-1, 1]³ is multiplied with: like colours have like codes."""
    corners = label_codes(3)
    basis: Tensor = torch.linalg.qr(corners.T).Q
    return basis.T.contiguous()


def code_matrix(spec: PrimitiveSpec) -> Float[Tensor, "10 c"]:
    """The linear map from what `encode` makes of a primitive to the matcher's channels.

    Args:
        spec: the model's description of its primitives.

    Returns:
        (10, C), C = ``spec.channels``.
    """
    matrix = torch.zeros(EMBEDDED_CHANNELS, spec.channels)
    if spec.config.encoding == "rgb":
        matrix[:CODE_CHANNELS] = colour_codes().T
        return matrix
    column = 0
    for layer in LAYERS[spec.kind]:
        if layer == "segments" and spec.palette is not None:
            codes = label_codes(len(spec.palette.labels))
            matrix[:CODE_CHANNELS, : len(codes)] = codes.T
            column = len(codes)
        elif layer == "edges":
            matrix[CODE_CHANNELS, column] = matrix[CODE_CHANNELS + 1, column + 1] = 1.0
        elif layer == "colours":
            matrix[:CODE_CHANNELS, :3] = colour_codes().T
    return matrix
