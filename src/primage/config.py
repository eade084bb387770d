"""Settings: one frozen model per topic, and the presets.

Every field has its unit in its name or description. A config survives JSON unchanged; an unknown field is an error
(``extra="forbid"``), so that a typo never trains for an hour with the wrong settings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from primage.errors import ConfigError
from primage.primitive.config import PrimitiveConfig
from primage.primitive.extraction_config import EdgesConfig
from primage.settings import Fraction, Frozen

#: The largest working size, and the size of `paper`: it trains at the photo's own size.
MAX_SIZE_PX = 4096
#: Far more than any network here has. A model file from elsewhere must not say what takes hours to build.
MAX_CHANNELS, MAX_BLOCKS = 1024, 100

PresetName = Literal["draft", "standard", "paper"]


class AugmentConfig(Frozen):
    """Random warps of the training pair (paper §3.2; ranges from the authors' code), each with its own switch."""

    tps: bool = True
    tps_points: int = Field(3, ge=2, le=16, description="control points per side")
    tps_shift: float = Field(
        0.1, ge=0, le=1, description="largest shift of a control point, as a share of the photo's short side"
    )
    tps_pin_corners: bool = Field(
        True, description="keep the photo's corners in place; in the paper every point shifts"
    )
    tps_lambda: float = Field(0.0, ge=0, description="λ of eq. 4, in squared half-widths of the photo; 0 interpolates")
    tps_probability: Fraction = 0.99
    flip: bool = True
    rotation: bool = False
    rotation_deg: float = Field(10.0, ge=0, le=180)
    rotation_probability: Fraction = 0.5
    rotation_with_tps: bool = Field(True, description="false: rotate only in steps without TPS, as the released code")
    crop: bool = Field(False, description="enlarge a part of the photo to the size of the whole")
    crop_scale: float = Field(0.8, gt=0, le=1, description="smallest side of the part, as a share of the photo's")
    window_px: int = Field(0, ge=0, description="train on square windows of this side, not enlarged; 0: whole photos")
    window_probability: Fraction = 0.5
    shear: bool = False
    shear_max: float = Field(0.3, ge=0, le=1)
    translation: bool = False
    translation_max: float = Field(0.1, ge=0, le=1, description="as a share of the photo's width")
    translation_probability: Fraction = 1.0
    cutmix: bool = False
    cutmix_px: tuple[int, int] = Field((32, 96), description="range of the pasted square's side at 256 px")
    cutmix_probability: Fraction = 0.5
    local: bool = Field(False, description="like an edit: parts move, rotate and scale; their surroundings follow")
    local_count: int = Field(3, ge=1, le=20, description="maximum number of parts in one warp")
    local_radius: tuple[float, float] = Field(
        (0.04, 0.18), description="of a part, in shares of the photo's short side"
    )
    local_probability: Fraction = 0.7
    parts: bool = Field(False, description="like an edit: parts are cut out, scaled and pasted elsewhere")
    parts_count: int = Field(2, ge=1, le=20, description="maximum number of parts in one warp")
    parts_radius: tuple[float, float] = Field((0.05, 0.2), description="of a part, in shares of the photo's short side")
    parts_probability: Fraction = 0.5
    camera: bool = Field(
        False, description="like a moving camera, in place of TPS and local moves: straight lines stay straight"
    )
    camera_forward: float = Field(2.0, ge=0, le=2.5, description="largest way, in distances to the nearest ground")
    camera_turn_deg: float = Field(15.0, ge=0, le=30, description="largest turn to the left or right")
    camera_zoom: float = Field(1.25, ge=1, le=4, description="largest factor of the zoom, in or out")
    camera_probability: Fraction = 0.5
    redraw: bool = Field(False, description="extract lines from the warped photo, altered like another video frame")
    redraw_probability: Fraction = 0.4
    canny_sigma: bool = False
    canny_sigma_range: tuple[float, float] = (1.2, 3.0)

    @model_validator(mode="after")
    def _ranges(self) -> AugmentConfig:
        for name in ("cutmix_px", "canny_sigma_range", "local_radius", "parts_radius"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name} must be 0 < low <= high, not {low}, {high}")
        if 0 < self.window_px < 32:
            raise ValueError(f"window_px must be 0 or at least 32, not {self.window_px}")
        return self


class Pix2PixHDConfig(Frozen):
    """The published generator (Wang et al. 2017): 182.443 M parameters at these defaults with RGB in and out."""

    architecture: Literal["pix2pixhd"] = "pix2pixhd"
    ngf: int = Field(64, ge=1, le=MAX_CHANNELS)
    n_downsampling: int = Field(4, ge=1, le=6)
    n_blocks: int = Field(9, ge=0, le=MAX_BLOCKS)
    n_local_enhancers: int = Field(0, ge=0, le=2, description="0: only the global generator")
    n_blocks_local: int = Field(3, ge=0, le=MAX_BLOCKS)


class PainterConfig(Frozen):
    """Our small generator: copies each pixel from its match in the photo, and synthesises what cannot be copied."""

    architecture: Literal["painter"] = "painter"
    embedding: int = Field(10, ge=4, le=MAX_CHANNELS, description="channels of the embedded primitive")
    widths: tuple[int, int, int, int] = Field((24, 48, 96, 128), description="channels at 1/2, 1/4, 1/8, 1/16")
    blocks: tuple[int, int, int, int] = Field((0, 0, 1, 2), description="residual blocks at 1/2, 1/4, 1/8, 1/16")
    descriptor: int = Field(64, ge=1, le=MAX_CHANNELS, description="length of the descriptors that are matched")
    refine_widths: tuple[int, int, int] = Field((32, 64, 64), description="channels of the refinement at 1/2, 1/4, 1/8")
    norm_momentum: float = Field(0.05, gt=0, le=1)

    @model_validator(mode="after")
    def _widths(self) -> PainterConfig:
        if min(*self.widths, *self.refine_widths) < 1 or min(self.blocks) < 0:
            raise ValueError("widths must be 1 or more, blocks 0 or more")
        if max(*self.widths, *self.refine_widths) > MAX_CHANNELS or max(self.blocks) > MAX_BLOCKS:
            raise ValueError(f"widths must be {MAX_CHANNELS} at most, blocks {MAX_BLOCKS}")
        return self


GeneratorConfig = Annotated[Pix2PixHDConfig | PainterConfig, Field(discriminator="architecture")]


class DiscriminatorConfig(Frozen):
    """Multi-scale patch discriminator: 5.536 M parameters at these defaults with RGB primitive and photo."""

    ndf: int = Field(64, ge=1, le=MAX_CHANNELS)
    n_layers: int = Field(3, ge=1, le=6)
    num_D: int = Field(2, ge=1, le=4)  # noqa: N815  (the field's name for it)
    start: Fraction = Field(0.0, description="share of the steps before it starts")


class LossConfig(Frozen):
    """Weights of the generator's losses (`primage.losses.GENERATOR_LOSSES`); 0 switches a loss off."""

    gan: Literal["lsgan", "log", "minimax"] = Field(
        "lsgan", description="log: eq. 2, with -log D of the fake for the generator; minimax: with log(1 - D)"
    )
    lambda_GAN: float = Field(1.0, ge=0, description="α of eq. 3")  # noqa: N815
    lambda_feat: float = Field(10.0, ge=0)
    lambda_perc: float = Field(10.0, ge=0)
    lambda_L1: float = Field(0.0, ge=0)  # noqa: N815
    lambda_grid: float = Field(0.0, ge=0, description="estimated correspondences against the grid of the warp")
    lambda_match: float = Field(0.0, ge=0, description="likelihoods of all matches against the same grid")
    lambda_copy: float = Field(0.0, ge=0, description="L1 of the copied pixels alone")
    lambda_synthesised: float = Field(0.0, ge=0, description="L1 of the synthesised pixels alone")
    lambda_confidence: float = Field(0.0, ge=0, description="confidence against the accuracy of the correspondences")
    perceptual_network: Literal["vgg19", "vgg16"] = "vgg19"
    perceptual_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    perceptual_weights: tuple[float, ...] = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    perceptual_input: Literal["imagenet", "raw"] = Field(
        "imagenet", description="normalised as the VGG network was trained, or in [-1, 1] as in pix2pixHD's code"
    )
    perceptual_size: Literal["full", "half", "crop"] = Field("full", description="full or half size, or a 128 px crop")
    perceptual_every: int = Field(1, ge=1, description="interval in steps")

    @model_validator(mode="after")
    def _same_length(self) -> LossConfig:
        if len(self.perceptual_layers) != len(self.perceptual_weights):
            raise ValueError("perceptual_layers and perceptual_weights must have the same length")
        return self


class OptimConfig(Frozen):
    """Adam, its learning rate schedule and precision, and the moving average of the weights, used for rendering."""

    lr: float = Field(2e-4, gt=0)
    lr_discriminator: float = Field(2e-4, gt=0)
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.5, 0.999)
    schedule: Literal["linear", "cosine"] = Field("linear", description="linear: constant for half, then down to 0")
    ema: float = Field(0.0, ge=0, lt=1, description="decay of the average; 0 renders with the weights themselves")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="of convolutions in training; bfloat16 (automatic mixed precision) keeps float32 weights"
    )


