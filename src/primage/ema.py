"""Exponential moving average (EMA) of a network's weights, used for rendering and for the pretrained matcher."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class EMA(Generic[Network]):
    """The average of a network's parameters over the training.

    Buffers (the running statistics of normalisation layers) are copied once and not averaged.

    Args:
        network: the network to follow; the average starts as a copy of it.
        decay: share of the average that each step keeps, in [0, 1).

    Attributes:
        network: a copy of the network with averaged parameters.

    Example:
        >>> layer = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> ema = EMA(layer, decay=0.75)
        >>> _ = nn.init.ones_(layer.weight)
        >>> ema.update(layer, step=1000)
        >>> float(ema.network.weight)
        0.25
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: Network, step: int) -> None:
        """Move the average towards the current parameters.

        Args:
            network: the network in training.
            step: the number of this step, from 0; the first steps use a smaller decay, so that the initial weights
                quickly lose their influence.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.network.parameters()), list(network.parameters()), 1 - decay)
