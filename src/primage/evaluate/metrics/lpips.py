"""LPIPS: perceptual distance between two images in the feature space of a pretrained network."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from primage.nets.features import FeatureExtractor
from primage.nets.weights import content_sha256, load_weights

_LAYERS = {
    "alexnet": ("relu1", "relu2", "relu3", "relu4", "relu5"),
    "vgg16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
}
_EPS = 1e-10


class LPIPS:
    """Learned perceptual image patch similarity, version 0.1; 0 for identical images, lower is better.

    Args:
        network: "alexnet" (the variant papers report) or "vgg16".
        device: torch device to compute on.

    Raises:
        ValueError: the network is unknown.
        WeightsError: the pretrained weights are not available.

    Source:
        Zhang et al. 2018, arXiv 1801.03924, eq. 1; the published weights, version 0.1.
    """

    higher_is_better = False

    def __init__(self, network: Literal["alexnet", "vgg16"] = "alexnet", device: str | torch.device = "cpu") -> None:
        if network not in _LAYERS:
            raise ValueError(f"LPIPS has no network {network!r}: choose from {', '.join(_LAYERS)}")
        # Load the linear layers first: their only source also provides the convolutions, which saves most
        # users the half-gigabyte download of the official VGG16 file.
        linear = load_weights(f"lpips_{network}")
        convolutions = load_weights(network)
        self.name = f"lpips_{network}"
        self.network = network
        self.weights_sha256 = content_sha256({**convolutions, **linear})
        self.device = torch.device(device)
        self._features = FeatureExtractor(network, _LAYERS[network], convolutions, scaling="lpips")
        self._features.to(self.device)
        self._linear = [linear[f"lin{index}.weight"].to(self.device) for index in range(len(_LAYERS[network]))]

    @torch.no_grad()
    def __call__(self, fake: Float[Tensor, "b _ _ _"], real: Float[Tensor, "_ _ _ _"]) -> Float[Tensor, " b"]:
        """Compute the distance of each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], sRGB.
            real: same shape; the metric is symmetric.

        Returns:
            (B,) distances, on this metric's device.

        Raises:
            ValueError: the shapes differ, are not (B, 3, H, W), or are too small for the network.
        """
        return torch.stack([map_.mean(dim=(1, 2, 3)) for map_ in self._maps(fake, real)]).sum(dim=0)

    @torch.no_grad()
    def spatial(self, fake: Float[Tensor, "b _ h w"], real: Float[Tensor, "_ _ _ _"]) -> Float[Tensor, "b 1 h w"]:
        """Compute a map of where the images differ: each layer's distances, upsampled to image size and summed.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], sRGB.
            real: same shape.

        Returns:
            (B, 1, H, W) distances >= 0. Their mean is close to the score but not equal to it, because upsampling
            weights a layer's border differently from its mean.

        Raises:
            ValueError: the shapes differ, are not (B, 3, H, W), or are too small for the network.
        """
        size = fake.shape[-2:]
        # Half-pixel centres (align_corners=False), as in the published maps.
        maps = [F.interpolate(map_, size=size, mode="bilinear") for map_ in self._maps(fake, real)]
        return torch.stack(maps).sum(dim=0)

    def _maps(self, fake: Tensor, real: Tensor) -> list[Tensor]:
        """Each layer's (B, 1, H', W') distances."""
        if fake.shape != real.shape or fake.ndim != 4 or fake.shape[1] != 3:
            raise ValueError(
                f"LPIPS needs two (B, 3, H, W) tensors of one shape, not {tuple(fake.shape)} and {tuple(real.shape)}"
            )
        pairs = zip(self._features(fake.to(self.device)), self._features(real.to(self.device)), strict=True)
        return [
            F.conv2d((_unit(one) - _unit(other)) ** 2, weight)
            for (one, other), weight in zip(pairs, self._linear, strict=True)
        ]


def _unit(x: Tensor) -> Tensor:
    """Normalise the channel vector at each location to unit length."""
    return x / (x.square().sum(dim=1, keepdim=True).sqrt() + _EPS)