class Phase(Frozen):
    """A part of the training with one picture size and batch size."""

    until: float = Field(1.0, gt=0, le=1, description="share of the steps at which the phase ends")
    scale: float = Field(1.0, gt=0, le=1, description="size of the training pair, as a share of the working size")
    batch: int = Field(1, ge=1, le=64)
    perceptual: bool = Field(True, description="whether the perceptual loss, the most expensive one, is used")


class Config(Frozen):
    """All settings of a run."""

    preset: PresetName = "standard"
    size_px: int = Field(
        256,
        ge=32,
        le=MAX_SIZE_PX,
        description="short side of the working size; the photo's own if that is less, unless the size was asked for",
    )
    seed: int = Field(0, ge=0, lt=2**63)
    steps: int | None = Field(None, ge=0, description="set before the first step, by timing, if only minutes are given")
    minutes: float | None = Field(None, gt=0, le=60 * 24 * 30)
    continued_from: int = Field(0, ge=0, description="steps done before minutes were added to the run (--continue)")
    matcher: Literal["universal", "none"] = Field(
        "universal", description="start from the shipped matcher, or from scratch (strict single image)"
    )
    primitive: PrimitiveConfig = PrimitiveConfig()
    augment: AugmentConfig = AugmentConfig()
    generator: GeneratorConfig = PainterConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    loss: LossConfig = LossConfig()
    optim: OptimConfig = OptimConfig()
    phases: tuple[Phase, ...] = (Phase(),)
    checkpoint_sec: float = Field(30.0, gt=0, description="longest time between checkpoints")
    preview_sec: float = Field(30.0, gt=0, description="longest time between previews; the first are written sooner")

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        untils = [phase.until for phase in self.phases]
        if not untils or untils != sorted(set(untils)) or untils[-1] != 1.0:
            raise ValueError("the phases must end at increasing shares of the steps, the last at 1.0")
        if self.matcher == "universal":
            own = self.generator.model_dump(exclude={"norm_momentum"})
            if own != PainterConfig().model_dump(exclude={"norm_momentum"}):
                raise ValueError("the shipped matcher only fits the generator of the presets; choose matcher none")
        if self.augment.window_px and self.generator.architecture == "painter":
            raise ValueError("the painter compares whole pictures; augment.window_px only works with pix2pixhd")
        return self


