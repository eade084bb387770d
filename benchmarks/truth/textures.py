"""Backgrounds and materials, in linear light: photos of surfaces from scikit-image, and procedural ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image
from scipy import ndimage

from truth.compose import to_linear

Size = tuple[int, int]
Colour = tuple[float, float, float]


@cache
def photo(name: str) -> np.ndarray:
    """A photo that scikit-image carries, (H, W, 3) uint8."""
    return np.asarray(Image.open(Path(skimage.data.__file__).parent / name).convert("RGB"))


def noise(rng: np.random.Generator, size: Size, cell_px: Size, octaves: int = 4) -> np.ndarray:
    """Smooth noise of several scales, mean 0 and standard deviation 1, (H, W) float32."""
    total = np.zeros(size)
    for octave in range(octaves):
        rows, columns = (_spline(side, max(1.0, c / 2**octave)) for side, c in zip(size, cell_px, strict=True))
        total += rows @ rng.standard_normal((rows.shape[1], columns.shape[1])) @ columns.T / 2**octave
    return ((total - total.mean()) / (total.std() + 1e-9)).astype(np.float32)


def _spline(side: int, cell: float) -> np.ndarray:
    """(side, knots): weights of a cubic B-spline with a knot every ``cell`` pixels."""
    at = np.arange(side) / cell
    first, f = np.floor(at).astype(int), at % 1
    weights = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    matrix = np.zeros((side, int(first.max()) + 4))
    for knot, weight in enumerate(weights):
        matrix[np.arange(side), first + knot] = weight / 6
    return matrix


def mix(a: np.ndarray | Colour, b: np.ndarray | Colour, share: np.ndarray) -> np.ndarray:
    """Blend two sRGB colours, or pictures in linear light, by a share in [0, 1]."""
    first, second = (to_linear(c) if isinstance(c, tuple) else c for c in (a, b))
    return (first + (second - first) * share.clip(0, 1)[..., None]).astype(np.float32)


def lit(colour: np.ndarray, rng: np.random.Generator, amount: float = 0.12) -> np.ndarray:
    """The surface under uneven light: brighter towards the upper left, with faint large patches."""
    size = colour.shape[:2]
    y, x = np.mgrid[0 : 1 : size[0] * 1j, 0 : 1 : size[1] * 1j]
    light = 1 + amount * (1 - x - y) + 0.25 * amount * noise(rng, size, (size[0], size[1]), 1)
    return (colour * light[..., None]).astype(np.float32)


def crop(name: str, size: Size, at: tuple[int, int] = (0, 0), zoom: float = 1.0, turn: int = 0) -> np.ndarray:
    """Part of a photo after ``turn`` quarter turns, enlarged and continued by reflection; (H, W, 3) in [0, 255]."""
    source = np.rot90(photo(name), turn).astype(np.float32)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    planes = [ndimage.gaussian_filter(p, max(0.0, 0.45 / zoom - 0.45)) for p in np.moveaxis(source, -1, 0)]
    where = [(y + 0.5) / zoom + at[0] - 0.5, (x + 0.5) / zoom + at[1] - 0.5]
    return np.stack([ndimage.map_coordinates(p, where, order=1, mode="mirror") for p in planes], axis=-1)


def tinted(grey: np.ndarray, dark: Colour, light: Colour, low: float = 40, high: float = 210) -> np.ndarray:
    """Colour a grey photo (H, W, 3) in [0, 255] between two sRGB colours; returns linear light."""
    share = ((grey[..., 0] - low) / (high - low)).clip(0, 1.15)
    a, b = np.array(dark, np.float32), np.array(light, np.float32)
    return to_linear((a + (b - a) * share[..., None]).clip(0, 255))


def wood(rng: np.random.Generator, size: Size, dark: Colour, light: Colour, planks: int = 4) -> np.ndarray:
    """Planks with grain along x."""
    height = size[0] / planks
    y = np.arange(size[0], dtype=np.float32)[:, None] + np.zeros(size[1], np.float32)
    out = np.empty((*size, 3), np.float32)
    for plank in range(planks):
        rows = slice(round(plank * height), round((plank + 1) * height))
        inner = (rows.stop - rows.start, size[1])
        rings = noise(rng, inner, (14, 160), 3) * 2.2 + (y[rows] - rows.start) / 9
        grain = 0.5 + 0.28 * np.sin(rings * 2.1) + 0.1 * noise(rng, inner, (3, 50), 2)
        grain = grain + 0.05 * noise(rng, inner, (2, 5), 2) + rng.uniform(-0.15, 0.15)
        gap = np.minimum(y[rows] - rows.start, rows.stop - 1 - y[rows])
        out[rows] = mix(dark, light, grain) * (0.35 + 0.65 * (gap / 2).clip(0, 1))[..., None]
    return lit(out, rng)


def brick_wall(rng: np.random.Generator, size: Size, at: tuple[int, int] = (0, 0), zoom: float = 1.0) -> np.ndarray:
    """A wall of red bricks with light joints."""
    grey = crop("brick.png", size, at, zoom, turn=1)[..., 0]
    joint = ((grey - 105) / 30).clip(0, 1)
    detail = (grey / 100)[..., None] ** 1.5
    tone = 1 + 0.22 * noise(rng, size, (26, 60), 2)
    bricks = to_linear((150, 78, 58)) * detail * tone[..., None].clip(0.5, 1.6)
    joints = to_linear((178, 168, 155)) * detail * 0.55
    return lit(mix(bricks, joints, joint), rng)


def masonry(rng: np.random.Generator, size: Size, brick_px: tuple[int, int] = (13, 40)) -> np.ndarray:
    """A wall of straight courses of bricks in several reds, each shifted by half a brick."""
    fine = 3
    y = (np.arange(size[0] * fine)[:, None] + 0.5) / fine
    x = (np.arange(size[1] * fine)[None, :] + 0.5) / fine
    wobble = [0.5 * noise(rng, (size[0] * fine, size[1] * fine), (40, 40), 2) for _ in range(2)]
    course = np.floor((y + wobble[0]) / brick_px[0])
    across = x + wobble[1] + course % 2 * brick_px[1] / 2
    column = np.floor(across / brick_px[1])
    tones = rng.normal(0, 1, (64, 64))[course.astype(int) % 64, column.astype(int) % 64]
    edge = np.minimum((y + wobble[0]) % brick_px[0], across % brick_px[1])
    joint = ((1.9 + 0.5 * wobble[0] - edge) * 1.6).clip(0, 1)
    sides = ((edge - 1.2) / 1.6).clip(0, 1)
    grain = 1 + 0.13 * noise(rng, edge.shape, (7, 9), 3)
    bricks = mix((112, 52, 42), (176, 96, 70), 0.45 + 0.26 * tones) * (grain * (0.72 + 0.28 * sides))[..., None]
    wall = mix(bricks, to_linear((166, 158, 146)) * (grain * 0.8)[..., None], joint)
    return lit(wall.reshape(size[0], fine, size[1], fine, 3).mean(axis=(1, 3)), rng)


def plaster(rng: np.random.Generator, size: Size, colour: Colour) -> np.ndarray:
    """A painted wall."""
    relief = 0.035 * noise(rng, size, (6, 6), 3) + 0.045 * noise(rng, size, (50, 50), 3)
    return lit(to_linear(colour) * (1 + relief)[..., None], rng)


def linen(rng: np.random.Generator, size: Size, colour: Colour) -> np.ndarray:
    """Woven cloth with a few soft folds."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    threads = np.sin(x * 2 * np.pi / 3.3 + noise(rng, size, (60, 60), 2)) * np.sin(y * 2 * np.pi / 3.1)
    slubs = noise(rng, size, (2, 30), 2) + noise(rng, size, (30, 2), 2)
    folds = ndimage.gaussian_filter(noise(rng, size, (40, 140), 1), 6)
    return lit(to_linear(colour) * (1 + 0.09 * threads + 0.045 * slubs + 0.09 * folds)[..., None], rng)


