"""Our small generator: says for each pixel where in the training photo it comes from, and paints what cannot be copied.

A warp hands out the true dense correspondence for free, so the network is told where every pixel came from. Texture
is sharp within a minute, because it *is* the photo's.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.nets.generator import Generator, Painted, Source, reset_norms

_SLOPE = 0.1
#: The confidence starts at sigmoid(2) = 0.88: copy first, paint where copying turns out to be wrong.
_CONFIDENCE_BIAS = 2.0
#: Most cells of a picture that are compared with all others (64 × 64: 512² at an eighth).
_MAX_CELLS = 4096
#: A match is averaged over the best cell and this many around it.
_WINDOW_CELLS = 2
#: How strictly a match is trusted, how stiff displacements are where it is not, and how far that reaches.
_TRUST_POWER = 8
_STIFFNESS = 3.0
#: Iterations while training, and while rendering.
_DIFFUSIONS = (60, 200)


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, leaky ReLU. (BatchNorm folds into the convolution for rendering.)"""

    def __init__(self, channels_in: int, channels_out: int, momentum: float, stride: int = 1, size: int = 3) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, size, stride, size // 2, bias=False),
            nn.BatchNorm2d(channels_out, momentum=momentum),
            nn.LeakyReLU(_SLOPE, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two convolution blocks added to the input."""

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvBlock(channels, channels, momentum), ConvBlock(channels, channels, momentum))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape as ``x``."""
        out: Tensor = x + self.body(x)
        return out


def sample(x: Float[Tensor, "1 c h w"], grid: Float[Tensor, "b h2 w2 2"]) -> Float[Tensor, "b c h2 w2"]:
    """Look the training pair up at estimated places.

    Args:
        x: (1, C, H, W).
        grid: (B, H', W', 2), (x, y), normalised, align_corners=True; outside, the border is taken.

    Returns:
        (B, C, H', W').
    """
    expanded = x.expand(grid.shape[0], -1, -1, -1)
    return F.grid_sample(expanded, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _up(x: Tensor, factor: float = 2.0) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Painter(Generator):
    """Finds in the training drawing what each place of the drawing at hand is, copies the photo there, paints the rest.

    1. One encoder reads both drawings. At an eighth of the size every place is compared with every place of the
       training drawing; the best matches, with a mild wish to stay in place, are the first estimate.
    2. At a quarter and at half the size, what the training pair shows at the estimate is set beside what is wanted,
       and small networks correct the estimate. They compare instead of memorising, so they serve edits never
       warped to.
    3. The photo sampled at the last estimate is blended with painted pixels, by the confidence in it.

    No layer works at full size but a 1 × 1 (`pixel_unshuffle`): thin layers at full size are slow on a CPU.

    Args:
        config: widths and blocks.
        channels: of the encoded primitive.
    """

    multiple = 16

    def __init__(self, config: PainterConfig, channels: int) -> None:
        super().__init__()
        widths, momentum = config.widths, config.norm_momentum
        half, quarter = config.refine_widths

        def stage(i: int, channels_in: int, stride: int) -> nn.Sequential:
            blocks = [ResidualBlock(widths[i], momentum) for _ in range(config.blocks[i])]
            return nn.Sequential(ConvBlock(channels_in, widths[i], momentum, stride), *blocks)

        self.embed = nn.Conv2d(channels, config.embedding, 1)
        self.encoder = nn.ModuleList(
            [stage(0, 4 * config.embedding, 1), stage(1, widths[0], 2), stage(2, widths[1], 2), stage(3, widths[2], 2)]
        )
        self.widen = ConvBlock(widths[2] + widths[3], widths[2], momentum)
        self.describe = nn.Conv2d(widths[2], config.descriptor, 1)
        self.sharpness = nn.Parameter(torch.empty(()))
        self.stay = nn.Parameter(torch.empty(()))

        self.compare_quarter = nn.Sequential(
            ConvBlock(2 * widths[1] + widths[2] + 2, quarter, momentum), ResidualBlock(quarter, momentum)
        )
        self.correct_quarter = nn.Conv2d(quarter, 2, 3, 1, 1)
        self.compare_half = nn.Sequential(
            ConvBlock(2 * widths[0] + 12 + quarter, half, momentum, size=1), ConvBlock(half, half, momentum)
        )
        self.correct_half = nn.Conv2d(half, 2, 3, 1, 1)
        self.decode = ConvBlock(half + 12, half, momentum)
        self.to_image = nn.Conv2d(half, 4 * 4, 3, 1, 1)

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """See `primage.nets.generator.Generator.paint`."""
        padded = (x.shape[2], x.shape[3])
        here = _coordinates(size, padded, x.device)
        drawing, source_size = self.padded(source.primitive)
        photo_half = F.pixel_unshuffle(self.padded(source.photo)[0], 2)

        # 1: compare every place with every place.
        wanted, known = self._encode(x, drawing)
        there = _coordinates(source_size, (drawing.shape[2], drawing.shape[3]), x.device)
        guess, place = self._match(wanted[3], known[3], F.avg_pool2d(here, 8), F.avg_pool2d(there, 8))
        grids = [guess, place]

        # 2: correct by comparing closely, at a quarter and at half the size. Displacements are enlarged, not places:
        # those would be pulled inwards at the border.
        moved = _up(place - F.avg_pool2d(here, 8))
        place = moved + F.avg_pool2d(here, 4)
        seen = _sample_level(known[1], place, source_size, 4)
        near = self.compare_quarter(torch.cat([wanted[1], seen, _up(wanted[3]), moved], dim=1))
        place = place + self.correct_quarter(near)
        grids.append(place)
        place = _up(place - F.avg_pool2d(here, 4)) + F.avg_pool2d(here, 2)
        seen = _sample_level(torch.cat([known[0], photo_half], dim=1), place, source_size, 2)
        near = self.compare_half(torch.cat([wanted[0], seen, _up(near)], dim=1))
        place = place + self.correct_half(near)
        grids.append(place)

        # 3: copy, and paint what cannot be copied.
        full = []
        for grid in grids:
            factor = padded[0] // grid.shape[2]
            full.append((here + _up(grid - F.avg_pool2d(here, factor), float(factor))).permute(0, 2, 3, 1))
        copied = sample(source.photo, full[-1])
        decoded = self.to_image(self.decode(torch.cat([near, F.pixel_unshuffle(copied, 2)], dim=1)))
        decoded = F.pixel_shuffle(decoded, 2)
        drawn, confidence = torch.tanh(decoded[:, :3]), decoded[:, 3:] + _CONFIDENCE_BIAS
        # The confidence learns from the correspondences alone: the picture's losses would rather have a blurred
        # average than sharp texture a pixel off.
        keep = torch.sigmoid(confidence).detach()
        image = keep * copied + (1 - keep) * drawn
        return Painted(image, grids=tuple(full), copied=copied, drawn=drawn, confidence=confidence)

    def _encode(self, x: Tensor, drawing: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features of the drawing at hand and of the training drawing, at 1/2, 1/4, 1/8 and, described, 1/8."""
        # In one batch where sizes allow: while training, both then share the statistics of their normalisation.
        together = x.shape[1:] == drawing.shape[1:]
        inputs = [torch.cat([x, drawing])] if together else [x, drawing]
        levels = []
        for each in inputs:
            out = F.pixel_unshuffle(self.embed(each), 2)
            features = []
            for stage in self.encoder:
                out = stage(out)
                features.append(out)
            wide = self.widen(torch.cat([features[2], _up(features[3])], dim=1))
            levels.append([*features[:3], wide])
        if together:
            batch = x.shape[0]
            return [level[:batch] for level in levels[0]], [level[batch:] for level in levels[0]]
        return levels[0], levels[1]

    def _match(self, wanted: Tensor, known: Tensor, here: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Where in the training drawing each cell is found: the mean of all matches, and the best one made smooth.

        Both are (B, 2, H, W), normalised (x, y). The mean teaches all descriptors, the other is what is built on.
        """
        a, b = F.normalize(self.describe(wanted), dim=1), F.normalize(self.describe(known), dim=1)
        # Comparing all with all grows with the fourth power of the side: large pictures match at a coarser level.
        factor = 1
        while max(a.shape[2] * a.shape[3], b.shape[2] * b.shape[3]) // factor**2 > _MAX_CELLS:
            factor *= 2
        fine, size = here, (wanted.shape[2], wanted.shape[3])
        if factor > 1:
            a, b = (_pool(t, factor) for t in (a, b))
            here, there = (_pool(t, factor) for t in (here, there))
        rows, columns = a.shape[2:]
        from_, to = here[0].flatten(1).T, there[0].flatten(1).T
        away = (from_[:, None] - to[None]).square().sum(-1)
        logits = a.flatten(2).transpose(1, 2) @ b.flatten(2) * self.sharpness.exp() - self.stay.exp() * away
        likely = logits.softmax(-1)
        window = _window(logits, b.shape[3])
        best = logits.masked_fill(~window, float("-inf")).softmax(-1) @ to
        # How much of the likelihood lies about the best match: little, where a place looks like many others.
        trust = (likely * window).sum(-1).detach() ** _TRUST_POWER

        def as_map(x: Tensor) -> Tensor:
            return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], rows, columns)

        guess = as_map(likely @ to)
        place = here + _diffuse(as_map(best - from_), as_map(trust[..., None]), _DIFFUSIONS[not self.training])
        if factor > 1:
            guess, place = (fine + _up(t - here, float(factor))[..., : size[0], : size[1]] for t in (guess, place))
        return guess, place

    def initialise(self, generator: torch.Generator) -> None:
        """He-normal convolutions; corrections start at zero, matching with a mild wish to stay in place."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=_SLOPE, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        reset_norms(self)
        for head in (self.correct_quarter, self.correct_half):
            nn.init.zeros_(head.weight)
        nn.init.constant_(self.sharpness, math.log(10.0))
        nn.init.constant_(self.stay, math.log(4.0))


def _pool(x: Tensor, factor: int) -> Tensor:
    """Mean over blocks; the last ones are filled up by repeating the border."""
    height, width = x.shape[2:]
    missing = (0, -width % factor, 0, -height % factor)
    return F.avg_pool2d(F.pad(x, missing, mode="replicate"), factor)


def _window(logits: Float[Tensor, "b n m"], columns: int) -> Bool[Tensor, "b n m"]:
    """The best match and the cells around it: an average of two candidates far apart is neither of them."""
    cell = torch.arange(logits.shape[2], device=logits.device)
    best = logits.argmax(-1, keepdim=True)
    rows_away = (cell // columns - best // columns).abs()
    columns_away = (cell % columns - best % columns).abs()
    return (rows_away <= _WINDOW_CELLS) & (columns_away <= _WINDOW_CELLS)


def _diffuse(
    moved: Float[Tensor, "b 2 h w"], trust: Float[Tensor, "b 1 h w"], iterations: int
) -> Float[Tensor, "b 2 h w"]:
    """Let displacements that are not to be trusted follow their neighbours'.

    Jacobi's iteration for the least of Σ trust · |d - moved|² + stiffness · Σ |d - d of a neighbour|².
    """
    share = trust / (trust + _STIFFNESS)
    out = moved
    for _ in range(iterations):
        wide = F.pad(out, (1, 1, 1, 1), mode="replicate")
        around = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1] + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
        out = torch.lerp(around * 0.25, moved, share.expand_as(moved))
    return out


def _sample_level(
    features: Float[Tensor, "1 c h w"], place: Float[Tensor, "b 2 h2 w2"], size: tuple[int, int], stride: int
) -> Float[Tensor, "b c h2 w2"]:
    """Look features of the training pair up, whose cells are ``stride`` pixels of a picture of ``size``, padded."""
    height, width = features.shape[2:]
    scaled = []
    for axis, (proper, cells) in enumerate(((size[1], width), (size[0], height))):
        pixel = (place[:, axis] + 1) * (0.5 * (proper - 1))
        cell = (pixel + 0.5) / stride - 0.5
        scaled.append(cell * (2.0 / max(1, cells - 1)) - 1)
    return sample(features, torch.stack(scaled, dim=-1))


def _coordinates(size: tuple[int, int], padded: tuple[int, int], device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """Where each pixel is, (x, y) with the picture proper in [-1, 1] and the padding beyond 1."""
    rows, columns = (
        torch.arange(total, device=device) * (2.0 / max(1, proper - 1)) - 1
        for proper, total in zip(size, padded, strict=True)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def fold_norms(network: nn.Module) -> None:
    """Fold BatchNorm into the convolutions, in place, for rendering only.

    Args:
        network: in evaluation mode; `ConvBlock`s in it lose their BatchNorm.
    """
    for module in network.modules():
        if isinstance(module, ConvBlock):
            convolution, norm = module[0], module[1]
            assert isinstance(convolution, nn.Conv2d)
            if isinstance(norm, nn.BatchNorm2d):
                module[0] = torch.nn.utils.fusion.fuse_conv_bn_eval(convolution, norm)
                module[1] = nn.Identity()
