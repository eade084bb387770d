"""Deep features for comparing primitives and images, location by location."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from primage.errors import WeightsError
from primage.evaluate.metrics.resnet import ResNet50Stage3
from primage.nets.features import FeatureExtractor
from primage.nets.weights import content_sha256, load_weights

_log = logging.getLogger(__name__)

_VGG_LAYER = "relu4_3"


@dataclass(frozen=True)
class Features:
    """A feature extractor for images and rendered primitives.

    Attributes:
        name: network and layer.
        weights_sha256: hash of the network's tensors.
        extract: (1, 3, H, W) in [-1, 1] → (1, C, h, w).
    """

    name: str
    weights_sha256: str
    extract: Callable[[Tensor], Tensor]


def load_features(network: str = "auto", file: str | Path | None = None) -> Features:
    """Load ResNet50 (end of the third residual stage, as in the paper) or VGG16 relu4_3, which needs no extra download.

    Args:
        network: "resnet50", "vgg16", or "auto": ResNet50 if its weights are available, otherwise VGG16.
        file: an official ResNet50 weights file.

    Returns:
        The feature extractor.

    Raises:
        ValueError: there is no such network.
        WeightsError: the weights are not available.
    """
    if network not in ("auto", "resnet50", "vgg16"):
        raise ValueError(f"coverage has no network {network!r}: choose from auto, resnet50, vgg16")
    if network != "vgg16":
        try:
            resnet = ResNet50Stage3(file=file)
            return Features("resnet50 layer3", resnet.weights_sha256, resnet)
        except WeightsError as error:
            if network == "resnet50" or file is not None:
                raise
            _log.warning("coverage is computed with VGG16 %s instead: %s", _VGG_LAYER, error)
    weights = load_weights("vgg16")
    vgg = FeatureExtractor("vgg16", (_VGG_LAYER,), weights)

    @torch.no_grad()
    def extract(x: Tensor) -> Tensor:
        features: Tensor = vgg(x)[0]
        return features

    return Features(f"vgg16 {_VGG_LAYER}", content_sha256(weights), extract)
