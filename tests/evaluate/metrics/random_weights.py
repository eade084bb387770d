"""Random weights with the shapes and names of the official files."""

from __future__ import annotations

import torch
from torch import Tensor

_INCEPTION = {
    "Conv2d_1a_3x3": (32, 3, 3, 3),
    "Conv2d_2a_3x3": (32, 32, 3, 3),
    "Conv2d_2b_3x3": (64, 32, 3, 3),
    "Conv2d_3b_1x1": (80, 64, 1, 1),
    "Conv2d_4a_3x3": (192, 80, 3, 3),
}


def _norm(prefix: str, channels: int) -> dict[str, Tensor]:
    return {
        f"{prefix}.weight": torch.ones(channels),
        f"{prefix}.bias": torch.zeros(channels),
        f"{prefix}.running_mean": torch.zeros(channels),
        f"{prefix}.running_var": torch.ones(channels),
    }


def _conv(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng) / (shape[1] * shape[2] * shape[3]) ** 0.5


def inception_tensors(seed: int = 0) -> dict[str, Tensor]:
    """The first five convolutions of an Inception-v3 file, and one later tensor that is not used."""
    rng = torch.Generator().manual_seed(seed)
    tensors = {"fc.bias": torch.zeros(1000)}
    for name, shape in _INCEPTION.items():
        tensors |= {f"{name}.conv.weight": _conv(shape, rng)} | _norm(f"{name}.bn", shape[0])
    return tensors


def resnet_tensors(seed: int = 0) -> dict[str, Tensor]:
    """The stem and first three stages of a ResNet50 file."""
    rng = torch.Generator().manual_seed(seed)
    tensors = {"fc.bias": torch.zeros(1000), "conv1.weight": _conv((64, 3, 7, 7), rng)} | _norm("bn1", 64)
    inputs = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256)), start=1):
        for block in range(blocks):
            prefix = f"layer{stage}.{block}"
            shapes = ((width, inputs, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1))
            for i, shape in enumerate(shapes, start=1):
                tensors |= {f"{prefix}.conv{i}.weight": _conv(shape, rng)} | _norm(f"{prefix}.bn{i}", shape[0])
            if block == 0:
                tensors[f"{prefix}.downsample.0.weight"] = _conv((4 * width, inputs, 1, 1), rng)
                tensors |= _norm(f"{prefix}.downsample.1", 4 * width)
            inputs = 4 * width
    return tensors
