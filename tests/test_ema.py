"""The moving average of the weights."""

from __future__ import annotations

import torch
from torch import nn

from primage.ema import EMA


def test_the_average_follows_the_weights() -> None:
    network = nn.Linear(3, 2)
    ema = EMA(network, decay=0.9)
    old = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.add_(1.0)
    ema.update(network, step=0)  # early: a decay of (1 + 0) / (10 + 0)
    torch.testing.assert_close(ema.network.weight, old + 0.9)
    with torch.no_grad():
        network.weight.copy_(old)
    ema.update(network, step=10**6)
    torch.testing.assert_close(ema.network.weight, old + 0.81)
    assert not ema.network.weight.requires_grad


def test_buffers_are_not_averaged() -> None:
    network = nn.BatchNorm2d(2)
    ema = EMA(network, decay=0.5)
    network(torch.full((1, 2, 4, 4), 3.0))
    ema.update(network, step=100)
    assert float(ema.network.running_mean.sum()) == 0
    assert float(network.running_mean.sum()) > 0
