"""labelme's JSON files: shapes with labels."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from primage.decoding.decode import decode, stored_size
from primage.errors import ImageError, LabelError
from primage.labels.formats.canvas import Canvas
from primage.labels.formats.raw import PhotoFacts, RawLabels

log = logging.getLogger(__name__)

Points = list[tuple[float, float]]


def read_labelme(content: dict[str, Any], where: str, folder: Path, photo: PhotoFacts) -> RawLabels:
    """Read the shapes of a file, later ones over earlier ones. Shapes of one group are shapes like others.

    Args:
        content: of the file.
        where: its name, for messages.
        folder: its folder, where its photo may be.
        photo: the photo that it belongs to.

    Returns:
        The labels by name; "background" is what no shape covers.

    Raises:
        LabelError: the file is damaged, or contains too many labels.
    """
    try:
        shapes = content["shapes"]
        canvas = Canvas(_size(content, folder, photo), where)
        if not isinstance(shapes, list):
            raise ValueError("its shapes are no list")
        skipped = 0
        for number, shape in enumerate(shapes, 1):
            name, kind = shape["label"], shape.get("shape_type") or "polygon"
            if not isinstance(name, str):
                raise ValueError(f"the label of shape {number} is not a string")
            if kind not in _SHAPES:
                skipped += 1
                continue
            least, paint = _SHAPES[kind]
            points = [(float(x), float(y)) for x, y in shape["points"]]
            if len(points) < least or not all(math.isfinite(v) and abs(v) <= 1e6 for point in points for v in point):
                raise ValueError(f"shape {number} ({kind}, {name!r}) has unusable points")
            paint(canvas, points, canvas.value(name), shape)
    except (ValueError, KeyError, TypeError, AttributeError, ImageError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(f"{where} is not a valid labelme file ({reason}); save it again") from error
    if skipped:
        log.warning("%s: %d shapes without an area (lines, points, …) were skipped", where, skipped)
    return canvas.labels("labelme")


def _size(content: dict[str, Any], folder: Path, photo: PhotoFacts) -> tuple[object, object]:
    """(height, width): as stated, otherwise of the embedded photo, the photo beside the file, or the given one."""
    stated = content.get("imageHeight"), content.get("imageWidth")
    if stated != (None, None):
        return stated
    if content.get("imageData"):
        height, width = np.array(decode("its imageData", base64.b64decode(content["imageData"])).image).shape[:2]
        return height, width
    beside = folder / PureWindowsPath(str(content.get("imagePath") or "")).name
    if beside.is_file():
        return stored_size(beside)
    if photo.size is None:
        raise ValueError("it states no imageHeight and imageWidth, and its photo is not beside it")
    return photo.size


def _polygon(canvas: Canvas, points: Points, value: int, _shape: dict[str, Any]) -> None:
    canvas.polygon(points, value)


def _rectangle(canvas: Canvas, points: Points, value: int, _shape: dict[str, Any]) -> None:
    columns, rows = zip(*points, strict=True)
    canvas.draw.rectangle((min(columns), min(rows), max(columns), max(rows)), fill=value, outline=value)


def _circle(canvas: Canvas, points: Points, value: int, _shape: dict[str, Any]) -> None:
    """A centre, and a point on the circle."""
    (x, y), (x1, y1) = points[:2]
    radius = math.hypot(x1 - x, y1 - y)
    canvas.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=value, outline=value)


def _mask(canvas: Canvas, points: Points, value: int, shape: dict[str, Any]) -> None:
    """A picture of the shape in its box, as the assistant (AI mask) makes it."""
    picture = decode("its mask", base64.b64decode(shape["mask"])).image
    inside = np.asarray(np.array(picture.convert("RGB")).max(axis=2) > 0)
    canvas.stamp(inside, value, (round(points[0][0]), round(points[0][1])))


#: For each shape with an area, the least number of points, and how it is painted.
_SHAPES: dict[str, tuple[int, Callable[[Canvas, Points, int, dict[str, Any]], None]]] = {
    "polygon": (3, _polygon),
    "rectangle": (2, _rectangle),
    "circle": (2, _circle),
    "mask": (1, _mask),
    # Turned rectangles, by their corners.
    "oriented_rectangle": (3, _polygon),
    "rotation": (3, _polygon),
}
