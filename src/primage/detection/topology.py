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
