"""What we are compared with, each under a name."""

from __future__ import annotations

from dataclasses import dataclass

from primage.config import preset
from primage.errors import ConfigError

#: The paper's baseline: a network trained on the one image with what everybody does anyway, a random crop and a flip.
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
    """Something that turns a later primitive into a picture.

    Attributes:
        name: of its folder and in the JSON.
        label: for people.
        preset: what is trained; None: nothing is, the training frame is shown as it is.
        settings: what differs from the preset.
        matcher: "universal", "none", or None for the preset's.
    """

    name: str
    label: str
    preset: str | None
    settings: tuple[str, ...] = ()
    matcher: str | None = None


def ours(preset_name: str, settings: tuple[str, ...] = (), matcher: str | None = None) -> Method:
    """The method that is being judged.

    Args:
        preset_name: draft, standard or paper.
        settings: what differs from it.
        matcher: "universal", "none", or None for the preset's.
    """
    preset(preset_name)
    return Method("ours", f"ours ({preset_name})", preset_name, settings, matcher)


def baseline(name: str, preset_name: str, settings: tuple[str, ...] = ()) -> Method:
    """A baseline by its name.

    Args:
        name: "copy" shows the training frame, whatever is asked for: what does not beat it has done nothing.
            "no-tps" is the judged preset with crop and flip only, and no matcher: the paper's baseline for ``paper``.
            "paper" is the published configuration, "paper-no-tps" the same without the warps.
        preset_name: the preset that is being judged.
        settings: what its judged method has changed; "no-tps" changes the same, then drops the warps.

    Returns:
        The method.

    Raises:
        ConfigError: there is no baseline of that name.
    """
    if name == "copy":
        return Method(name, "copy of the training frame", None)
    if name == "no-tps":
        return Method(name, f"no TPS ({preset_name})", preset_name, (*settings, *NO_TPS), "none")
    if name == "paper":
        return Method(name, "pix2pixHD with TPS", "paper", (), "none")
    if name == "paper-no-tps":
        return Method(name, "pix2pixHD without TPS", "paper", NO_TPS, "none")
    raise ConfigError(f"there is no baseline '{name}'; choose of {', '.join(BASELINES)}")
