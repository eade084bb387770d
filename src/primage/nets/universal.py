"""The shipped weights: a painter that was trained on other pictures, with random codes in place of labels.

They know no photo and no label. What they learnt from is told in docs/model-card.md; `primage.pretrain` makes them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from primage.errors import WeightsError
from primage.files import sha256_file
from primage.nets.generator import Generator

#: Half precision, beside this file.
MATCHER_FILE = Path(__file__).with_name("matcher.safetensors")


@lru_cache(maxsize=1)
def matcher_weights() -> dict[str, Tensor]:
    """Read the shipped weights.

    Returns:
        Float32 tensors by the painter's names, all but ``embed.weight``.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        tensors = load_file(MATCHER_FILE)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{MATCHER_FILE}: the matcher's weights cannot be read ({error}); install anew") from error
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}


@lru_cache(maxsize=1)
def matcher_sha256() -> str:
    """Hash of the shipped file."""
    return sha256_file(MATCHER_FILE)


def start_from_matcher(generator: Generator, codes: Float[Tensor, "10 c"]) -> None:
    """Give a fresh painter the shipped weights.

    Args:
        generator: a painter of the presets' widths.
        codes: what turns its channels into the matcher's (`primage.primitive.primitive.code_matrix`).

    Raises:
        WeightsError: the shipped file is missing, damaged, or of another network.
    """
    try:
        generator.load_state_dict({**matcher_weights(), "embed.weight": codes[:, :, None, None]})
    except RuntimeError as error:
        raise WeightsError(f"{MATCHER_FILE}: is not of this version's network; install anew") from error