def sky(rng: np.random.Generator, size: Size, top: Colour, bottom: Colour, clouds: float = 0.5) -> np.ndarray:
    """A gradient with soft clouds; ``clouds`` in [0, 1] is how much they cover."""
    down = np.repeat(np.linspace(0, 1, size[0], dtype=np.float32)[:, None], size[1], axis=1)
    field = noise(rng, size, (size[0] // 5, size[1] // 2), 5) + 2.2 * clouds - 1.4
    cover = (field / 1.6).clip(0, 1) ** 1.2 * 0.9
    shade = mix((205, 212, 222), (252, 250, 247), 0.5 + 0.4 * np.roll(field, 6, axis=0) - 0.2 * field)
    return mix(mix(top, bottom, down), shade, cover)


def ground(
    texture: np.ndarray, size: Size, horizon: float, near: float = 1.0, haze: Colour | None = None
) -> np.ndarray:
    """A texture on a plane that recedes to a horizon (a share of the height, above or inside the picture)."""
    fine = 3
    y = (np.arange(size[0] * fine, dtype=np.float32)[:, None] + 0.5) / fine
    x = (np.arange(size[1] * fine, dtype=np.float32)[None, :] + 0.5) / fine - size[1] / 2
    depth = (size[0] * (1 - horizon)) / np.maximum(y - horizon * size[0], 0.5)
    rows, columns = np.broadcast_arrays(near * size[0] * 0.8 * depth, near * x * depth + 740)
    out = np.stack(
        [ndimage.map_coordinates(p, [rows, columns], order=1, mode="mirror") for p in np.moveaxis(texture, -1, 0)], -1
    )
    out = out.reshape(size[0], fine, size[1], fine, 3).mean(axis=(1, 3))
    # Far away many texels share a pixel: their mean.
    far = np.repeat((depth.reshape(size[0], fine).mean(axis=1)[:, None] / 9 - 0.4).clip(0, 1), size[1], axis=1)
    out = mix(out, np.broadcast_to(texture.mean(axis=(0, 1)), out.shape), 0.85 * far)
    return out if haze is None else mix(out, np.broadcast_to(to_linear(haze), out.shape), 0.5 * far)


def grass(rng: np.random.Generator, size: Size, at: tuple[int, int] = (0, 0), zoom: float = 1.0) -> np.ndarray:
    base = tinted(crop("grass.png", size, at, zoom), (30, 42, 14), (150, 172, 84))
    dry = 0.5 + 0.25 * noise(rng, size, (70, 90), 3)
    return mix(base, base * np.array([1.5, 1.12, 0.9], np.float32), dry)


def gravel(size: Size, at: tuple[int, int] = (0, 0), zoom: float = 1.0) -> np.ndarray:
    return tinted(crop("gravel.png", size, at, zoom), (44, 40, 38), (205, 196, 184), 30, 215)


def asphalt(rng: np.random.Generator, size: Size) -> np.ndarray:
    speck = (
        0.16 * noise(rng, size, (1, 1), 1) + 0.07 * noise(rng, size, (5, 9), 3) + 0.05 * noise(rng, size, (40, 90), 2)
    )
    return to_linear((104, 104, 108)) * (1 + speck)[..., None].clip(0.3, 2).astype(np.float32)


def water(rng: np.random.Generator, size: Size, deep: Colour, bright: Colour) -> np.ndarray:
    """Waves that get larger towards the lower edge."""
    y = np.arange(size[0], dtype=np.float32)[:, None] + np.zeros(size[1], np.float32)
    x = np.arange(size[1], dtype=np.float32)[None, :] + np.zeros((size[0], 1), np.float32)
    stretch = 5.0 * np.log1p(y / 18)  # rows per wave grow with nearness
    pattern = noise(rng, (400, size[1] * 2), (9, 46), 4)
    waves = ndimage.map_coordinates(pattern, [stretch * 16 % 399, (x - size[1] / 2) * 60 / (y + 60) + size[1]], order=1)
    return mix(deep, bright, 0.4 + 0.17 * waves - 0.15 * y / size[0])
