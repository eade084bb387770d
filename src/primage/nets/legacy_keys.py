"""Maps the parameter names of version 0.1's painter to current ones, so that old models and checkpoints load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


def _pattern(members: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?P<before>(?:^|.*[./])matcher\.)(?P<name>{'|'.join(map(re.escape, members))})(?P<after>\.|$)")


_OLD, _CURRENT = _pattern(_RENAMED), _pattern(_RENAMED.values())
_FORMER = {current: old for old, current in _RENAMED.items()}


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
    return _renamed(tensors, _OLD, _RENAMED)


def former_keys(tensors: Mapping[str, _Value]) -> dict[str, _Value]:
    """The inverse of `current_keys`.

    Args:
        tensors: by current name.

    Returns:
        The same values in the same order, by the names of version 0.1's first files.

    Example:
        >>> former_keys({"matcher.refine.2.update.0.0.weight": 1})
        {'matcher.compare_half.0.0.weight': 1}
    """
    return _renamed(tensors, _CURRENT, _FORMER)


def _renamed(tensors: Mapping[str, _Value], pattern: re.Pattern[str], names: Mapping[str, str]) -> dict[str, _Value]:
    def replacement(match: re.Match[str]) -> str:
        return f"{match['before']}{names[match['name']]}{match['after']}"

    return {pattern.sub(replacement, name): value for name, value in tensors.items()}
