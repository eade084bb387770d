"""The metrics by name, and a description of what each was computed with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from torch import Tensor

from primage.errors import ConfigError, WeightsError
from primage.evaluate.metrics.inception import InceptionStem
from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.metrics.pixels import PSNR, SSIM, Flicker
from primage.evaluate.metrics.sifid import SIFID

_log = logging.getLogger(__name__)

DEFAULT = ("lpips", "sifid", "psnr", "ssim", "flicker")
METRICS = (
    *("lpips", "lpips_alexnet", "lpips_vgg16", "sifid", "sifid_64", "sifid_192"),
    *("sifid_vgg16_64", "sifid_vgg16_128", "psnr", "ssim", "flicker"),
)
#: Display names.
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
    """A metric that compares one image with its ground truth."""

    @property
    def name(self) -> str:
        """Its key in the results."""
        ...

    @property
    def network(self) -> str | None:
        """The network whose features it uses, if any."""
        ...

    @property
    def weights_sha256(self) -> str | None:
        """Hash of that network's weights."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """Whether higher values are better."""
        ...

    def __call__(self, fake: Tensor, real: Tensor, /) -> Tensor:
        """(B, 3, H, W) float32 in [-1, 1] twice → (B,) values."""
        ...


@dataclass(frozen=True)
class Description:
    """What a metric was computed with.

    Attributes:
        name: its key in the results.
        title: display name.
        network: the network whose features it uses, or None.
        weights_sha256: hash of that network's tensors (sorted names, shapes, float32 bytes).
        higher_is_better: whether higher values are better.
        stand_in: which network stands in for the published metric's, as a phrase for titles; empty if none does.
    """

    name: str
    title: str
    network: str | None
    weights_sha256: str | None
    higher_is_better: bool
    stand_in: str = ""


def describe(metric: Metric | Flicker) -> Description:
    """Describe what a metric is computed with.

    Args:
        metric: any metric.

    Returns:
        Its description, as written to the results.

    Example:
        >>> from primage.evaluate.metrics.pixels import PSNR
        >>> describe(PSNR()).title
        'PSNR (dB)'
    """
    title = TITLES.get(metric.name, metric.name)
    stand_in = "SIFID (VGG16 features stand in for Inception)" if metric.name.startswith("sifid_vgg16") else ""
    return Description(metric.name, title, metric.network, metric.weights_sha256, metric.higher_is_better, stand_in)


def build_metrics(
    names: Sequence[str] = DEFAULT, inception: str | Path | None = None
) -> tuple[list[Metric], Flicker | None]:
    """Load metrics by name.

    Args:
        names: from `METRICS`. "lpips" is LPIPS with AlexNet. "sifid" is SIFID at 64 and 192 dimensions if
            Inception's weights are available, otherwise the same statistic on VGG16, under its own name.
        inception: an official Inception-v3 weights file.

    Returns:
        The single-image metrics in the requested order, and flicker if it was requested.

    Raises:
        ConfigError: there is no metric of that name.
        WeightsError: weights are not available.

    Example:
        >>> metrics, flicker = build_metrics(["psnr", "flicker"])
        >>> [metric.name for metric in metrics], flicker is not None
        (['psnr'], True)
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise ConfigError(f"there is no metric '{', '.join(unknown)}'; choose from {', '.join(METRICS)}")
    stem: InceptionStem | None = None
    requested: list[str] = []
    for name in names:
        if name == "lpips":
            requested.append("lpips_alexnet")
        elif name == "sifid":
            try:
                stem = InceptionStem(file=inception)
                requested += ["sifid_64", "sifid_192"]
            except WeightsError as error:
                if inception is not None:
                    raise
                _log.warning("SIFID is computed with VGG16 instead, and named accordingly: %s", error)
                requested += ["sifid_vgg16_64", "sifid_vgg16_128"]
        else:
            requested.append(name)
    metrics: list[Metric] = []
    for name in dict.fromkeys(requested):
        if name.startswith("lpips_"):
            metrics.append(LPIPS("alexnet" if name == "lpips_alexnet" else "vgg16"))
        elif name.startswith("sifid_vgg16_"):
            metrics.append(SIFID(int(name.rsplit("_", 1)[1]), "vgg16"))
        elif name.startswith("sifid_"):
            stem = stem or InceptionStem(file=inception)
            metrics.append(SIFID(int(name.rsplit("_", 1)[1]), stem=stem))
        elif name != "flicker":
            metrics.append(PSNR() if name == "psnr" else SSIM())
    return metrics, Flicker() if "flicker" in requested else None
