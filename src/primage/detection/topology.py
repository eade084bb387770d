"""Which points of a face, a hand and a body are joined, by their numbers in the networks' outputs.

The numbering is the networks' own; left and right are those of the person. A contour whose last point is joined to its
first is closed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chain:
    """Points that are joined one after the other."""

    name: str
    points: tuple[int, ...]
    closed: bool = False


#: Face: closed contours that are also the borders of regions, and the lines of the nose.
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
#: The centre of each iris comes before its four points.
RIGHT_IRIS = (469, 470, 471, 472)
LEFT_IRIS = (474, 475, 476, 477)
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
NOSE_BRIDGE = (168, 6, 197, 195, 5, 4)
NOSE_BASE = (129, 64, 98, 97, 2, 326, 327, 294, 358)
#: The outline of the nose, for its region only: its sides are no lines that one would draw.
NOSE = (168, 122, 174, 198, 49, 129, 64, 98, 97, 2, 326, 327, 294, 358, 279, 420, 399, 351)

FACE = (
    Chain("face oval", FACE_OVAL, closed=True),
    Chain("right brow", RIGHT_BROW, closed=True),
    Chain("left brow", LEFT_BROW, closed=True),
    Chain("right eye", RIGHT_EYE, closed=True),
    Chain("left eye", LEFT_EYE, closed=True),
    Chain("right iris", RIGHT_IRIS, closed=True),
    Chain("left iris", LEFT_IRIS, closed=True),
    Chain("nose bridge", NOSE_BRIDGE),
    Chain("nose base", NOSE_BASE),
    Chain("outer lips", OUTER_LIPS, closed=True),
    Chain("inner lips", INNER_LIPS, closed=True),
)

HAND = (
    Chain("palm", (0, 5, 9, 13, 17), closed=True),
    Chain("thumb", (0, 1, 2, 3, 4)),
    Chain("index finger", (5, 6, 7, 8)),
    Chain("middle finger", (9, 10, 11, 12)),
    Chain("ring finger", (13, 14, 15, 16)),
    Chain("little finger", (17, 18, 19, 20)),
)

BODY = (
    Chain("torso", (11, 12, 24, 23), closed=True),
    Chain("left arm", (11, 13, 15)),
    Chain("right arm", (12, 14, 16)),
    Chain("left leg", (23, 25, 27)),
    Chain("right leg", (24, 26, 28)),
    Chain("left foot", (27, 29, 31), closed=True),
    Chain("right foot", (28, 30, 32), closed=True),
)
#: Of a body whose face was not found as a face: it is small, or turned away.
HEAD = (Chain("eyes and ears", (8, 6, 5, 4, 0, 1, 2, 3, 7)), Chain("mouth", (10, 9)))

#: The part that a curve belongs to, and where its points are along it, from 0 to 1, which is 0 again. The lips' points
#: face each other, as do those of the upper and the lower border of a brow; an iris is one thing. Other curves are
#: parts of their own, with points at equal distances.
_AROUND_LIPS = tuple(index / len(OUTER_LIPS) for index in range(len(OUTER_LIPS)))
_ALONG_BROW = (0.0, 0.08, 0.16, 0.24, 0.32, 0.32, 0.24, 0.16, 0.08, 0.0)
PARTS: dict[str, tuple[str, tuple[float, ...]]] = {
    "outer lips": ("lips", _AROUND_LIPS),
    "inner lips": ("lips", _AROUND_LIPS),
    "right brow": ("right brow", _ALONG_BROW),
    "left brow": ("left brow", _ALONG_BROW),
    "right iris": ("right iris", (0.0,) * len(RIGHT_IRIS)),
    "left iris": ("left iris", (0.0,) * len(LEFT_IRIS)),
}

#: The head is turned by this point.
NOSE_TIP = 4
#: The points that are dragged most, with their names; the most useful first.
KEY_POINTS: dict[str, tuple[tuple[int, str], ...]] = {
    "face": (
        (NOSE_TIP, "tip of the nose"),
        (61, "right corner of the mouth"),
        (291, "left corner of the mouth"),
        (105, "middle of the right brow"),
        (334, "middle of the left brow"),
        (152, "chin"),
        (0, "upper lip"),
        (17, "lower lip"),
        (159, "right upper eyelid"),
        (386, "left upper eyelid"),
        (145, "right lower eyelid"),
        (374, "left lower eyelid"),
        (469, "right iris"),
        (474, "left iris"),
        (107, "inner end of the right brow"),
        (336, "inner end of the left brow"),
        (70, "outer end of the right brow"),
        (300, "outer end of the left brow"),
        (33, "outer corner of the right eye"),
        (263, "outer corner of the left eye"),
        (133, "inner corner of the right eye"),
        (362, "inner corner of the left eye"),
        (13, "inside of the upper lip"),
        (14, "inside of the lower lip"),
        (172, "right of the jaw"),
        (397, "left of the jaw"),
        (234, "right cheek"),
        (454, "left cheek"),
        (10, "forehead"),
        (129, "right side of the nose"),
        (358, "left side of the nose"),
        (2, "bottom of the nose"),
        (168, "bridge of the nose"),
    ),
    "hand": (
        (0, "wrist"),
        (4, "tip of the thumb"),
        (8, "tip of the index finger"),
        (12, "tip of the middle finger"),
        (16, "tip of the ring finger"),
        (20, "tip of the little finger"),
    ),
    "body": (
        (11, "left shoulder"),
        (12, "right shoulder"),
        (13, "left elbow"),
        (14, "right elbow"),
        (15, "left wrist"),
        (16, "right wrist"),
        (23, "left hip"),
        (24, "right hip"),
        (25, "left knee"),
        (26, "right knee"),
        (27, "left ankle"),
        (28, "right ankle"),
    ),
}
