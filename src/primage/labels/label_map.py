"""A label map: an index array and its palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from jaxtyping import Bool, Int32, UInt8
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_serializer,
    model_validator,
)

from primage.errors import LabelError
from primage.labels.formats.raw import Source

MAX_LABELS = 255
Channel = Annotated[int, Field(ge=0, le=255)]


class Label(BaseModel):
    """One label: its id in the file format, the colour that shows it, and its name if it has one.

    ``file_colour`` is its colour in the file that it comes from, where that cannot be told from another label's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    colour: tuple[Channel, Channel, Channel]
    name: str = ""
    file_colour: tuple[Channel, Channel, Channel] | None = None

    @model_serializer(mode="wrap")
    def _without_same_colour(self, dump: Callable[[Any], Any]) -> dict[str, Any]:
        # Palettes without such labels are written, and hashed, as before there were any.
        content: dict[str, Any] = dump(self)
        if self.file_colour is None:
            content.pop("file_colour", None)
        return content


class Palette(BaseModel):
    """The labels of a map in order, and the kind of file they come from ("made": extracted from the photo)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=MAX_LABELS)]
    source: Source

    @model_validator(mode="after")
    def _ids_differ(self) -> Palette:
        if len({label.id for label in self.labels}) < len(self.labels):
            raise ValueError("two labels have the same id")
        return self


@dataclass(frozen=True)
class Snapped:
    """Which pixels of a label map that was read from a file do not have exactly what their label has there.

    Attributes:
        clear: (H, W), those that are clearly nearest their label, or lie at a border of it.
        slight: (H, W), those of the clear ones that differ by a few levels only, as compression with loss makes them.
        doubtful: (H, W), those that were given the nearest label although they may mean something else.
    """

    clear: Bool[np.ndarray, "h w"]
    slight: Bool[np.ndarray, "h w"]
    doubtful: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class LabelMap:
    """A label for each pixel: ``index`` holds indices into ``palette.labels``, not ids.

    ``snapped`` tells how a map was read from a file; None if each pixel has exactly what its label has. It is no part
    of the content: it is not stored, and most operations drop it.
    """

    index: UInt8[np.ndarray, "h w"]
    palette: Palette
    snapped: Snapped | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.index.size and int(self.index.max()) >= len(self.palette.labels):
            count = len(self.palette.labels)
            raise LabelError(f"a label map holds index {self.index.max()}, but its palette has only {count} labels")


def colourise(label_map: LabelMap) -> UInt8[np.ndarray, "h w 3"]:
    """Colour each pixel with its label's colour.

    Args:
        label_map: any.

    Returns:
        (H, W, 3) uint8.
    """
    colours: UInt8[np.ndarray, "n 3"] = palette_colours(label_map.palette).astype(np.uint8)
    return np.take(colours, label_map.index, axis=0)


def resize_labels(label_map: LabelMap, size: tuple[int, int]) -> LabelMap:
    """Resize with nearest neighbour, which adds no label.

    Args:
        label_map: any.
        size: (height, width), each at least 1.

    Returns:
        A map of that size with the same palette; ``label_map`` itself if it already has that size.
    """
    if label_map.index.shape == size:
        return label_map
    sides = zip(size, label_map.index.shape, strict=True)
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new) for new, old in sides)

    def resized(plane: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(plane[rows][:, columns])

    snapped = label_map.snapped
    if snapped is not None:
        snapped = Snapped(resized(snapped.clear), resized(snapped.slight), resized(snapped.doubtful))
    return LabelMap(resized(label_map.index), label_map.palette, snapped)


def label_boundaries(index: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where labels meet: pixels whose label differs from that of a neighbour above, below, left or right.

    Args:
        index: labels by position.

    Returns:
        (H, W) bool; a boundary is two pixels wide, one on each side.

    Source:
        Wang et al. 2017, §3.3 (instance boundary map), with labels in place of instances.

    Example:
        >>> label_boundaries(np.array([[0, 0, 0, 1]], np.uint8)).astype(int)
        array([[0, 0, 1, 1]])
    """
    found = np.zeros(index.shape, bool)
    across, down = index[:, 1:] != index[:, :-1], index[1:] != index[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found


def palette_colours(palette: Palette) -> Int32[np.ndarray, " n 3"]:
    """The colours of all labels, in their order."""
    return np.array([label.colour for label in palette.labels], np.int32)


def are_levels(palette: Palette) -> bool:
    """Whether each label is shown by its id as a level of grey."""
    return all(label.colour == (label.id,) * 3 for label in palette.labels)
