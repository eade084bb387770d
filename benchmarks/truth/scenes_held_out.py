"""The scenes that nothing is ever tuned on."""

from __future__ import annotations

import numpy as np

from truth import cutouts, drawn, textures
from truth.arrange import (
    LYING,
    STANDING,
    Scene,
    Stage,
    behind,
    duplicate,
    mirror,
    move,
    remove,
    reshape,
    rotate,
    scale,
    swap,
)
from truth.compose import Shadow

HALF = "held-out"


def leaves(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.gravel((256, 256), (60, 90), 0.8))
    sprites = {
        "orange": drawn.leaf(rng, (190, 92, 30), (228, 180, 96)),
        "red": drawn.leaf(rng, (150, 38, 30), (214, 128, 72), 5),
        "yellow": drawn.leaf(rng, (208, 164, 52), (236, 214, 130), 5),
        "green": drawn.leaf(rng, (84, 112, 48), (168, 178, 96)),
    }
    for name, at, height, angle in (
        ("orange", (66, 70), 92, -35.0),
        ("red", (176, 66), 100, 50.0),
        ("yellow", (84, 186), 96, 110.0),
        ("green", (198, 182), 84, -150.0),
    ):
        stage.add(name, sprites[name], at, height, LYING, angle_deg=angle)
    return stage.scene(
        "leaves",
        HALF,
        "super",
        rotate("red", 75, "a leaf turned by 75°"),
        swap("orange", "green", "two leaves exchanged"),
        duplicate("green", (136, 128), "a second green leaf"),
        mirror("yellow", "a mirrored leaf"),
        remove("red", "without the red leaf"),
        scale("yellow", 0.5, "a leaf of half the size"),
    )


def fruit(rng: np.random.Generator) -> Scene:
    size = (320, 448)
    edge = 112
    table = textures.ground(textures.linen(rng, (700, 1500), (206, 198, 184)), size, -0.15, 0.9)
    wall = textures.plaster(rng, size, (122, 138, 140))
    below = np.arange(size[0])[:, None] + np.zeros(size[1], int) >= edge
    stage = Stage(np.where(below[..., None], table, wall), below)
    stage.add("orange", drawn.fruit(rng, (232, 130, 26), (240, 154, 50), "orange"), (270, 206), 96, STANDING)
    stage.add("plum", drawn.fruit(rng, (70, 38, 92), (44, 24, 66), "plum"), (368, 246), 58, STANDING)
    stage.add("apple", drawn.fruit(rng, (190, 36, 30), (222, 164, 62), "apple"), (130, 232), 112, STANDING)
    stage.add("lime", drawn.fruit(rng, (110, 150, 44), (150, 176, 70), "orange"), (230, 288), 60, STANDING)
    return stage.scene(
        "fruit",
        HALF,
        "super",
        scale("plum", 2, "a plum twice as large"),
        scale("apple", 0.5, "a small apple"),
        behind("orange", "apple", (190, 200), "the orange behind the apple"),
        swap("plum", "lime", "plum and lime exchanged"),
        remove("lime", "without the lime"),
        reshape("apple", "a flatter, wider apple", (1.2, 0.82), 0.1),
    )


def cups(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.wood(rng, (384, 512), (104, 62, 36), (184, 126, 82), planks=5))
    stage.add("cup", cutouts.cup(), (150, 150), 150, LYING)
    stage.add("emblem", cutouts.disc("astronaut.png", (384, 171), 37.5), (378, 94), 104, LYING[1:])
    silver = ((52, 54, 58), (232, 234, 236))
    stage.add("coin", cutouts.coin(5, *silver), (330, 276), 54, LYING)
    stage.add("print", cutouts.print_of("astronaut.png", (20, 350), 160), (446, 280), 116, LYING, angle_deg=12)
    return stage.scene(
        "cups",
        HALF,
        "segments",
        duplicate("cup", (230, 302), "a second cup"),
        move("cup", (214, 290), "the cup at the lower edge"),
        rotate("cup", 70, "the cup turned by 70°"),
        mirror("cup", "the cup turned round"),
        scale("coin", 2, "a coin twice as large"),
        scale("cup", 0.5, "a tiny cup"),
        swap("emblem", "coin", "emblem and coin exchanged"),
    )


