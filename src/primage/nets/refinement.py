"""One level of coarse-to-fine refinement: update the flow, then upsample it to the next level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.nets.graphs import vector
from primage.nets.layers import ConvBlock, ResidualBlock, sample, upsample_bilinear
from primage.nets.upsample import candidate_flows, convex_upsample, upsample_nearest


@dataclass(frozen=True)
class Level:
    """Both primitives at one resolution.

    Attributes:
        query: (B, C, H, W) features.
        reference: (S, C', H', W') features, and at 1/2 the photo.
        query_pool: (B, E, H, W), the embedded primitive, averaged over each cell.
        reference_pool: (S, E, H', W').
        target_coords: (1, 2, H, W), the centre of each query cell, (x, y), normalised.
        size: (height, width) of the reference in pixels, without padding.
        stride: pixels per cell.
        log_primitive_weights: (E,), weights of the squared distance of embedded primitives.
    """

    query: Float[Tensor, "b c h w"]
    reference: Float[Tensor, "s c2 h2 w2"]
    query_pool: Float[Tensor, "b e h w"]
    reference_pool: Float[Tensor, "s e h2 w2"]
    target_coords: Float[Tensor, "1 2 h w"]
    size: tuple[int, int]
    stride: int
    log_primitive_weights: Float[Tensor, " e"]

    @property
    def cell(self) -> Float[Tensor, 2]:
        """(width, height) of a reference cell in normalised coordinates."""
        height, width = self.size
        sides = 2.0 * self.stride / max(1, width - 1), 2.0 * self.stride / max(1, height - 1)
        return vector(sides, self.target_coords)

    def warped(self, source_coords: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b c2 h w"]:
        """The reference features, warped to the query."""
        return warp_features(self.reference, source_coords, self.size, self.stride)


@dataclass(frozen=True)
class FlowState:
    """The current flow at one level, and what the next update reads.

    Attributes:
        flow: (B, 2, H, W), source minus target coordinates, normalised.
        target_coords: (1, 2, H, W), the centre of each cell.
        hidden: (B, C, H, W), features of the last update; None before the first.
        gradient: (B, 2, 2, H, W), change of flow per cell where a part was scaled (see `candidate_flows`); None if
            nothing was scaled, and while training.
    """

    flow: Float[Tensor, "b 2 h w"]
    target_coords: Float[Tensor, "1 2 h w"]
    hidden: Float[Tensor, "b c h w"] | None = None
    gradient: Float[Tensor, "b 2 2 h w"] | None = None

    @cached_property
    def source_coords(self) -> Float[Tensor, "b 2 h w"]:
        """The source of each cell, (x, y), normalised."""
        return self.flow + self.target_coords


class RefineLevel(nn.Module):
    """Updates the flow by comparing the query with the warped reference; then upsamples it twofold.

    Args:
        channels: input channels of the update.
        hidden: channels of the update.
        momentum: momentum of BatchNorm.
        finer: channels of the query's features at the next level; None for the last level, which upsamples from its
            own features alone, and has a cheaper update that does not read the flow.

    Source:
        Teed & Deng 2020, §3.3 (update and convex upsampling); Sun et al. 2018, §3 (warping at each level).
    """

    def __init__(self, channels: int, hidden: int, momentum: float, finer: int | None) -> None:
        super().__init__()
        self.reads_flow = finer is not None
        if finer is None:
            self.update = nn.Sequential(
                ConvBlock(channels, hidden, momentum, kernel=1), ConvBlock(hidden, hidden, momentum)
            )
        else:
            self.update = nn.Sequential(ConvBlock(channels, hidden, momentum), ResidualBlock(hidden, momentum))
        self.flow_head = nn.Conv2d(hidden, 2, 3, 1, 1)
        # (Registered in this order: checkpoints hold the optimiser's state by the parameters' order.)
        self.mask_head = nn.Conv2d(hidden, 4 * 9, 1) if finer is None else nn.Conv2d(finer + hidden, 9, 1)

    def forward(self, state: FlowState, level: Level) -> FlowState:
        """Update the flow.

        Args:
            state: the coarser level's, upsampled.
            level: both primitives at this resolution.

        Returns:
            The refined flow, with the features that it was predicted from.
        """
        inputs = [level.query, level.warped(state.source_coords)]
        if state.hidden is not None:
            inputs.append(state.hidden)
        if self.reads_flow:
            inputs.append(state.flow)
        hidden = self.update(torch.cat(inputs, dim=1))
        return FlowState(state.flow + self.flow_head(hidden), state.target_coords, hidden, state.gradient)

    def upsample(self, state: FlowState, level: Level, finer: Level) -> FlowState:
        """Upsample to the next level, guided by both primitives at that level.

        Args:
            state: this level's, refined.
            level: both primitives at this resolution.
            finer: both primitives at twice this resolution.

        Returns:
            State of the next level.
        """
        assert state.hidden is not None
        hidden = upsample_bilinear(state.hidden)
        logits = self.mask_head(torch.cat([finer.query, hidden], dim=1))
        candidates = candidate_flows(state.flow, state.gradient)
        logits = logits - primitive_distance(candidates, finer)
        flow = convex_upsample(candidates, F.pixel_unshuffle(logits, 2), level.cell)
        gradient = None if state.gradient is None else 0.5 * upsample_nearest(state.gradient)
        return FlowState(flow, finer.target_coords, hidden, gradient)

    def upsample_full(self, state: FlowState, level: Level) -> Float[Tensor, "b 2 h2 w2"]:
        """Upsample the last level's flow to full size; arguments as for `upsample`."""
        assert state.hidden is not None
        candidates = candidate_flows(state.flow, state.gradient)
        return convex_upsample(candidates, self.mask_head(state.hidden), level.cell)


def primitive_distance(candidates: Float[Tensor, "b 2 9 _ h w"], finer: Level) -> Float[Tensor, "b 9 h2 w2"]:
    """Weighted squared distance between the query primitive and the reference primitive, warped by each candidate.

    Args:
        candidates: flow candidates of the coarser level (see `candidate_flows`), normalised.
        finer: both primitives at twice its resolution.

    Returns:
        (B, 9, H', W'), averaged over 3 × 3 cells, because a single cell does not distinguish one line from the next.
    """
    batch = len(candidates)
    flows = F.pixel_shuffle(candidates.expand(-1, -1, -1, 4, -1, -1).flatten(1, 3), 2).unflatten(1, (2, 9))
    source_coords = (flows + finer.target_coords[:, :, None]).transpose(1, 2).flatten(0, 1)
    warped = warp_features(finer.reference_pool, source_coords, finer.size, finer.stride)
    squared = (warped.unflatten(0, (batch, 9)) - finer.query_pool[:, None]).square()
    return _mean_3x3(torch.einsum("bnchw,c->bnhw", squared, finer.log_primitive_weights.exp()))


def warp_features(
    features: Float[Tensor, "s c h w"], source_coords: Float[Tensor, "b 2 h2 w2"], size: tuple[int, int], stride: int
) -> Float[Tensor, "b c h2 w2"]:
    """Sample the reference's features at source coordinates.

    Args:
        features: (S, C, H, W), each serves B / S grids.
        source_coords: (B, 2, H', W'), (x, y), normalised to ``size``.
        size: (height, width) of the reference in pixels, without padding.
        stride: pixels per cell of ``features``.

    Returns:
        (B, C, H', W').
    """
    height, width = features.shape[2:]
    scaled = []
    for axis, (proper, cells) in enumerate(((size[1], width), (size[0], height))):
        pixel = (source_coords[:, axis] + 1) * (0.5 * (proper - 1))
        cell = (pixel + 0.5) / stride - 0.5
        scaled.append(cell * (2.0 / max(1, cells - 1)) - 1)
    return sample(features, torch.stack(scaled, dim=-1))


def _mean_3x3(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Mean filter, the border replicated; twice as fast as pooling."""
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = x[..., :-2] + x[..., 1:-1] + x[..., 2:]
    mean: Tensor = (x[..., :-2, :] + x[..., 1:-1, :] + x[..., 2:, :]) / 9
    return mean
