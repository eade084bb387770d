"""Pixels at full size that were matched or synthesised: their sources are refined, and copied from the full photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float32, Int
from numba import prange
from PIL import Image
from scipy import ndimage

from primage.image import resize_image
from primage.render.cubic import add_colour, sample
from primage.synthesis.kernel import kernel
from primage.synthesis.threads import contiguous, torch_threads

#: Sources predicted by neighbouring pixels that are closer than this (working-size pixels) are one source.
_SAME_PX = 1.0
#: Differences of sources per pixel that are still a slope, not a discontinuity.
_MAX_SLOPE = 4.0
#: Steps of the sources to both sides of a pixel that differ by less are one slope.
_ALIKE_PX = 0.5
#: Between two sources, colours are blended over about this many pixels of the photo, and at least this part of a
#: working-size pixel.
_SEAM_PX, _SEAM = 2.5, 0.5
#: Radius of the mean of the colour differences, in working-size pixels.
_SMOOTH_RADIUS = 3
#: Pixels that cover more than this many pixels of the photo are means over them.
_SHRINKS = 1.3
_MAX_SAMPLES = 8


@dataclass(frozen=True, eq=False)
class Copies:
    """What was copied from the photo, at the working size.

    Attributes:
        field: (H, W, 2), (y, x) of the source of each pixel in the photo at working size, in pixels.
        slope: (H, W, 2, 2), derivative of ``field`` by row and column: ``slope[..., i, j]`` is that of coordinate j
            along axis i.
        offset: (H, W, 3), the smooth difference of the picture from what was copied.
    """

    field: Float32[np.ndarray, "h w 2"]
    slope: Float32[np.ndarray, "h w 2 2"]
    offset: Float32[np.ndarray, "h w 3"]


def copies(
    image: Float32[np.ndarray, "h w 3"],
    field: Float32[np.ndarray, "h w 2"],
    photo: Float32[np.ndarray, "h2 w2 3"],
    part: Bool[np.ndarray, "h w"] | None = None,
) -> Copies:
    """Analyse a picture at the working size.

    Args:
        image: the picture.
        field: (H, W, 2), (y, x) of the source of each pixel in ``photo``, in pixels.
        photo: the photo at the working size.
        part: (H, W), the pixels that count; at others, the nearest of them continues. None for all.

    Returns:
        What is needed to copy the pixels at any size.
    """
    slope = _slopes(field)
    difference = image - sample(photo, field.reshape(-1, 2)).reshape(image.shape)
    counts = np.ones(field.shape[:2], bool) if part is None else part
    offset = np.zeros_like(difference)
    with torch_threads():
        _smooth(*contiguous(difference, field, slope, counts), offset)
    if part is None:
        return Copies(np.ascontiguousarray(field), slope, offset)
    near = ndimage.distance_transform_edt(~part, return_distances=False, return_indices=True)
    steps = np.moveaxis(np.indices(part.shape) - near, 0, -1).astype(np.float32)
    y, x = near
    ahead = field[y, x] + np.einsum("hwi,hwij->hwj", steps, slope[y, x])
    return Copies(ahead.astype(np.float32), slope[y, x], offset[y, x])


def copied_colours(photo: np.ndarray, working: Copies, pixels: Int[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 3"]:
    """Copy pixels at full size.

    A pixel has up to nine candidates, the sources that the surrounding working-size pixels predict. It takes those that
    most of the near ones agree on; at a discontinuity, it blends with the next best over a few pixels.

    Args:
        photo: (H, W, 3) uint8 or uint16, at full size.
        working: what was copied.
        pixels: (N, 2), (y, x) of the pixels.

    Returns:
        (N, 3), in the photo's units, not clipped.
    """
    out = np.empty((len(pixels), 3), np.float32)
    scale = np.array(photo.shape[:2]) / np.array(working.field.shape[:2])
    arrays = contiguous(photo, working.field, working.slope, working.offset, np.asarray(pixels, np.int64), scale)
    with torch_threads():
        _copy(*arrays, out)
    return out


def enlarged(
    image: Float32[np.ndarray, "h w 3"], pixels: Int[np.ndarray, "n 2"], size: tuple[int, int]
) -> Float32[np.ndarray, "n 3"]:
    """Interpolate a working-size picture at pixels of the full-size one, bicubic.

    Args:
        image: the picture.
        pixels: (N, 2), (y, x).
        size: (height, width) of the full-size picture.
    """
    scale = np.array(image.shape[:2]) / np.array(size)
    return sample(image, (pixels + 0.5) * scale - 0.5)


def resized(photo: np.ndarray, size: tuple[int, int]) -> Float32[np.ndarray, "h w 3"]:
    """A photo at another size.

    Args:
        photo: (H, W, 3) uint8 or uint16.
        size: (height, width).

    Returns:
        In the photo's units.
    """
    if photo.dtype == np.uint8:
        return resize_image(photo, size).astype(np.float32)
    planes = [Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in np.moveaxis(photo, -1, 0)]
    small = [plane.resize((size[1], size[0]), Image.Resampling.LANCZOS) for plane in planes]
    return np.stack([np.asarray(plane) for plane in small], axis=-1).clip(0, 65535)


def _slopes(field: np.ndarray) -> Float32[np.ndarray, "h w 2 2"]:
    """The derivative of a field inside its continuous parts; at discontinuities, that of a shift."""
    out = np.zeros((*field.shape[:2], 2, 2), np.float32)
    for axis in (0, 1):
        shift = np.eye(2, dtype=np.float32)[axis]
        step = np.diff(field, axis=axis)
        border = np.full_like(np.take(field, [0], axis), np.inf)
        after, before = np.concatenate([step, border], axis), np.concatenate([border, step], axis)
        with np.errstate(invalid="ignore"):
            alike = np.linalg.norm(after - before, axis=-1) < _ALIKE_PX
        mean = 0.5 * np.where(alike[..., None], after + before, 0)
        # Where the two sides differ, one of them is a discontinuity.
        jumps = [np.linalg.norm(each - shift, axis=-1) for each in (after, before)]
        nearer = np.where((jumps[0] <= jumps[1])[..., None], after, before)
        slope = np.where(alike[..., None], mean, nearer)
        usable = np.where(alike, np.linalg.norm(mean, axis=-1) < _MAX_SLOPE, np.minimum(*jumps) < _SAME_PX)
        out[:, :, axis] = np.where(usable[..., None], slope, shift)
    return out


@kernel(parallel=True)
@no_type_check
def _smooth(difference: np.ndarray, field: np.ndarray, slope: np.ndarray, counts: np.ndarray, out: np.ndarray) -> None:
    """The local mean of a difference over pixels that were copied together."""
    height, width = field.shape[:2]
    for y in prange(height):
        for x in range(width):
            if not counts[y, x]:
                continue
            total, whole = 0.0, 0.0
            r, g, b = 0.0, 0.0, 0.0
            for dy in range(-_SMOOTH_RADIUS, _SMOOTH_RADIUS + 1):
                for dx in range(-_SMOOTH_RADIUS, _SMOOTH_RADIUS + 1):
                    qy, qx = y + dy, x + dx
                    if qy < 0 or qx < 0 or qy >= height or qx >= width or not counts[qy, qx]:
                        continue
                    w = np.exp(-(dy * dy + dx * dx) / (0.5 * _SMOOTH_RADIUS * _SMOOTH_RADIUS))
                    whole += w
                    ey = field[y, x, 0] + slope[y, x, 0, 0] * dy + slope[y, x, 1, 0] * dx - field[qy, qx, 0]
                    ex = field[y, x, 1] + slope[y, x, 0, 1] * dy + slope[y, x, 1, 1] * dx - field[qy, qx, 1]
                    if ey * ey + ex * ex > (_SAME_PX + 0.25 * (dy * dy + dx * dx) ** 0.5) ** 2:
                        continue
                    total += w
                    r += w * difference[qy, qx, 0]
                    g += w * difference[qy, qx, 1]
                    b += w * difference[qy, qx, 2]
            # Beside a seam, the picture itself: both sides were fitted to each other there.
            t = min(max(2 * total / whole - 1, 0.0), 1.0)
            out[y, x, 0] = t * r / total + (1 - t) * difference[y, x, 0]
            out[y, x, 1] = t * g / total + (1 - t) * difference[y, x, 1]
            out[y, x, 2] = t * b / total + (1 - t) * difference[y, x, 2]


@kernel(parallel=True)
@no_type_check
def _copy(
    photo: np.ndarray,
    field: np.ndarray,
    slope: np.ndarray,
    offset: np.ndarray,
    pixels: np.ndarray,
    scale: np.ndarray,
    out: np.ndarray,
) -> None:
    height, width = field.shape[:2]
    for n in prange(len(pixels)):
        y, x = pixels[n, 0], pixels[n, 1]
        wy, wx = (y + 0.5) / scale[0] - 0.5, (x + 0.5) / scale[1] - 0.5
        cy, cx = min(max(round(wy), 0), height - 1), min(max(round(wx), 0), width - 1)
        at = np.empty((9, 2), np.int64)
        source = np.empty((9, 2))
        share = np.empty(9)
        count = 0
        for qy in range(max(cy - 1, 0), min(cy + 2, height)):
            for qx in range(max(cx - 1, 0), min(cx + 2, width)):
                ty, tx = wy - qy, wx - qx
                at[count, 0], at[count, 1] = qy, qx
                for k in range(2):
                    source[count, k] = field[qy, qx, k] + slope[qy, qx, 0, k] * ty + slope[qy, qx, 1, k] * tx
                share[count] = _bump(ty) * _bump(tx)
                count += 1
        out[n] = 0
        free = np.ones(count, np.bool_)
        best, score = _agreed(source, share, free, count)
        mine = free.copy()
        for k in range(count):
            if _near(source, best, k):
                free[k] = False
        weight = 1.0
        if free.any():
            other, rival = _agreed(source, share, free, count)
            # Shares change by about 1.5 per working-size pixel across a discontinuity.
            seam = max(_SEAM_PX, _SEAM * scale[0])
            weight = min(0.5 + (score - rival) * scale[0] / (1.5 * seam), 1.0)
            if weight < 1:
                _add(photo, field, slope, offset, at, source, share, free, other, scale, y, x, 1 - weight, out[n])
        _add(photo, field, slope, offset, at, source, share, mine, best, scale, y, x, weight, out[n])


@kernel()
@no_type_check
def _bump(t: float) -> float:
    """The quadratic B-spline."""
    t = abs(t)
    if t <= 0.5:
        return 0.75 - t * t
    return 0.5 * (1.5 - t) ** 2 if t < 1.5 else 0.0


@kernel()
@no_type_check
def _near(source: np.ndarray, i: int, j: int) -> bool:
    return (source[i, 0] - source[j, 0]) ** 2 + (source[i, 1] - source[j, 1]) ** 2 < _SAME_PX * _SAME_PX


@kernel()
@no_type_check
def _agreed(source: np.ndarray, share: np.ndarray, free: np.ndarray, count: int) -> tuple[int, float]:
    """The candidate that most others agree with, and their share."""
    best, score = -1, -1.0
    for i in range(count):
        if not free[i]:
            continue
        total = 1e-6 * share[i]
        for j in range(count):
            if free[j] and _near(source, i, j):
                total += share[j]
        if total > score:
            best, score = i, total
    return best, score


@kernel()
@no_type_check
def _add(
    photo: np.ndarray,
    field: np.ndarray,
    slope: np.ndarray,
    offset: np.ndarray,
    at: np.ndarray,
    source: np.ndarray,
    share: np.ndarray,
    free: np.ndarray,
    best: int,
    scale: np.ndarray,
    y: int,
    x: int,
    weight: float,
    out: np.ndarray,
) -> None:
    """Add the colour at the mean of the candidates that agree with the best one."""
    by, bx = at[best, 0], at[best, 1]
    shift = field[by, bx, 0] - by, field[by, bx, 1] - bx
    whole = shift[0] == np.rint(shift[0]) and shift[1] == np.rint(shift[1])
    total, sy, sx = 0.0, 0.0, 0.0
    colour = np.zeros(3)
    steps = np.zeros((2, 2))
    for i in range(len(free)):
        if not free[i] or not _near(source, best, i):
            continue
        qy, qx = at[i, 0], at[i, 1]
        w = share[i]
        total += w
        sy += w * source[i, 0]
        sx += w * source[i, 1]
        for c in range(3):
            colour[c] += w * offset[qy, qx, c]
        for j in range(2):
            for k in range(2):
                steps[j, k] += w * slope[qy, qx, j, k]
        whole = whole and field[qy, qx, 0] - qy == shift[0] and field[qy, qx, 1] - qx == shift[1]
    if total <= 0:
        return
    for c in range(3):
        out[c] += weight * colour[c] / total
    if whole:
        # A shift by whole pixels at the working size is one by whole pixels of the photo: nothing is resampled.
        add_colour(photo, y + np.rint(shift[0] * scale[0]), x + np.rint(shift[1] * scale[1]), out, weight)
        return
    fy, fx = (sy / total + 0.5) * scale[0] - 0.5, (sx / total + 0.5) * scale[1] - 0.5
    steps /= total
    ny = _samples(np.hypot(steps[0, 0], steps[0, 1]))
    nx = _samples(np.hypot(steps[1, 0], steps[1, 1]))
    for i in range(ny):
        ty = (i + 0.5) / ny - 0.5
        for j in range(nx):
            tx = (j + 0.5) / nx - 0.5
            dy, dx = steps[0, 0] * ty + steps[1, 0] * tx, steps[0, 1] * ty + steps[1, 1] * tx
            add_colour(photo, fy + dy, fx + dx, out, weight / (ny * nx))


@kernel()
@no_type_check
def _samples(span: float) -> int:
    return 1 if span < _SHRINKS else min(int(np.ceil(span)), _MAX_SAMPLES)
