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
from primage.nets.diffusion import diffuse
from primage.nets.generator import Matches
from primage.nets.layers import ConvBlock, ResidualBlock, coordinates, for_batch, sample, up

#: Cells that are compared are so many pixels wide, or twice, four times … that for large pictures.
_CELL_PX = 8
#: Most cells of a picture that are compared with all others (64 × 64: 512² at an eighth).
_MAX_CELLS = 4096
#: A match is averaged over the best cell and this many around it: an average of two candidates far apart is neither.
_WINDOW_CELLS = 2
#: While rendering so many cells are compared with all at a time.
_ROWS = 256
#: A match of likelihood p is trusted p to this power, before what is learnt about it.
_TRUST_POWER = 8.0
_LEAST_TRUST = 1e-4
#: Logits of bonds between neighbours at the start.
_BOND = 2.0

#: Features of a drawing at 1/2, 1/4 and 1/8 of its size.
Features = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Known:
    """The training pair as the matcher looks at it.

    Attributes:
        features: of the drawing, (1 or S, C, H / k, W / k) for k = 2, 4, 8, padded.
        photo_half: (1 or S, 12, H / 2, W / 2), the padded photo with 2 × 2 pixels as channels.
        size: (height, width) without the padding.
    """

    features: Features
    photo_half: Tensor
    size: tuple[int, int]


