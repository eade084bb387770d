"""The interface shared by all generators, so that one loop trains them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from primage.nets.encoder import ReferenceFeatures
from primage.tensors import pad_to_multiple


@dataclass(frozen=True)
class Source:
    """The training pair, as the generator's input.

    Attributes:
        photo: (1, 3, H, W) in [-1, 1]; S of them in pretraining.
        primitive: (1, C, H, W), its encoded primitive.
        reference: features computed beforehand (`Generator.prepared`); None computes them at each call.
    """

    photo: Float[Tensor, "s 3 h w"]
    primitive: Float[Tensor, "s c h w"]
    reference: ReferenceFeatures | None = None

    def to(self, device: torch.device | str) -> Source:
        """A copy on another device."""
        reference = None if self.reference is None else self.reference.to(device)
        return Source(self.photo.to(device), self.primitive.to(device), reference)


@dataclass(frozen=True)
class Matches:
    """The correlation volume: how well each cell of a primitive matches each cell of the training primitive.

    Attributes:
        logits: (B, H, W, H', W'); the softmax over the last two axes is the likelihood.
        cell_px: width of a cell in pixels.
        size: (height, width) of the training primitive in pixels; cells beyond it are padding.
    """

    logits: Float[Tensor, "b h w h2 w2"]
    cell_px: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Painted:
    """A generator's output.

    Attributes:
        image: (B, 3, H, W) in [-1, 1].
        grids: estimates of the source coordinates, coarse to fine, (B, H / k, W / k, 2) each, (x, y), normalised; the
            last at full size, the others for blocks of k × k pixels.
        copied: (B, 3, H, W), the photo sampled at the last estimate; None for a generator that does not copy.
        synthesised: (B, 3, H, W) in [-1, 1], the network's own pixels.
        confidence: (B, 1, H, W), logits of the weight of ``copied`` when blended with ``synthesised`` to ``image``.
        matches: the correlation volume that the estimates start from; only in training.
    """

    image: Float[Tensor, "b 3 h w"]
    grids: tuple[Float[Tensor, "b _ _ 2"], ...] = ()
    copied: Float[Tensor, "b 3 h w"] | None = None
    synthesised: Float[Tensor, "b 3 h w"] | None = None
    confidence: Float[Tensor, "b 1 h w"] | None = None
    matches: Matches | None = None

    def crop(self, height: int, width: int) -> Painted:
        """Crop to the top left part; blocks and cells that extend beyond it are dropped."""
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
            synthesised=part(self.synthesised),
            confidence=part(self.confidence),
            matches=matches,
        )


class Generator(nn.Module):
    """Base class of the generators. Inputs of any size are padded to a multiple, and outputs are cropped."""

    #: Sides of the network's input are multiples of this.
    multiple: int = 1

    def forward(self, x: Float[Tensor, "b c h w"], source: Source) -> Painted:
        """Render encoded primitives.

        Args:
            x: (B, C, H, W) encoded primitives of any size.
            source: the training pair, at any size.

        Returns:
            The images, at the size of ``x``, with the intermediate results.
        """
        padded, (height, width) = self.padded(x)
        painted = self.paint(padded, source, (height, width))
        return painted if padded.shape == x.shape else painted.crop(height, width)

    def padded(self, x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h2 w2"], tuple[int, int]]:
        """Reflect ``x`` to multiples of `multiple`; returns its original (height, width) as well."""
        # A bottleneck one pixel wide cannot be reflected at its borders and has no statistics.
        return pad_to_multiple(x, 2 * self.multiple if min(x.shape[2:]) <= self.multiple else self.multiple)

    def prepared(self, source: Source) -> Source:
        """Precompute the features of the training pair, to be reused by several renders.

        Args:
            source: the training pair.

        Returns:
            The pair with its features; ``source`` itself for a generator that does not use it.
        """
        return source

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """Run the network.

        Args:
            x: (B, C, H, W), H and W multiples of `multiple`, reflected beyond ``size``.
            source: the training pair, at any size.
            size: (height, width) without padding; coordinates are normalised to it.

        Returns:
            Everything at the padded size.
        """
        raise NotImplementedError

    def initialise(self, rng: torch.Generator) -> None:
        """Draw fresh weights.

        Args:
            rng: source of randomness.
        """
        raise NotImplementedError


def reset_norms(network: nn.Module) -> None:
    """Reset normalisation layers (weights, biases, running statistics)."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in network.parameters())
