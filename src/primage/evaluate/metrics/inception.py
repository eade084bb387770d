"""The stem of Inception-v3: the feature extractor of single-image FID."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.evaluate.metrics.downloads import load_checkpoint, load_frozen
from primage.nets.weights import content_sha256


class _BasicConv2d(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class _Stem(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _BasicConv2d(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = _BasicConv2d(32, 32, 3)
        self.Conv2d_2b_3x3 = _BasicConv2d(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = _BasicConv2d(64, 80, 1)
        self.Conv2d_4a_3x3 = _BasicConv2d(80, 192, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        return first, self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(first, 3, 2)))


class InceptionStem:
    """Inception-v3 up to its second max-pooling; returns the features just before the first and second pooling.

    Args:
        weights: tensors under torchvision's names (which pytorch-fid shares); None loads the official file.
        file: an official weights file; by default the weights folder is searched, then the URL.

    Raises:
        WeightsError: the weights are not available, or do not fit the network.

    Source:
        Szegedy et al. 2015, arXiv 1512.00567, table 1.
    """

    min_size_px = 19

    def __init__(self, weights: Mapping[str, Tensor] | None = None, file: str | Path | None = None) -> None:
        tensors = load_checkpoint("inception_v3", file) if weights is None else weights
        with torch.device("meta"):
            stem = _Stem()
        load_frozen(stem, tensors, "Inception-v3")
        self._stem = stem
        used = {key: value for key, value in stem.state_dict().items() if value.is_floating_point()}
        self.weights_sha256 = content_sha256(used)

    @torch.no_grad()
    def __call__(self, x: Float[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b 64 _h _w"], Float[Tensor, "b 192 _p _q"]]:
        """Compute the features.

        Args:
            x: (B, 3, H, W) float32 in [-1, 1], sRGB, the range Inception was trained on; not resized.

        Returns:
            (B, 64, …) before the first pooling, at 1/2 resolution, and (B, 192, …) before the second, at 1/4.

        Raises:
            ValueError: the image is too small.
        """
        if min(x.shape[-2:]) < self.min_size_px:
            raise ValueError(f"Inception needs sides of at least {self.min_size_px} px, not {tuple(x.shape[-2:])}")
        first, second = self._stem(x)
        return first, second
