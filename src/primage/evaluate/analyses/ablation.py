"""Ablation of the augmentation: variants in TPS probability, rotation, shear, cutmix and Canny sigma."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from primage.errors import ConfigError
from primage.evaluate.protocol.baselines import Method

#: The levels of each factor; the first is the reference.
LEVELS: dict[str, tuple[float, ...]] = {
    "tps": (0.99, 0.5, 0.0),
    "rotation": (0.0, 10.0),
    "shear": (0.0, 0.3),
    "cutmix": (0.0, 0.5),
    "canny_sigma": (0.0, 1.0),
}
#: Switched off in every variant, because they would mask the effect of the factors.
_OTHERS = tuple(f"augment.{name}=false" for name in ("crop", "translation", "local", "parts", "redraw"))


@dataclass(frozen=True)
class Variant:
    """One combination of levels.

    Attributes:
        levels: factor → level.
        method: the method that is trained for it.
    """

    levels: dict[str, float]
    method: Method


def parse_levels(factor: str, text: str) -> tuple[float, ...]:
    """Parse the levels of a factor.

    Args:
        factor: name for the error message.
        text: comma-separated numbers.

    Returns:
        The levels in order.

    Raises:
        ConfigError: the text is not a list of numbers.

    Example:
        >>> parse_levels("tps", "0.5,0")
        (0.5, 0.0)
    """
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"{factor}: '{text}' is not a list of numbers; write e.g. 0,0.5") from error


def variants(
    levels: Mapping[str, Sequence[float]], preset: str, settings: Sequence[str] = (), full: bool = False
) -> list[Variant]:
    """The variants to train.

    Args:
        levels: factor → levels, the reference first; missing factors keep the reference of `LEVELS`.
        preset: the preset to train, without the matcher, which was pretrained on warps itself.
        settings: changes to the preset, as KEY=VALUE.
        full: full factorial design; otherwise the reference, and each other level with one factor changed at a time.

    Returns:
        The variants, the reference first.

    Raises:
        ConfigError: a factor is unknown or has no levels, or a level is out of range.

    Example:
        >>> [variant.levels["tps"] for variant in variants({"tps": (0.99, 0.0)}, "draft")]
        [0.99, 0.0]
    """
    unknown = set(levels) - set(LEVELS)
    if unknown:
        raise ConfigError(f"there is no factor '{', '.join(sorted(unknown))}'; choose from {', '.join(LEVELS)}")
    chosen = {factor: tuple(dict.fromkeys(levels.get(factor, LEVELS[factor][:1]))) for factor in LEVELS}
    for factor, values in chosen.items():
        top = {"rotation": 180.0}.get(factor, 1.0)
        if not values or not all(0 <= value <= top for value in values):
            raise ConfigError(
                f"{factor}: levels must be from 0 to {top:g}, not {', '.join(f'{v:g}' for v in values) or 'none'}"
            )
    if full:
        combinations = [dict(zip(chosen, each, strict=True)) for each in itertools.product(*chosen.values())]
    else:
        reference = {factor: values[0] for factor, values in chosen.items()}
        combinations = [reference]
        combinations += [reference | {factor: value} for factor, values in chosen.items() for value in values[1:]]
    return [Variant(each, _method(each, preset, tuple(settings))) for each in combinations]


def _method(levels: Mapping[str, float], preset: str, settings: tuple[str, ...]) -> Method:
    own = list(_OTHERS)
    tps, rotation, shear, cutmix = (levels[name] for name in ("tps", "rotation", "shear", "cutmix"))
    own += [f"augment.tps={_switch(tps)}", *([f"augment.tps_probability={tps}"] if tps else [])]
    own += [f"augment.rotation={_switch(rotation)}", *([f"augment.rotation_deg={rotation}"] if rotation else [])]
    own += [f"augment.shear={_switch(shear)}", *([f"augment.shear_max={shear}"] if shear else [])]
    own += [f"augment.cutmix={_switch(cutmix)}", *([f"augment.cutmix_probability={cutmix}"] if cutmix else [])]
    own += [f"augment.canny_sigma={_switch(levels['canny_sigma'])}"]
    name = "-".join(f"{factor}{level:g}" for factor, level in levels.items())
    return Method(name, name, preset, (*settings, *own), "none")


def _switch(level: float) -> str:
    return "true" if level else "false"
