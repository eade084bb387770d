"""ResNet50 up to the end of its third residual stage: the features of the coverage analysis (paper, §5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.evaluate.metrics.downloads import load_checkpoint, load_frozen
from primage.nets.weights import content_sha256

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class _Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


class _Trunk(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256)), start=1):
            layers = []
            for block in range(blocks):
                layers.append(_Bottleneck(inputs, width, 2 if block == 0 and stage > 1 else 1))
                inputs = 4 * width
            self.add_module(f"layer{stage}", nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in (1, 2, 3):
            x = self.get_submodule(f"layer{stage}")(x)
        return x


class ResNet50Stage3:
    """Activations at the end of ResNet50's third residual stage ("layer3"): 1024 channels at 1/16 resolution.

    Args:
        weights: tensors under torchvision's names; None loads the official file.
        file: an official weights file; by default the weights folder is searched, then the URL.

    Raises:
        WeightsError: the weights are not available, or do not fit the network.

    Source:
        He et al. 2016, arXiv 1512.03385, table 1; torchvision's variant (stride in the 3×3 convolution).
    """

    def __init__(self, weights: Mapping[str, Tensor] | None = None, file: str | Path | None = None) -> None:
        tensors = load_checkpoint("resnet50", file) if weights is None else weights
        with torch.device("meta"):
            trunk = _Trunk()
        load_frozen(trunk, tensors, "ResNet50")
        self._trunk = trunk
        used = {key: value for key, value in trunk.state_dict().items() if value.is_floating_point()}
        self.weights_sha256 = content_sha256(used)

    @torch.no_grad()
    def __call__(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1024 _h _w"]:
        """Compute the activations.

        Args:
            x: (B, 3, H, W) float32 in [-1, 1], sRGB.

        Returns:
            (B, 1024, ⌈H/16⌉, ⌈W/16⌉).
        """
        mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (_MEAN, _STD))
        out: Tensor = self._trunk(((x + 1) / 2 - mean) / std)
        return out
