"""Where settings deviate from the paper: the list that run.json, the model file and `primage info` show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import computed_field, model_validator

from primage.config import Config, DiscriminatorConfig, OptimConfig, Phase, Pix2PixHDConfig
from primage.primitive.kinds import KINDS
from primage.settings import Frozen


@dataclass(frozen=True)
class PaperSetting:
    """A setting whose value the paper, or pix2pixHD to which it refers, determines.

    Attributes:
        path: of the field in `primage.config.Config`.
        value: the paper's value, as plain data.
        paper: what the paper says.
        layer: the layer that the primitive must have for the setting to matter; None for any.
    """

    path: str
    value: Any
    paper: str
    layer: str | None = None


_ONLY = "the only augmentations are TPS, rotation and pix2pixHD's flip"

#: docs/paper.md has a line for each of these.
PAPER_SETTINGS: tuple[PaperSetting, ...] = (
    PaperSetting("steps", 16_000, "16,000 steps"),
    PaperSetting("matcher", "none", "trained on the one image only"),
    PaperSetting("augment.tps", True, "a TPS warp in every step"),
    PaperSetting("augment.tps_probability", 1.0, "a TPS warp in every step"),
    PaperSetting("augment.tps_pin_corners", False, "every grid point shifts"),
    PaperSetting("augment.rotation", True, "a random rotation in every step"),
    PaperSetting("augment.rotation_probability", 1.0, "a random rotation in every step"),
    PaperSetting("augment.rotation_with_tps", True, "both TPS and rotation in every step"),
    PaperSetting("augment.flip", True, _ONLY),
    *(
        PaperSetting(f"augment.{name}", False, _ONLY)
        for name in ("shear", "crop", "translation", "cutmix", "local", "parts", "camera", "redraw", "canny_sigma")
    ),
    PaperSetting("augment.window_px", 0, _ONLY),
    PaperSetting("primitive.edges.thin", False, "Canny's edges as they are", "edges"),
    PaperSetting("primitive.edges.min_length_px", 0, "Canny's edges as they are", "edges"),
    PaperSetting("generator", Pix2PixHDConfig().model_dump(), "pix2pixHD's global generator"),
    PaperSetting("discriminator", DiscriminatorConfig().model_dump(), "pix2pixHD's discriminators from the first step"),
    PaperSetting("optim", OptimConfig().model_dump(), "pix2pixHD's Adam and learning rates"),
    PaperSetting("phases", (Phase().model_dump(),), "one image per step, at full size"),
    PaperSetting("loss.gan", "log", "the log loss in eq. 2, but pix2pixHD's settings, which are LSGAN"),
    PaperSetting("loss.lambda_feat", 0.0, "no feature matching in eq. 3, but pix2pixHD's settings, which are 10"),
    PaperSetting("loss.lambda_L1", 0.0, "no L1"),
    PaperSetting("loss.perceptual_network", "vgg19", "pix2pixHD's VGG19"),
    PaperSetting("loss.perceptual_input", "raw", "pix2pixHD's input of VGG, not normalised"),
    PaperSetting(
        "primitive.encoding", "pix2pixhd", "pix2pixHD's input: label maps one-hot, other drawings as pictures"
    ),
)

#: What no setting changes, with the condition under which it matters.
_ALWAYS: tuple[tuple[Callable[[tuple[str, ...]], bool], str], ...] = (
    (lambda layers: "segments" in layers, "labels are warped to the nearest pixel (released code: colours blend)"),
    (lambda layers: layers == ("segments",), "the input marks boundaries of labels (pix2pixHD: of instances)"),
    (
        lambda layers: "edges" in layers,
        "lines are warped as lines (their distance is), and thinned where a drawing is resized or edited",
    ),
)


def deviations(config: Config) -> tuple[str, ...]:
    """List where a configuration deviates from the paper.

    Args:
        config: settings of a run, or a preset.

    Returns:
        One sentence for each deviation; a single one if the network is not the paper's.

    Example:
        >>> from primage.config import preset
        >>> deviations(preset("draft"))
        ("the network and its training are Primage's own",)
        >>> paper = preset("paper")
        >>> gentle = paper.model_copy(update={"augment": paper.augment.model_copy(update={"tps_probability": 0.99})})
        >>> deviations(gentle)[0]
        'augment.tps_probability = 0.99 (paper: a TPS warp in every step)'
    """
    if config.generator.architecture != "pix2pixhd":
        return ("the network and its training are Primage's own",)
    layers = KINDS[config.primitive.kind].names
    data = config.model_dump()
    found = []
    for setting in PAPER_SETTINGS:
        value: Any = data
        for name in setting.path.split("."):
            value = value[name]
        if value != setting.value and (setting.layer is None or setting.layer in layers):
            changed = _changes(value, setting.value) if isinstance(value, dict) else str(value)
            found.append(f"{setting.path} = {changed} (paper: {setting.paper})")
    return (*found, *(text for matters, text in _ALWAYS if matters(layers)))


def _changes(value: dict[str, Any], paper: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value[name]}" for name in value if value[name] != paper.get(name))


class HasDeviations(Frozen):
    """A record that shows, wherever it is written, how its settings deviate from the paper."""

    config: Config

    @computed_field  # type: ignore[prop-decorator]
    @property
    def deviations(self) -> tuple[str, ...]:
        """See `deviations`."""
        return deviations(self.config)

    @model_validator(mode="before")
    @classmethod
    def _compute_anew(cls, data: Any) -> Any:
        return {k: v for k, v in data.items() if k != "deviations"} if isinstance(data, dict) else data
