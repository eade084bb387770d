"""SIFID: the Fréchet distance between the features of two single pictures, location by location."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from primage.nets.features import FeatureExtractor
from primage.nets.inception import InceptionStem
from primage.nets.weights import content_sha256, load_weights

Statistics = tuple[Float[np.ndarray, " c"], Float[np.ndarray, "c c"]]
#: Layers of VGG16 just before its first and second pooling, by their width.
_VGG_LAYERS = {64: "relu1_2", 128: "relu2_2"}


def statistics(features: Float[Tensor, "c h w"]) -> Statistics:
    """Mean and covariance over the locations of one picture; nothing is pooled.

    Args:
        features: (C, H, W), at least two locations.

    Returns:
        (C,) mean and (C, C) covariance (divided by N - 1), float64.

    Raises:
        ValueError: there are fewer than two locations.
    """
    rows = features.flatten(1).double().numpy()
    if rows.shape[1] < 2:
        raise ValueError("a covariance needs at least two locations; the picture is too small")
    return rows.mean(axis=1), np.atleast_2d(np.cov(rows))


def frechet_distance(one: Statistics, other: Statistics) -> float:
    """The Fréchet (2-Wasserstein) distance, squared, of two Gaussians.

    Args:
        one: (C,) mean and (C, C) covariance.
        other: the same.

    Returns:
        ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁ S₂)^½), >= 0 up to rounding.

    Source:
        Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, eq. 6. The trace of the root is taken from the
        eigenvalues of the symmetric S₁^½ S₂ S₁^½, so singular covariances need no added diagonal.
    """
    (mean_1, cov_1), (mean_2, cov_2) = one, other
    values, vectors = np.linalg.eigh(cov_1)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ cov_2 @ root).clip(min=0)
    return float(np.square(mean_1 - mean_2).sum() + np.trace(cov_1) + np.trace(cov_2) - 2 * np.sqrt(inner).sum())


class SIFID:
    """Single-image FID; 0 for equal pictures, larger for more different ones.

    Args:
        dims: of the features: 64 or 192 with Inception-v3; 64 or 128 with VGG16, which is another measure with
            another name.
        network: "inception_v3" (what is published under the name) or "vgg16" (needs no further download).
        file: an official Inception file, instead of the weights folder or the URL.
        stem: an Inception stem that is there already.

    Raises:
        ValueError: the network has no such features.
        WeightsError: the weights cannot be had.

    Source:
        Rott Shaham et al. 2019 (SinGAN), arXiv 1905.01164, §4.2: features "just before the second pooling layer",
        192-d. The code published with it takes the 64-d ones just before the first, and so do most papers' figures.
        Pictures are not resized.
    """

    higher_is_better = False

    def __init__(
        self,
        dims: int = 64,
        network: Literal["inception_v3", "vgg16"] = "inception_v3",
        file: str | Path | None = None,
        stem: InceptionStem | None = None,
    ) -> None:
        known = (64, 192) if network == "inception_v3" else tuple(_VGG_LAYERS)
        if dims not in known:
            raise ValueError(f"{network} has features of {' or '.join(map(str, known))} dimensions, not {dims}")
        self.dims, self.network = dims, network
        self._stem: InceptionStem | None = None
        self._vgg: FeatureExtractor | None = None
        if network == "inception_v3":
            self._stem = InceptionStem(file=file) if stem is None else stem
            self.name, self.weights_sha256 = f"sifid_{dims}", self._stem.weights_sha256
        else:
            weights = load_weights("vgg16")
            self._vgg = FeatureExtractor("vgg16", (_VGG_LAYERS[dims],), weights)
            self.name, self.weights_sha256 = f"sifid_vgg16_{dims}", content_sha256(weights)
        self._last: tuple[Tensor, list[Statistics]] | None = None

    def __call__(self, fake: Float[Tensor, "b 3 h w"], real: Float[Tensor, "b 3 h2 w2"]) -> Float[Tensor, " b"]:
        """Measure the distance of each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], sRGB.
            real: (B, 3, H', W'); the sizes may differ.

        Returns:
            (B,) distances, float32.
        """
        if self._last is None or self._last[0] is not real:  # several methods are judged against one truth
            self._last = (real, self._statistics(real))
        pairs = zip(self._statistics(fake), self._last[1], strict=True)
        return torch.tensor([frechet_distance(one, other) for one, other in pairs], dtype=torch.float32)

    @torch.no_grad()
    def _statistics(self, x: Tensor) -> list[Statistics]:
        if self._stem is not None:
            features = self._stem(x)[0 if self.dims == 64 else 1]
        else:
            assert self._vgg is not None
            features = self._vgg(x)[0]
        return [statistics(each) for each in features]
