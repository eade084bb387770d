"""Label layers: a label for every pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32, UInt8

from primage.errors import PrimitiveError
from primage.image import from_nearest_outside
from primage.labels.files import read_labels, write_labels
from primage.labels.label_map import LabelMap, Palette, colourise, label_boundaries, resize_labels
from primage.primitive.layer import (
    READ_PLAIN,
    Layer,
    Mask,
    Picture,
    ReadOptions,
    Size,
    nearest_in_grid,
    nearest_pixels,
)
from primage.primitive.margins import Margins

if TYPE_CHECKING:
    from torch import Tensor


class LabelLayer(Layer[LabelMap]):
    """A label for every pixel: `primage.labels.LabelMap`. Never interpolated."""

    name = "segments"
    title = "the label layer"

    def read(self, path: Path, options: ReadOptions = READ_PLAIN) -> LabelMap:  # noqa: D102
        return read_labels(path, options.palette, options.snap, photo=options.photo, way_out=options.ways.snap)

    def write(self, path: Path, data: LabelMap) -> None:  # noqa: D102
        write_labels(path, data)

    def load(self, path: Path) -> LabelMap:  # noqa: D102
        return read_labels(path)

    def to_array(self, data: LabelMap) -> UInt8[np.ndarray, "h w"]:  # noqa: D102
        return data.index

    def from_array(self, array: np.ndarray, palette: Palette | None) -> LabelMap:  # noqa: D102
        if palette is None:
            raise PrimitiveError("a label layer needs a palette")
        return LabelMap(array, palette)

    def values(self, labels: int) -> int:  # noqa: D102
        return labels

    def digest(self, data: LabelMap) -> str:  # noqa: D102
        index = np.ascontiguousarray(data.index)
        content = data.palette.model_dump_json().encode() + repr(index.shape).encode() + index.tobytes()
        return hashlib.sha256(content).hexdigest()

    def resize(self, data: LabelMap, size: Size) -> LabelMap:  # noqa: D102
        return resize_labels(data, size)

    def warper(self, data: LabelMap, thin: bool = True) -> Callable[[Tensor], LabelMap]:  # noqa: D102
        return lambda grid: LabelMap(nearest_in_grid(data.index, grid), data.palette)

    def channels(self, palette: Palette | None) -> int:  # noqa: D102
        return 0 if palette is None else len(palette.labels)

    def encode(self, data: LabelMap) -> Float32[np.ndarray, "c h w"]:
        """One-hot in {0, 1}, in the order of the palette."""
        labels = np.arange(len(data.palette.labels), dtype=data.index.dtype)
        return np.asarray(data.index[None] == labels[:, None, None], np.float32)

    def label_channels(self, palette: Palette | None) -> int | None:  # noqa: D102
        return self.channels(palette) + 1

    def encode_labels(self, data: LabelMap) -> Float32[np.ndarray, "c h w"]:  # noqa: D102
        return np.concatenate([self.encode(data), label_boundaries(data.index)[None].astype(np.float32)])

    def code_matrix(self, palette: Palette | None) -> Float[Tensor, "10 c"]:  # noqa: D102
        from primage.primitive.codes import label_code_matrix

        return label_code_matrix(self.channels(palette))

    def draw(self, data: LabelMap, below: Picture | None, line_colour: Sequence[int]) -> Picture:
        """Draw each label in its colour."""
        del below, line_colour
        return colourise(data)

    def extend(self, data: LabelMap, margins: Margins) -> LabelMap:
        """Borders between labels go on along their tangents."""
        from primage.primitive.continuation import continued_areas

        return LabelMap(continued_areas(data.index, margins), data.palette)

    def close(self, data: LabelMap, mask: Mask) -> LabelMap:  # noqa: D102
        return LabelMap(from_nearest_outside(data.index, mask), data.palette)

    def paste(  # noqa: D102
        self, data: LabelMap, source: LabelMap, coords: Float[np.ndarray, "h w 2"], target: Mask, region: Mask
    ) -> LabelMap:
        del region
        rows, columns = nearest_pixels(coords, target.shape)
        return LabelMap(np.where(target, source.index[rows, columns], data.index), data.palette)
