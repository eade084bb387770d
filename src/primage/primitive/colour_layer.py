"""Colour layers: a picture, or a painting in a few flat colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float, Float32, UInt8

from primage.image import from_nearest_outside, read_image, resize_image, to_channels, write_png
from primage.labels.label_map import Palette
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


#: Paintings have fewer colours.
_MOST_COLOURS = 1024


class ColourLayer(Layer[Picture]):
    """Any picture, (H, W, 3) uint8."""

    name = "colours"
    title = "the painting"
    planes = 3
    needs_file: ClassVar[str | None] = "a manual primitive is your own picture; give it with --primitive-file"

    def read(self, path: Path, options: ReadOptions = READ_PLAIN) -> Picture:  # noqa: D102
        return read_image(path)

    def write(self, path: Path, data: Picture) -> None:  # noqa: D102
        write_png(path, data)

    def load(self, path: Path) -> Picture:  # noqa: D102
        return read_image(path)

    def to_array(self, data: Picture) -> Picture:  # noqa: D102
        return data

    def from_array(self, array: np.ndarray, palette: Palette | None) -> Picture:  # noqa: D102
        return array

    def resize(self, data: Picture, size: Size) -> UInt8[np.ndarray, "h2 w2 3"]:  # noqa: D102
        return resize_image(data, size)

    def warper(self, data: Picture, thin: bool = True) -> Callable[[Tensor], Picture]:  # noqa: D102
        from primage.grid import resample
        from primage.tensors import to_image, to_tensor

        picture = to_tensor(data)
        return lambda grid: to_image(resample(picture, grid))

    def channels(self, palette: Palette | None) -> int:  # noqa: D102
        return 3

    def encode(self, data: Picture) -> Float32[np.ndarray, "c h w"]:
        """The picture in [-1, 1]."""
        return to_channels(data)

    def code_matrix(self, palette: Palette | None) -> Float[Tensor, "10 c"]:  # noqa: D102
        from primage.primitive.codes import colour_code_matrix

        return colour_code_matrix()

    def draw(self, data: Picture, below: Picture | None, line_colour: Sequence[int]) -> Picture:  # noqa: D102
        del below, line_colour
        return data.copy()

    def extend(self, data: Picture, margins: Margins) -> UInt8[np.ndarray, "h2 w2 3"]:
        """Any picture is mirrored at its borders."""
        return np.pad(data, margins.padding(3), mode="symmetric")

    def close(self, data: Picture, mask: Mask) -> Picture:  # noqa: D102
        return from_nearest_outside(data, mask)

    def paste(  # noqa: D102
        self, data: Picture, source: Picture, coords: Float[np.ndarray, "h w 2"], target: Mask, region: Mask
    ) -> Picture:
        del region
        rows, columns = nearest_pixels(coords, target.shape)
        return np.where(target[..., None], source[rows, columns], data)


class PaintLayer(ColourLayer):
    """A painting in a few flat colours, which never blend: like labels, it is warped with nearest neighbour."""

    needs_file = None

    def warper(self, data: Picture, thin: bool = True) -> Callable[[Tensor], Picture]:  # noqa: D102
        return lambda grid: nearest_in_grid(data, grid)

    def extend(self, data: Picture, margins: Margins) -> UInt8[np.ndarray, "h2 w2 3"]:
        """Borders between colours go on along their tangents, unless there are too many colours for a painting."""
        from primage.primitive.continuation import continued_areas

        colours, index = np.unique(data.reshape(-1, 3), axis=0, return_inverse=True)
        if len(colours) > _MOST_COLOURS:
            return super().extend(data, margins)
        return np.asarray(colours[continued_areas(index.reshape(data.shape[:2]), margins)])
