"""The shipped weights: a painter pretrained on other images, with random codes in place of labels.

They depend on no photo and no label. docs/model-card.md lists the training images; `primage.pretrain` trains them.
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
from primage.nets.legacy_keys import current_keys

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
        tensors = current_keys(load_file(MATCHER_FILE))
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{MATCHER_FILE}: cannot read the matcher's weights ({error}); reinstall Primage") from error
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}


@lru_cache(maxsize=1)
def matcher_sha256() -> str:
    """Hash of the shipped file."""
    return sha256_file(MATCHER_FILE)


def init_from_matcher(generator: Generator, codes: Float[Tensor, "10 c"]) -> None:
    """Load the shipped weights into a painter.

    Args:
        generator: a painter of the presets' widths.
        codes: weights of its first layer, from its channels to the matcher's
            (`primage.primitive.primitive.code_matrix`).

    Raises:
        WeightsError: the shipped file is missing, damaged, or of another network.
    """
    try:
        generator.load_state_dict({**matcher_weights(), "embed.weight": codes[:, :, None, None]})
    except RuntimeError as error:
        raise WeightsError(f"{MATCHER_FILE}: does not fit this version's network; reinstall Primage") from error
