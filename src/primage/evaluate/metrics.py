"""Which measures there are, by name; each says what it was computed with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from torch import Tensor

from primage.errors import ConfigError, WeightsError
from primage.evaluate.lpips import LPIPS
from primage.evaluate.pixels import PSNR, SSIM, Flicker
from primage.evaluate.sifid import SIFID
from primage.nets.inception import InceptionStem

_log = logging.getLogger(__name__)

DEFAULT = ("lpips", "sifid", "psnr", "ssim", "flicker")
METRICS = (
    *("lpips", "lpips_alexnet", "lpips_vgg16", "sifid", "sifid_64", "sifid_192"),
    *("sifid_vgg16_64", "sifid_vgg16_128", "psnr", "ssim", "flicker"),
)
#: For people.
TITLES = {
    "lpips_alexnet": "LPIPS (AlexNet)",
    "lpips_vgg16": "LPIPS (VGG16)",
    "sifid_64": "SIFID (64-d)",
    "sifid_192": "SIFID (192-d)",
    "sifid_vgg16_64": "SIFID-VGG16 (64-d)",
    "sifid_vgg16_128": "SIFID-VGG16 (128-d)",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "flicker": "Flicker",
}


@runtime_checkable
class Metric(Protocol):
    """A measure of one picture against the truth."""

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    @property
    def network(self) -> str | None:
        """Whose features it uses."""
        ...

    @property
    def weights_sha256(self) -> str | None:
        """Of that network."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """Which way is better."""
        ...

    def __call__(self, fake: Tensor, real: Tensor, /) -> Tensor:
        """(B, 3, H, W) float32 in [-1, 1] twice → (B,) values."""
        ...


@dataclass(frozen=True)
class Description:
    """What a number was computed with.

    Attributes:
        name: the metric's.
        title: for people.
        network: whose features it uses; None if it uses none.
        weights_sha256: of that network's tensors (sorted names, shapes, float32 bytes).
        higher_is_better: which way is better.
    """

    name: str
    title: str
    network: str | None
    weights_sha256: str | None
    higher_is_better: bool


def describe(metric: Metric | Flicker) -> Description:
    """Say what a metric's numbers were computed with."""
    title = TITLES.get(metric.name, metric.name)
    return Description(metric.name, title, metric.network, metric.weights_sha256, metric.higher_is_better)


def build_metrics(
    names: Sequence[str] = DEFAULT, inception: str | Path | None = None
) -> tuple[list[Metric], Flicker | None]:
    """Load metrics by their names.

    Args:
        names: out of `METRICS`. "lpips" is LPIPS with AlexNet. "sifid" is SIFID at 64 and 192 dimensions if
            Inception's weights can be had, else the same statistic on VGG16, under its own name.
        inception: an official Inception-v3 weights file.

    Returns:
        The measures of single pictures in the order asked for, and flicker if it was asked for.

    Raises:
        ConfigError: there is no metric of that name.
        WeightsError: weights cannot be had.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise ConfigError(f"there is no metric '{', '.join(unknown)}'; choose of {', '.join(METRICS)}")
    stem: InceptionStem | None = None
    wanted: list[str] = []
    for name in names:
        if name == "lpips":
            wanted.append("lpips_alexnet")
        elif name == "sifid":
            try:
                stem = InceptionStem(file=inception)
                wanted += ["sifid_64", "sifid_192"]
            except WeightsError as error:
                if inception is not None:
                    raise
                _log.warning("SIFID is measured on VGG16 instead, under its own name: %s", error)
                wanted += ["sifid_vgg16_64", "sifid_vgg16_128"]
        else:
            wanted.append(name)
    metrics: list[Metric] = []
    for name in dict.fromkeys(wanted):
        if name.startswith("lpips_"):
            metrics.append(LPIPS("alexnet" if name == "lpips_alexnet" else "vgg16"))
        elif name.startswith("sifid_vgg16_"):
            metrics.append(SIFID(int(name.rsplit("_", 1)[1]), "vgg16"))
        elif name.startswith("sifid_"):
            stem = stem or InceptionStem(file=inception)
            metrics.append(SIFID(int(name.rsplit("_", 1)[1]), stem=stem))
        elif name != "flicker":
            metrics.append(PSNR() if name == "psnr" else SSIM())
    return metrics, Flicker() if "flicker" in wanted else None
