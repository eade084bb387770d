"""The layers that primitives consist of. A layer object owns everything that is done with its data.

The data themselves stay plain: a `LabelMap`, a bool array, a uint8 picture. A layer reads and writes them, resizes and
warps them, turns them into network channels, draws them, compares them, and edits them.

Importing this module loads neither PyTorch nor SciPy nor scikit-image, so that the command line's help and the studio's
server can read the table of kinds (`primage.primitive.kinds`); methods that touch pixels import what they need.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from primage.labels.label_map import Palette

if TYPE_CHECKING:
    from torch import Tensor

Data = TypeVar("Data")
Size = tuple[int, int]
Picture = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]


class Layer(ABC, Generic[Data]):
    """One layer of a primitive. Stateless: the data are passed in and new data are returned.

    Attributes:
        name: of its file in a run folder, its tensor in a model, its option on the command line.
        title: how messages call it.
        needs_file: why it cannot be extracted from a photo, and what to do; None where it can.
        planes: uint8 values a pixel in `to_array`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs_file: ClassVar[str | None] = None
    planes: ClassVar[int] = 1

    # --- files

    @abstractmethod
    def read(
        self, path: Path, palette: Palette | None = None, snap: bool = False, photo_size: Size | None = None
    ) -> Data:
        """Read what a person drew.

        Args:
            path: a file of any format that this layer can be given in.
            palette: the labels that a model knows; None while the training primitive is made.
            snap: give colours that are no label's to the nearest label.
            photo_size: (height, width) that coordinates refer to, if the file does not say.

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
        """Read what `write` wrote."""

    # --- arrays

    @abstractmethod
    def to_array(self, data: Data) -> UInt8[np.ndarray, "h w *planes"]:
        """The layer as bytes, for tensors in a file and for the studio."""

    @abstractmethod
    def from_array(self, array: np.ndarray, palette: Palette | None) -> Data:
        """The inverse of `to_array`.

        Args:
            array: (H, W) or (H, W, 3) uint8.
            palette: the labels' meaning, for layers that have labels.

        Raises:
            LabelError: the array holds a label that the palette lacks.
        """

    def size(self, data: Data) -> Size:
        """(height, width) in pixels."""
        height, width = self.to_array(data).shape[:2]
        return int(height), int(width)

    def values(self, labels: int) -> int:
        """How many different values a byte of `to_array` may have.

        Args:
            labels: how many labels the drawing has.
        """
        del labels
        return 256

    def digest(self, data: Data) -> str:
        """SHA-256 of the content, whatever file it came from."""
        # The dtype is not part of it: bool and uint8 of the same values are the same bytes.
        array = np.ascontiguousarray(self.to_array(data))
        return hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()

    # --- what is done with it

    @abstractmethod
    def resize(self, data: Data, size: Size) -> Data:
        """The same layer at another size; ``data`` itself, or a copy, if it has that size already."""

    @abstractmethod
    def warper(self, data: Data) -> Callable[[Tensor], Data]:
        """Prepare the layer for being warped many times.

        Args:
            data: the unwarped layer.

        Returns:
            A function from a sampling grid ((1, H, W, 2), (x, y), normalised, within [-1, 1], on the CPU) to the layer
            seen through it, of the grid's size.
        """

    @abstractmethod
    def channels(self, palette: Palette | None) -> int:
        """How many channels `encode` makes."""

    @abstractmethod
    def encode(self, data: Data) -> Float32[np.ndarray, "c h w"]:
        """Network channels in [-1, 1]."""

    @abstractmethod
    def code_matrix(self, palette: Palette | None) -> Float[Tensor, "10 c"]:
        """The linear map from this layer's channels to the shipped matcher's (`primage.primitive.codes`)."""

    @abstractmethod
    def draw(self, data: Data, below: Picture | None, line_colour: Sequence[int]) -> Picture:
        """Draw the layer as a person sees it.

        Args:
            data: the layer.
            below: what the layers before it drew; None for the first.
            line_colour: of lines over labels.

        Returns:
            (H, W, 3) uint8, a new array or ``below`` drawn on.
        """

    def differs(self, a: Data, b: Data) -> Mask:
        """(H, W) bool: where two layers of one size differ."""
        unlike = np.asarray(self.to_array(a) != self.to_array(b))
        return np.asarray(unlike if unlike.ndim == 2 else unlike.any(axis=2))

    def clean(self, data: Data) -> Data:
        """Bring a drawn layer into the form that extraction gives it."""
        return data

    # --- edits

    @abstractmethod
    def close(self, data: Data, mask: Mask) -> Data:
        """Empty a region: no lines, and the nearest label or colour outside it."""

    @abstractmethod
    def paste(self, data: Data, source: Data, coords: Float[np.ndarray, "h w 2"], target: Mask, region: Mask) -> Data:
        """Put a region of ``source`` onto ``data``.

        Args:
            data: what is pasted onto.
            source: what is cut from; of the same size.
            coords: (H, W, 2), the (row, column) in ``source`` that each pixel comes from.
            target: (H, W), the pixels to replace: those whose place lies in ``region``.
            region: (H, W), what is cut out of ``source``.
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


def from_nearest_outside(array: np.ndarray, mask: Mask) -> np.ndarray:
    """Give each pixel of a region the value of the nearest pixel outside it."""
    from scipy import ndimage

    rows, columns = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    return np.asarray(array[rows, columns])
