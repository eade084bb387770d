"""Faces: where they are, and 478 points of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8

from primage.detection.attention_mesh import ALL_POINTS, MESH_POINTS, attention_mesh
from primage.detection.candidates import Candidates, Detector, detect, overlaps, suppress
from primage.detection.crops import Crop, around, direction, tiles, whole

#: Two networks: one for faces that fill much of a picture, one for those further away.
_NEAR = Detector("face_detection", (8, 16, 16, 16), per_layer=2, keypoints=6, low=-1.0, threshold=0.5)
_FAR = Detector("face_detection_full_range", (4,), per_layer=1, keypoints=6, low=-1.0, threshold=0.6)
#: The detectors reduce a picture to less than 200 px, so larger ones are also searched in squares of this side or more.
_SMALLEST_TILE_PX = 160
#: Key points of the detectors, and points of the mesh: the outer corners of the eyes.
_EYES, _EYE_CORNERS = (0, 1), (33, 263)
_MARGIN = 1.5
_INPUT = (192, 192)
#: Cropping by the points that were found, instead of by the detector's box, makes them a little more exact.
_PASSES = 3
_LEAST_SCORE = 0.98
_SAME_FACE = 0.4
#: Both networks must agree about eyes, nose and mouth, up to this share of the size. A detection that is not certain
#: must be confirmed by the mesh beyond doubt. (Circuit boards have faces, too, until the networks are compared.)
_AGREEMENT, _CLOSE_AGREEMENT = 0.2, 0.1
_CERTAIN_DETECTION, _CERTAIN_MESH = 0.75, 1 - 1e-7
_SMALLEST_FACE_PX = 20


@dataclass(frozen=True)
class Face:
    """A face.

    Attributes:
        points: (478, 2), (x, y) in pixels with (0, 0) at the photo's top left corner: 468 of the face mesh, in its
            usual numbering, then centre and four points of the right iris, then of the left one.
        score: probability that it is a face.
        depths: (478,), in pixels of the photo, smaller towards the camera; only differences mean something.
    """

    points: Float[np.ndarray, "478 2"]
    score: float
    depths: Float[np.ndarray, " 478"] = field(default_factory=lambda: np.zeros(ALL_POINTS))


def find_faces(photo: UInt8[np.ndarray, "h w 3"]) -> tuple[Face, ...]:
    """Find the faces in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB.

    Returns:
        The faces, the most certain detection first.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    faces: list[Face] = []
    candidates = _candidates(photo)
    for box, points, score in zip(candidates.boxes, candidates.points, candidates.scores, strict=True):
        side = max(box[2:] - box[:2])
        if side < _SMALLEST_FACE_PX:
            continue
        face = track_face(photo, _square(box, points))
        if face is None or any(_same(face, other) for other in faces):
            continue
        apart = np.hypot(*(_key_points(face.points) - points[:4]).T).max() / side
        certain = score >= _CERTAIN_DETECTION and apart <= _AGREEMENT
        if certain or (face.score >= _CERTAIN_MESH and apart <= _CLOSE_AGREEMENT):
            faces.append(face)
    return tuple(faces)


def track_face(photo: UInt8[np.ndarray, "h w 3"], start: Crop | Face) -> Face | None:
    """Find the points of one face whose place is roughly known.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        start: a square around it, or the face in the previous frame of a video.

    Returns:
        The face; None if there is none.
    """
    crop = start if isinstance(start, Crop) else _around_mesh(start.points)
    points, depths, score = np.zeros((0, 2)), np.zeros(0), 0.0
    for _ in range(_PASSES):
        local, score = attention_mesh().run(crop.cut(photo, _INPUT, replicate=True))
        if score < _LEAST_SCORE:
            return None
        points, depths = crop.to_photo(local[:, :2]), local[:, 2] * crop.side
        crop = _around_mesh(points)
    return Face(points, score, depths)


def _candidates(photo: UInt8[np.ndarray, "h w 3"]) -> Candidates:
    size = (photo.shape[0], photo.shape[1])
    found = [detect(_NEAR, photo, [whole(size)])]
    squares, side = [whole(size)], max(size) / 2
    while side >= _SMALLEST_TILE_PX and side >= max(size) / 4:
        squares += tiles(size, side)
        side /= 2
    found.append(detect(_FAR, photo, squares))
    merged = [np.concatenate([getattr(each, name) for each in found]) for name in ("boxes", "points", "scores")]
    return suppress(Candidates(*merged))


def _square(box: np.ndarray, points: np.ndarray) -> Crop:
    """The square around a detected face, turned so that its eyes are level."""
    centre = (box[:2] + box[2:]) / 2
    angle = direction(points[_EYES[0]], points[_EYES[1]])
    return Crop((float(centre[0]), float(centre[1])), float(max(box[2:] - box[:2])) * _MARGIN, angle)


def _key_points(mesh: np.ndarray) -> np.ndarray:
    """The detectors' first four key points: pupils, tip of the nose, middle of the mouth."""
    return np.stack([mesh[468], mesh[473], mesh[1], (mesh[13] + mesh[14]) / 2])


def _around_mesh(points: np.ndarray) -> Crop:
    left, right = _EYE_CORNERS
    return around(points[:MESH_POINTS], direction(points[left], points[right]), _MARGIN)


def _same(face: Face, other: Face) -> bool:
    boxes = [np.concatenate([each.points.min(axis=0), each.points.max(axis=0)]) for each in (face, other)]
    return bool(overlaps(boxes[0], boxes[1][None])[0] > _SAME_FACE)
