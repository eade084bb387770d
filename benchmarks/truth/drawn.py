"""Sprites drawn from shapes with texture and shading: vehicles, buildings' parts, plants, toys."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from truth.canvas import Canvas
from truth.compose import Sprite, to_linear
from truth.textures import Colour, mix, noise

GROUND = (0.0, 1.0)


def car(rng: np.random.Generator, colour: Colour, van: bool = False) -> Sprite:
    """A car or a van from the side. Parts: body, windows, wheels."""
    c = Canvas(215 if not van else 205, 300)
    if van:
        body = c.polygon([(6, 26), (12, 8), (150, 6), (178, 40), (198, 50), (201, 82), (6, 84)], 3)
        glass = [[(118, 17), (143, 16), (164, 42), (120, 42)], [(20, 18), (62, 17), (62, 40), (20, 40)]]
        glass.append([(68, 17), (112, 17), (113, 41), (68, 40)])
        wheels, radius = (44, 160), 17
    else:
        body = c.polygon(
            [(5, 50), (12, 44), (46, 40), (68, 15), (132, 13), (166, 41), (204, 50), (210, 78), (6, 81)], 3
        )
        glass = [[(58, 40), (74, 20), (98, 19), (98, 41)], [(104, 19), (129, 18), (151, 42), (104, 41)]]
        wheels, radius = (48, 166), 17.5
    c.paint(body, colour, 0)
    c.shade(1.25 - 0.55 * (c.y / 80).clip(0, 1) + 0.35 * np.exp(-(((c.y - 50) / 3.5) ** 2)))
    c.shade(1 + 0.02 * noise(rng, c.alpha.shape, (30, 30), 3))
    for pane in glass:
        cover = c.polygon(pane, 1)
        shine = 0.25 + 0.5 * (1 - c.y / 45).clip(0, 1) + 0.25 * (((c.x + c.y) % 34) < 9)
        c.paint(cover, mix((20, 26, 34), (150, 172, 190), shine), 1)
    for x in (100.5, 66 if not van else 115.5):
        c.paint(c.line([(x, 20), (x, 76)], 0.7) * body, tuple(0.55 * v for v in colour))
    c.paint(c.box(84, 48, 92, 50, 0.4), tuple(0.45 * v for v in colour))
    c.paint(c.box(0, 73, 208, 80, 1) * body, (44, 44, 46))
    right = 201 if van else 206
    c.paint(c.ellipse(right - 6, 58, 5, 4), (250, 240, 200))
    c.paint(c.box(6, 52, 11, 61, 0.8), (190, 24, 20))
    for x in wheels:
        c.paint(c.ellipse(x, 80, radius + 3, radius + 3) * body, (24, 24, 26))
        _wheel(c, x, 99.5 - radius, radius)
    return c.sprite(GROUND)


def _wheel(c: Canvas, x: float, y: float, radius: float) -> None:
    c.paint(c.ellipse(x, y, radius, radius), (30, 30, 32), 2)
    c.paint(c.ellipse(x, y, radius * 0.64, radius * 0.64), (150, 152, 156))
    for k in range(5):
        turn = 2 * np.pi * k / 5 + 0.3
        c.paint(
            c.ellipse(x + radius * 0.4 * np.cos(turn), y + radius * 0.4 * np.sin(turn), radius * 0.14, radius * 0.14),
            (50, 50, 54),
        )
    c.paint(c.ellipse(x, y, radius * 0.13, radius * 0.13), (90, 92, 96))


def balloon(colours: tuple[Colour, ...], gores: int = 11) -> Sprite:
    """A hot-air balloon. Parts: envelope, basket."""
    c = Canvas(76, 400)
    for x in (31, 45):
        c.paint(c.line([(x + (x - 38) * 0.7, 66), (x, 90)], 0.5), (60, 50, 40), 1)
    c.paint(c.box(30.5, 88, 45.5, 98, 0.6), (126, 86, 46), 1)
    c.shade(0.85 + 0.3 * np.sin(c.x * 4) * np.sin(c.y * 4), np.where(c.y > 87, 1, 0))
    half = np.where(c.y < 38, np.sqrt((1 - ((c.y - 38) / 36.5) ** 2).clip(0, 1)), 0)
    lower = 1 - 0.72 * ((c.y - 38) / 38).clip(0, 1) ** 1.6
    half = np.where(c.y < 38, half, np.where(c.y < 76, lower, 0)) * 36
    across = ((c.x - 38) / np.maximum(half, 0.1)).clip(-1, 1)
    cover = ((half - np.abs(c.x - 38)) * c.unit + 0.5).clip(0, 1)
    gore = np.arcsin(across) / np.pi + 0.5
    index = np.floor(gore * gores).clip(0, gores - 1).astype(int) % len(colours)
    stripes = np.stack([to_linear(colour) for colour in colours])[index]
    band = np.exp(-(((c.y - 56) / 3) ** 2))[..., None]
    stripes = stripes * (1 - 0.75 * band) + to_linear(colours[-1]) * 0.75 * band
    seam = 1 - 0.25 * np.exp(-((((gore * gores + 0.5) % 1 - 0.5) / 0.06) ** 2))
    light = 0.55 + 0.6 * np.sqrt((1 - (across + 0.35) ** 2 / 1.9).clip(0, 1)) - 0.2 * (c.y / 76)
    c.paint(cover, stripes * (seam * light)[..., None], 0)
    return c.sprite()


def window(rng: np.random.Generator, frame: Colour, shutters: Colour | None, curtains: bool) -> Sprite:
    """A window of a house. Parts: frame and sill, glass, shutters."""
    side = 26 if shutters else 4
    width = 2 * side + 62
    c = Canvas(width, 320)
    left, right = side, width - side
    if shutters:
        for a, b in ((1, left - 1), (right + 1, width - 1)):
            c.paint(c.box(a, 3, b, 90, 0.4), shutters, 2)
            slats = 0.82 + 0.25 * (((c.y - 8) / 4.2) % 1)
            c.shade(slats, c.box(a + 4, 8, b - 4, 85))
    c.paint(c.box(left, 2, right, 91, 0.3), frame, 0)
    glass = mix(
        (28, 36, 46), (120, 142, 160), 0.15 + 0.6 * (1 - c.y / 90) + 0.06 * noise(rng, c.alpha.shape, (40, 40), 2)
    )
    middle = (left + right) / 2
    if curtains:
        folds = 0.72 + 0.18 * np.sin(c.x * 2.2)
        inner = np.abs(c.x - middle) > 9 + 12 * np.exp(-(((c.y - 8) / 30) ** 2)) * 0 + 8 * (c.y / 90)
        glass = np.where(inner[..., None], to_linear((214, 204, 190)) * folds[..., None], glass)
    for a, b in ((left + 4, middle - 1.5), (middle + 1.5, right - 4)):
        for top, bottom in ((6, 34), (38, 87)):
            c.paint(c.box(a, top, b, bottom), glass, 1)
            c.shade(np.where(c.y - top < 2.5, 0.55, 1.0), c.box(a, top, b, bottom))
    c.paint(c.box(left - 3, 91, right + 3, 99, 0.3), tuple(0.86 * v for v in frame), 0)
    c.shade(np.where(c.y > 96, 0.7, 1.0), np.where(c.y > 91, 1.0, 0.0))
    return c.sprite()


def door(rng: np.random.Generator, colour: Colour) -> Sprite:
    """A front door in its frame. Parts: frame, leaf, glass."""
    c = Canvas(52, 360)
    c.paint(c.box(0.5, 0.5, 51.5, 100.5), (222, 216, 204), 0)
    c.paint(c.box(5, 5, 47, 99), colour, 1)
    c.shade(1 + 0.06 * noise(rng, c.alpha.shape, (90, 3), 2), c.box(5, 5, 47, 99))
    for a, b in ((9, 24), (28, 43)):
        for top, bottom in ((42, 66), (71, 93)):
            c.shade(np.full(c.alpha.shape, 0.62), c.box(a, top, b, bottom))
            c.shade(np.full(c.alpha.shape, 1.5), c.box(a + 1, top + 1.2, b - 0.6, bottom - 0.6))
        c.paint(c.box(a, 10, b, 36), mix((40, 50, 60), (170, 188, 200), 1 - c.y / 36), 2)
    c.paint(c.ellipse(43.5, 57, 1.6, 1.6), (214, 178, 90))
    return c.sprite(GROUND)


def mushroom(rng: np.random.Generator, colour: Colour) -> Sprite:
    """A mushroom with a spotted cap. Parts: stem, cap, spots."""
    c = Canvas(110, 320)
    stem = c.polygon([(46, 45), (64, 45), (66, 80), (72, 97), (40, 97), (45, 80)], 3)
    c.paint(stem, to_linear((226, 214, 190)) * (1 + 0.12 * noise(rng, c.alpha.shape, (60, 4), 2))[..., None], 0)
    c.shade(1.1 - 0.5 * ((c.x - 44) / 26).clip(0, 1) - 0.35 * np.exp(-(((c.y - 50) / 9) ** 2)), stem)
    cap = c.ellipse(55, 50, 50, 46) * (c.y < 53) + c.ellipse(55, 52, 50.5, 7) * (c.y >= 53)
    light = 1.15 - 0.55 * (np.hypot(c.x - 38, (c.y - 20) * 1.2) / 60).clip(0, 1)
    c.paint(cap, to_linear(colour) * (light * (1 + 0.06 * noise(rng, c.alpha.shape, (12, 12), 3)))[..., None], 1)
    for x, y, r in (
        (30, 36, 6),
        (50, 20, 7.5),
        (74, 33, 7),
        (52, 42, 5),
        (90, 44, 4),
        (16, 47, 3.5),
        (66, 12, 3.5),
        (36, 15, 3),
    ):
        c.paint(c.ellipse(x, y, r, r * 0.75), to_linear((240, 232, 214)) * light[..., None], 2)
    return c.sprite(GROUND)


def tree(rng: np.random.Generator, leaves: Colour, trunk: Colour = (92, 68, 48)) -> Sprite:
    """A broad-leaved tree. Parts: trunk, crown."""
    c = Canvas(90, 360)
    c.paint(c.polygon([(41, 55), (50, 55), (51, 85), (56, 99.5), (36, 99.5), (41, 85)], 0.8), trunk, 0)
    c.shade(1.2 - 0.7 * ((c.x - 38) / 16).clip(0, 1) + 0.18 * noise(rng, c.alpha.shape, (26, 4), 3))
    clumps = np.full(c.alpha.shape, -9.0, np.float32)
    light = np.ones(c.alpha.shape, np.float32)
    for _ in range(26):
        turn, away = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
        x, y, r = 45 + 30 * away * np.cos(turn), 35 + 24 * away * np.sin(turn), rng.uniform(8, 13)
        own = r - np.hypot(c.x - x, c.y - y)
        light = np.where(own > 0, 0.95 - 0.03 * (c.y - y + 0.6 * (c.x - x)) - 0.003 * (y + x - 60), light)
        clumps = np.maximum(clumps, own)
    twigs = noise(rng, c.alpha.shape, (9, 9), 3)
    cover = ((clumps + 1.4 * twigs) * c.unit * 0.8 + 0.5).clip(0, 1)
    tone = light * (1 + 0.3 * noise(rng, c.alpha.shape, (7, 7), 3)).clip(0.35, 1.9)
    c.paint(cover, to_linear(leaves) * tone[..., None], 1)
    return c.sprite(GROUND)


def leaf(rng: np.random.Generator, colour: Colour, vein: Colour, lobes: int = 0) -> Sprite:
    """A fallen leaf, tip upwards. One part."""
    c = Canvas(64, 320)
    t = ((c.y - 4) / 82).clip(0, 1)
    half = (
        27
        * np.sin(np.pi * t**0.8).clip(0, 1) ** 0.8
        * (1 + (0.16 if lobes else 0.02) * np.sin(t * 2 * np.pi * (lobes or 14)))
    )
    mid = 32 + 2.5 * np.sin(t * 3)
    inside = (half - np.abs(c.x - mid)) * ((c.y > 4) & (c.y < 86))
    cover = (inside * c.unit * 0.8 + 0.5).clip(0, 1) * ((c.y > 4) & (c.y < 86))
    c.paint(c.line([(32, 84), (34.5, 92), (33, 99)], 1.6), vein, 0)
    blotch = noise(rng, c.alpha.shape, (60, 60), 4)
    c.paint(cover, mix(colour, vein, 0.3 + 0.22 * blotch), 0)
    side = np.abs(c.x - mid)
    ribs = np.exp(-((((((c.y + 0.75 * side) / 9.5) % 1) - 0.5) * 9.5 / 0.7) ** 2))
    c.paint(cover * (0.55 * ribs + 0.8 * np.exp(-((side / 0.8) ** 2))).clip(0, 1), vein)
    c.shade(np.where(c.x < mid, 1.1, 0.86) * (1 - 0.06 * blotch))
    return c.sprite()


def fruit(rng: np.random.Generator, colour: Colour, blush: Colour, kind: str) -> Sprite:
    """An apple, an orange or a plum. Parts: fruit, stem."""
    c = Canvas(104, 320)
    x, y = (c.x - 52) / 48, (c.y - 55) / 44
    dent = 0.12 * np.exp(-((x / 0.35) ** 2)) if kind == "apple" else 0.0
    radius = np.hypot(x, np.where(y < 0, y / (1 - dent), y))
    cover = ((1 - radius) * 44 * c.unit + 0.5).clip(0, 1)
    z = np.sqrt((1 - radius**2).clip(0, 1))
    light = 0.42 + 0.75 * (-0.45 * x - 0.55 * y + 0.72 * z).clip(0, None)
    bounce = 0.18 * (radius * (x + y)).clip(0, None)
    streak = noise(rng, c.alpha.shape, (80, 9), 3) if kind == "apple" else noise(rng, c.alpha.shape, (50, 50), 3)
    skin = mix(colour, blush, 0.5 + 0.28 * streak + 0.4 * x)
    if kind == "orange":
        light = light * (1 + 0.11 * noise(rng, c.alpha.shape, (5, 5), 2) * z)
    c.paint(cover, skin * (light + bounce)[..., None], 0)
    gloss = np.exp(-(((x + 0.36) / 0.13) ** 2) - ((y + 0.42) / 0.1) ** 2)
    c.paint(cover * gloss * (0.75 if kind != "orange" else 0.3), (255, 250, 240))
    c.shade(1 - 0.6 * np.exp(-((x / 0.16) ** 2) - ((y + 0.86) / 0.09) ** 2))
    if kind != "orange":
        c.paint(c.line([(52, 17), (54, 8), (58, 1.5)], 2.6), (84, 60, 34), 1)
    else:
        c.paint(c.ellipse(52, 16, 2.6, 1.6), (96, 110, 50), 1)
    return c.sprite(GROUND)


def book(rng: np.random.Generator, colour: Colour, band: Colour, width: float = 24) -> Sprite:
    """The spine of a standing book. Parts: cloth, bands and title."""
    c = Canvas(width, 400)
    c.paint(
        c.box(0.4, 0.5, width - 0.4, 100.5, 0.4),
        to_linear(colour) * (1 + 0.07 * noise(rng, c.alpha.shape, (3, 3), 2))[..., None],
        0,
    )
    for y in (9, 13, 82, 88):
        c.paint(c.box(0.4, y, width - 0.4, y + 1.6), band, 1)
    top = 24 + rng.uniform(0, 8)
    for row in range(int(rng.integers(6, 10))):
        long = rng.uniform(0.3, 0.62) * width
        c.paint(c.box(width / 2 - long / 2, top + row * 5.2, width / 2 + long / 2, top + row * 5.2 + 2.4), band, 1)
    bulge = (c.x / width - 0.42) / 0.58
    c.shade(1.12 - 0.62 * bulge**2 - 0.15 * (c.y / 100) ** 3)
    return c.sprite(GROUND)


def vase(rng: np.random.Generator, colour: Colour, band: Colour, profile: tuple[float, ...], handle: bool) -> Sprite:
    """A turned vase or jug; ``profile`` holds half widths from the rim to the foot. Parts: body, pattern, handle."""
    c = Canvas(96, 360)
    t = np.linspace(3, 98, len(profile))
    half = ndimage.gaussian_filter1d(np.interp(np.linspace(0, 100, 400), t, profile), 9)
    half = np.interp(c.y, np.linspace(0, 100, 400), half)
    if handle:
        turn = np.linspace(-2.2, 1.9, 24)
        ring = [(64 + 20 * np.cos(a), 37 + 21 * np.sin(a)) for a in turn]
        c.paint(c.line(ring, 6), tuple(0.9 * v for v in colour), 2)
        c.shade(1.15 - 0.35 * (c.x - 60) / 30)
    across = (c.x - 46) / half
    cover = ((half - np.abs(c.x - 46)) * c.unit + 0.5).clip(0, 1) * (
        (c.y > 3) & (c.y < 97.5 + 2 * np.sqrt((1 - across**2).clip(0, 1)))
    )
    turn = np.arcsin(across.clip(-1, 1))
    glaze = to_linear(colour) * (1 + 0.06 * noise(rng, c.alpha.shape, (24, 24), 4))[..., None]
    c.paint(cover, glaze, 0)
    for y0, y1 in ((40, 58), (74, 79)):
        row = cover * ((c.y > y0) & (c.y < y1))
        c.paint(row, band, 1)
        if y1 - y0 > 8:
            zigzag = np.abs(((turn * 3.2) % 1) - 0.5) * 2
            inside = ((c.y - y0 - 3) / (y1 - y0 - 6) - 0.2 < zigzag * 0.7) & (c.y > y0 + 3) & (c.y < y1 - 3)
            c.paint(row * ndimage.gaussian_filter(inside.astype(np.float32), 0.8), colour, 1)
    c.shade(0.5 + 0.62 * np.cos(turn + 0.55).clip(0, 1) + 0.1 * across.clip(0, 1), cover)
    c.paint(cover * 0.55 * np.exp(-(((turn + 0.6) / 0.14) ** 2)) * (c.y > 12), (255, 252, 245))
    c.paint(c.ellipse(46, 4, profile[0], 2.4), (40, 32, 28), 0)
    return c.sprite(GROUND)


def sailboat(rng: np.random.Generator, hull: Colour, sail: Colour, stripe: Colour) -> Sprite:
    """A sailing boat. Parts: hull, sails."""
    c = Canvas(92, 360)
    c.paint(c.line([(42, 3), (43, 84)], 1.3), (116, 92, 66), 0)
    for points, tone in (
        ([(44.5, 6), (46, 74), (84, 72), (68, 44)], 1.0),
        ([(40, 14), (40, 74), (8, 77), (26, 46)], 0.86),
    ):
        cover = c.polygon(points, 0.6)
        c.paint(cover, to_linear(sail) * tone, 1)
        c.shade(1.06 - 0.22 * np.abs(np.sin((c.x - 44) / 16)) + 0.015 * noise(rng, c.alpha.shape, (40, 40), 3), cover)
        c.paint(cover * (np.abs(c.y - 0.12 * np.abs(c.x - 42) - 52) < 3.2), to_linear(stripe) * tone, 1)
        for y in (28, 64):
            c.shade(np.full(c.alpha.shape, 0.82), cover * (np.abs(c.y - y - 0.1 * c.x) < 0.4))
    body = c.polygon([(4, 81), (90, 79), (80, 97), (16, 97)], 1.4)
    c.paint(body, hull, 0)
    c.shade(1.25 - 0.035 * (c.y - 79), body)
    c.paint(body * ((c.y > 83) & (c.y < 86)), (238, 234, 226))
    return c.sprite(GROUND)


def lamp_post() -> Sprite:
    """A street lamp. Parts: iron, glass."""
    c = Canvas(30, 400)
    c.paint(c.box(13.6, 20, 16.4, 97), (42, 46, 48), 0)
    c.paint(c.polygon([(11, 88), (19, 88), (21, 100), (9, 100)], 0.5), (38, 42, 44), 0)
    c.shade(1.5 - 0.22 * (c.x - 12).clip(0, 5))
    c.paint(
        c.polygon([(9, 6), (21, 6), (18.5, 20), (11.5, 20)], 0.3), mix((236, 226, 190), (190, 178, 140), c.y / 22), 1
    )
    c.paint(c.polygon([(7.5, 6.4), (15, 0.8), (22.5, 6.4)], 0.4), (42, 46, 48), 0)
    for x in (9.2, 15, 20.8):
        c.paint(c.line([(x, 6), (15 + (x - 15) * 0.6, 20)], 0.7), (42, 46, 48), 0)
    return c.sprite(GROUND)
