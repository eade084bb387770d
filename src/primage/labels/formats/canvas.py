"""A map of named labels, painted one after the other."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw

from primage.decoding.pillow import MAX_PIXELS, MAX_SIDE_PX
from primage.errors import LabelError
from primage.labels.distinct_colours import distinct_colours
from primage.labels.formats.raw import Entry, RawLabels, Source

BACKGROUND = "background"
#: What annotation programs call what they did not annotate.
_BACKGROUNDS = (BACKGROUND, "_background_")
_MAX_VALUE = 254


class Canvas:
    """Labels by name over a background; what is painted later lies on top.

    Args:
        size: (height, width).
        where: name of the file, for messages.

    Raises:
        ValueError: the size is not that of a picture.
    """

    def __init__(self, size: tuple[object, object], where: str) -> None:
        height, width = size
        if type(height) is not int or type(width) is not int or not _fits(height, width):
            raise ValueError(f"imageWidth × imageHeight is {width} × {height}")
        self._where = where
        self._picture = Image.new("L", (width, height))
        self._values = {BACKGROUND: 0}
        self.size: tuple[int, int] = (height, width)
        self.draw = ImageDraw.Draw(self._picture)

    def value(self, name: str) -> int:
        """The value to paint a label with.

        Raises:
            LabelError: there are too many labels.
        """
        value = self._values.setdefault(BACKGROUND if name in _BACKGROUNDS else name, len(self._values))
        if value > _MAX_VALUE:
            raise LabelError(f"{self._where} contains more than {_MAX_VALUE + 1} labels; merge some")
        return value

    def polygon(self, points: list[tuple[float, float]], value: int) -> None:
        """Fill a polygon and its outline."""
        self.draw.polygon(points, fill=value, outline=value)

    def stamp(self, mask: Bool[np.ndarray, "h w"], value: int, at: tuple[int, int] = (0, 0)) -> None:
        """Paint where a mask is true.

        Args:
            mask: (H, W); what lies outside the map is left out.
            value: the label's.
            at: (x, y) of the mask's top left pixel.
        """
        self._picture.paste(value, at, Image.fromarray(mask.astype(np.uint8) * 255))

    def labels(self, source: Source) -> RawLabels:
        """The map; background is black, the labels have distinct colours."""
        values: UInt8[np.ndarray, "h w"] = np.array(self._picture)
        colours = [(0, 0, 0), *distinct_colours(len(self._values) - 1)]
        entries = {i: Entry(i, colours[i], name) for name, i in self._values.items()}
        return RawLabels(values, source, self._where, entries)


def _fits(height: int, width: int) -> bool:
    return min(height, width) >= 1 and max(height, width) <= MAX_SIDE_PX and height * width <= MAX_PIXELS