def books(rng: np.random.Generator) -> Scene:
    size = (288, 384)
    wall = textures.plaster(rng, size, (176, 182, 168))
    board = textures.wood(rng, size, (96, 62, 40), (158, 112, 76), planks=6)
    y = np.arange(size[0])[:, None] + np.zeros(size[1], int)
    colour = np.where((y >= 240)[..., None], board, wall)
    colour *= np.where((y >= 240) & (y < 244), 0.7 + 0.15 * (y - 240) / 2, 1.0)[..., None]
    stage = Stage(colour, y >= 240)
    for name, x, height, cloth, band, width in (
        ("red", 70, 150, (122, 32, 36), (212, 178, 104), 26.0),
        ("blue", 118, 170, (38, 62, 110), (206, 200, 184), 24.0),
        ("green", 158, 140, (44, 88, 66), (214, 186, 116), 22.0),
        ("brown", 196, 160, (108, 72, 44), (230, 206, 150), 24.0),
        ("thin", 306, 104, (196, 140, 40), (74, 46, 30), 20.0),
    ):
        stage.add(
            name, drawn.book(rng, cloth, band, width), (x, 246), height, (*STANDING[1:], Shadow((3, 1), 2.0, 0.35))
        )
    return stage.scene(
        "books",
        HALF,
        "segments",
        swap("red", "brown", "two books exchanged"),
        remove("green", "one book less"),
        reshape("thin", "a taller and wider book", (1.2, 1.5)),
        duplicate("blue", (252, 246), "the same book again"),
        move("red", (350, 246), "a book at the other end"),
        scale("thin", 2, "a book twice as large"),
        behind("thin", "brown", (215, 244), "a book behind another"),
    )


def boats(rng: np.random.Generator) -> Scene:
    size = (256, 448)
    horizon = 88
    sky = textures.sky(rng, (horizon, size[1]), (112, 156, 206), (232, 228, 214), 0.45)
    sea = textures.water(rng, (size[0] - horizon, size[1]), (26, 70, 98), (164, 200, 210))
    labels = np.arange(size[0])[:, None] + np.zeros(size[1], int) >= horizon
    stage = Stage(np.concatenate([sky, sea]), labels)
    shadow = (Shadow((0, 4), 2.4, 0.5, 0.12), Shadow((0, 1), 1.2, 0.4, 0.06))
    white = (236, 232, 222)
    stage.add("far", drawn.sailboat(rng, (44, 60, 84), white, (180, 50, 40)), (330, 116), 58, shadow)
    stage.add("red", drawn.sailboat(rng, (146, 38, 34), white, (38, 76, 136)), (130, 196), 150, shadow)
    stage.add("near", drawn.sailboat(rng, (52, 96, 84), (226, 188, 120), (110, 50, 40)), (368, 228), 88, shadow)
    return stage.scene(
        "boats",
        HALF,
        "segments",
        move("near", (214, 236), "a boat to the middle"),
        scale("far", 2, "a boat twice as near"),
        behind("far", "red", (176, 130), "a boat behind another"),
        mirror("red", "a boat on the other tack"),
        duplicate("far", (240, 114), "one more boat"),
        remove("red", "without the large boat"),
    )


def vases(rng: np.random.Generator) -> Scene:
    size = (320, 320)
    wall = textures.brick_wall(rng, size, (20, 10), 0.85) * 0.85 + 0.04
    table = textures.ground(textures.wood(rng, (700, 1500), (70, 48, 34), (146, 106, 74), planks=9), size, -0.3, 1.0)
    below = np.arange(size[0])[:, None] + np.zeros(size[1], int) >= 206
    stage = Stage(np.where(below[..., None], table, wall), below)
    urn, bottle = (15.0, 12, 14, 26, 33, 32, 24, 17, 19), (8.0, 7, 7, 9, 18, 23, 24, 23, 21)
    stage.add("bottle", drawn.vase(rng, (58, 108, 84), (206, 214, 180), bottle, False), (264, 228), 142, STANDING)
    jug = drawn.vase(rng, (176, 92, 52), (236, 220, 190), (14.0, 12, 16, 24, 28, 27, 22, 18, 20), True)
    stage.add("jug", jug, (182, 296), 112, STANDING)
    stage.add("urn", drawn.vase(rng, (52, 96, 132), (228, 212, 172), urn, False), (96, 262), 164, STANDING)
    return stage.scene(
        "vases",
        HALF,
        "super",
        reshape("urn", "a slim urn with a wide foot", (0.8, 1.1), 0.25),
        mirror("jug", "the jug turned round"),
        swap("jug", "bottle", "jug and bottle exchanged"),
        behind("jug", "urn", (134, 242), "the jug behind the urn"),
        scale("urn", 0.5, "a small urn"),
        move("bottle", (276, 306), "the bottle to the front"),
    )


def badges(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.linen(rng, (512, 512), (64, 84, 124)))
    stage.add("emblem", cutouts.disc("astronaut.png", (384, 171), 37.5), (150, 146), 130, LYING[1:])
    stage.add("cat", cutouts.disc("chelsea.png", (116, 173), 60), (366, 146), 140, LYING[1:])
    stage.add("turtle", cutouts.disc("logo.png", (250, 250), 238), (372, 352), 176, LYING[1:])
    stage.add("tissue", cutouts.disc("ihc.png", (110, 180), 100), (110, 382), 84, LYING[1:])
    return stage.scene(
        "badges",
        HALF,
        "super",
        rotate("emblem", 120, "a badge turned by 120°"),
        scale("tissue", 2, "a badge twice as large"),
        swap("cat", "turtle", "two badges exchanged"),
        duplicate("tissue", (236, 300), "one more badge"),
        move("tissue", (256, 444), "a badge at the lower edge"),
        reshape("turtle", "an oval badge", (1.25, 0.8)),
    )


SCENES = (leaves, fruit, cups, books, boats, vases, badges)
