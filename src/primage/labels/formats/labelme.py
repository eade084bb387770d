"""labelme's JSON files: shapes with labels."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from primage.decoding.pillow import MAX_PIXELS, MAX_SIDE_PX
from primage.errors import LabelError
from primage.labels.distinct_colours import distinct_colours
from primage.labels.formats.raw import Entry, RawLabels

log = logging.getLogger(__name__)

_MAX_BYTES = 256 << 20


def read_labelme(path: Path) -> RawLabels:
    """Read a labelme file: polygons, rectangles and circles, later ones over earlier ones.

    Raises:
        LabelError: the file is damaged or too large, or contains too many labels.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise LabelError(f"{path} is larger than {_MAX_BYTES >> 20} MB; save it without its image data")
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        height, width, shapes = content["imageHeight"], content["imageWidth"], content["shapes"]
        sizes_fit = type(height) is type(width) is int and 1 <= min(height, width) <= MAX_SIDE_PX >= max(height, width)
        if not sizes_fit or height * width > MAX_PIXELS or not isinstance(shapes, list):
            raise ValueError(f"imageWidth × imageHeight is {width} × {height}")
        names = {"background": 0}
        skipped = 0
        canvas = Image.new("L", (width, height))
        draw = ImageDraw.Draw(canvas)
        for number, shape in enumerate(shapes, 1):
            name, kind = shape["label"], shape.get("shape_type") or "polygon"
            if not isinstance(name, str):
                raise ValueError(f"the label of shape {number} is not a string")
            if kind not in ("polygon", "rectangle", "circle"):
                skipped += 1
                continue
            points = [(float(x), float(y)) for x, y in shape["points"]]
            enough = len(points) >= 3 if kind == "polygon" else len(points) == 2
            if not enough or not all(math.isfinite(v) and abs(v) <= 1e6 for point in points for v in point):
                raise ValueError(f"shape {number} ({kind}, {name!r}) has unusable points")
            value = names.setdefault("background" if name == "_background_" else name, len(names))
            if value > 254:
                raise LabelError(f"{path} contains more than 255 labels; merge some")
            _draw_shape(draw, kind, points, value)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(f"{path} is not a valid labelme file ({reason}); save it again") from error
    if skipped:
        log.warning("%s: %d shapes without an area (lines, points, …) were skipped", path, skipped)
    colours = [(0, 0, 0), *distinct_colours(len(names) - 1)]
    entries = {i: Entry(i, colours[i], name) for name, i in names.items()}
    return RawLabels(np.array(canvas), "labelme", str(path), entries)


def _draw_shape(draw: ImageDraw.ImageDraw, kind: str, points: list[tuple[float, float]], value: int) -> None:
    (x0, y0), (x1, y1) = points[:2]
    if kind == "polygon":
        draw.polygon(points, fill=value, outline=value)
    elif kind == "rectangle":
        draw.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), fill=value, outline=value)
    else:
        radius = math.hypot(x1 - x0, y1 - y0)
        draw.ellipse((x0 - radius, y0 - radius, x0 + radius, y0 + radius), fill=value, outline=value)
