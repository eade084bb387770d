"""Pixel metrics: PSNR, SSIM and temporal flicker. They use no network."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

_RANGE = 2.0  # dynamic range of images in [-1, 1]
_RADIUS_PX = 5
_SIGMA_PX = 1.5


class PSNR:
    """Peak signal-to-noise ratio in dB over all pixels and channels; infinite for identical images."""

    name = "psnr"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = True

    def __call__(self, fake: Float[Tensor, "b 3 h w"], real: Float[Tensor, "b 3 h w"]) -> Float[Tensor, " b"]:
        """Compute the metric for each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1].
            real: same shape.

        Returns:
            (B,) dB.

        Example:
            >>> import torch
            >>> real = torch.zeros(1, 3, 8, 8)
            >>> PSNR()(real + 0.2, real)  # 20 log10(2 / 0.2)
            tensor([20.])
        """
        error = (fake - real).square().mean(dim=(1, 2, 3))
        return 10 * torch.log10(_RANGE**2 / error)


class SSIM:
    """Structural similarity, averaged over channels and over all windows inside the image; 1 for identical images.

    Source:
        Wang et al. 2004, eq. 13: 11×11 Gaussian window with σ 1.5, K₁ 0.01, K₂ 0.03, computed on each of R, G and B.
    """

    name = "ssim"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = True

    def __call__(self, fake: Float[Tensor, "b 3 h w"], real: Float[Tensor, "b 3 h w"]) -> Float[Tensor, " b"]:
        """Compute the metric for each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], at least 11 px high and wide.
            real: same shape.

        Returns:
            (B,) in [-1, 1].

        Raises:
            ValueError: the images are smaller than the window.

        Example:
            >>> import torch
            >>> real = torch.linspace(-1, 1, 3 * 12 * 12).reshape(1, 3, 12, 12)
            >>> round(float(SSIM()(real, real)), 4)
            1.0
        """
        if min(fake.shape[-2:]) < 2 * _RADIUS_PX + 1:
            raise ValueError(f"SSIM needs sides of at least {2 * _RADIUS_PX + 1} px, not {tuple(fake.shape[-2:])}")
        c1, c2 = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
        a, b = fake.double(), real.double()
        mean_a, mean_b = _blur(a), _blur(b)
        var_a = _blur(a * a) - mean_a**2
        var_b = _blur(b * b) - mean_b**2
        both = _blur(a * b) - mean_a * mean_b
        value = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
        return value.mean(dim=(1, 2, 3)).float()


class Flicker:
    """Temporal flicker: how much a video's frame-to-frame change differs from that of the ground truth; 0 is best.

    The mean over pixels and channels of abs((fakeₜ - fakeₜ₋₁) - (realₜ - realₜ₋₁)), with images in [0, 1]. A still
    image scores the amount of motion in the ground truth; a constant colour error costs nothing.

    Source:
        Ours; the first temporal difference of the error.
    """

    name = "flicker"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = False

    def __call__(
        self,
        fake: Float[Tensor, "b 3 h w"],
        real: Float[Tensor, "b 3 h w"],
        previous_fake: Float[Tensor, "b 3 h w"],
        previous_real: Float[Tensor, "b 3 h w"],
    ) -> Float[Tensor, " b"]:
        """Compute the metric for each pair of consecutive frames.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], frame t.
            real: ground truth of frame t.
            previous_fake: frame t - 1.
            previous_real: ground truth of frame t - 1.

        Returns:
            (B,) in [0, 2].

        Example:
            >>> import torch
            >>> before = torch.zeros(1, 3, 4, 4)
            >>> Flicker()(before, before + 0.5, before, before)  # the truth brightens by a quarter, the video does not
            tensor([0.2500])
        """
        return ((fake - previous_fake) - (real - previous_real)).abs().mean(dim=(1, 2, 3)) / _RANGE


def _blur(x: Tensor) -> Tensor:
    """Gaussian-weighted mean over every window that lies inside the image."""
    offset = torch.arange(-_RADIUS_PX, _RADIUS_PX + 1, dtype=x.dtype)
    window = torch.exp(offset.square() / (-2 * _SIGMA_PX**2))
    window = (window / window.sum()).expand(3, 1, -1)
    x = F.conv2d(x, window[..., None], groups=3)
    return F.conv2d(x, window[:, :, None], groups=3)
