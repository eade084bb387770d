"""Line layers: lines one pixel thin, from drawings or landmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.errors import PrimitiveError
from primage.image import read_image, write_png
from primage.labels.label_map import Palette
from primage.primitive.layer import READ_PLAIN, Layer, Mask, Picture, ReadOptions, Size
from primage.primitive.margins import Margins
from primage.seal import state

if TYPE_CHECKING:
    from torch import Tensor

Lines = Bool[np.ndarray, "h w"]
#: Text of a PNG written by `write`: as long as its seal is whole, its black pixels are the lines, of whatever width.
EXACT_KEY = "primage.lines"
#: Scale of the closeness to a line, exp(-d / this).
CLOSENESS_PX = 4.0


class LineLayer(Layer[Lines]):
    """Lines one pixel thin, (H, W) bool.

    Attributes:
        are_edges: whether the lines that are extracted from a photo are edges of its colours.
    """

    are_edges: ClassVar[bool] = True

    name = "edges"
    title = "the edge layer"

    def read(self, path: Path, options: ReadOptions = READ_PLAIN) -> Lines:  # noqa: D102
        from primage.primitive.line_drawing import read_line_drawing

        decoded = decode(path)
        if EXACT_KEY in decoded.text and options.line_colour is None and state(path) == "sealed":
            lines = self.load(path)
            if lines.any() or not options.lines_required:
                return lines
        return read_line_drawing(
            flatten(decoded),
            flatten(decoded, (0, 0, 0)),
            thinned=options.thin,
            line_colour=options.line_colour,
            required=options.lines_required,
            where=str(path),
            photo_way_out=options.ways.photo_lines,
        )

    def write(self, path: Path, data: Lines) -> None:  # noqa: D102
        from primage.primitive.edges import draw_edges

        write_png(path, draw_edges(data), {EXACT_KEY: "black"})

    def load(self, path: Path) -> Lines:  # noqa: D102
        # Not the rest of `read`, which tells ink from paper and thins: this file was written by `write`.
        return np.asarray(read_image(path)[..., 0] == 0)

    def to_array(self, data: Lines) -> UInt8[np.ndarray, "h w"]:  # noqa: D102
        return data.view(np.uint8)

    def from_array(self, array: np.ndarray, palette: Palette | None) -> Lines:  # noqa: D102
        return array.astype(bool)

    def values(self, labels: int) -> int:  # noqa: D102
        return 2

    def resize(self, data: Lines, size: Size) -> Bool[np.ndarray, "h2 w2"]:  # noqa: D102
        from primage.primitive.edges import resize_edges

        return resize_edges(data, size)

    def warper(self, data: Lines, thin: bool = True) -> Callable[[Tensor], Lines]:
        """Warp the distance to the lines, then threshold it (and thin it), so that shrinking breaks no line."""
        import torch

        from primage.primitive.edges import distance_to_edges, warp_edges

        distance = torch.from_numpy(distance_to_edges(data))[None, None]
        return lambda grid: warp_edges(distance, grid, thin)

    def channels(self, palette: Palette | None) -> int:  # noqa: D102
        return 2

    def encode(self, data: Lines) -> Float32[np.ndarray, "c h w"]:
        """Lines in {0, 1}, and the closeness exp(-d / 4 px) to the nearest one."""
        from primage.primitive.edges import distance_to_edges

        return np.stack([data.astype(np.float32), np.exp(distance_to_edges(data) / -CLOSENESS_PX)])

    def code_matrix(self, palette: Palette | None) -> Float[Tensor, "10 c"]:  # noqa: D102
        from primage.primitive.codes import line_code_matrix

        return line_code_matrix()

    def draw(self, data: Lines, below: Picture | None, line_colour: Sequence[int]) -> Picture:
        """Draw lines over labels in the line colour; without labels, black on white as in the paper."""
        from primage.primitive.edges import draw_edges

        if below is None:
            return draw_edges(data)
        below[data] = np.array(line_colour, dtype=np.uint8)
        return below

    def clean(self, data: Lines) -> Lines:
        """Thin again, because lines that were cut or joined by an edit may be thicker."""
        from primage.primitive.edges import thin

        return thin(data)

    def extend(self, data: Lines, margins: Margins) -> Bool[np.ndarray, "h2 w2"]:
        """Lines that reach the border go on along their tangents; those of landmarks end there."""
        from primage.primitive.continuation import continued_lines

        return continued_lines(data, margins) if self.are_edges else np.pad(data, margins.padding(2))

    def close(self, data: Lines, mask: Mask) -> Lines:  # noqa: D102
        return np.asarray(data & ~mask)

    def paste(  # noqa: D102
        self, data: Lines, source: Lines, coords: Float[np.ndarray, "h w 2"], target: Mask, region: Mask
    ) -> Lines:
        from scipy import ndimage

        from primage.primitive.edges import distance_to_edges, near_edge, thin

        distance = distance_to_edges(source & region)
        nearest = ndimage.map_coordinates(distance, np.moveaxis(coords, -1, 0), order=1, mode="nearest")
        steps = [np.linalg.norm(np.gradient(coords, axis=axis), axis=-1) for axis in (0, 1) if data.shape[axis] > 1]
        spacing = np.maximum.reduce([np.ones_like(nearest), *steps])
        return np.where(target, thin(near_edge(nearest, spacing) & target), data)


class LandmarkLayer(LineLayer):
    """Points with connections, drawn as lines."""

    title = "the landmark layer"
    are_edges = False

    def read(self, path: Path, options: ReadOptions = READ_PLAIN) -> Lines:  # noqa: D102
        from primage.primitive.landmark_table import TABLE_SUFFIXES
        from primage.primitive.landmarks import draw_landmarks, read_landmarks

        if path.suffix.lower() not in (".json", *TABLE_SUFFIXES):
            return super().read(path, options)
        landmarks = read_landmarks(path)
        size = landmarks.size or options.photo.size
        if size is None:
            raise PrimitiveError(
                f"{path}: does not specify which size its points refer to; add "
                '"size": [height, width] to a JSON file, or give the points of the photo that was trained on'
            )
        return draw_landmarks(landmarks, size, size)
