"""What a label file stores: values and their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import UInt8, UInt16

from primage.labels.colours import RGB
from primage.labels.drawn_colours import DrawnColours

Source = Literal["palette", "rgb", "grey", "cvat", "labelme", "coco", "masks", "cityscapes", "made"]
#: Sources whose labels are identified by their names.
NAMED: tuple[Source, ...] = ("labelme", "coco", "masks")
#: Lists of ids that grey levels can stand for: Cityscapes' own, and those its benchmark trains on.
Ids = Literal["cityscapes", "cityscapes_train"]


@dataclass(frozen=True)
class PhotoFacts:
    """What is known of the photo that a label file belongs to; it chooses and completes what the file leaves open.

    Attributes:
        name: of its file; empty if unknown.
        size: its (height, width); None if unknown.
    """

    name: str = ""
    size: tuple[int, int] | None = None


UNKNOWN_PHOTO = PhotoFacts()


@dataclass(frozen=True)
class Entry:
    """Meaning of one stored value."""

    id: int
    colour: RGB
    name: str = ""


#: What 8-bit grey levels mean where nothing else is known of them.
GREY_LEVELS: Mapping[int, Entry] = {v: Entry(v, (v, v, v)) for v in range(256)}


@dataclass(frozen=True)
class RawLabels:
    """Stored values and their meaning. RGB values have entries only where CVAT lists the colours.

    ``drawn`` holds the colours of a picture.
    """

    values: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]
    source: Source
    where: str
    entries: Mapping[int, Entry] = field(default_factory=dict)
    embedded: str | None = None
    drawn: DrawnColours | None = None
