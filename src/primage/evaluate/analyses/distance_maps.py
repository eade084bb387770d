"""Nearest-neighbour distance, in feature space, from a primitive to the training primitive and warped copies of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from primage.config import AugmentConfig
from primage.errors import ConfigError
from primage.evaluate.analyses.features import Features
from primage.evaluate.protocol.progress import Event
from primage.model import Model
from primage.primitive.primitive import Primitive, draw
from primage.tensors import to_tensor
from primage.warp.augment import PrimitiveWarper, draw_grid

#: Number of warped copies, as in the paper.
COPIES = 50
_CHUNK = 4096


def check_copies(copies: int) -> None:
    """Check the number of warped copies.

    Args:
        copies: number of copies.

    Raises:
        ConfigError: it is below 0 or above 10,000.
    """
    if not 0 <= copies <= 10_000:
        raise ConfigError(f"the number of copies must be from 0 to 10000, not {copies}")


def tps_only(config: AugmentConfig) -> AugmentConfig:
    """The thin-plate spline of a run's augmentation without any other warp, as used for the paper's copies.

    Args:
        config: the run's augmentation.

    Returns:
        The reduced augmentation.
    """
    return AugmentConfig(
        tps_points=config.tps_points,
        tps_shift=config.tps_shift,
        tps_lambda=config.tps_lambda,
        tps_probability=1.0,
        flip=False,
    )


def nearest_distance(queries: Float[Tensor, "n c"], bank: Float[Tensor, "m c"]) -> Float[Tensor, " n"]:
    """Exact Euclidean distance from each query to its nearest neighbour in a bank.

    Args:
        queries: (N, C).
        bank: (M, C), at least one row.

    Returns:
        (N,) distances. The neighbour is found with a matrix product; its distance is recomputed from the difference,
        because cancellation in the product loses precision at small distances.

    Example:
        >>> import torch
        >>> bank = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
        >>> nearest_distance(torch.tensor([[3.0, 4.0], [0.0, 1.0]]), bank)
        tensor([0., 1.])
    """
    half = bank.square().sum(1) / 2
    distances = []
    for chunk in queries.split(_CHUNK):
        best = (chunk @ bank.T - half).argmax(dim=1)
        distances.append((chunk - bank[best]).norm(dim=1))
    return torch.cat(distances)


def distance_maps(
    model: Model,
    primitives: Sequence[Primitive],
    features: Features,
    augment: AugmentConfig | None = None,
    copies: int = COPIES,
    seed: int = 0,
    task: str = "coverage",
) -> Generator[Event, None, list[tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]]]:
    """Distances from primitives to what training has seen: the training primitive, and warped copies of it.

    Args:
        model: provides the training primitive.
        primitives: primitives of the model's kind.
        features: feature extractor to compare them with.
        augment: augmentation that warps the copies; the run's thin-plate spline alone if None.
        copies: number of warped copies of the training primitive.
        seed: seed of the warps.
        task: text for `Event`.

    Yields:
        Progress.

    Returns:
        For each primitive, (h, w) distances to the training primitive alone, and to it and its copies.

    Source:
        Paper, §5.
    """
    colour = model.record.spec.line_colour

    def extract(primitive: Primitive) -> Tensor:
        return features.extract(to_tensor(draw(primitive, colour)))[0]

    maps = []
    for i, primitive in enumerate(primitives):
        yield Event(f"{task}: features", i, len(primitives))
        maps.append(extract(primitive))
    queries = torch.cat([map_.flatten(1).T for map_ in maps])
    alone = nearest_distance(queries, extract(model.primitive).flatten(1).T)
    with_copies = alone.clone()
    rng = torch.Generator().manual_seed(seed)
    warper = PrimitiveWarper(model.primitive, model.record.spec.config.edges.thin)
    settings = tps_only(model.record.config.augment) if augment is None else augment
    for i in range(copies):
        yield Event(f"{task}: nearest neighbours", i, copies)
        copy = warper.warp(draw_grid(settings, model.size, rng))
        torch.minimum(with_copies, nearest_distance(queries, extract(copy).flatten(1).T), out=with_copies)
    sizes = [map_.shape[1] * map_.shape[2] for map_ in maps]
    return [
        (a.reshape(map_.shape[1:]).numpy(), b.reshape(map_.shape[1:]).numpy())
        for a, b, map_ in zip(alone.split(sizes), with_copies.split(sizes), maps, strict=True)
    ]
