"""The all-pairs correlation volume, and the coordinates of its best matches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.nets.layers import expand_to_batch

#: Matches are averaged over this many cells around the best one only, so that distant candidates are not mixed.
_WINDOW_CELLS = 2


@dataclass(frozen=True)
class Cells:
    """Cells of primitives, compared by the correlation volume.

    Attributes:
        descriptors: (B, C, H, W), unit length.
        coords: (1, 2, H, W), the centre of each cell, (x, y), normalised.
        primitive: (B, E, H, W), the embedded primitive, averaged over each cell.
    """

    descriptors: Float[Tensor, "b c h w"]
    coords: Float[Tensor, "1 2 h w"]
    primitive: Float[Tensor, "b e h w"]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return (self.coords.shape[2], self.coords.shape[3])

    def pooled(self, factor: int) -> Cells:
        """Pool to cells ``factor`` times as wide."""
        return Cells(*(pool_cells(x, factor) for x in (self.descriptors, self.coords, self.primitive)))


class CorrelationVolume(nn.Module):
    """Scores every query cell against every reference cell.

    The score is the correlation of learnt descriptors, less the squared distance of the embedded primitives, less a
    multiple of the squared displacement (a mild prior for staying in place).

    Args:
        embedding: channels of the embedded primitive.

    Source:
        Teed & Deng 2020, §3.2 (all-pairs correlation).
    """

    def __init__(self, embedding: int) -> None:
        super().__init__()
        self.log_inverse_temperature = nn.Parameter(torch.empty(()))
        self.log_displacement_weight = nn.Parameter(torch.empty(()))
        #: Weights of the squared distance of embedded primitives, by channel: here (1/8), and in upsampling (1/4, 1/2).
        self.log_primitive_weights = nn.Parameter(torch.empty(3, embedding))

    def forward(self, query: Cells, reference: Cells) -> Float[Tensor, "b h w h2 w2"]:
        """Compute the volume.

        Args:
            query: cells of B primitives.
            reference: cells of S primitives, each compared with B / S queries.

        Returns:
            (B, H, W, H', W') logits; the softmax over the last two axes is the likelihood of a match.
        """
        batch = query.descriptors.shape[0]
        corr = _flat(self.scaled(query.descriptors)) @ expand_to_batch(reference.descriptors, batch).flatten(2)
        displacement = squared_distances(_flat(query.coords), reference.coords[0].flatten(1).T)
        logits = corr - self.log_displacement_weight.exp() * displacement
        scale = (0.5 * self.log_primitive_weights[0]).exp()[:, None, None]
        others = _flat(expand_to_batch(reference.primitive * scale, batch))
        logits = logits - squared_distances(_flat(query.primitive * scale), others)
        volume: Tensor = logits.unflatten(1, query.shape).unflatten(3, reference.shape)
        return volume

    def scaled(self, descriptors: Tensor) -> Tensor:
        """Descriptors divided by the temperature: their correlation is a logit."""
        return descriptors * self.log_inverse_temperature.exp()

    def reset_parameters(self) -> None:
        """Set the start values."""
        nn.init.constant_(self.log_inverse_temperature, math.log(10.0))
        nn.init.constant_(self.log_displacement_weight, math.log(4.0))
        nn.init.constant_(self.log_primitive_weights, math.log(2.0))


def squared_distances(a: Float[Tensor, "s n c"], b: Float[Tensor, "... m c"]) -> Float[Tensor, "s n m"]:
    """Squared Euclidean distances of all pairs.

    Example:
        >>> squared_distances(torch.zeros(1, 1, 2), torch.tensor([[3.0, 4.0]])).tolist()
        [[[25.0]]]
    """
    return a.square().sum(-1, keepdim=True) - 2 * a @ b.transpose(-1, -2) + b.square().sum(-1)[..., None, :]


def pool_cells(x: Float[Tensor, "b c h w"], factor: int) -> Float[Tensor, "b c h2 w2"]:
    """Mean over blocks; incomplete blocks are filled by replicating the border."""
    if factor == 1:
        return x
    height, width = x.shape[2:]
    missing = (0, -width % factor, 0, -height % factor)
    return F.avg_pool2d(F.pad(x, missing, mode="replicate"), factor)


def windowed_soft_argmax(
    volume: Float[Tensor, "b h w h2 w2"],
    aggregated: Float[Tensor, "b h w h2 w2"],
    reference_coords: Float[Tensor, "1 2 h2 w2"],
) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b 1 h w"]]:
    """Average the reference coordinates in a window around the best match of each query cell.

    Args:
        volume: the correlation volume, logits.
        aggregated: the aggregated volume, which determines the best match and weights the window; no gradient.
        reference_coords: centres of the reference cells.

    Returns:
        Source coordinates, and the log-likelihood of the window according to ``volume``.
    """
    shape, columns = volume.shape[1:3], volume.shape[4]
    logits, aggregated = (x.flatten(3).flatten(1, 2) for x in (volume, aggregated))
    coords = reference_coords[0].flatten(1).T
    offset = torch.arange(-_WINDOW_CELLS, _WINDOW_CELLS + 1, device=logits.device)
    last_row = logits.shape[2] // columns - 1
    best = aggregated.argmax(-1, keepdim=True)
    row = best // columns + offset.repeat_interleave(len(offset))
    column = best % columns + offset.repeat(len(offset))
    inside = (row >= 0) & (row <= last_row) & (column >= 0) & (column < columns)
    cell = row.clamp(0, last_row) * columns + column.clamp(0, columns - 1)
    own = logits.gather(2, cell)
    # The value of `aggregated` with the gradient of `logits` (straight-through estimator).
    weighted = aggregated.gather(2, cell) + own - own.detach()
    weights = weighted.masked_fill(~inside, float("-inf")).softmax(-1)
    log_likelihood = own.masked_fill(~inside, float("-inf")).logsumexp(-1, keepdim=True)
    source_coords = (weights[..., None] * coords[cell]).sum(2)
    log_likelihood = log_likelihood - logits.logsumexp(-1, keepdim=True)
    return source_coords.transpose(1, 2).unflatten(2, shape), log_likelihood.transpose(1, 2).unflatten(2, shape)


def local_soft_argmax(
    query: Float[Tensor, "b c h w"],
    reference: Float[Tensor, "s c h2 w2"],
    source_coords: Float[Tensor, "b 2 h w"],
    reference_coords: Float[Tensor, "1 2 h2 w2"],
    cell: Float[Tensor, "1 2 1 1"],
) -> Float[Tensor, "b 2 h w"]:
    """Refine matches found on pooled cells: correlate with the cells around each match, and average.

    Args:
        query: descriptors, divided by the temperature.
        reference: descriptors.
        source_coords: the matches to refine.
        reference_coords: centres of the reference cells.
        cell: (width, height) of a reference cell, normalised.

    Returns:
        Refined matches, same shape as ``source_coords``.
    """
    rows, columns = reference.shape[2:]
    offset = torch.arange(-_WINDOW_CELLS, _WINDOW_CELLS + 1, device=query.device)
    centre = ((source_coords + 1) / cell - 0.5).round().long()
    column = (centre[:, 0, None] + offset.repeat(len(offset))[:, None, None]).clamp(0, columns - 1)
    row = (centre[:, 1, None] + offset.repeat_interleave(len(offset))[:, None, None]).clamp(0, rows - 1)
    cells = row * columns + column  # (B, 25, H, W)
    others = expand_to_batch(reference, query.shape[0]).flatten(2)
    channels = others.shape[1]
    corr = [
        (query * others.gather(2, index.flatten(1)[:, None].expand(-1, channels, -1)).view_as(query)).sum(1)
        for index in cells.unbind(1)
    ]
    weights = torch.stack(corr, dim=1).softmax(1)
    return torch.einsum("bnhw,cbnhw->bchw", weights, reference_coords[0].flatten(1)[:, cells])


def _flat(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    return x.flatten(2).transpose(1, 2)
