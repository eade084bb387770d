"""The scenes that settings may be tuned on."""

from __future__ import annotations

import numpy as np

from truth import cutouts, drawn, textures
from truth.arrange import (
    HANGING,
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
from truth.compose import Shadow, to_linear

HALF = "dev"
GOLD, SILVER, BRONZE = ((66, 42, 16), (238, 198, 122)), ((52, 54, 58), (232, 234, 236)), ((52, 30, 20), (206, 144, 104))


def coins(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.wood(rng, (256, 256), (58, 38, 26), (118, 80, 52), planks=3))
    places = ((60, 58), (138, 46), (204, 84), (92, 128), (170, 150), (50, 196), (128, 212))
    for i, (at, metal) in enumerate(zip(places, (GOLD, SILVER, BRONZE, SILVER, GOLD, BRONZE, SILVER), strict=True)):
        stage.add(f"coin {i}", cutouts.coin(i, *metal), at, 46 + 3 * (i % 3), LYING, angle_deg=25 * i)
    return stage.scene(
        "coins",
        HALF,
        "super",
        move("coin 0", (212, 214), "a gold coin in the other corner"),
        swap("coin 2", "coin 5", "bronze coins exchanged"),
        duplicate("coin 4", (206, 212), "another gold coin"),
        remove("coin 3", "without the coin in the middle"),
        rotate("coin 1", 120, "a coin turned by 120°"),
        scale("coin 4", 0.5, "a gold coin of half the size"),
    )


def prints(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.linen(rng, (384, 384), (116, 128, 118)))
    stage.add("cat", cutouts.print_of("chelsea.png", (10, 60), 290), (106, 118), 150, LYING, angle_deg=-7)
    stage.add("astronaut", cutouts.print_of("astronaut.png", (5, 125), 200), (262, 108), 140, LYING, angle_deg=5)
    stage.add("coffee", cutouts.print_of("coffee.png", (0, 90), 395), (126, 288), 132, LYING, angle_deg=9)
    stage.add("launch", cutouts.print_of("rocket.jpg", (150, 190), 270), (292, 262), 80, LYING, angle_deg=-12)
    return stage.scene(
        "prints",
        HALF,
        "super",
        swap("cat", "coffee", "two prints exchanged"),
        rotate("astronaut", 40, "a print turned by 40°"),
        scale("launch", 2, "the small print twice as large"),
        mirror("cat", "a mirrored print"),
        behind("astronaut", "cat", (168, 128), "a print pushed under another"),
        move("launch", (336, 54), "the small print in the corner"),
    )


def balloons(rng: np.random.Generator) -> Scene:
    stage = Stage(textures.sky(rng, (320, 480), (62, 112, 186), (186, 214, 238), 0.55))
    red, blue = ((196, 36, 34), (244, 238, 228)), ((34, 74, 150), (240, 196, 60), (240, 236, 226))
    stage.add("blue", drawn.balloon(blue, 10), (330, 118), 70)
    stage.add("green", drawn.balloon(((48, 128, 84), (236, 226, 150)), 9), (232, 226), 92)
    stage.add("red", drawn.balloon(red, 11), (112, 132), 164)
    return stage.scene(
        "balloons",
        HALF,
        "segments",
        move("green", (408, 236), "a balloon far to the right"),
        scale("blue", 2, "a balloon twice as near"),
        scale("red", 0.5, "a balloon twice as far"),
        duplicate("blue", (402, 216), "one more balloon"),
        remove("green", "one balloon less"),
        reshape("red", "a slimmer and taller balloon", (0.85, 1.2), 0.1),
    )


def street(rng: np.random.Generator) -> Scene:
    size = (256, 512)
    colour = textures.masonry(rng, size)
    road = textures.ground(textures.asphalt(rng, (500, 1400)), size, 0.05, 0.8)
    paving = textures.ground(textures.gravel((400, 1400), (0, 0), 0.5), size, 0.3, 1.0)
    y = np.arange(size[0])[:, None] + np.zeros(size[1], int)
    labels = (y >= 148).astype(np.uint8) + (y >= 180)
    colour = np.where((labels == 1)[..., None], paving * 0.8, np.where((labels == 2)[..., None], road, colour))
    kerb = ((y >= 176) & (y < 182))[..., None]
    colour = np.where(kerb, to_linear((168, 164, 158)) * (1 - 0.25 * (y[..., None] - 176) / 6), colour)
    colour *= np.where((y >= 182) & (y < 190), 0.55 + 0.45 * (y - 182) / 8, 1.0)[..., None]
    stage = Stage(colour, labels)
    shadow = (Shadow((0, 0.5), 2.2, 0.7, 0.1), Shadow((0, 3), 4.0, 0.4, 0.16))
    stage.add("lamp", drawn.lamp_post(), (78, 172), 164, STANDING[1:])
    stage.add("tree", drawn.tree(rng, (92, 128, 56)), (456, 172), 168, STANDING[1:])
    stage.add("van", drawn.car(rng, (58, 104, 158), van=True), (346, 226), 76, shadow)
    stage.add("car", drawn.car(rng, (172, 34, 30)), (160, 230), 62, shadow)
    return stage.scene(
        "street",
        HALF,
        "segments",
        swap("car", "van", "car and van exchanged"),
        remove("van", "without the van"),
        duplicate("car", (432, 238), "a second car"),
        mirror("van", "the van the other way round"),
        behind("car", "lamp", (104, 208), "the car behind the lamp"),
        reshape("van", "a longer van", (1.3, 1.0)),
        move("lamp", (238, 172), "the lamp elsewhere"),
    )


def meadow(rng: np.random.Generator) -> Scene:
    size = (288, 384)
    horizon = 86
    colour = textures.sky(rng, size, (92, 142, 200), (226, 236, 240), 0.35)
    field = textures.ground(textures.grass(rng, (700, 1500)), size, horizon / size[0], 1.0, (150, 172, 128))
    labels = np.arange(size[0])[:, None] + np.zeros(size[1], int) >= horizon
    stage = Stage(np.where(labels[..., None], field, colour), labels)
    stage.add("tree", drawn.tree(rng, (104, 132, 60)), (300, 132), 108, STANDING)
    stage.add("large", drawn.mushroom(rng, (186, 40, 26)), (150, 226), 116, STANDING)
    stage.add("brown", drawn.mushroom(rng, (146, 92, 48)), (286, 254), 62, STANDING)
    stage.add("small", drawn.mushroom(rng, (186, 40, 26)), (58, 266), 52, STANDING)
    return stage.scene(
        "meadow",
        HALF,
        "segments",
        scale("brown", 2, "the brown mushroom twice as large"),
        reshape("large", "a taller, leaning mushroom", (0.9, 1.25), 0.1, 0.12),
        move("small", (352, 270), "the small mushroom on the right"),
        behind("small", "large", (184, 218), "the small mushroom behind the large one"),
        remove("large", "without the large mushroom"),
        mirror("large", "a mirrored mushroom"),
    )


def facade(rng: np.random.Generator) -> Scene:
    size = (384, 288)
    stage = Stage(textures.masonry(rng, size, (14, 44)))
    green = (48, 92, 78)
    stage.add("upper left", drawn.window(rng, (232, 228, 218), green, True), (74, 92), 96, HANGING, "window")
    stage.add("lower left", drawn.window(rng, (232, 228, 218), green, True), (74, 258), 96, HANGING, "window")
    stage.add("plain", drawn.window(rng, (232, 228, 218), None, False), (222, 86), 84, HANGING, "plain window")
    stage.add("door", drawn.door(rng, (54, 84, 122)), (222, 376), 172, HANGING)
    return stage.scene(
        "facade",
        HALF,
        "super",
        duplicate("plain", (162, 88), "one more window"),
        remove("lower left", "without the lower window"),
        scale("upper left", 0.5, "a window of half the size"),
        reshape("plain", "a wider window", (1.35, 0.95)),
        swap("upper left", "plain", "two windows exchanged"),
        mirror("door", "the door hung on the other side"),
    )


def planets(rng: np.random.Generator) -> Scene:
    del rng
    stage = Stage(to_linear(textures.crop("hubble_deep_field.jpg", (256, 256), (420, 360)).clip(0, 255)))
    stage.add("red", cutouts.planet("retina.jpg", (705, 705), 690), (92, 104), 122)
    stage.add("moon", cutouts.planet("moon.png", (256, 256), 250, (255, 244, 214)), (196, 176), 62)
    stage.add("blue", cutouts.planet("gravel.png", (256, 256), 250, (130, 180, 255)), (60, 214), 40)
    return stage.scene(
        "planets",
        HALF,
        "super",
        rotate("red", 90, "a planet turned by 90°"),
        scale("blue", 2, "a planet twice as large"),
        duplicate("moon", (212, 62), "a second moon"),
        behind("moon", "red", (146, 136), "the moon behind the planet"),
        scale("red", 0.5, "a planet of half the size"),
        move("blue", (212, 44), "a planet far away"),
    )


SCENES = (coins, prints, balloons, street, meadow, facade, planets)
