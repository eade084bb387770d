"""The evaluated method and its baselines, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from primage.config import preset
from primage.errors import ConfigError

#: The paper's baseline: training on the single image with standard augmentation only, a random crop and a flip.
NO_TPS: tuple[str, ...] = (
    *(
        f"augment.{name}=false"
        for name in ("tps", "rotation", "shear", "translation", "cutmix", "local", "parts", "redraw", "canny_sigma")
    ),
    "augment.crop=true",
    "augment.flip=true",
)
BASELINES = ("copy", "no-tps", "paper", "paper-no-tps")


@dataclass(frozen=True)
class Method:
    """A method that turns the primitive of a test frame into an image.

    Attributes:
        name: its key in the JSON, and the name of its folder.
        label: display name.
        preset: preset to train; None for a baseline that outputs the training frame unchanged.
        settings: changes to the preset, as KEY=VALUE.
        matcher: "universal", "none", or None for the preset's own.
        is_baseline: whether `TrainingPlan`'s settings for baselines apply.
        size_px: short side if the plan has none; None for the preset's.
    """

    name: str
    label: str
    preset: str | None
    settings: tuple[str, ...] = ()
    matcher: str | None = None
    is_baseline: bool = False
    size_px: int | None = None

    def changed(self, settings: tuple[str, ...]) -> Method:
        """The method with further changes to its preset, as KEY=VALUE; itself if it is not trained."""
        return self if self.preset is None else replace(self, settings=(*self.settings, *settings))


def ours(preset_name: str, settings: tuple[str, ...] = (), matcher: str | None = None) -> Method:
    """The method under evaluation.

    Args:
        preset_name: draft, standard or paper.
        settings: changes to the preset, as KEY=VALUE.
        matcher: "universal", "none", or None for the preset's own.

    Returns:
        The method, named "ours".

    Raises:
        ConfigError: there is no such preset.
    """
    preset(preset_name)
    return Method("ours", f"ours ({preset_name})", preset_name, settings, matcher)


def baseline(name: str, preset_name: str, settings: tuple[str, ...] = ()) -> Method:
    """A baseline by name.

    Args:
        name: "copy" outputs the training frame for every test frame; a method that does not beat it is useless.
            "no-tps" is the evaluated preset with crop and flip only and no matcher: the paper's baseline for ``paper``.
            "paper" is the published configuration, "paper-no-tps" the same without the warps.
        preset_name: the preset under evaluation.
        settings: changes to the preset, as KEY=VALUE; "no-tps" applies them before it disables the warps.

    Returns:
        The method.

    Raises:
        ConfigError: there is no baseline of that name.

    Example:
        >>> baseline("copy", "standard").label
        'copy of the training frame'
    """
    if name == "copy":
        return Method(name, "copy of the training frame", None, is_baseline=True)
    if name == "no-tps":
        return Method(name, f"no TPS ({preset_name})", preset_name, (*settings, *NO_TPS), "none", True)
    if name == "paper":
        return Method(name, "pix2pixHD with TPS", "paper", (), "none", True, preset(preset_name).size_px)
    if name == "paper-no-tps":
        return Method(name, "pix2pixHD without TPS", "paper", NO_TPS, "none", True, preset(preset_name).size_px)
    raise ConfigError(f"there is no baseline '{name}'; choose from {', '.join(BASELINES)}")
