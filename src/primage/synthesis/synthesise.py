"""Coarse-to-fine synthesis of a part of a picture from the photo's patches, guided by the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.pyramid import halve, padded
from primage.synthesis.search import RADIUS, Target, features, search
from primage.synthesis.sources import Atlas, Plane, atlas
from primage.synthesis.voting import vote


@dataclass(frozen=True)
class SynthesisConfig:
    """Settings of a synthesis.

    Attributes:
        guides: weights of the guides.
        levels: number of levels, each half as large as the one below it.
        rounds: rounds of search and voting at each level but the finest.
        finest_rounds: at the finest level.
        passes: of the search in each round.
        pull: cost of each squared pixel of distance from the matcher's field, where it is certain.
        sigma: cost at which the weight of a patch has fallen to 1 / e.
        seed: of the random search.
    """

    guides: GuideWeights = field(default_factory=GuideWeights)
    levels: int = 3
    rounds: int = 5
    finest_rounds: int = 3
    passes: int = 2
    pull: float = 0.002
    sigma: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class _Level:
    """The target at one level."""

    picture: Float32[np.ndarray, "h w 3"]
    guides: Float32[np.ndarray, "h w c"]
    prior: Float32[np.ndarray, "h w 2"]
    trust: Float32[np.ndarray, "h w"]
    hole: Float32[np.ndarray, "h w"]

    def halved(self) -> _Level:
        prior = (self.prior[::2, ::2] + self.prior[1::2, 1::2] - 1) / 4  # of the block's centre, in halved pixels
        jump = np.abs(self.prior[::2, ::2] - self.prior[1::2, 1::2]).max(-1, keepdims=True) > 4
        prior = np.where(jump, (self.prior[::2, ::2] - 0.5) / 2, prior).astype(np.float32)
        return _Level(halve(self.picture), halve(self.guides), prior, halve(self.trust), halve(self.hole))


def synthesise(
    planes: Sequence[Plane],
    guides: Float32[np.ndarray, "h w c"],
    picture: UInt8[np.ndarray, "h w 3"],
    prior: Float32[np.ndarray, "h w 2"],
    plane: Int32[np.ndarray, "h w"],
    trust: Float32[np.ndarray, "h w"],
    hole: Bool[np.ndarray, "h w"],
    config: SynthesisConfig = SynthesisConfig(),
) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 2"]]:
    """Synthesise a part of a picture.

    Args:
        planes: sources, the photo first, with guides weighted like ``guides``.
        guides: of the drawing, from `guide_channels`.
        picture: (H, W, 3), the matcher's render; kept outside the hole.
        prior: (H, W, 2), (y, x), source of each pixel in pixels of the photo, from the matcher.
        plane: (H, W), number of the plane that the source of each pixel is first looked for in.
        trust: (H, W) in [0, 1], confidence in ``prior``.
        hole: (H, W), what to synthesise.
        config: settings.

    Returns:
        The picture, and (H, W, 2), the source of each pixel, (y, x) in pixels of the photo.

    Source:
        Wexler, Shechtman & Irani 2007 (levels, voting); Hertzmann et al. 2001 (guides).
    """
    height, width = hole.shape
    if not hole.any():
        return picture, prior
    multiple = 2 ** (config.levels - 1)
    first = _Level(
        *(
            padded(x, multiple).astype(np.float32)
            for x in (picture.astype(np.float32) / 255, guides, prior, trust, hole.astype(np.float32))
        )
    )
    plane = padded(plane, multiple)
    targets, sources = [first], [list(planes)]
    for _ in range(config.levels - 1):
        targets.append(targets[-1].halved())
        sources.append([each.halved() for each in sources[-1]])

    matches: Int32[np.ndarray, "h w 2"] | None = None
    image = targets[-1].picture
    above: Atlas | None = None
    for level in range(config.levels - 1, -1, -1):
        target, here = targets[level], atlas(sources[level])
        open_ = target.hole > (0.5 if level else 0)
        if not open_.any():
            continue
        start = here.nearest(target.prior, plane[:: 2**level, :: 2**level])
        if matches is None or above is None:
            matches = start
        else:
            matches = np.where(open_[..., None], here.allow(_enlarged(matches, above, here, open_.shape)), start)
        pixels = np.argwhere(open_).astype(np.int32)
        near = ndimage.binary_dilation(open_, np.ones((2 * RADIUS + 1,) * 2))
        queries = np.argwhere(near).astype(np.int32)
        # Outside the hole the matcher's field is right.
        pull = np.where(open_, target.trust * config.pull, 0.02).astype(np.float32)
        if above is not None:
            image = vote(here.colours, matches, np.zeros(open_.shape, np.float32), pixels, target.picture, config.sigma)
        else:
            image = target.picture
        for number in range(config.rounds if level else config.finest_rounds):
            wanted = Target(features(image, target.guides), queries, target.prior, pull)
            seed = config.seed + 1000 * level + 10 * number
            matches, cost = search(here.sources, wanted, matches, config.passes, seed)
            image = vote(here.colours, matches, cost, pixels, target.picture, config.sigma)
        above = here
    assert matches is not None
    assert above is not None
    share = ndimage.gaussian_filter(hole.astype(np.float32), 1.0)[..., None] * hole[..., None]
    share = hole[..., None].astype(np.float32)
    result = image[:height, :width] * share + first.picture[:height, :width] * (1 - share)
    source = above.sources.to_photo[matches[..., 0], matches[..., 1]][:height, :width]
    return np.round(result * 255).astype(np.uint8), np.where(hole[..., None], source, prior)


def _enlarged(
    matches: Int32[np.ndarray, "h w 2"], above: Atlas, here: Atlas, size: tuple[int, int]
) -> Int32[np.ndarray, "h2 w2 2"]:
    """The field at twice the size, each match in the same plane."""
    coarse = np.repeat(np.repeat(matches, 2, 0), 2, 1)[: size[0], : size[1]]
    plane = above.plane[coarse[..., 0], coarse[..., 1]]
    within = np.stack(np.meshgrid(np.arange(size[0]) % 2, np.arange(size[1]) % 2, indexing="ij"), -1)
    return (2 * (coarse - above.origins[plane]) + within + here.origins[plane]).astype(np.int32)


def fixed_guides(primitive: Primitive, spec: PrimitiveSpec, config: SynthesisConfig) -> Float32[np.ndarray, "h w c"]:
    """Guides of a drawing with a configuration's weights."""
    return guide_channels(primitive, spec, config.guides)
