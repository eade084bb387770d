"""PSNR and SSIM against scikit-image; flicker by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from primage.evaluate.metrics.pixels import PSNR, SSIM, Flicker


def pair(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    real = torch.rand(2, 3, 30, 25, generator=rng) * 2 - 1
    return (real + 0.2 * torch.randn(real.shape, generator=rng)).clamp(-1, 1), real


@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_image(seed: int) -> None:
    fake, real = pair(seed)
    for i in range(2):
        a, b = (x[i].permute(1, 2, 0).double().numpy() for x in (fake, real))
        assert float(PSNR()(fake, real)[i]) == pytest.approx(peak_signal_noise_ratio(b, a, data_range=2), rel=1e-5)
        expected = structural_similarity(
            *(a, b), data_range=2, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert float(SSIM()(fake, real)[i]) == pytest.approx(expected, abs=1e-5)


def test_identical_images() -> None:
    _, real = pair(0)
    assert math.isinf(float(PSNR()(real, real)[0]))
    assert float(SSIM()(real, real)[0]) == pytest.approx(1)
    with pytest.raises(ValueError, match="11 px"):
        SSIM()(real[..., :10], real[..., :10])


def test_flicker_is_the_difference_of_the_changes() -> None:
    fake, real = pair(0)
    still = Flicker()(fake, real, fake, real - 0.5)
    np.testing.assert_allclose(still, 0.25, rtol=1e-5)  # the truth changed by a quarter of the range, the fake did not
    np.testing.assert_allclose(Flicker()(fake, real, fake - 0.1, real - 0.1), 0, atol=1e-6)
    steady = Flicker()(real + 0.3, real, real * 0.5 + 0.3, real * 0.5)
    np.testing.assert_allclose(steady, 0, atol=1e-6)  # wrong, but steady
