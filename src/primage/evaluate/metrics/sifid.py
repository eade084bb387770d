"""SIFID: the Fréchet distance between the deep-feature statistics of two single images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from primage.evaluate.metrics.inception import InceptionStem
from primage.nets.features import FeatureExtractor
from primage.nets.weights import content_sha256, load_weights

Statistics = tuple[Float[np.ndarray, " c"], Float[np.ndarray, "c c"]]
#: VGG16 layers just before the first and second pooling, by number of channels.
_VGG_LAYERS = {64: "relu1_2", 128: "relu2_2"}


def statistics(features: Float[Tensor, "c h w"]) -> Statistics:
    """Mean and covariance over the spatial locations of one image's features.

    Args:
        features: (C, H, W), at least two locations.

    Returns:
        (C,) mean and (C, C) covariance (divided by N - 1), float64.

    Raises:
        ValueError: there are fewer than two locations.

    Example:
        >>> import torch
        >>> mean, covariance = statistics(torch.tensor([[[1.0, 3.0]]]))
        >>> mean.tolist(), covariance.tolist()
        ([2.0], [[2.0]])
    """
    rows = features.flatten(1).double().numpy()
    if rows.shape[1] < 2:
        raise ValueError("a covariance needs at least two locations; the image is too small")
    return rows.mean(axis=1), np.atleast_2d(np.cov(rows))


def frechet_distance(one: Statistics, other: Statistics) -> float:
    """Squared Fréchet (2-Wasserstein) distance between two Gaussians.

    Args:
        one: (C,) mean and (C, C) covariance.
        other: mean and covariance of the same dimension.

    Returns:
        ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁ S₂)^½), >= 0 up to rounding.

    Example:
        >>> import numpy as np
        >>> unit = np.eye(2)
        >>> frechet_distance((np.zeros(2), unit), (np.array([3.0, 4.0]), unit))
        25.0

    Source:
        Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, eq. 6. The trace of the square root is computed
        from the eigenvalues of the symmetric S₁^½ S₂ S₁^½, so singular covariances need no regularisation.
    """
    (mean_1, cov_1), (mean_2, cov_2) = one, other
    values, vectors = np.linalg.eigh(cov_1)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ cov_2 @ root).clip(min=0)
    return float(np.square(mean_1 - mean_2).sum() + np.trace(cov_1) + np.trace(cov_2) - 2 * np.sqrt(inner).sum())


class SIFID:
    """Single-image FID; 0 for identical images, lower is better.

    Args:
        dims: feature dimension: 64 or 192 with Inception-v3; 64 or 128 with VGG16, which is a different metric
            reported under a different name.
        network: "inception_v3" (the published metric) or "vgg16" (needs no extra download).
        file: an official Inception-v3 weights file; by default the weights folder is searched, then the URL.
        stem: an Inception stem that is already loaded.

    Raises:
        ValueError: the network has no features of this dimension.
        WeightsError: the weights are not available.

    Source:
        Rott Shaham et al. 2019 (SinGAN), arXiv 1905.01164, §4.2: features "just before the second pooling layer",
        192-d. The code released with that paper uses the 64-d features just before the first, as do most published
        numbers. Images are not resized.
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
            raise ValueError(f"{network} provides features with {' or '.join(map(str, known))} dimensions, not {dims}")
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
        """Compute the distance of each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], sRGB.
            real: (B, 3, H', W'); may differ in size from ``fake``.

        Returns:
            (B,) distances, float32.
        """
        if self._last is None or self._last[0] is not real:  # several methods are compared with the same real image
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
