"""Frozen VGG16, VGG19 and AlexNet: torchvision's convolutions, up to the last layer requested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from primage.errors import WeightsError
from primage.nets.weights import load_weights

Network = Literal["alexnet", "vgg16", "vgg19"]
Scaling = Literal["imagenet", "lpips", "raw"]

#: Layers of VGG19 that pix2pixHD's perceptual loss compares.
PIX2PIXHD_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

#: Convolutions per block; pooling follows each block.
_VGG_BLOCKS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_CHANNELS = (64, 128, 256, 512, 512)

#: (shift, scale) for images in [-1, 1]. The constants published with LPIPS are ImageNet's mean and std on that range,
#: rounded to three digits. "raw" changes nothing.
_SCALING: dict[Scaling, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": (
        tuple(2 * mean - 1 for mean in (0.485, 0.456, 0.406)),
        tuple(2 * std for std in (0.229, 0.224, 0.225)),
    ),
    "lpips": ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)),
    "raw": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}


def layer_names(network: Network) -> tuple[str, ...]:
    """List the layers of a network whose activations are available.

    Args:
        network: "alexnet", "vgg16" or "vgg19".

    Returns:
        "relu1" … "relu5" for AlexNet, "relu1_1" … "relu5_4" (block, convolution) for VGG, from input to output.

    Example:
        >>> layer_names("alexnet")
        ('relu1', 'relu2', 'relu3', 'relu4', 'relu5')
    """
    return tuple(name for name, _ in _build(network) if name.startswith("relu"))


class FeatureExtractor(nn.Module):
    """Activations of a frozen, pretrained network. Gradients flow to the image, not to the weights.

    Args:
        network: "alexnet", "vgg16" or "vgg19".
        layers: names from `layer_names`; features are returned in this order.
        weights: tensors by torchvision's names; None loads the pretrained ones (`load_weights`).
        scaling: constants for normalising the input: ImageNet's, or those published with LPIPS; "raw" leaves it in
            [-1, 1], as pix2pixHD's code does.

    Raises:
        ValueError: no layer is requested, or an unknown one.
        WeightsError: the weights are not available, or do not fit the network.

    Source:
        Simonyan & Zisserman 2015, arXiv 1409.1556, tables D and E; Krizhevsky 2014, arXiv 1404.5997.
    """

    shift: Tensor
    scale: Tensor

    def __init__(
        self,
        network: Network,
        layers: Sequence[str],
        weights: Mapping[str, Tensor] | None = None,
        scaling: Scaling = "imagenet",
    ) -> None:
        super().__init__()
        available = layer_names(network)
        unknown = [name for name in layers if name not in available]
        if unknown or not layers:
            raise ValueError(f"unknown layer {unknown or 'list ()'} of {network}; choose from {', '.join(available)}")
        self.network = network
        self.layers = tuple(layers)
        built = _build(network)
        indices = {name: index for index, (name, _) in enumerate(built)}
        self._taps = tuple(indices[name] for name in layers)
        self.features = nn.Sequential(*(module for _, module in built[: max(self._taps) + 1]))
        self.min_size_px = _min_size(self.features)
        self._fill(load_weights(network) if weights is None else weights)
        shift, scale = _SCALING[scaling]
        # Not persistent: constants do not belong in a checkpoint.
        self.register_buffer("shift", torch.tensor(shift).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(scale).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> FeatureExtractor:
        """Stay in evaluation mode, even when a parent module switches to training.

        Args:
            mode: ignored.

        Returns:
            This module.
        """
        super().train(False)
        return self

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _c _h _w"]]:
        """Compute the activations of the requested layers.

        Args:
            x: (B, 3, H, W) float32 in [-1, 1], sRGB, at least ``min_size_px`` high and wide.

        Returns:
            One (B, C, H', W') tensor per layer, in the order requested, in the memory format of ``x``.

        Raises:
            ValueError: the image is too small for the depth of the last layer.
        """
        if min(x.shape[-2:]) < self.min_size_px:
            size = f"{x.shape[-2]}×{x.shape[-1]}"
            raise ValueError(
                f"an image of {size} px is too small for {self.network} up to {self.layers}: "
                f"both sides need {self.min_size_px} px"
            )
        x = (x - self.shift) / self.scale
        activations = {}
        for index, module in enumerate(self.features):
            x = module(x)
            if index in self._taps:
                activations[index] = x
        return [activations[index] for index in self._taps]

    def _fill(self, weights: Mapping[str, Tensor]) -> None:
        expected = self.state_dict()
        for name, value in expected.items():
            if name not in weights or weights[name].shape != value.shape:
                has = f"has shape {tuple(weights[name].shape)}" if name in weights else "is missing"
                raise WeightsError(f"{name!r} {has} in the weights; {self.network} needs shape {tuple(value.shape)}")
        copies = {name: weights[name].detach().float().clone() for name in expected}
        self.load_state_dict(copies, assign=True)  # the modules were built on the meta device


def _build(network: str) -> list[tuple[str, nn.Module]]:
    """List a network's modules in torchvision's order: the index in the list is torchvision's number.

    ReLUs work in place: the convolution's output that they overwrite is neither returned nor needed for a gradient.
    """
    with torch.device("meta"):  # shapes only: no random numbers, no memory
        return _alexnet() if network == "alexnet" else _vgg(network)


def _conv(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding)


def _alexnet() -> list[tuple[str, nn.Module]]:
    modules: list[tuple[str, nn.Module]] = []
    shapes = (
        (3, 64, 11, 4, 2),
        (64, 192, 5, 1, 2),
        (192, 384, 3, 1, 1),
        (384, 256, 3, 1, 1),
        (256, 256, 3, 1, 1),
    )
    for number, shape in enumerate(shapes, start=1):
        modules += [(f"conv{number}", _conv(*shape)), (f"relu{number}", nn.ReLU(inplace=True))]
        if number in (1, 2):
            modules.append((f"pool{number}", nn.MaxPool2d(3, 2)))
    return modules


def _vgg(network: str) -> list[tuple[str, nn.Module]]:
    modules: list[tuple[str, nn.Module]] = []
    inputs = 3
    for block, (count, outputs) in enumerate(zip(_VGG_BLOCKS[network], _VGG_CHANNELS, strict=True), start=1):
        for number in range(1, count + 1):
            modules.append((f"conv{block}_{number}", _conv(inputs, outputs, 3, 1, 1)))
            modules.append((f"relu{block}_{number}", nn.ReLU(inplace=True)))
            inputs = outputs
        modules.append((f"pool{block}", nn.MaxPool2d(2, 2)))
    return modules


def _min_size(modules: nn.Sequential) -> int:
    """The smallest input side, computed backwards from one output pixel."""
    size = 1
    for module in reversed(list(modules)):
        if isinstance(module, nn.Conv2d):
            size = max(1, (size - 1) * module.stride[0] + module.kernel_size[0] - 2 * int(module.padding[0]))
        elif isinstance(module, nn.MaxPool2d):
            stride: Any = module.stride  # an int here, which its type does not express
            kernel: Any = module.kernel_size
            size = (size - 1) * stride + kernel
    return size
