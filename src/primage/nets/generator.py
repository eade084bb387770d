"""What every generator takes and gives, so that one loop trains them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn

from primage.config import GeneratorConfig, PainterConfig
from primage.tensors import pad_to_multiple

if TYPE_CHECKING:
    from primage.nets.matcher import Known


@dataclass(frozen=True)
class Source:
    """The training pair as a generator may look at it.

    Attributes:
        photo: (1, 3, H, W) in [-1, 1].
        primitive: (1, C, H, W), its encoded primitive.
        known: what a generator made of it beforehand (`Generator.prepared`).
    """

    photo: Float[Tensor, "s 3 h w"]
    primitive: Float[Tensor, "s c h w"]
    known: Known | None = None

    def to(self, device: torch.device | str) -> Source:
        """The same on another device."""
        return Source(self.photo.to(device), self.primitive.to(device))


@dataclass(frozen=True)
class Matches:
    """How well each cell of a drawing fits each cell of the training drawing.

    Attributes:
        logits: (B, H, W, H', W'); the softmax over the last two is the likelihood.
        cell_px: width of a cell in pixels.
        size: (height, width) of the training drawing in pixels; cells beyond it are padding.
    """

    logits: Float[Tensor, "b h w h2 w2"]
    cell_px: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Painted:
    """What a generator gives.

    Attributes:
        image: (B, 3, H, W) in [-1, 1].
        grids: estimates of where each place comes from, coarse to fine, each (B, H / k, W / k, 2), (x, y), normalised;
            the last at full size, the others for blocks of k × k pixels.
        copied: (B, 3, H, W), the photo sampled at the last estimate; None for a generator that does not copy.
        drawn: (B, 3, H, W) in [-1, 1], what is painted where copying is not trusted.
        confidence: (B, 1, H, W) logits, how far the last estimate is trusted; ``image`` is the blend of both.
        matches: likelihoods that the estimates began with; only while training.
    """

    image: Float[Tensor, "b 3 h w"]
    grids: tuple[Float[Tensor, "b _ _ 2"], ...] = ()
    copied: Float[Tensor, "b 3 h w"] | None = None
    drawn: Float[Tensor, "b 3 h w"] | None = None
    confidence: Float[Tensor, "b 1 h w"] | None = None
    matches: Matches | None = None

    def cut(self, height: int, width: int) -> Painted:
        """Only the top left part; blocks and cells that reach beyond it are dropped."""
        full = self.image.shape[2]
        matches = self.matches
        if matches is not None:
            rows, columns = height // matches.cell_px, width // matches.cell_px
            matches = Matches(matches.logits[:, :rows, :columns], matches.cell_px, matches.size)

        def part(x: Tensor | None) -> Tensor | None:
            return None if x is None else x[..., :height, :width]

        return Painted(
            image=self.image[..., :height, :width],
            grids=tuple(
                grid[:, : height * grid.shape[1] // full, : width * grid.shape[1] // full] for grid in self.grids
            ),
            copied=part(self.copied),
            drawn=part(self.drawn),
            confidence=part(self.confidence),
            matches=matches,
        )


class Generator(nn.Module):
    """Base of the generators: takes any size, by padding to what the network divides into and cutting it off again."""

    #: Sides of the network's input are multiples of this.
    multiple: int = 1

    def forward(self, x: Float[Tensor, "b c h w"], source: Source) -> Painted:
        """Paint encoded primitives.

        Args:
            x: (B, C, H, W) encoded primitives of any size.
            source: the training pair, at any size.

        Returns:
            The painted pictures, of the size of ``x``, and how they came about.
        """
        padded, (height, width) = self.padded(x)
        painted = self.paint(padded, source, (height, width))
        return painted if padded.shape == x.shape else painted.cut(height, width)

    def padded(self, x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h2 w2"], tuple[int, int]]:
        """``x`` mirrored to multiples of `multiple`, and its own (height, width)."""
        # A bottleneck one pixel wide has nothing to reflect at its borders, and no statistics.
        return pad_to_multiple(x, 2 * self.multiple if min(x.shape[2:]) <= self.multiple else self.multiple)

    def prepared(self, source: Source) -> Source:
        """Do once what every render would do again with the training pair.

        Args:
            source: the training pair.

        Returns:
            The same, with what this generator, as it is now, made of it.
        """
        return source

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """The network itself.

        Args:
            x: (B, C, H, W), H and W multiples of `multiple`, mirrored beyond ``size``.
            source: the training pair, at any size.
            size: (height, width) of the picture proper: coordinates are normalised to it.

        Returns:
            Everything at the padded size.
        """
        raise NotImplementedError

    def initialise(self, generator: torch.Generator) -> None:
        """Draw fresh weights.

        Args:
            generator: where the randomness comes from.
        """
        raise NotImplementedError


def build_network(config: GeneratorConfig, channels: int) -> Generator:
    """The network that a config names, with whatever weights PyTorch gives it.

    Args:
        config: which, and how large.
        channels: of the encoded primitive.

    Returns:
        The network; on the meta device without any weights, inside ``with torch.device("meta")``.
    """
    from primage.nets.painter import Painter
    from primage.nets.pix2pixhd import Pix2PixHD

    return Painter(config, channels) if isinstance(config, PainterConfig) else Pix2PixHD(config, channels)


def build_generator(config: GeneratorConfig, channels: int, generator: torch.Generator) -> Generator:
    """Make a generator with fresh weights.

    Args:
        config: which, and how large.
        channels: of the encoded primitive.
        generator: where the weights' randomness comes from.

    Returns:
        The network, on the CPU, in training mode.
    """
    # Without weights at first: PyTorch would draw them from the global generator, and for 182 M that takes seconds.
    with torch.device("meta"):
        network = build_network(config, channels)
    network.to_empty(device="cpu")
    network.initialise(generator)
    return network


def reset_norms(network: nn.Module) -> None:
    """Put normalisation layers (weights, biases, running statistics) into their start state."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def parameter_count(network: nn.Module) -> int:
    """How many trainable numbers a network has."""
    return sum(p.numel() for p in network.parameters())
