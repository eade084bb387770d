"""Hands: where they are, and 21 points of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from primage.detection.candidates import Detector, detect
from primage.detection.crops import Crop, around, direction, tiles, whole
from primage.detection.interpreter import network

_DETECTOR = Detector("palm_detection", (8, 16, 16, 16), per_layer=2, keypoints=7, low=0.0, threshold=0.5)
#: Key points of the detector: the wrist, and the root of the middle finger.
_WRIST, _MIDDLE = 0, 2
#: A palm's square is enlarged and shifted towards the fingers by these multiples of its side.
_MARGIN, _SHIFT = 2.6, 0.5
#: The hand's own points that follow the palm, for a second look.
_PALM_POINTS = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
_POINT_MARGIN, _POINT_SHIFT = 2.0, 0.1
_POINTS = 21
_LEAST_SCORE = 0.5
#: Tiles that are smaller would enlarge the photo.
_SMALLEST_TILE_PX = 160
_PASSES = 2


@dataclass(frozen=True)
class Hand:
    """A hand.

    Attributes:
        points: (21, 2), (x, y) in pixels with (0, 0) at the photo's top left corner: the wrist, then four of each
            finger from its root, the thumb first.
        score: probability that it is a hand.
    """

    points: Float[np.ndarray, "21 2"]
    score: float


def find_hands(photo: UInt8[np.ndarray, "h w 3"], squares: Sequence[Crop] = ()) -> tuple[Hand, ...]:
    """Find the hands in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        squares: upright squares to look at more closely, such as those around wrists.

    Returns:
        The hands, the most certain detection first.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    size = (photo.shape[0], photo.shape[1])
    crops = [whole(size), *squares]
    if max(size) / 2 >= _SMALLEST_TILE_PX:
        crops += tiles(size, max(size) / 2)
    palms = detect(_DETECTOR, photo, crops)
    hands: list[Hand] = []
    for box, points in zip(palms.boxes, palms.points, strict=True):
        hand = _track(photo, _square(box, points))
        if hand is not None and not any(_same(hand, other) for other in hands):
            hands.append(hand)
    return tuple(hands)


def _track(photo: np.ndarray, crop: Crop) -> Hand | None:
    net = network("hand_landmarks")
    hand = None
    for _ in range(_PASSES):
        outputs = net.run(crop.cut(photo, net.size, replicate=True))
        score = float(outputs["Identity_1"].ravel()[0])
        if score < _LEAST_SCORE:
            return None
        points = crop.to_photo(outputs["Identity"].reshape(_POINTS, 3)[:, :2].astype(float) / net.size[0])
        hand = Hand(points, score)
        angle = direction(points[0], points[9]) + np.pi / 2
        crop = _shifted(around(points[list(_PALM_POINTS)], angle, 1.0), _POINT_MARGIN, _POINT_SHIFT)
    return hand


def _square(box: np.ndarray, points: np.ndarray) -> Crop:
    centre = (box[:2] + box[2:]) / 2
    angle = direction(points[_WRIST], points[_MIDDLE]) + np.pi / 2
    side = float(max(box[2:] - box[:2]))
    return _shifted(Crop((float(centre[0]), float(centre[1])), side, angle), _MARGIN, _SHIFT)


def _shifted(crop: Crop, margin: float, shift: float) -> Crop:
    """A larger square whose centre is moved upwards, in the square's own direction."""
    x, y = crop.to_photo(np.array([[0.5, 0.5 - shift]]))[0]
    return Crop((float(x), float(y)), crop.side * margin, crop.angle)


def _same(hand: Hand, other: Hand) -> bool:
    size = max(float(np.ptp(each.points, axis=0).max()) for each in (hand, other))
    return bool(np.hypot(*(hand.points - other.points).T).mean() < 0.3 * size)
