"""Finds, for each place of one drawing, where in another drawing it is. It compares, so it serves any photo.

Nothing here knows labels: the painter turns them into codes, and only whether two codes are alike can be seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.nets.consensus import consensus
from primage.nets.diffusion import diffuse
from primage.nets.enlarge import candidates, enlarge, slope_where_stretched, twice
from primage.nets.generator import Matches
from primage.nets.layers import ConvBlock, ResidualBlock, busyness, calm_between, coordinates, for_batch, sample, up

#: Cells that are compared are so many pixels wide, or twice, four times … that for large pictures.
_CELL_PX = 8
#: Most cells of a picture that are compared with all others (32 × 80: 256 × 640 px at an eighth).
_MAX_CELLS = 2560
#: A match is averaged over the best cell and this many around it: an average of two candidates far apart is neither.
_WINDOW_CELLS = 2
#: A match of likelihood p is trusted p to this power, before what is learnt about it.
_TRUST_POWER = 8.0
_LEAST_TRUST = 1e-4
#: Logits of bonds between neighbours at the start.
_BOND = 2.0
#: Neighbours whose matches are this many cells further apart than they are have nothing to do with each other.
_TEAR_CELLS = 1.6
_TORN_BOND = 1e-4
#: What it costs two neighbours not to keep company, in nats: in an empty area, and where the drawing changes.
_BREAK_COSTS = (6.0, 1.5)


@dataclass(frozen=True)
class Features:
    """What is made of a drawing.

    Attributes:
        half: (B, C, H / 2, W / 2), learnt.
        quarter: (B, C, H / 4, W / 4), learnt.
        eighth: (B, C, H / 8, W / 8), learnt; has seen a sixteenth.
        drawn: the embedded drawing itself, as means of blocks of 2, 4 and 8 pixels, (B, E, H / k, W / k).
        busy: (B, 1, H / 8, W / 8), how much the drawing varies within a block of 8, summed over its channels.
    """

    half: Tensor
    quarter: Tensor
    eighth: Tensor
    drawn: tuple[Tensor, Tensor, Tensor]
    busy: Tensor

    def part(self, begin: int, end: int) -> Features:
        """Those of some drawings of the batch."""
        half, quarter, eighth, busy = (x[begin:end] for x in (self.half, self.quarter, self.eighth, self.busy))
        a, b, c = (x[begin:end] for x in self.drawn)
        return Features(half, quarter, eighth, (a, b, c), busy)


@dataclass(frozen=True)
class Known:
    """The training pair as the matcher looks at it.

    Attributes:
        features: of the drawing, padded; of one drawing, or of S.
        photo_half: (1 or S, 12, H / 2, W / 2), the padded photo with 2 × 2 pixels as channels.
        size: (height, width) without the padding.
    """

    features: Features
    photo_half: Tensor
    size: tuple[int, int]


class Matcher(nn.Module):
    """Where each place comes from, coarse to fine.

    1. One encoder reads both drawings. At an eighth of the size all places are compared with all: by what is learnt
       about them, by what the drawing itself shows there, and with a mild wish to stay in place.
    2. Neighbours agree on matches that keep company, or part where that is cheaper (`primage.nets.consensus`). Among
       those that keep company, matches that are not unambiguous follow the others (`primage.nets.diffusion`).
    3. At 1/8, 1/4 and 1/2, what the training pair shows at the estimate is set beside what is wanted, and a small
       network corrects the estimate. Between the levels each place chooses among the nine estimates around it, by what
       is learnt and by what the training drawing shows there, so that outlines stay sharp (`primage.nets.enlarge`).

    Args:
        config: widths and blocks.
    """

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        widths, momentum = config.widths, config.norm_momentum
        half, quarter, eighth = config.refine_widths

        def stage(i: int, channels_in: int, stride: int) -> nn.Sequential:
            blocks = [ResidualBlock(widths[i], momentum) for _ in range(config.blocks[i])]
            return nn.Sequential(ConvBlock(channels_in, widths[i], momentum, stride), *blocks)

        self.encoder = nn.ModuleList(
            [stage(0, 4 * config.embedding, 1), stage(1, widths[0], 2), stage(2, widths[1], 2), stage(3, widths[2], 2)]
        )
        self.widen = ConvBlock(widths[2] + widths[3], widths[2], momentum)
        self.describe = nn.Conv2d(widths[2], config.descriptor, 1)
        self.sharpness = nn.Parameter(torch.empty(()))
        self.stay = nn.Parameter(torch.empty(()))
        #: Logarithms of what it costs to differ from the drawing, by channel, at 1/8, 1/4 and 1/2.
        self.unlike = nn.Parameter(torch.empty(3, config.embedding))
        self.judge = nn.Sequential(ConvBlock(2 * widths[2] + 1, eighth, momentum), nn.Conv2d(eighth, 3, 1))

        self.compare_eighth = nn.Sequential(
            ConvBlock(2 * widths[2] + 2, eighth, momentum), ResidualBlock(eighth, momentum)
        )
        self.correct_eighth = nn.Conv2d(eighth, 2, 3, 1, 1)
        self.choose_quarter = nn.Conv2d(widths[1] + eighth, 9, 1)
        self.compare_quarter = nn.Sequential(
            ConvBlock(2 * widths[1] + eighth + 2, quarter, momentum), ResidualBlock(quarter, momentum)
        )
        self.correct_quarter = nn.Conv2d(quarter, 2, 3, 1, 1)
        self.choose_half = nn.Conv2d(widths[0] + quarter, 9, 1)
        self.compare_half = nn.Sequential(
            ConvBlock(2 * widths[0] + 12 + quarter, half, momentum, size=1), ConvBlock(half, half, momentum)
        )
        self.correct_half = nn.Conv2d(half, 2, 3, 1, 1)
        self.choose_full = nn.Conv2d(half, 4 * 9, 1)

    def encode(self, embedded: Float[Tensor, "b c h w"]) -> Features:
        """Features of embedded drawings, at 1/2, 1/4 and 1/8; the last has seen a sixteenth."""
        out = F.pixel_unshuffle(embedded, 2)
        features = []
        for stage in self.encoder:
            out = stage(out)
            features.append(out)
        half, quarter, eighth, sixteenth = features
        eighth = self.widen(torch.cat([eighth, up(sixteenth)], dim=1))
        twos = F.avg_pool2d(embedded, 2)
        fours = F.avg_pool2d(twos, 2)
        eights = F.avg_pool2d(fours, 2)
        busy = busyness(embedded, eights, _CELL_PX).detach()
        return Features(half, quarter, eighth, (twos, fours, eights), busy)

    def forward(
        self, wanted: Features, known: Known, size: tuple[int, int]
    ) -> tuple[tuple[Tensor, ...], Tensor, Matches | None]:
        """Match one drawing with another.

        Args:
            wanted: features of the drawing at hand.
            known: the training pair, of as many pictures, or one for all.
            size: (height, width) of the drawing at hand without its padding.

        Returns:
            Estimates of where each place comes from at 1/8 (three), 1/4, 1/2 and 1, (B, 2, H, W) each, normalised
            (x, y); features (B, C, H / 2, W / 2) of the last comparison; the likelihoods of all matches, while
            training.
        """
        padded = (wanted.half.shape[2] * 2, wanted.half.shape[3] * 2)
        full = coordinates(size, padded, wanted.half.device)
        here = {factor: F.avg_pool2d(full, factor) for factor in (2, 4, 8)}
        features, place = known.features, known.size
        half = torch.cat([features.half, for_batch(known.photo_half, features.half.shape[0])], dim=1)

        best, likelihood, matches = self._measure(wanted, known, here[8])
        seen = look_up(features.eighth, best, place, 8)
        judged = self.judge(torch.cat([wanted.eighth, seen, likelihood], dim=1))
        trust = (_TRUST_POWER * likelihood.detach() + judged[:, :1]).clamp(math.log(_LEAST_TRUST), 3.0).exp()
        bonds = torch.sigmoid(judged[:, 1:] + _BOND)
        right, down = (_torn((best - here[8]) / _cell(place, 8, full), dim) for dim in (3, 2))
        moved = diffuse(best - here[8], trust, bonds[:, :1, :, 1:] * right, bonds[:, 1:, 1:] * down)
        whole = moved + here[8]

        seen = look_up(features.eighth, whole, place, 8)
        near = self.compare_eighth(torch.cat([wanted.eighth, seen, moved], dim=1))
        slope = None if self.training else slope_where_stretched(moved, _cell(place, 8, full).flatten())
        moved = moved + self.correct_eighth(near)
        corrected = moved + here[8]

        near = up(near)
        preference = self.choose_quarter(torch.cat([wanted.quarter, near], dim=1))
        offered = candidates(moved, slope)
        preference = preference - self._unlike(1, offered, wanted, known, here[4])
        moved = enlarge(offered, F.pixel_unshuffle(preference, 2), _cell(place, 8, full).flatten())
        slope = None if slope is None else 0.5 * twice(slope)
        seen = look_up(features.quarter, moved + here[4], place, 4)
        near = self.compare_quarter(torch.cat([wanted.quarter, seen, near, moved], dim=1))
        moved = moved + self.correct_quarter(near)
        at_quarter = moved + here[4]

        near = up(near)
        preference = self.choose_half(torch.cat([wanted.half, near], dim=1))
        offered = candidates(moved, slope)
        preference = preference - self._unlike(2, offered, wanted, known, here[2])
        moved = enlarge(offered, F.pixel_unshuffle(preference, 2), _cell(place, 4, full).flatten())
        slope = None if slope is None else 0.5 * twice(slope)
        seen = look_up(half, moved + here[2], place, 2)
        near = self.compare_half(torch.cat([wanted.half, seen, near], dim=1))
        moved = moved + self.correct_half(near)
        at_half = moved + here[2]

        offered = candidates(moved, slope)
        moved = enlarge(offered, self.choose_full(near), _cell(place, 2, full).flatten())
        return (best, whole, corrected, at_quarter, at_half, moved + full), near, matches

    def _unlike(self, level: int, offered: Tensor, wanted: Features, known: Known, here: Tensor) -> Tensor:
        """What it would cost each place of the finer level to be moved by one of the nine offered, (B, 9, H, W)."""
        stride = 8 >> level
        drawn, there = wanted.drawn[2 - level], known.features.drawn[2 - level]
        batch = len(offered)
        each = F.pixel_shuffle(offered.expand(-1, -1, -1, 4, -1, -1).flatten(2, 3), 2)
        places = (each + here[:, :, None]).transpose(1, 2).flatten(0, 1)
        seen = look_up(there, places, known.size, stride)
        apart = (seen.unflatten(0, (batch, 9)) - drawn[:, None]).square()
        cost = torch.einsum("bnchw,c->bnhw", apart, self.unlike[level].exp())
        # A pixel alone says little; the block around it tells a line from the next.
        return _mean_around(cost)

    def _measure(self, wanted: Features, known: Known, here: Tensor) -> tuple[Tensor, Tensor, Matches | None]:
        """The best match of each cell, (B, 2, H, W); the logarithm of its likelihood (B, 1, H, W); all of them."""
        features = known.features
        there = coordinates(known.size, tuple(8 * n for n in features.eighth.shape[2:]), here.device)
        there = F.avg_pool2d(there, 8)
        a, b = (F.normalize(self.describe(x), dim=1) for x in (wanted.eighth, features.eighth))
        drawn, drawn_there, busy = wanted.drawn[2], features.drawn[2], wanted.busy
        # Comparing all with all grows with the fourth power of the side: large pictures match at a coarser level.
        factor = 1
        while max(a.shape[2] * a.shape[3], b.shape[2] * b.shape[3]) // factor**2 > _MAX_CELLS:
            factor *= 2
        fine, fine_a, fine_b, fine_there = here, a, b, there
        if factor > 1:
            a, b, here, there, drawn, drawn_there, busy = (
                _pool(t, factor) for t in (a, b, here, there, drawn, drawn_there, busy)
            )
        batch, shape, shape_there = a.shape[0], a.shape[2:], b.shape[2:]
        places = there[0].flatten(1).T
        logits = _cells(a * self.sharpness.exp()) @ for_batch(b, batch).flatten(2)
        logits = logits - self.stay.exp() * _apart(_cells(here), places)
        scale = (0.5 * self.unlike[0]).exp()[:, None, None]
        logits = logits - _apart(_cells(drawn * scale), _cells(for_batch(drawn_there * scale, batch)))
        shaped = logits.unflatten(1, shape).unflatten(3, shape_there)
        breaks = (_break_cost(drawn, busy, dim) for dim in (3, 2))
        agreed = consensus(shaped.detach(), *breaks).flatten(3).flatten(1, 2)
        best, likelihood = _best(logits, agreed, places, shape_there[1])
        best, likelihood = (x.transpose(1, 2).unflatten(2, shape) for x in (best, likelihood))
        if factor > 1:
            height, width = fine.shape[2:]
            best = fine + up(best - here, float(factor))[..., :height, :width]
            likelihood = up(likelihood, float(factor))[..., :height, :width]
            best = _nearby(fine_a * self.sharpness.exp(), fine_b, best, fine_there, known.size)
        return best, likelihood, Matches(shaped, _CELL_PX * factor, known.size) if self.training else None

    def start(self) -> None:
        """What fresh weights begin as: corrections and choices at nothing, matching with a mild wish to stay."""
        last = self.judge[-1]
        assert isinstance(last, nn.Conv2d)
        for head in (
            self.correct_eighth,
            self.correct_quarter,
            self.correct_half,
            self.choose_quarter,
            self.choose_half,
            self.choose_full,
            last,
        ):
            nn.init.zeros_(head.weight)
        nn.init.constant_(self.sharpness, math.log(10.0))
        nn.init.constant_(self.stay, math.log(4.0))
        nn.init.constant_(self.unlike, math.log(2.0))


def _cells(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    return x.flatten(2).transpose(1, 2)


def _mean_around(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Means over 3 × 3, the border repeated; twice as fast as pooling."""
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = x[..., :-2] + x[..., 1:-1] + x[..., 2:]
    mean: Tensor = (x[..., :-2, :] + x[..., 1:-1, :] + x[..., 2:, :]) / 9
    return mean


