"""Maps the channels of any encoded primitive to the ten channels of the shipped matcher."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

#: Channels for labels (or colours), then lines and closeness to a line.
CODE_CHANNELS = 8
EMBEDDED_CHANNELS = CODE_CHANNELS + 2
#: Magnitude of a code's entries.
_AMPLITUDE = 0.5


def label_codes(count: int) -> Float[Tensor, "count 8"]:
    """A code for each label; any two differ in as many signs as possible.

    Args:
        count: number of labels; beyond 256, codes repeat with a slightly smaller magnitude each time.

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
    """The matrix that maps colours in [-1, 1]³ to codes; similar colours have similar codes."""
    corners = label_codes(3)
    basis: Tensor = torch.linalg.qr(corners.T).Q
    return basis.T.contiguous()


def label_code_matrix(count: int) -> Float[Tensor, "10 c"]:
    """The matrix from one-hot labels to their codes.

    Args:
        count: number of labels.
    """
    return _in_rows(label_codes(count).T, 0)


def line_code_matrix() -> Float[Tensor, "10 c"]:
    """The matrix from lines and closeness to the matcher's two channels for them."""
    return _in_rows(torch.eye(2), CODE_CHANNELS)


def colour_code_matrix() -> Float[Tensor, "10 c"]:
    """The matrix from a colour in [-1, 1]³ to its code."""
    return _in_rows(colour_codes().T, 0)


def _in_rows(block: Float[Tensor, "r c"], first: int) -> Float[Tensor, "10 c"]:
    matrix = torch.zeros(EMBEDDED_CHANNELS, block.shape[1])
    matrix[first : first + len(block)] = block
    return matrix
