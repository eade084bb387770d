"""Nearest-neighbour field: for each patch of a target, the most similar patch of the sources.

PatchMatch with propagation and random search. Each pass reads the field of the pass before and writes a new one, random
numbers are hashes of pass and position, and distances are integers, so the result does not depend on the number of
threads.

`search` alone decides how neighbours are found: another search can take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float32, Int16, Int32
from numba import prange

from primage.synthesis.kernel import kernel
from primage.synthesis.threads import contiguous, torch_threads

#: Number of channels of `features`: a constant, so that the innermost loop becomes vector instructions.
CHANNELS = 16
#: Integer value of 1.0, for example of white.
UNIT = 255
#: Value of what is not known of a target: it is as near to any number as to any other.
UNKNOWN = np.int16(-(2**15))
#: Patches have this radius: 7 × 7 pixels.
RADIUS = 3
#: Numbers in a row of a patch.
_RUN = CHANNELS * (2 * RADIUS + 1)
#: A limit that no distance reaches.
_UNLIMITED = np.int64(2**62)
#: Squared distance from the prior, in px², beyond which it costs no more.
PULL_LIMIT = 64.0
#: Distance of the neighbours whose matches are tried, pass by pass.
JUMPS = (4, 1, 2, 1)


@dataclass(frozen=True)
class Sources:
    """Where patches come from: one picture, or several planes in one array.

    Attributes:
        features: (H, W, 16), from `features`, with a border of at least `RADIUS` around all allowed centres.
        allowed: (H, W), the centres of patches that may be used.
        to_photo: (H, W, 2), (y, x) of each pixel in the photo, in pixels.
        from_photo: (P, 2, 3), for each plane, the affine map from the photo to the array.
    """

    features: Int16[np.ndarray, "h w c"]
    allowed: Bool[np.ndarray, "h w"]
    to_photo: Float32[np.ndarray, "h w 2"]
    from_photo: Float32[np.ndarray, "p 2 3"]


@dataclass(frozen=True)
class Query:
    """What is matched.

    Attributes:
        features: (H, W, 16), from `features`.
        centres: (N, 2), (y, x) of the centres of the patches to match.
        prior: (H, W, 2), (y, x), where each pixel is expected to come from, in pixels of the photo.
        pull: (H, W), what each squared pixel of distance from there costs; 1 is a patch in which one channel of one
            pixel differs by 1.0.
    """

    features: Int16[np.ndarray, "h w c"]
    centres: Int32[np.ndarray, "n 2"]
    prior: Float32[np.ndarray, "h w 2"]
    pull: Float32[np.ndarray, "h w"]

    def bordered(self) -> Int16[np.ndarray, "h2 w2 c"]:
        """The features with borders of `RADIUS`, so that every patch is complete."""
        return np.pad(self.features, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")


def features(*channels: Float32[np.ndarray, "h w _"]) -> Int16[np.ndarray, "h w 16"]:
    """Quantise the channels that patches are compared on.

    Args:
        *channels: (H, W, C) each, already multiplied by the square roots of their weights; 16 channels at most. NaN is
            unknown.

    Returns:
        (H, W, 16), in units of 1 / `UNIT`; `UNKNOWN` where a channel is.
    """
    out = np.zeros((*channels[0].shape[:2], CHANNELS), np.int16)
    first = 0
    for part in channels:
        scaled = part * np.float32(UNIT)
        np.nan_to_num(np.rint(scaled, out=scaled), copy=False, nan=float(UNKNOWN))
        out[..., first : first + part.shape[2]] = scaled
        first += part.shape[2]
    return out


@kernel()
@no_type_check
def _hash(a: int, b: int, c: int, d: int) -> np.uint32:
    """A well mixed 32-bit number (the finaliser of MurmurHash3)."""
    h = np.uint32(a) * np.uint32(0x9E3779B1) + np.uint32(b) * np.uint32(0x85EBCA6B)
    h = np.uint32(h + np.uint32(c) * np.uint32(0xC2B2AE35) + np.uint32(d) * np.uint32(0x27D4EB2F))
    h = np.uint32(h ^ (h >> np.uint32(16)))
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h = np.uint32(h ^ (h >> np.uint32(13)))
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))


@kernel()
@no_type_check
def _distance(source: np.ndarray, target: np.ndarray, sy: int, sx: int, ty: int, tx: int, limit: np.int64) -> np.int64:
    """Sum of squared differences of two patches; stops beyond ``limit``. Rows are flat; the target has borders.

    What is unknown of the target does not differ.
    """
    total = np.int64(0)
    first = CHANNELS * (sx - RADIUS)
    target_first = CHANNELS * tx
    for dy in range(2 * RADIUS + 1):
        # One contiguous run of numbers per row, and products of 16 bits added in 32, are one vector instruction.
        a = source[sy - RADIUS + dy, first : first + _RUN]
        b = target[ty + dy, target_first : target_first + _RUN]
        row = np.int32(0)
        for k in range(_RUN):
            e = np.int32(np.int16(np.int16(a[k] - b[k]) * np.int16(b[k] != UNKNOWN)))
            row = np.int32(row + np.int32(e * e))
        total += row
        if total >= limit:
            break
    return total


@kernel()
@no_type_check
def _pull_cost(
    prior: np.ndarray, pull: np.ndarray, to_photo: np.ndarray, ty: int, tx: int, sy: int, sx: int
) -> np.int64:
    weight = pull[ty, tx]
    if weight == 0.0:
        return np.int64(0)
    a = to_photo[sy, sx, 0] - prior[ty, tx, 0]
    b = to_photo[sy, sx, 1] - prior[ty, tx, 1]
    return np.int64(weight * np.float32(UNIT * UNIT) * min(a * a + b * b, np.float32(PULL_LIMIT)))


@kernel(parallel=True)
@no_type_check
def _costs(
    source: np.ndarray,
    to_photo: np.ndarray,
    target: np.ndarray,
    prior: np.ndarray,
    pull: np.ndarray,
    centres: np.ndarray,
    field: np.ndarray,
    cost: np.ndarray,
) -> None:
    for i in prange(len(centres)):
        ty, tx = centres[i, 0], centres[i, 1]
        sy, sx = field[ty, tx, 0], field[ty, tx, 1]
        cost[ty, tx] = _pull_cost(prior, pull, to_photo, ty, tx, sy, sx) + _distance(
            source, target, sy, sx, ty, tx, _UNLIMITED
        )


@kernel(parallel=True)
@no_type_check
def _pass(
    source: np.ndarray,
    allowed: np.ndarray,
    to_photo: np.ndarray,
    from_photo: np.ndarray,
    target: np.ndarray,
    prior: np.ndarray,
    pull: np.ndarray,
    centres: np.ndarray,
    field: np.ndarray,
    cost: np.ndarray,
    next_field: np.ndarray,
    next_cost: np.ndarray,
    jump: int,
    seed: int,
) -> None:
    height, width = field.shape[:2]
    rows, columns = allowed.shape
    planes = len(from_photo)
    for i in prange(len(centres)):
        ty, tx = centres[i, 0], centres[i, 1]
        best, by, bx = cost[ty, tx], field[ty, tx, 0], field[ty, tx, 1]
        reach = max(rows, columns) // 2
        k = 0
        while k < 4 or reach >= 1:
            if k < 4:  # the matches of the neighbours
                oy = jump if k == 0 else (-jump if k == 1 else 0)
                ox = jump if k == 2 else (-jump if k == 3 else 0)
                ny, nx = ty + oy, tx + ox
                k += 1
                if ny < 0 or ny >= height or nx < 0 or nx >= width:
                    continue
                sy, sx = field[ny, nx, 0] - oy, field[ny, nx, 1] - ox
            else:  # random places around the best match, nearer and nearer
                h = _hash(seed, ty, tx, k)
                side = np.int64(2 * reach + 1)
                sy = by - reach + np.int32((np.int64(h & np.uint32(0xFFFF)) * side) >> 16)
                sx = bx - reach + np.int32((np.int64(h >> np.uint32(16)) * side) >> 16)
                if planes > 1 and k % 2:  # around the same place of the photo in another plane
                    p = _hash(seed, ty, tx, k + 1000) % np.uint32(planes)
                    y, x = to_photo[by, bx, 0], to_photo[by, bx, 1]
                    sy += (
                        np.int32(np.rint(from_photo[p, 0, 0] * y + from_photo[p, 0, 1] * x + from_photo[p, 0, 2])) - by
                    )
                    sx += (
                        np.int32(np.rint(from_photo[p, 1, 0] * y + from_photo[p, 1, 1] * x + from_photo[p, 1, 2])) - bx
                    )
                k += 1
                reach //= 2
            if sy < 0 or sy >= rows or sx < 0 or sx >= columns or not allowed[sy, sx] or (sy == by and sx == bx):
                continue
            d = _pull_cost(prior, pull, to_photo, ty, tx, sy, sx)
            if d < best:
                d += _distance(source, target, sy, sx, ty, tx, best - d)
                if d < best:
                    best, by, bx = d, sy, sx
        next_cost[ty, tx] = best
        next_field[ty, tx, 0], next_field[ty, tx, 1] = by, bx


@torch_threads()
def search(
    sources: Sources, query: Query, field: Int32[np.ndarray, "h w 2"], passes: int, seed: int
) -> tuple[Int32[np.ndarray, "h w 2"], Float32[np.ndarray, "h w"]]:
    """Improve a nearest-neighbour field.

    Args:
        sources: where patches come from.
        query: what is matched.
        field: (H, W, 2), (y, x) in the array of sources, a match for each pixel of the target, allowed at the centres.
        passes: number of passes of propagation and random search.
        seed: seed of the random search.

    Returns:
        The field, changed at the centres, and (H, W) costs there: squared differences, and the pull of the prior, in
        the unit of `Query.pull`; 0 elsewhere.

    Source:
        Barnes et al. 2009, PatchMatch. Neighbours at several distances, as in jump flooding (Rong & Tan 2006).
    """
    field, cost = field.copy(), np.zeros(field.shape[:2], np.int64)
    bordered = query.bordered()
    source, allowed, to_photo, from_photo, target, prior, pull, centres = contiguous(
        sources.features.reshape(len(sources.features), -1), sources.allowed, sources.to_photo, sources.from_photo,
        bordered.reshape(len(bordered), -1), query.prior, query.pull, query.centres,
    )  # fmt: skip
    _costs(source, to_photo, target, prior, pull, centres, field, cost)
    next_field, next_cost = field.copy(), cost.copy()
    for i in range(passes):
        _pass(
            source, allowed, to_photo, from_photo, target, prior, pull, centres, field, cost, next_field, next_cost,
            JUMPS[i % len(JUMPS)], seed + i,
        )  # fmt: skip
        field, cost, next_field, next_cost = next_field, next_cost, field, cost
    return field, (cost / float(UNIT * UNIT)).astype(np.float32)