# No discriminator: in minutes it learns little, and it left visible specks in corners. loss.lambda_GAN brings it back.
_SMALL_LOSS = LossConfig(
    lambda_GAN=0.0,
    lambda_feat=0.0,
    lambda_perc=3.0,
    lambda_L1=0.5,
    lambda_grid=10.0,
    lambda_match=0.5,
    lambda_copy=0.5,
    lambda_synthesised=0.5,
    lambda_confidence=0.2,
    perceptual_network="vgg16",
    perceptual_layers=("relu1_2", "relu2_2", "relu3_3"),
    perceptual_weights=(0.2, 0.4, 0.4),
    perceptual_size="half",
    perceptual_every=2,
)

# Gentle TPS: the matcher is good from the start. Local moves and pasted parts cover larger edits.
_SMALL_AUGMENT = AugmentConfig(
    tps_points=4, tps_shift=0.05, flip=False, local=True, parts=True, redraw=True, cutmix=True, cutmix_probability=0.1
)
_SMALL_OPTIM = OptimConfig(lr=1e-3, lr_discriminator=5e-4, betas=(0.8, 0.99), schedule="cosine", ema=0.99)

#: What `draft` and `standard` change when they train from scratch, without the matcher: stronger warps, twice the
#: learning rate, small pictures first.
FROM_SCRATCH: dict[str, Any] = {
    "augment": {"tps_shift": 0.09},
    "optim": {"lr": 2e-3},
    "loss": {"lambda_perc": 1.0},
    "phases": (Phase(until=0.8, scale=0.5, batch=2, perceptual=False), Phase()),
}

