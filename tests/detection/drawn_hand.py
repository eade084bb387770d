"""A drawing of an open hand, detailed enough for the networks: no package has a photo of one."""

from __future__ import annotations

import itertools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE, OVERSAMPLED = 512, 3
SKIN, SHADE, WALL = (214, 160, 132), (176, 118, 96), (120, 140, 150)
#: Joints from the root to the tip, and half the width, in units of the picture at scale 1, from the hand's middle.
FINGERS = {
    "thumb": (((-40, 70), (-85, 30), (-110, -15)), 17),
    "index finger": (((-42, -30), (-55, -85), (-62, -140)), 14),
    "middle finger": (((-12, -38), (-14, -100), (-15, -165)), 15),
    "ring finger": (((18, -32), (25, -88), (30, -145)), 14),
    "little finger": (((45, -15), (62, -60), (74, -105)), 12),
}


def drawn_hand(angle: float, scale: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw a hand.

    Args:
        angle: by which it is turned clockwise, in radians; at 0 its fingers point up.
        scale: of its size.

    Returns:
        (512, 512, 3) uint8, and the (x, y) of the tip of each finger.
    """
    picture = Image.new("RGB", (SIDE * OVERSAMPLED,) * 2, WALL)
    pen = ImageDraw.Draw(picture)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale * OVERSAMPLED
    middle = np.array([0.5, 0.55]) * SIDE * OVERSAMPLED

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = turn @ point + middle
        return float(x), float(y)

    def stroke(start: tuple[float, float], end: tuple[float, float], half: float, colour: tuple[int, int, int]) -> None:
        radius = half * scale * OVERSAMPLED
        pen.line([place(start), place(end)], fill=colour, width=int(2 * radius))
        for x, y in (place(start), place(end)):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    stroke((0, 140), (0, 700), 36, SKIN)
    palm = [(-55, -35), (55, -25), (52, 60), (36, 150), (-36, 150), (-58, 70)]
    pen.polygon([place(point) for point in palm], fill=SKIN)
    stroke((-40, -20), (45, -12), 18, SKIN)
    stroke((-38, 60), (36, 60), 24, SKIN)
    for more, colour in ((2, SHADE), (0, SKIN)):
        for joints, half in FINGERS.values():
            for start, end in itertools.pairwise(joints):
                stroke(start, end, half + more, colour)
    for start, end in (((-42, 20), (30, -5)), ((-40, 35), (45, 15)), ((-35, 110), (-10, 10))):
        stroke(start, end, 1.5, SHADE)
    small = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(1.2))
    tips = {name: np.array(place(joints[-1])) / OVERSAMPLED for name, (joints, _) in FINGERS.items()}
    return np.asarray(small), tips
