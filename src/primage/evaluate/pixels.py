"""Measures on pixels: PSNR, SSIM and temporal flicker. No network, so nothing to name."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

_RANGE = 2.0  # of pictures in [-1, 1]
_RADIUS_PX = 5
_SIGMA_PX = 1.5


class PSNR:
    """Peak signal-to-noise ratio in dB, over all pixels and channels; infinite for equal pictures."""

    name = "psnr"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = True

    def __call__(self, fake: Float[Tensor, "b 3 h w"], real: Float[Tensor, "b 3 h w"]) -> Float[Tensor, " b"]:
        """Measure each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1].
            real: the same shape.

        Returns:
            (B,) dB.
        """
        error = (fake - real).square().mean(dim=(1, 2, 3))
        return 10 * torch.log10(_RANGE**2 / error)


class SSIM:
    """Structural similarity: 1 for equal pictures; mean over the channels and over windows that lie inside.

    Source:
        Wang et al. 2004, eq. 13: an 11×11 Gaussian window of σ 1.5, K₁ 0.01, K₂ 0.03, on each of R, G and B.
    """

    name = "ssim"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = True

    def __call__(self, fake: Float[Tensor, "b 3 h w"], real: Float[Tensor, "b 3 h w"]) -> Float[Tensor, " b"]:
        """Measure each pair.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], at least 11 px high and wide.
            real: the same shape.

        Returns:
            (B,) in [-1, 1].

        Raises:
            ValueError: the pictures are smaller than a window.
        """
        if min(fake.shape[-2:]) < 2 * _RADIUS_PX + 1:
            raise ValueError(f"SSIM needs sides of {2 * _RADIUS_PX + 1} px, not {tuple(fake.shape[-2:])}")
        c1, c2 = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
        a, b = fake.double(), real.double()
        mean_a, mean_b = _blur(a), _blur(b)
        var_a = _blur(a * a) - mean_a**2
        var_b = _blur(b * b) - mean_b**2
        both = _blur(a * b) - mean_a * mean_b
        value = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
        return value.mean(dim=(1, 2, 3)).float()


class Flicker:
    """How differently from the truth a video changes from one frame to the next; 0 is the truth's own change.

    The mean over pixels and channels of abs((fakeₜ - fakeₜ₋₁) - (realₜ - realₜ₋₁)), with pictures in [0, 1]. A still
    picture scores how much the truth moves; colours that are wrong but steady cost nothing.

    Source:
        Ours; the first difference of the temporal error.
    """

    name = "flicker"
    network: str | None = None
    weights_sha256: str | None = None
    higher_is_better = False

    def __call__(
        self,
        fake: Float[Tensor, "b 3 h w"],
        real: Float[Tensor, "b 3 h w"],
        fake_before: Float[Tensor, "b 3 h w"],
        real_before: Float[Tensor, "b 3 h w"],
    ) -> Float[Tensor, " b"]:
        """Measure each step.

        Args:
            fake: (B, 3, H, W) float32 in [-1, 1], frame t.
            real: the true frame t.
            fake_before: frame t - 1.
            real_before: the true frame t - 1.

        Returns:
            (B,) in [0, 2].
        """
        return ((fake - fake_before) - (real - real_before)).abs().mean(dim=(1, 2, 3)) / _RANGE


def _blur(x: Tensor) -> Tensor:
    """A Gaussian window at every place where it lies inside."""
    away = torch.arange(-_RADIUS_PX, _RADIUS_PX + 1, dtype=x.dtype)
    window = torch.exp(away.square() / (-2 * _SIGMA_PX**2))
    window = (window / window.sum()).expand(3, 1, -1)
    x = F.conv2d(x, window[..., None], groups=3)
    return F.conv2d(x, window[:, :, None], groups=3)
