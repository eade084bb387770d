"""Coarse-to-fine synthesis of a part of a picture from the photo's patches, guided by the drawing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

from primage.errors import PrimitiveError
from primage.synthesis import torch_search
from primage.synthesis.guides import GuideWeights
from primage.synthesis.pyramid import halve, padded
from primage.synthesis.seams import without_seams
from primage.synthesis.search import RADIUS, UNKNOWN, Query, features, search
from primage.synthesis.sources import PENALTY, Atlas, Plane, atlas
from primage.synthesis.voting import vote

#: Factor of the guides' weights at full strength; at strength 0 they are divided by it.
_STRENGTH = 8.0


@dataclass(frozen=True)
class SynthesisConfig:
    """Settings of a synthesis.

    Attributes:
        guides: weights of the guides for an edit of the training drawing.
        weak_guides: the same, with weaker lines, for drawings of other pictures, whose lines are less certain, and for
            holes that something was taken out of.
        levels: number of levels, each half as large as the one below it; more are added for large unknown places.
        unknown_patches: width of unknown places at the coarsest level, in patches, up to which levels are added.
        rounds: rounds of search and voting at each level but the finest.
        unknown_rounds: the same where a part of the target is unknown.
        finest_rounds: at the finest level.
        passes: of the search in each round.
        pull: cost of each squared pixel of distance from the matcher's field, where it is certain.
        pull_outside: the same outside the hole.
        tolerance: disagreement of the drawings at which the pull has fallen to 1 / e.
        sigma: cost at which the weight of a patch has fallen to 1 / e.
        falloff: the weight of a patch falls by e^-falloff with each pixel of distance from what is known.
        seed: of the random search.
    """

    guides: GuideWeights = field(default_factory=GuideWeights)
    weak_guides: GuideWeights = field(default_factory=lambda: GuideWeights(lines=0.5))
    levels: int = 4
    unknown_patches: float = 1.0
    rounds: int = 5
    unknown_rounds: int = 10
    finest_rounds: int = 3
    passes: int = 2
    pull: float = 0.002
    pull_outside: float = 0.02
    tolerance: float = 0.3
    sigma: float = 0.3
    falloff: float = 0.5
    seed: int = 0

    def obeying(self, strength: float) -> SynthesisConfig:
        """The settings with which the drawing counts more or less, relative to the colours.

        Disagreement is measured in weighted guides, so the weights also decide what is synthesised because it differs
        from the drawing, and how far the matcher's field is trusted there.

        Args:
            strength: 0 to 1; 0.5 changes nothing.
        """
        factor = _STRENGTH ** (2 * strength - 1)
        return replace(self, guides=self.guides.times(factor), weak_guides=self.weak_guides.times(factor))

    @property
    def multiple(self) -> int:
        """Side of a pixel of the coarsest level, in pixels of the finest."""
        return int(2 ** (self.levels - 1))

    def levels_for(self, unknown: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> int:
        """Number of levels for a picture with an unknown part.

        Args:
            unknown: (H, W).
            size: (height, width) of the photo, which keeps at least two patches in each direction.
        """
        width = 2 * float(_depth(unknown).max(initial=0))
        side, levels = 2 * RADIUS + 1, self.levels
        while width > self.unknown_patches * side * 2 ** (levels - 1) and min(size) >= 2 * side * 2**levels:
            levels += 1
        return levels

    @staticmethod
    def context(levels: int) -> int:
        """Distance, in pixels, up to which pixels around a hole influence it directly."""
        return int((2 * RADIUS + 1) * 2 ** (levels - 1))


DEFAULTS = SynthesisConfig()


@dataclass(frozen=True)
class Target:
    """A picture, a part of which is to be synthesised.

    Attributes:
        picture: (H, W, 3), kept outside the hole.
        guides: (H, W, C), of the drawing, weighted like those of the planes; NaN where it does not say.
        prior: (H, W, 2), (y, x) of the expected source of each pixel in the photo, in pixels.
        plane: (H, W), number of the plane in which it is first looked for.
        trust: (H, W) in [0, 1], confidence in ``prior``.
        hole: (H, W), what to synthesise.
        unknown: (H, W), the part of the hole about which picture and prior say nothing; None for no part.
    """

    picture: UInt8[np.ndarray, "h w 3"]
    guides: Float32[np.ndarray, "h w c"]
    prior: Float32[np.ndarray, "h w 2"]
    plane: Int32[np.ndarray, "h w"]
    trust: Float32[np.ndarray, "h w"]
    hole: Bool[np.ndarray, "h w"]
    unknown: Bool[np.ndarray, "h w"] | None = None


@dataclass(frozen=True)
class _Level:
    """A target at one level; sides are even at all but the coarsest."""

    picture: Float32[np.ndarray, "h w 3"]
    guides: Float32[np.ndarray, "h w c"]
    prior: Float32[np.ndarray, "h w 2"]
    plane: Int32[np.ndarray, "h w"]
    trust: Float32[np.ndarray, "h w"]
    hole: Float32[np.ndarray, "h w"]
    known: Float32[np.ndarray, "h w"]

    def halved(self) -> _Level:
        # One of each block's four sources, since they may come from different parts. In pixels of half the size, the
        # block's centre is at 0.25 px from it in both pictures.
        prior = (self.prior[::2, ::2] / 2).astype(np.float32)
        known = halve(self.known)
        # What is unknown has no share in the colours.
        picture = halve(self.picture * self.known[..., None]) / np.maximum(known, 1e-6)[..., None]
        return _Level(
            picture, halve(self.guides), prior, self.plane[::2, ::2], halve(self.trust), halve(self.hole), known
        )


def synthesising(
    planes: Sequence[Plane], target: Target, config: SynthesisConfig = DEFAULTS, device: str = "cpu"
) -> Generator[float, None, tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 2"]]]:
    """Synthesise a part of a picture, as an iterator that can be closed between its steps.

    Args:
        planes: sources, the photo first; sides are multiples of the configuration's ``multiple``.
        target: the picture, and what to synthesise.
        config: settings.
        device: torch device of the search and the voting; compiled kernels are used on the CPU.

    Yields:
        The share of the work that is done, after each round.

    Returns:
        The picture, and (H, W, 2), the source of each pixel, (y, x) in pixels of the photo.

    Raises:
        PrimitiveError: no patch of the photo is allowed.

    Source:
        Wexler, Shechtman & Irani 2007 (levels and voting); Hertzmann et al. 2001 (guides); Barnes et al. 2009 (search);
        Pérez, Gangnet & Blake 2003 (seams).
    """
    height, width = target.hole.shape
    if not target.hole.any():
        return target.picture, target.prior
    unknown = np.zeros_like(target.hole) if target.unknown is None else target.unknown & target.hole
    levels = config.levels_for(unknown, planes[0].size)
    arrays = (target.picture.astype(np.float32) / 255, target.guides, target.prior, target.plane, target.trust)
    masks = (target.hole.astype(np.float32), (~unknown).astype(np.float32))
    if unknown.any():
        none = np.zeros(planes[0].size, np.float32)
        planes = [each if each.penalty is not None else each.avoiding(none) for each in planes]
    first = _Level(*(padded(x, 2 ** (levels - 1)) for x in (*arrays, *masks)))
    targets, sources = [first], [[each.padded(2 ** (levels - 1)) for each in planes]]
    for _ in range(levels - 1):
        targets.append(targets[-1].halved())
        sources.append([each.halved() for each in sources[-1]])
    coarse_rounds = config.unknown_rounds if unknown.any() else config.rounds

    def rounds(level: int) -> int:
        return coarse_rounds if level else config.finest_rounds

    work = np.cumsum([0, *(rounds(level) * 4.0**-level for level in range(levels))])

    find, colour = _on(device)
    matches: Int32[np.ndarray, "h w 2"] | None = None
    above: Atlas | None = None
    image = first.picture
    for level in range(levels - 1, -1, -1):
        here = targets[level]
        blank = here.known < (0.5 if level else 1)
        # At coarse levels, a pixel is synthesised if most of it is: flat colours would spread from smaller shares.
        # Levels were added only for what is unknown.
        hole = here.hole > (0.5 if level else 0) if level < config.levels else blank
        if not hole.any():
            continue
        place = atlas(sources[level])
        if not place.sources.allowed.any():
            if level:
                continue
            raise PrimitiveError(
                "nothing of the photo is left to copy: the edit must leave a part of at least 7 × 7 pixels in it"
            )
        start = place.nearest(here.prior, here.plane)
        pixels = np.argwhere(hole).astype(np.int32)
        around = ndimage.binary_dilation(hole, np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), bool))
        trust = np.where(here.known < 1, 0, here.trust)
        pull = np.where(hole, trust * config.pull, config.pull_outside).astype(np.float32)
        depth_cost = config.falloff * config.sigma * _depth(blank)
        if matches is None or above is None:
            matches, image = start, np.where(blank[..., None], np.float32(np.nan), here.picture)
        else:
            begun = blank if level == config.levels - 1 else hole
            matches = np.where(begun[..., None], place.allow(_enlarged(matches, above, place)), start)
            image = colour(
                place.colours, matches, depth_cost, np.argwhere(begun).astype(np.int32), here.picture, config.sigma
            )
        centres = np.argwhere(around).astype(np.int32)
        for number in range(rounds(level)):
            compared = features(image, here.guides)
            if unknown.any():
                compared[..., PENALTY] = np.where(here.known > 0, UNKNOWN, 0)
            query = Query(compared, centres, here.prior, pull)
            seed = config.seed + 1000 * level + 10 * number
            matches, cost = find(place.sources, query, matches, config.passes, seed)
            image = colour(place.colours, matches, cost + depth_cost, pixels, here.picture, config.sigma)
            done = work[-1] - work[level + 1] + (number + 1) * 4.0**-level
            yield float(done / work[-1])
        above = place
    assert matches is not None
    assert above is not None
    matches, image = matches[:height, :width], image[:height, :width]
    image = without_seams(image, target.hole, matches, above.colours)
    source = above.sources.to_photo[matches[..., 0], matches[..., 1]]
    hole = target.hole[..., None]
    result = np.where(hole, np.round(image * 255).astype(np.uint8), target.picture)
    return result, np.where(hole, source, target.prior)


def _depth(unknown: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Distance of each unknown pixel to the nearest known one; 0 if none is known."""
    if not unknown.any() or unknown.all():
        return np.zeros(unknown.shape, np.float32)
    depth: Float32[np.ndarray, "h w"] = ndimage.distance_transform_edt(unknown).astype(np.float32)
    return depth


def _on(device: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The search and the voting of a device."""
    if device == "cpu":
        return search, vote
    return partial(torch_search.search, device), partial(torch_search.vote, device)


def _enlarged(matches: Int32[np.ndarray, "h w 2"], above: Atlas, here: Atlas) -> Int32[np.ndarray, "h2 w2 2"]:
    """The field at twice the size, each match in the same plane."""
    coarse = np.repeat(np.repeat(matches, 2, 0), 2, 1)
    plane = above.plane[coarse[..., 0], coarse[..., 1]]
    within = np.moveaxis(np.indices(plane.shape, np.int32), 0, -1) % 2
    out: Int32[np.ndarray, "h2 w2 2"] = 2 * (coarse - above.origins[plane]) + within + here.origins[plane]
    return out
