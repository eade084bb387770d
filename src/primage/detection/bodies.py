"""Bodies: where people are, 33 points of each, and the pixels that show them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from primage.detection.candidates import Detector, detect
from primage.detection.crops import Crop, direction, sample, whole
from primage.detection.interpreter import network

_DETECTOR = Detector("pose_detection", (8, 16, 32, 32, 32), per_layer=2, keypoints=4, low=-1.0, threshold=0.5)
_POINTS = 33
#: Key points of the detector, and further points of the other network: the hips' centre, and above it a point on the
#: circle around the whole body.
_CENTRE, _TOP = 0, 1
_AUXILIARY = (33, 34)
_MARGIN = 1.25
#: Of the first look and of the last one; a taxi's bonnet had 0.92.
_LEAST_SCORES = (0.5, 0.95)
#: Side of the heatmaps, and of the neighbourhood in them whose mean refines a point.
_HEATMAP, _NEIGHBOURHOOD = 64, 7
_LEAST_HEAT = 0.5


@dataclass(frozen=True)
class Body:
    """A person's body.

    Attributes:
        points: (33, 2), (x, y) in pixels with (0, 0) at the photo's top left corner, in the usual numbering.
        visible: (33,) bool: which of them the photo shows.
        crop: the square that was looked at.
        mask: (256, 256) float32 in [0, 1]: where the crop shows the person.
        score: probability that it is a person.
    """

    points: Float[np.ndarray, "33 2"]
    visible: Bool[np.ndarray, " 33"]
    crop: Crop
    mask: Float32[np.ndarray, "256 256"]
    score: float

    def scaled(self, factor: float) -> Body:
        """The same body in a resized photo."""
        x, y = self.crop.centre
        crop = Crop((x * factor, y * factor), self.crop.side * factor, self.crop.angle)
        return Body(self.points * factor, self.visible, crop, self.mask, self.score)


def find_bodies(photo: UInt8[np.ndarray, "h w 3"]) -> tuple[Body, ...]:
    """Find the people in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB.

    Returns:
        Their bodies, the most certain detection first.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    size = (photo.shape[0], photo.shape[1])
    bodies: list[Body] = []
    for points in detect(_DETECTOR, photo, [whole(size)]).points:
        body = track_body(photo, _square(points[_CENTRE], points[_TOP]))
        if body is not None and not any(_same(body, other) for other in bodies):
            bodies.append(body)
    return tuple(bodies)


def track_body(photo: UInt8[np.ndarray, "h w 3"], crop: Crop) -> Body | None:
    """Find the points of one body whose place is roughly known.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        crop: a square around it, its upright from the hips to the head.

    Returns:
        The body; None if there is none.
    """
    net = network("pose_landmarks")
    body = None
    for least in _LEAST_SCORES:
        outputs = net.run(crop.cut(photo, net.size))
        by_size = {values.size: values for values in outputs.values()}
        score = float(by_size[1].ravel()[0])
        if score < least:
            return None
        values = by_size[39 * 5].reshape(39, 5).astype(float)
        heat = by_size[_HEATMAP * _HEATMAP * 39]
        local = refine(values[:, :2] / net.size[0], _sigmoid(heat))
        points = crop.to_photo(local)
        certain = (_sigmoid(values[:_POINTS, 3:5]) > 0.5).all(axis=1)  # neither hidden nor outside the photo
        inside = ((points[:_POINTS] >= 0) & (points[:_POINTS] <= [photo.shape[1], photo.shape[0]])).all(axis=1)
        mask = _sigmoid(by_size[net.size[0] * net.size[1]].reshape(net.size)).astype(np.float32)
        body = Body(points[:_POINTS], np.asarray(certain & inside), crop, mask, score)
        crop = _square(points[_AUXILIARY[0]], points[_AUXILIARY[1]])
    return body


def refine(
    points: Float[np.ndarray, "n 2"], heat: Float[np.ndarray, "h w n"], least: float = _LEAST_HEAT
) -> Float[np.ndarray, "n 2"]:
    """Move points to the mean of their heatmaps around them, where these are certain.

    Args:
        points: (N, 2) in [0, 1].
        heat: (H, W, N) in [0, 1], one map for each point.
        least: a map whose maximum around the point is lower is not used.

    Returns:
        (N, 2) in [0, 1].
    """
    height, width, _ = heat.shape
    reach = _NEIGHBOURHOOD // 2
    out = points.copy()
    for index, (x, y) in enumerate(points):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        rows = slice(max(0, row - reach), row + reach + 1)
        columns = slice(max(0, column - reach), column + reach + 1)
        part = heat[rows, columns, index].astype(float)
        if part.max() >= least:
            ys, xs = np.mgrid[rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]]
            out[index] = [(xs * part).sum() / part.sum() / width, (ys * part).sum() / part.sum() / height]
    return out


def person_mask(photo: UInt8[np.ndarray, "h w 3"], bodies: tuple[Body, ...] = ()) -> Float32[np.ndarray, "h w"]:
    """How certainly each pixel shows a person.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        bodies: those found in it; each has a finer mask of its own.

    Returns:
        (H, W) float32 in [0, 1].

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    net = network("person_segmentation")
    size = (photo.shape[0], photo.shape[1])
    y, x = np.mgrid[: size[0], : size[1]]
    centres = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1)

    def spread(mask: np.ndarray, crop: Crop) -> np.ndarray:
        positions = crop.to_crop(centres) * mask.shape[0] - 0.5
        return sample(np.asarray(mask, np.float32)[..., None], positions).reshape(size)

    crop = whole(size)
    found = spread(next(iter(net.run(crop.cut(photo, net.size)).values()))[..., 0], crop)
    for body in bodies:
        np.maximum(found, spread(body.mask, body.crop), out=found)
    return found


def _square(centre: np.ndarray, top: np.ndarray) -> Crop:
    """The square around the circle around a body."""
    side = 2 * float(np.hypot(*(top - centre))) * _MARGIN
    return Crop((float(centre[0]), float(centre[1])), side, direction(centre, top) + np.pi / 2)


def _same(body: Body, other: Body) -> bool:
    distance = np.median(np.hypot(*(body.points - other.points).T))
    return bool(distance < 0.1 * min(body.crop.side, other.crop.side))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -80, 80))))