#: Groups of settings with a name, by section: ``--set loss=equations`` sets all of the group's fields.
NAMED_SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "augment": {
        # How often and how far the authors' released code warps, which is not what the paper says (docs/paper.md).
        "released": {
            "tps_pin_corners": False,
            "tps_shift": 0.145,
            "tps_probability": 0.99,
            "rotation": True,
            "rotation_deg": 1.0,
            "rotation_probability": 0.5,
            "rotation_with_tps": False,
            "translation": True,
            "translation_max": 0.2,
            "translation_probability": 0.5,
            "window_px": 256,
            "window_probability": 0.5,
        },
    },
    "loss": {
        # Eq. 1-3 and nothing else. The paper gives no α; 0.1 is pix2pixHD's ratio of adversarial to perceptual loss.
        "equations": {"gan": "log", "lambda_GAN": 0.1, "lambda_feat": 0.0, "lambda_perc": 1.0},
    },
}

PRESETS: dict[str, Config] = {
    # The published configuration: 8,000 + 8,000 linearly decaying steps, LSGAN, feature matching and VGG19 at 10.
    "paper": Config(
        preset="paper",
        steps=16_000,
        matcher="none",
        size_px=MAX_SIZE_PX,
        primitive=PrimitiveConfig(encoding="pix2pixhd", edges=EdgesConfig(thin=False, min_length_px=0)),
        # The paper specifies neither range. ±14.5 % displaces pixels as far as the released code does (docs/paper.md).
        augment=AugmentConfig(
            tps_pin_corners=False,
            tps_shift=0.145,
            tps_probability=1.0,
            rotation=True,
            rotation_deg=10.0,
            rotation_probability=1.0,
        ),
        generator=Pix2PixHDConfig(),
        loss=LossConfig(perceptual_input="raw"),
        # Steps are slow and a checkpoint has 2.2 GB (docs/paper.md), so checkpoints and previews come less often.
        checkpoint_sec=600.0,
        preview_sec=600.0,
    ),
    "standard": Config(
        preset="standard",
        minutes=10.0,
        augment=_SMALL_AUGMENT,
        discriminator=DiscriminatorConfig(ndf=24, num_D=1, start=0.9),
        loss=_SMALL_LOSS,
        optim=_SMALL_OPTIM,
    ),
    "draft": Config(
        preset="draft",
        minutes=1.0,
        augment=_SMALL_AUGMENT,
        discriminator=DiscriminatorConfig(ndf=24, num_D=1, start=0.9),
        loss=_SMALL_LOSS,
        optim=_SMALL_OPTIM.model_copy(update={"ema": 0.98}),
        checkpoint_sec=20.0,
        preview_sec=30.0,
    ),
}


def preset(name: str) -> Config:
    """Settings of a preset.

    Args:
        name: ``draft``, ``standard`` or ``paper``.

    Returns:
        The settings.

    Raises:
        ConfigError: there is no preset of that name.

    Example:
        >>> preset("paper").steps
        16000
    """
    if name not in PRESETS:
        raise ConfigError(f"there is no preset '{name}'; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
