"""LPIPS against the numbers that its authors publish for their example images."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from PIL import Image
from torch import Tensor

from primage.evaluate.metrics.lpips import LPIPS


@pytest.fixture(scope="module")
def alexnet() -> LPIPS:
    return LPIPS()


def picture(path: Path) -> Tensor:
    with Image.open(path) as file:
        pixels = torch.from_numpy(np.array(file.convert("RGB")))
    return pixels.permute(2, 0, 1)[None].float() / 127.5 - 1


def noise(seed: int, batch: int = 2, size: tuple[int, int] = (48, 40)) -> Tensor:
    return torch.rand(batch, 3, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize(("network", "far", "near"), [("alexnet", 0.722, 0.138), ("vgg16", 0.5686, 0.4217)])
def test_published_numbers(lpips_pair: Path, network: Literal["alexnet", "vgg16"], far: float, near: float) -> None:
    metric = LPIPS(network)
    real = picture(lpips_pair / "ex_ref.png").expand(2, -1, -1, -1)
    fake = torch.cat([picture(lpips_pair / "ex_p0.png"), picture(lpips_pair / "ex_p1.png")])
    scores = metric(fake, real)
    assert scores.tolist() == pytest.approx([far, near], abs=1e-3)
    assert metric.spatial(fake, real).mean(dim=(1, 2, 3)).tolist() == pytest.approx([far, near], rel=0.02)
    assert (metric.name, len(metric.weights_sha256)) == (f"lpips_{network}", 64)


def test_equal_images_are_at_zero(alexnet: LPIPS) -> None:
    assert alexnet(noise(0), noise(0)).tolist() == [0.0, 0.0]
    assert alexnet.spatial(noise(0), noise(0)).abs().max() == 0


def test_symmetric_positive_and_batch_independent(alexnet: LPIPS) -> None:
    fake, real = noise(0), noise(1)
    scores = alexnet(fake, real)
    torch.testing.assert_close(scores, alexnet(real, fake))
    assert (scores > 0).all()
    torch.testing.assert_close(scores[1:], alexnet(fake[1:], real[1:]), atol=1e-5, rtol=1e-4)
    assert not alexnet.higher_is_better
    assert not scores.requires_grad


def test_the_map_shows_where(alexnet: LPIPS) -> None:
    real = noise(0, 1, (128, 96))
    fake = real.clone()
    fake[..., :32, :32] = 0
    shown = alexnet.spatial(fake, real)
    assert shown.shape == (1, 1, 128, 96)
    assert (shown >= 0).all()
    assert shown[..., :32, :32].mean() > 5 * shown[..., 96:, 64:].mean()


def test_flat_images_stay_finite(alexnet: LPIPS) -> None:
    assert torch.isfinite(alexnet(torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32))).all()


@pytest.mark.parametrize("shape", [(2, 3, 48, 41), (1, 3, 48, 40)])
def test_shapes_must_agree(alexnet: LPIPS, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="of one shape"):
        alexnet(noise(0), torch.zeros(shape))
    with pytest.raises(ValueError, match="of one shape"):
        alexnet.spatial(torch.zeros(1, 1, 40, 40), torch.zeros(1, 1, 40, 40))


def test_too_small(alexnet: LPIPS) -> None:
    with pytest.raises(ValueError, match="need 31 px"):
        alexnet(noise(0, 1, (30, 64)), noise(1, 1, (30, 64)))


def test_unknown_network() -> None:
    wrong: Any = "vgg19"
    with pytest.raises((ValueError, TypeCheckError), match="vgg19"):  # the type checker's, if it is on
        LPIPS(wrong)