class Matcher(nn.Module):
    """Where each place comes from, coarse to fine.

    1. One encoder reads both drawings. At an eighth of the size all places are compared with all; the best match and
       the cells around it, with a mild wish to stay in place, are the measurement.
    2. A measurement that is not unambiguous follows its neighbours (`primage.nets.diffusion`), except where the bond
       between them is learnt to break: at the outline of what was moved or copied.
    3. At 1/8, 1/4 and 1/2, what the training pair shows at the estimate is set beside what is wanted, and a small
       network corrects the estimate. Between the levels each place chooses among the nine estimates around it
       (Teed & Deng 2020, §3.3), so that outlines stay sharp.

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
        return half, quarter, self.widen(torch.cat([eighth, up(sixteenth)], dim=1))

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
        padded = (wanted[0].shape[2] * 2, wanted[0].shape[3] * 2)
        full = coordinates(size, padded, wanted[0].device)
        here = {factor: F.avg_pool2d(full, factor) for factor in (2, 4, 8)}
        half, quarter, eighth = known.features
        half = torch.cat([half, for_batch(known.photo_half, half.shape[0])], dim=1)

        best, likelihood, matches = self._measure(wanted[2], known, here[8])
        seen = _look_up(eighth, best, known.size, 8)
        judged = self.judge(torch.cat([wanted[2], seen, likelihood], dim=1))
        trust = (_TRUST_POWER * likelihood.detach() + judged[:, :1]).clamp(math.log(_LEAST_TRUST), 3.0).exp()
        bonds = torch.sigmoid(judged[:, 1:] + _BOND)
        moved = diffuse(best - here[8], trust, bonds[:, :1, :, 1:], bonds[:, 1:, 1:])
        whole = moved + here[8]

        seen = _look_up(eighth, whole, known.size, 8)
        near = self.compare_eighth(torch.cat([wanted[2], seen, moved], dim=1))
        moved = moved + self.correct_eighth(near)
        corrected = moved + here[8]

        near = up(near)
        moved = _choose(moved, self.choose_quarter(torch.cat([wanted[1], near], dim=1)))
        seen = _look_up(quarter, moved + here[4], known.size, 4)
        near = self.compare_quarter(torch.cat([wanted[1], seen, near, moved], dim=1))
        moved = moved + self.correct_quarter(near)
        at_quarter = moved + here[4]

        near = up(near)
        moved = _choose(moved, self.choose_half(torch.cat([wanted[0], near], dim=1)))
        seen = _look_up(half, moved + here[2], known.size, 2)
        near = self.compare_half(torch.cat([wanted[0], seen, near], dim=1))
        moved = moved + self.correct_half(near)
        at_half = moved + here[2]

        final = _choose(moved, F.pixel_shuffle(self.choose_full(near), 2)) + full
        return (best, whole, corrected, at_quarter, at_half, final), near, matches

    def _measure(self, wanted: Tensor, known: Known, here: Tensor) -> tuple[Tensor, Tensor, Matches | None]:
        """The best match of each cell, (B, 2, H, W); the logarithm of its likelihood (B, 1, H, W); all of them."""
        there = coordinates(known.size, tuple(8 * n for n in known.features[2].shape[2:]), wanted.device)
        there = F.avg_pool2d(there, 8)
        a, b = (F.normalize(self.describe(x), dim=1) for x in (wanted, known.features[2]))
        # Comparing all with all grows with the fourth power of the side: large pictures match at a coarser level.
        factor = 1
        while max(a.shape[2] * a.shape[3], b.shape[2] * b.shape[3]) // factor**2 > _MAX_CELLS:
            factor *= 2
        fine, size = here, wanted.shape[2:]
        if factor > 1:
            a, b, here, there = (_pool(t, factor) for t in (a, b, here, there))
        (rows, columns), (rows_there, columns_there) = a.shape[2:], b.shape[2:]
        # |p - q|² = |p|² - 2 p·q + |q|²: three more channels make the wish to stay part of the product. (|p|² is the
        # same for all matches of a place, so it does not matter.)
        from_, to = here[0].flatten(1).T, there[0].flatten(1).T
        stay = self.stay.exp()
        wanted_cells = torch.cat([a.flatten(2).transpose(1, 2) * self.sharpness.exp(), _rows(2 * stay * from_, a)], 2)
        wanted_cells = torch.cat([wanted_cells, torch.ones_like(wanted_cells[..., :1])], 2)
        known_cells = torch.cat([b.flatten(2).transpose(1, 2), _rows(to, b)], 2)
        known_cells = torch.cat([known_cells, _rows(-stay * to.square().sum(1, keepdim=True), b)], 2)
        known_cells = for_batch(known_cells.transpose(1, 2)[..., None], a.shape[0])[..., 0]
        matches = None
        if self.training:
            logits = wanted_cells @ known_cells
            best, likelihood = _best(logits, to, columns_there)
            shaped = logits.unflatten(1, (rows, columns)).unflatten(3, (rows_there, columns_there))
            matches = Matches(shaped, _CELL_PX * factor, known.size)
        else:  # some rows at a time, which stay in the processor's cache
            parts = [_best(part @ known_cells, to, columns_there) for part in wanted_cells.split(_ROWS, dim=1)]
            best, likelihood = (torch.cat(each, dim=1) for each in zip(*parts, strict=True))
        best, likelihood = (
            x.transpose(1, 2).reshape(x.shape[0], x.shape[2], rows, columns) for x in (best, likelihood)
        )
        if factor > 1:
            best = fine + up(best - here, float(factor))[..., : size[0], : size[1]]
            likelihood = up(likelihood, float(factor))[..., : size[0], : size[1]]
        return best, likelihood, matches

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


def _rows(x: Float[Tensor, "n c"], like: Tensor) -> Float[Tensor, "b n c"]:
    return x[None].expand(like.shape[0], -1, -1)


def _best(
    logits: Float[Tensor, "b n m"], to: Float[Tensor, "m 2"], columns: int
) -> tuple[Float[Tensor, "b n 2"], Float[Tensor, "b n 1"]]:
    """The mean place in a window around the best match, and the logarithm of the likelihood of that window."""
    reach = torch.arange(-_WINDOW_CELLS, _WINDOW_CELLS + 1, device=logits.device)
    last = logits.shape[2] // columns - 1
    greatest, top = logits.max(-1, keepdim=True)
    row = top // columns + reach.repeat_interleave(len(reach))
    column = top % columns + reach.repeat(len(reach))
    inside = (row >= 0) & (row <= last) & (column >= 0) & (column < columns)
    cell = row.clamp(0, last) * columns + column.clamp(0, columns - 1)
    window = (logits.gather(2, cell) - greatest).masked_fill(~inside, float("-inf"))
    place = (window.softmax(-1)[..., None] * to[cell]).sum(2)
    total = (logits - greatest).exp().sum(-1, keepdim=True).log()
    return place, window.logsumexp(-1, keepdim=True) - total


def _pool(x: Tensor, factor: int) -> Tensor:
    """Mean over blocks; the last ones are filled up by repeating the border."""
    height, width = x.shape[2:]
    missing = (0, -width % factor, 0, -height % factor)
    return F.avg_pool2d(F.pad(x, missing, mode="replicate"), factor)


def _choose(moved: Float[Tensor, "b 2 h w"], logits: Float[Tensor, "b 9 h2 w2"]) -> Float[Tensor, "b 2 h2 w2"]:
    """Enlarge displacements twice: each place takes a mixture of the nine around it; at logits of 0, bilinear."""
    height, width = moved.shape[2:]
    nine = F.unfold(F.pad(moved, (1, 1, 1, 1), mode="replicate"), 3).unflatten(1, (2, 9)).unflatten(3, (height, width))
    # (B, 9, h, 2, w, 2): each coarse place with its four fine ones.
    weights = logits.unflatten(2, (height, 2)).unflatten(4, (width, 2)) + _bilinear(logits.device)[:, None, :, None]
    weights = weights.softmax(1)
    return torch.einsum("bcnhw,bnhiwj->bchiwj", nine, weights).flatten(4, 5).flatten(2, 3)


def _bilinear(device: torch.device) -> Float[Tensor, "9 2 2"]:
    """Logarithms of the bilinear weights of nine neighbours for the four quarters of a cell; never quite 0."""
    one = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]], device=device)  # by side, over before, at, after
    weights = torch.einsum("iy,jx->yxij", one, one).reshape(9, 2, 2)
    return (weights + 1e-3).log()


def _look_up(
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
