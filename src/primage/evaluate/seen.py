"""What a training has seen, as features of its drawing and of warps of it; how far another drawing is from that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from primage.config import AugmentConfig
from primage.errors import ConfigError, WeightsError
from primage.evaluate.runs import Event
from primage.model import Model
from primage.nets.features import FeatureExtractor
from primage.nets.resnet import ResNet50Stage3
from primage.nets.weights import content_sha256, load_weights
from primage.primitive.primitive import Primitive, draw
from primage.tensors import to_tensor
from primage.warp.augment import PrimitiveWarper, draw_grid

_log = logging.getLogger(__name__)

#: As in the paper.
COPIES = 50
_LAYER = "relu4_3"
_CHUNK = 4096


@dataclass(frozen=True)
class Features:
    """A network whose features drawings and pictures are compared by.

    Attributes:
        name: of the network and its layer.
        weights_sha256: of its tensors.
        extract: (1, 3, H, W) in [-1, 1] → (1, C, h, w).
    """

    name: str
    weights_sha256: str
    extract: Callable[[Tensor], Tensor]


def load_features(network: str = "auto", file: str | Path | None = None) -> Features:
    """The paper's ResNet50 (end of the third residual stage), or VGG16 relu4_3, which needs no further download.

    Args:
        network: "resnet50", "vgg16", or "auto": ResNet50 if its weights can be had, else VGG16.
        file: official ResNet50 weights.

    Returns:
        The features.

    Raises:
        ValueError: there is no such network.
        WeightsError: the weights cannot be had.
    """
    if network not in ("auto", "resnet50", "vgg16"):
        raise ValueError(f"coverage has no network {network!r}: known are auto, resnet50, vgg16")
    if network != "vgg16":
        try:
            resnet = ResNet50Stage3(file=file)
            return Features("resnet50 layer3", resnet.weights_sha256, resnet)
        except WeightsError as error:
            if network == "resnet50" or file is not None:
                raise
            _log.warning("coverage is measured on VGG16 %s instead: %s", _LAYER, error)
    weights = load_weights("vgg16")
    vgg = FeatureExtractor("vgg16", (_LAYER,), weights)

    @torch.no_grad()
    def extract(x: Tensor) -> Tensor:
        features: Tensor = vgg(x)[0]
        return features

    return Features(f"vgg16 {_LAYER}", content_sha256(weights), extract)


def check_copies(copies: int) -> None:
    """Refuse a number of warps that cannot be drawn.

    Raises:
        ConfigError: it is below 0 or above 10,000.
    """
    if not 0 <= copies <= 10_000:
        raise ConfigError(f"{copies} copies cannot be drawn; give 0 to 10000")


def tps_only(config: AugmentConfig) -> AugmentConfig:
    """A run's spline and nothing else: what the paper's copies are made with."""
    return AugmentConfig(
        tps_points=config.tps_points,
        tps_shift=config.tps_shift,
        tps_lambda=config.tps_lambda,
        tps_probability=1.0,
        flip=False,
    )


def nearest(queries: Float[Tensor, "n c"], bank: Float[Tensor, "m c"]) -> Float[Tensor, " n"]:
    """Euclidean distance of each query to the nearest row of a bank, exactly.

    Args:
        queries: (N, C).
        bank: (M, C), at least one row.

    Returns:
        (N,) distances. The nearest row is found by a matrix product; its distance is computed from the difference,
        since the product's cancellation would leave noise where it is small.
    """
    half = bank.square().sum(1) / 2
    found = []
    for part in queries.split(_CHUNK):
        best = (part @ bank.T - half).argmax(dim=1)
        found.append((part - bank[best]).norm(dim=1))
    return torch.cat(found)


def coverage_maps(
    model: Model,
    drawings: Sequence[Primitive],
    features: Features,
    augment: AugmentConfig | None = None,
    copies: int = COPIES,
    seed: int = 0,
    task: str = "coverage",
) -> Generator[Event, None, list[tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]]]:
    """Distances of drawings to what a training has seen.

    Args:
        model: gives the training drawing.
        drawings: of the model's kind.
        features: what they are compared by.
        augment: how the copies are warped; the run's spline alone if None.
        copies: how many warped copies of the training drawing.
        seed: of the warps.
        task: for `Event`.

    Yields:
        Progress.

    Returns:
        For each drawing (h, w) distances to the training drawing alone, and with its copies.
    """
    colour = model.record.spec.line_colour

    def seen(primitive: Primitive) -> Tensor:
        return features.extract(to_tensor(draw(primitive, colour)))[0]

    maps = []
    for i, drawing in enumerate(drawings):
        yield Event(f"{task}: features", i, len(drawings))
        maps.append(seen(drawing))
    rows = torch.cat([map_.flatten(1).T for map_ in maps])
    alone = nearest(rows, seen(model.primitive).flatten(1).T)
    best = alone.clone()
    rng = torch.Generator().manual_seed(seed)
    warper = PrimitiveWarper(model.primitive)
    settings = tps_only(model.record.config.augment) if augment is None else augment
    for i in range(copies):
        yield Event(f"{task}: nearest neighbours", i, copies)
        copy = warper.warp(draw_grid(settings, model.size, rng))
        torch.minimum(best, nearest(rows, seen(copy).flatten(1).T), out=best)
    sizes = [map_.shape[1] * map_.shape[2] for map_ in maps]
    return [
        (a.reshape(map_.shape[1:]).numpy(), b.reshape(map_.shape[1:]).numpy())
        for a, b, map_ in zip(alone.split(sizes), best.split(sizes), maps, strict=True)
    ]