def _apart(a: Float[Tensor, "s n c"], b: Float[Tensor, "... m c"]) -> Float[Tensor, "s n m"]:
    """Squared distance of all to all."""
    return a.square().sum(-1, keepdim=True) - 2 * a @ b.mT + b.square().sum(-1)[..., None, :]


def _cell(size: tuple[int, int], stride: int, like: Tensor) -> Float[Tensor, "1 2 1 1"]:
    """Width and height of a cell in normalised coordinates."""
    sides = [2.0 * stride / max(1, size[1] - 1), 2.0 * stride / max(1, size[0] - 1)]
    return like.new_tensor(sides)[None, :, None, None]


def _torn(moved_cells: Float[Tensor, "b 2 h w"], dim: int) -> Tensor:
    """1 where a cell and the next one keep company, nearly 0 where their matches are torn apart."""
    whole = moved_cells.diff(dim=dim).abs().amax(1, keepdim=True) < _TEAR_CELLS
    return whole.to(moved_cells.dtype).clamp(min=_TORN_BOND)


def _break_cost(drawn: Float[Tensor, "b c h w"], busy: Float[Tensor, "b 1 h w"], dim: int) -> Tensor:
    """What it costs each cell not to keep company with the next one along an axis."""
    dear, cheap = _BREAK_COSTS
    return cheap + (dear - cheap) * calm_between(drawn.detach(), busy, dim)[:, 0]


