"""Convolutions as matrix products, against PyTorch's convolution."""

from __future__ import annotations

import pytest
import torch

from primage.nets import wide_convolution
from primage.nets.wide_convolution import WideConv2d


@pytest.fixture(autouse=True)
def _always_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_convolution, "_WEIGHTS_PER_PIXEL", 1)


def result(network: WideConv2d, x: torch.Tensor, bfloat16: bool) -> tuple[torch.Tensor, ...]:
    x = x.clone().requires_grad_()
    network.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, bfloat16):
        out = network(x)
    assert out.dtype == (torch.bfloat16 if bfloat16 else torch.float32)
    (out.float() * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    assert x.grad is not None
    assert network.weight.grad is not None
    assert network.bias is not None
    assert network.bias.grad is not None
    return out.detach().float(), x.grad, network.weight.grad.clone(), network.bias.grad.clone()


@pytest.mark.parametrize("shape", [(1, 16, 6, 6), (2, 16, 5, 8)])
@pytest.mark.parametrize("kernel", [1, 3])
def test_output_and_gradients_are_those_of_the_convolution(shape: tuple[int, ...], kernel: int) -> None:
    torch.manual_seed(0)
    network, x = WideConv2d(16, kernel), torch.randn(shape)
    exact, low = result(network, x, False), result(network, x, True)
    for expected, actual in zip(exact, low, strict=True):
        assert expected.shape == actual.shape
        assert (expected - actual).abs().max() < 0.02 * expected.abs().max()
    assert not torch.equal(exact[0], low[0])


def test_float32_is_pytorchs_own_convolution_bit_for_bit() -> None:
    torch.manual_seed(0)
    network, x = WideConv2d(16), torch.randn(1, 16, 6, 6)
    expected = torch.nn.functional.conv2d(x, network.weight, network.bias)
    assert torch.equal(network(x), expected)


def test_gradients_flow_without_one_for_the_input() -> None:
    network = WideConv2d(16)
    with torch.autocast("cpu", torch.bfloat16):
        network(torch.randn(1, 16, 4, 4)).float().sum().backward()
    assert network.weight.grad is not None
    assert bool(network.weight.grad.abs().sum() > 0)
