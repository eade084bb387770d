"""Dense matching of two primitives. They are compared, not memorised, so the matcher works for any photo.

The matcher does not depend on the labels: the painter embeds them, and the matcher only compares embeddings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.grid import coords_grid
from primage.nets.correlation import Cells, CorrelationVolume, local_soft_argmax, pool_cells, windowed_soft_argmax
from primage.nets.encoder import CELL_PX, Encoder, Features, ReferenceFeatures
from primage.nets.flow_smoothing import smooth_flow
from primage.nets.generator import Matches
from primage.nets.layers import ConvBlock, edge_aware_weight, expand_to_batch, upsample_bilinear
from primage.nets.refinement import FlowState, Level, RefineLevel
from primage.nets.semi_global_matching import aggregate_costs
from primage.nets.upsample import flow_gradient_where_scaled

#: Maximum number of cells of a primitive in the correlation volume (32 × 80, which is 256 × 640 px at 1/8).
_MAX_CELLS = 2560
#: Exponent of a match's likelihood in its data weight, before the learnt correction.
_DATA_WEIGHT_POWER = 8.0
_MIN_DATA_WEIGHT = 1e-4
#: Offset of the smoothness weights' logits, so that untrained weights smooth.
_SMOOTHNESS_BIAS = 2.0
#: Neighbouring cells whose flow differs by more than this have a discontinuity between them.
_DISCONTINUITY_CELLS = 1.6
_MIN_SMOOTHNESS = 1e-4
#: Penalty of a flow discontinuity in semi-global matching, in nats: in empty areas, and across edges of the primitive.
_EMPTY_PENALTY, _EDGE_PENALTY = 6.0, 1.5


@dataclass(frozen=True)
class FlowPyramid:
    """The matcher's result.

    Attributes:
        source_coords: estimates from coarse to fine, (B, 2, H / k, W / k) each, (x, y), normalised: matched, smoothed
            and refined at 1/8, refined at 1/4 and at 1/2, upsampled to full size.
        hidden: (B, C, H / 2, W / 2), features of the last refinement.
        matches: the correlation volume; only in training.
    """

    source_coords: tuple[Tensor, ...]
    hidden: Tensor
    matches: Matches | None


class Matcher(nn.Module):
    """Finds the source coordinates of each pixel, coarse to fine.

    1. All-pairs correlation at 1/8 (`primage.nets.correlation`).
    2. Semi-global matching makes the matches of neighbours consistent (`primage.nets.semi_global_matching`); then
       unreliable matches are smoothed (`primage.nets.flow_smoothing`).
    3. Refinement and convex upsampling at 1/8, 1/4 and 1/2 (`primage.nets.refinement`).

    Args:
        config: widths and blocks.
    """

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        first, second, third, _ = config.widths
        half, quarter, eighth = config.refine_widths
        momentum = config.norm_momentum
        # (Registered in this order: checkpoints hold the optimiser's state by the parameters' order.)
        self.correlation = CorrelationVolume(config.embedding)
        self.encoder = Encoder(config)
        self.weight_head = nn.Sequential(ConvBlock(2 * third + 1, eighth, momentum), nn.Conv2d(eighth, 3, 1))
        self.refine = nn.ModuleList(
            [
                RefineLevel(2 * third + 2, eighth, momentum, finer=second),
                RefineLevel(2 * second + eighth + 2, quarter, momentum, finer=first),
                RefineLevel(2 * first + 12 + quarter, half, momentum, finer=None),
            ]
        )

    def forward(self, query: Features, reference: ReferenceFeatures, size: tuple[int, int]) -> FlowPyramid:
        """Match query primitives with reference primitives.

        Args:
            query: features of the query primitives, padded.
            reference: features of the training pairs, one per query or one for all.
            size: (height, width) of the query without padding.

        Returns:
            Estimates at every level.
        """
        height, width = query.half.shape[2:]
        target_coords = coords_grid(size, (2 * height, 2 * width), query.half.device)
        levels = self._levels(query, reference, target_coords)
        matched, log_likelihood, matches = self._match(query, reference, levels[0])
        state = self._smooth(matched, log_likelihood, levels[0])
        estimates = [matched, state.source_coords]
        for refine, level, finer in zip(self._refine_levels, levels, (*levels[1:], None), strict=True):
            state = refine(state, level)
            estimates.append(state.source_coords)
            if finer is not None:
                state = refine.upsample(state, level, finer)
        assert state.hidden is not None
        flow = refine.upsample_full(state, level)
        return FlowPyramid((*estimates, flow + target_coords), state.hidden, matches)

    @property
    def _refine_levels(self) -> list[RefineLevel]:
        return cast("list[RefineLevel]", list(self.refine))

    def _levels(self, query: Features, reference: ReferenceFeatures, target_coords: Tensor) -> list[Level]:
        """Both primitives at 1/8, 1/4 and 1/2."""
        features = reference.features
        photo = expand_to_batch(reference.photo_half, features.half.shape[0])
        queries = (query.eighth, query.quarter, query.half)
        references = (features.eighth, features.quarter, torch.cat([features.half, photo], dim=1))
        return [
            Level(
                query=queries[i],
                reference=references[i],
                query_pool=query.primitive_pools[i],
                reference_pool=features.primitive_pools[i],
                target_coords=F.avg_pool2d(target_coords, stride),
                size=reference.size,
                stride=stride,
                log_primitive_weights=self.correlation.log_primitive_weights[i],
            )
            for i, stride in enumerate((8, 4, 2))
        ]

    def _match(
        self, query: Features, reference: ReferenceFeatures, level: Level
    ) -> tuple[Tensor, Tensor, Matches | None]:
        """Source coordinates of each cell, (B, 2, H, W), their log-likelihood, (B, 1, H, W), and the volume."""
        height, width = level.reference.shape[2:]
        full = coords_grid(reference.size, (CELL_PX * height, CELL_PX * width), level.query.device)
        reference_coords = F.avg_pool2d(full, CELL_PX)
        fine = Cells(self.encoder.describe(query), level.target_coords, level.query_pool)
        fine_reference = Cells(self.encoder.describe(reference.features), reference_coords, level.reference_pool)
        factor, _ = pooling_factor(max(int(math.prod(fine.shape)), int(math.prod(fine_reference.shape))))
        cells, reference_cells = fine.pooled(factor), fine_reference.pooled(factor)
        volume = self.correlation(cells, reference_cells)
        variance = pool_cells(query.block_variance, factor)
        penalties = (_discontinuity_penalty(cells.primitive, variance, dim) for dim in (3, 2))
        aggregated = aggregate_costs(volume.detach(), *penalties)
        matched, log_likelihood = windowed_soft_argmax(volume, aggregated, reference_cells.coords)
        if factor > 1:
            rows, columns = fine.shape
            flow = upsample_bilinear(matched - cells.coords, float(factor))[..., :rows, :columns]
            log_likelihood = upsample_bilinear(log_likelihood, float(factor))[..., :rows, :columns]
            matched = local_soft_argmax(
                self.correlation.scaled(fine.descriptors),
                fine_reference.descriptors,
                fine.coords + flow,
                fine_reference.coords,
                level.cell[None, :, None, None],
            )
        matches = Matches(volume, CELL_PX * factor, reference.size) if self.training else None
        return matched, log_likelihood, matches

    def _smooth(self, matched: Tensor, log_likelihood: Tensor, level: Level) -> FlowState:
        """Smooth the flow: unreliable matches follow their neighbours."""
        logits = self.weight_head(torch.cat([level.query, level.warped(matched), log_likelihood], dim=1))
        data_logits = _DATA_WEIGHT_POWER * log_likelihood.detach() + logits[:, :1]
        data_weight = data_logits.clamp(math.log(_MIN_DATA_WEIGHT), 3.0).exp()
        smoothness = torch.sigmoid(logits[:, 1:] + _SMOOTHNESS_BIAS)
        flow = matched - level.target_coords
        right, down = (_continuity(flow / level.cell[None, :, None, None], dim) for dim in (3, 2))
        flow = smooth_flow(flow, data_weight, smoothness[:, :1, :, 1:] * right, smoothness[:, 1:, 1:] * down)
        gradient = None if self.training else flow_gradient_where_scaled(flow, level.cell)
        return FlowState(flow, level.target_coords, gradient=gradient)

    def reset_parameters(self) -> None:
        """Initialise all but the plain convolutions; prediction heads start at zero."""
        last = self.weight_head[-1]
        assert isinstance(last, nn.Conv2d)
        nn.init.zeros_(last.weight)
        for level in self._refine_levels:
            nn.init.zeros_(level.flow_head.weight)
            nn.init.zeros_(level.mask_head.weight)
        self.correlation.reset_parameters()


def pooling_factor(cells: int) -> tuple[int, int]:
    """How coarsely a primitive is matched: the correlation volume grows with the fourth power of its side.

    Args:
        cells: number of the primitive's cells; that of the larger one of two.

    Returns:
        The factor by which the sides of cells are pooled, and the greatest number of cells that have it.

    Example:
        >>> pooling_factor(32 * 48), pooling_factor(64 * 96)
        ((1, 2560), (2, 10243))
    """
    factor = 1
    while cells // factor**2 > _MAX_CELLS:
        factor *= 2
    return factor, (_MAX_CELLS + 1) * factor**2 - 1


def _continuity(flow_cells: Tensor, dim: int) -> Tensor:
    """1 where a cell and the next one have consistent flow, nearly 0 across a discontinuity."""
    continuous = flow_cells.diff(dim=dim).abs().amax(1, keepdim=True) < _DISCONTINUITY_CELLS
    return continuous.to(flow_cells.dtype).clamp(min=_MIN_SMOOTHNESS)


def _discontinuity_penalty(primitive: Tensor, variance: Tensor, dim: int) -> Tensor:
    """Penalty of a discontinuity between each cell and the next one along an axis."""
    weight = edge_aware_weight(primitive.detach(), variance, dim)[:, 0]
    return _EDGE_PENALTY + (_EMPTY_PENALTY - _EDGE_PENALTY) * weight