def _best(
    logits: Float[Tensor, "b n m"], agreed: Float[Tensor, "b n m"], to: Float[Tensor, "m 2"], columns: int
) -> tuple[Float[Tensor, "b n 2"], Float[Tensor, "b n 1"]]:
    """The mean place in a window around the match agreed on, and the log-likelihood of that window in its own right."""
    reach = torch.arange(-_WINDOW_CELLS, _WINDOW_CELLS + 1, device=logits.device)
    last = logits.shape[2] // columns - 1
    top = agreed.argmax(-1, keepdim=True)
    row = top // columns + reach.repeat_interleave(len(reach))
    column = top % columns + reach.repeat(len(reach))
    inside = (row >= 0) & (row <= last) & (column >= 0) & (column < columns)
    cell = row.clamp(0, last) * columns + column.clamp(0, columns - 1)
    own = logits.gather(2, cell)
    # Weighted by what was agreed on; the gradient goes to the likelihoods, as if the others had kept quiet.
    weighted = agreed.gather(2, cell) + own - own.detach()
    weights = weighted.masked_fill(~inside, float("-inf")).softmax(-1)
    likelihood = own.masked_fill(~inside, float("-inf")).logsumexp(-1, keepdim=True)
    return (weights[..., None] * to[cell]).sum(2), likelihood - logits.logsumexp(-1, keepdim=True)


