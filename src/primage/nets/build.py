"""Builds the generator that a config describes."""

from __future__ import annotations

import torch

from primage.config import GeneratorConfig, PainterConfig
from primage.nets.generator import Generator
from primage.nets.layers import allocate
from primage.nets.painter import Painter
from primage.nets.pix2pixhd import Pix2PixHD


def build_network(config: GeneratorConfig, channels: int) -> Generator:
    """Build the network that a config describes, without initialising its weights.

    Args:
        config: which network, and its size.
        channels: of the encoded primitive.

    Returns:
        The network; inside ``with torch.device("meta")`` it has no memory for weights.
    """
    return Painter(config, channels) if isinstance(config, PainterConfig) else Pix2PixHD(config, channels)


def build_generator(config: GeneratorConfig, channels: int, rng: torch.Generator) -> Generator:
    """Build a generator with fresh weights.

    Args:
        config: which network, and its size.
        channels: of the encoded primitive.
        rng: source of randomness for the weights.

    Returns:
        The network, on the CPU, in training mode.

    Example:
        >>> from primage.config import Pix2PixHDConfig
        >>> from primage.nets.generator import Source
        >>> config = Pix2PixHDConfig(ngf=2, n_blocks=1)
        >>> generator = build_generator(config, 3, torch.Generator().manual_seed(0))
        >>> pair = Source(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32))
        >>> generator(torch.zeros(2, 3, 40, 50), pair).image.shape
        torch.Size([2, 3, 40, 50])
    """
    # Built on the meta device, to skip PyTorch's own initialisation, which takes seconds for 182 M parameters.
    with torch.device("meta"):
        network = build_network(config, channels)
    allocate(network)
    network.initialise(rng)
    return network
