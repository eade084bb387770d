"""Maps the parameter names of version 0.1's painter to current ones, so that old models and checkpoints load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

_Value = TypeVar("_Value")

#: The matcher's members: old prefix, current prefix.
_RENAMED = {
    "sharpness": "correlation.log_inverse_temperature",
    "stay": "correlation.log_displacement_weight",
    "unlike": "correlation.log_primitive_weights",
    "encoder.0": "encoder.stages.0",
    "encoder.1": "encoder.stages.1",
    "encoder.2": "encoder.stages.2",
    "encoder.3": "encoder.stages.3",
    "widen": "encoder.fuse",
    "describe": "encoder.descriptor",
    "judge": "weight_head",
    "compare_eighth": "refine.0.update",
    "correct_eighth": "refine.0.flow_head",
    "choose_quarter": "refine.0.mask_head",
    "compare_quarter": "refine.1.update",
    "correct_quarter": "refine.1.flow_head",
    "choose_half": "refine.1.mask_head",
    "compare_half": "refine.2.update",
    "correct_half": "refine.2.flow_head",
    "choose_full": "refine.2.mask_head",
}
_OLD = re.compile(rf"(?P<before>(?:^|.*[./])matcher\.)(?P<old>{'|'.join(map(re.escape, _RENAMED))})(?P<after>\.|$)")


def current_keys(tensors: Mapping[str, _Value]) -> dict[str, _Value]:
    """Rename the painter's tensors of files written before the matcher was restructured.

    The parameters' order has not changed, so the optimiser's state, stored by index, needs no mapping.

    Args:
        tensors: by name, with any prefix (``generator.``, ``generator/``, ``average/``, or none).

    Returns:
        The same values in the same order; all other names are unchanged.

    Example:
        >>> current_keys({"generator/matcher.compare_half.0.0.weight": 1, "optimiser_G/3/step": 2})
        {'generator/matcher.refine.2.update.0.0.weight': 1, 'optimiser_G/3/step': 2}
    """
    return {_OLD.sub(_replacement, name): value for name, value in tensors.items()}


def _replacement(match: re.Match[str]) -> str:
    return f"{match['before']}{_RENAMED[match['old']]}{match['after']}"