def _nearby(
    a: Float[Tensor, "b c h w"],
    b: Float[Tensor, "s c h2 w2"],
    best: Float[Tensor, "b 2 h w"],
    there: Float[Tensor, "1 2 h2 w2"],
    size: tuple[int, int],
) -> Float[Tensor, "b 2 h w"]:
    """Look about an estimate that was made at a coarser level: the mean place of the cells around it, by likeness."""
    rows, columns = b.shape[2:]
    reach = torch.arange(-_WINDOW_CELLS, _WINDOW_CELLS + 1, device=a.device)
    middle = ((best + 1) / _cell(size, _CELL_PX, best) - 0.5).round().long()
    column = (middle[:, 0, None] + reach.repeat(len(reach))[:, None, None]).clamp(0, columns - 1)
    row = (middle[:, 1, None] + reach.repeat_interleave(len(reach))[:, None, None]).clamp(0, rows - 1)
    cell = row * columns + column  # (B, 25, H, W)
    b = for_batch(b, a.shape[0]).flatten(2)
    logits = torch.stack(
        [(a * b.gather(2, c.flatten(1)[:, None].expand(-1, b.shape[1], -1)).view_as(a)).sum(1) for c in cell.unbind(1)],
        dim=1,
    )
    return torch.einsum("bnhw,cbnhw->bchw", logits.softmax(1), there[0].flatten(1)[:, cell])


def _pool(x: Tensor, factor: int) -> Tensor:
    """Mean over blocks; the last ones are filled up by repeating the border."""
    height, width = x.shape[2:]
    missing = (0, -width % factor, 0, -height % factor)
    return F.avg_pool2d(F.pad(x, missing, mode="replicate"), factor)


def look_up(
    features: Float[Tensor, "s c h w"], place: Float[Tensor, "b 2 h2 w2"], size: tuple[int, int], stride: int
) -> Float[Tensor, "b c h2 w2"]:
    """Look features of the training pair up, whose cells are ``stride`` pixels of a picture of ``size``, padded."""
    height, width = features.shape[2:]
    scaled = []
    for axis, (proper, cells) in enumerate(((size[1], width), (size[0], height))):
        pixel = (place[:, axis] + 1) * (0.5 * (proper - 1))
        cell = (pixel + 0.5) / stride - 0.5
        scaled.append(cell * (2.0 / max(1, cells - 1)) - 1)
    return sample(features, torch.stack(scaled, dim=-1))
