"""The layers of primitives. A layer object implements all operations on its data.

The data are plain objects: a `LabelMap`, a bool array, a uint8 picture. A layer reads, writes, resizes and warps them,
encodes them as network channels, draws, compares and edits them.

Importing this module loads neither PyTorch nor SciPy nor scikit-image, so that the command line's help and the studio's
server can read the table of kinds (`primage.primitive.kinds`). Methods that process pixels import them lazily.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from primage.labels.formats.raw import UNKNOWN_PHOTO, PhotoFacts
from primage.labels.label_map import Palette
from primage.primitive.margins import Margins

if TYPE_CHECKING:
    from torch import Tensor

Data = TypeVar("Data")
Size = tuple[int, int]
Picture = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class WaysOut:
    """What messages advise, as it is called where the file was given; here on the command line.

    Attributes:
        snap: how to give what is in doubt the nearest label; empty if there is no way.
        lines: how to give lines that were not found.
        photo_lines: how to get the lines of a photo.
    """

    snap: str = ""
    lines: str = "give their colour (--line-colour) or the lines as a file (--edges)"
    photo_lines: str = "have the lines of a photo extracted (train without --edges, render with --edges-from)"


COMMAND_LINE = WaysOut()


@dataclass(frozen=True)
class ReadOptions:
    """How a layer is read from a file drawn by the user.

    Attributes:
        palette: the model's labels; None when the training primitive is read.
        snap: map unknown colours to the nearest label.
        photo: the photo that the file belongs to: coordinates refer to its size if the file does not say otherwise.
        thin: whether lines are thinned to one pixel.
        line_colour: the colour of the lines, if only that counts.
        lines_required: refuse a line drawing without lines, instead of warning of it.
        ways: what messages advise.
    """

    palette: Palette | None = None
    snap: bool = False
    photo: PhotoFacts = UNKNOWN_PHOTO
    thin: bool = True
    line_colour: tuple[int, int, int] | None = None
    lines_required: bool = False
    ways: WaysOut = COMMAND_LINE


#: The options of a training primitive whose files specify everything.
READ_PLAIN = ReadOptions()


class Layer(ABC, Generic[Data]):
    """One layer of a primitive. Stateless: methods take data and return new data.

    Attributes:
        name: name of its file in a run folder, its tensor in a model, and its option on the command line.
        title: name in messages.
        needs_file: message for layers that cannot be extracted from a photo; None if it can.
        planes: uint8 values per pixel in `to_array`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs_file: ClassVar[str | None] = None
    planes: ClassVar[int] = 1

    # --- files

    @abstractmethod
    def read(self, path: Path, options: ReadOptions = READ_PLAIN) -> Data:
        """Read a file drawn by the user.

        Args:
            path: a file in any format of this layer.
            options: how to read it; each layer uses what concerns it.

        Returns:
            The layer at the size of the file.

        Raises:
            PrimitiveError, LabelError, ImageError: the file is not such a layer.
        """

    @abstractmethod
    def write(self, path: Path, data: Data) -> None:
        """Write a PNG that `load` reads back exactly."""

    @abstractmethod
    def load(self, path: Path) -> Data:
        """Read a file written by `write`."""

    # --- arrays

    @abstractmethod
    def to_array(self, data: Data) -> UInt8[np.ndarray, "h w *planes"]:
        """The layer as bytes, for model files and the studio."""

    @abstractmethod
    def from_array(self, array: np.ndarray, palette: Palette | None) -> Data:
        """The inverse of `to_array`.

        Args:
            array: (H, W) or (H, W, 3) uint8.
            palette: the labels, for layers that have labels.

        Raises:
            LabelError: the array contains a label that is not in the palette.
        """

    def size(self, data: Data) -> Size:
        """(height, width) in pixels."""
        height, width = self.to_array(data).shape[:2]
        return int(height), int(width)

    def values(self, labels: int) -> int:
        """Number of different values of a byte of `to_array`.

        Args:
            labels: number of labels of the primitive.
        """
        del labels
        return 256

    def digest(self, data: Data) -> str:
        """SHA-256 of the content, independent of file formats."""
        # Independent of the dtype: bool and uint8 arrays of the same values have the same bytes.
        array = np.ascontiguousarray(self.to_array(data))
        return hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()

    # --- operations

    @abstractmethod
    def resize(self, data: Data, size: Size) -> Data:
        """Resize the layer; ``data`` itself, or a copy, if it already has that size."""

    @abstractmethod
    def warper(self, data: Data, thin: bool = True) -> Callable[[Tensor], Data]:
        """Prepare the layer for repeated warping.

        Args:
            data: the unwarped layer.
            thin: whether warped lines are thinned to one pixel; for line layers only.

        Returns:
            A function from a sampling grid ((1, H, W, 2), (x, y), normalised, within [-1, 1], on the CPU) to the warped
            layer, of the grid's size.
        """

    @abstractmethod
    def channels(self, palette: Palette | None) -> int:
        """Number of channels of `encode`."""

    @abstractmethod
    def encode(self, data: Data) -> Float32[np.ndarray, "c h w"]:
        """Encode as network channels in [-1, 1]."""

    def label_channels(self, palette: Palette | None) -> int | None:
        """Number of channels of `encode_labels`; None for a layer without labels, which pix2pixHD reads as RGB."""
        del palette
        return None

    def encode_labels(self, data: Data) -> Float32[np.ndarray, "c h w"]:
        """pix2pixHD's input for a label map: one-hot in {0, 1}, and the boundaries."""
        raise NotImplementedError(f"{self.title} has no labels")

    @abstractmethod
    def code_matrix(self, palette: Palette | None) -> Float[Tensor, "10 c"]:
        """The linear map from this layer's channels to the shipped matcher's (`primage.primitive.codes`)."""

    @abstractmethod
    def draw(self, data: Data, below: Picture | None, line_colour: Sequence[int]) -> Picture:
        """Draw the layer as a picture.

        Args:
            data: the layer.
            below: picture of the layers below; None for the first layer.
            line_colour: colour of lines over labels.

        Returns:
            (H, W, 3) uint8, a new array or the modified ``below``.
        """

    def differs(self, a: Data, b: Data) -> Mask:
        """(H, W) bool: where two layers of one size differ."""
        unlike = np.asarray(self.to_array(a) != self.to_array(b))
        return np.asarray(unlike if unlike.ndim == 2 else unlike.any(axis=2))

    def clean(self, data: Data) -> Data:
        """Normalise a layer drawn by the user, so that it looks like an extracted one."""
        return data

    # --- edits

    @abstractmethod
    def extend(self, data: Data, margins: Margins) -> Data:
        """Continue the layer beyond its borders.

        Args:
            data: the layer.
            margins: what to add.
        """

    @abstractmethod
    def close(self, data: Data, mask: Mask) -> Data:
        """Remove lines from a region, or fill it with the nearest label or colour outside it."""

    @abstractmethod
    def paste(self, data: Data, source: Data, coords: Float[np.ndarray, "h w 2"], target: Mask, region: Mask) -> Data:
        """Paste a region of ``source`` onto ``data``.

        Args:
            data: the layer to paste onto.
            source: the layer to cut from, of the same size.
            coords: (H, W, 2), the source (row, column) of each pixel.
            target: (H, W), the pixels to replace: those whose source is in ``region``.
            region: (H, W), the region to cut out of ``source``.
        """


AnyLayer = Layer[Any]


def nearest_in_grid(array: np.ndarray, grid: Tensor) -> np.ndarray:
    """The nearest pixel at each point of a sampling grid."""
    height, width = array.shape[:2]
    columns = ((grid[0, ..., 0] + 1) * (0.5 * (width - 1))).round().clamp(0, width - 1).long()
    rows = ((grid[0, ..., 1] + 1) * (0.5 * (height - 1))).round().clamp(0, height - 1).long()
    flat = (rows * width + columns).numpy()
    return np.asarray(array.reshape(height * width, *array.shape[2:])[flat])


def nearest_pixels(coords: Float[np.ndarray, "h w 2"], size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns nearest to coordinates, within the picture."""
    rows, columns = np.moveaxis(np.rint(coords).astype(int), -1, 0)
    return rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)
