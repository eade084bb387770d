"""Primitives: stacks of named layers, their encoding for the networks, and their picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from primage.errors import PrimitiveError
from primage.image import check_pixels
from primage.labels.display import free_colours
from primage.labels.label_map import Channel, LabelMap, Palette, label_boundaries
from primage.primitive.codes import colour_code_matrix
from primage.primitive.config import PrimitiveConfig
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.layer import AnyLayer
from primage.primitive.line_layer import LineLayer
from primage.primitive.margins import Margins
from primage.settings import Frozen
from primage.tensors import to_tensor

#: Lines over labels are drawn in the first of these that differs from all label colours.
_LINE_COLOURS = ((0, 0, 0), (255, 255, 255), (255, 0, 255), (0, 255, 0), (255, 255, 0), (0, 255, 255))
#: Encodes the boundaries of a label map like drawn lines.
_BOUNDARIES = LineLayer()


class Primitive:
    """A simplified drawing of a photo: the layers of its kind, all of one size. Immutable.

    Iterating gives (layer object, data) pairs, from the bottom to the top.

    Args:
        kind: one of `primage.primitive.kinds.KINDS`.
        **layers: data of each layer by name; None counts as missing.

    Raises:
        PrimitiveError: the kind has other layers, or the layers differ in size.

    Example:
        >>> lines = np.eye(3, dtype=bool)
        >>> Primitive("edges", edges=lines).size
        (3, 3)
    """

    def __init__(self, kind: str, **layers: Any) -> None:
        if kind not in KINDS:
            raise PrimitiveError(f"there is no primitive '{kind}'; choose one of {', '.join(KINDS)}")
        present = {name: data for name, data in layers.items() if data is not None}
        if set(present) != set(KINDS[kind].names):
            raise PrimitiveError(
                f"a primitive of kind '{kind}' has the layers {', '.join(KINDS[kind].names)}, "
                f"not {', '.join(present) or 'none'}"
            )
        self.kind = kind
        self._layers = {layer.name: present[layer.name] for layer in layers_of(kind)}
        sizes = {layer.size(data) for layer, data in self}
        if len(sizes) > 1:
            raise PrimitiveError(f"the layers of a primitive differ in size: {sorted(sizes)}")
        #: (height, width) in pixels.
        self.size: tuple[int, int] = sizes.pop()

    def __iter__(self) -> Iterator[tuple[AnyLayer, Any]]:
        return ((layer, self._layers[layer.name]) for layer in layers_of(self.kind))

    def __repr__(self) -> str:
        height, width = self.size
        return f"Primitive({self.kind!r}, {', '.join(self._layers)}, {width}×{height} px)"

    @property
    def layers(self) -> Mapping[str, Any]:
        """Data of each layer by name."""
        return MappingProxyType(self._layers)

    @property
    def segments(self) -> LabelMap | None:
        """A label for every pixel, if the kind has labels."""
        return self._layers.get("segments")

    @property
    def edges(self) -> Bool[np.ndarray, "h w"] | None:
        """(H, W) bool, lines one pixel thin (including the connections of landmarks), if the kind has lines."""
        return self._layers.get("edges")

    @property
    def colours(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """(H, W, 3) uint8, a painting or another picture, if the kind has one."""
        return self._layers.get("colours")

    def map(self, change: Callable[[AnyLayer, Any], Any]) -> Primitive:
        """A primitive of the same kind with every layer changed.

        Args:
            change: takes a layer object and its data, and returns the new data.
        """
        return Primitive(self.kind, **{layer.name: change(layer, data) for layer, data in self})

    def replace(self, **layers: Any) -> Primitive:
        """A primitive of the same kind with other data in some layers.

        Args:
            **layers: new data by layer name.
        """
        return Primitive(self.kind, **self._layers | layers)

    def sha256(self) -> dict[str, str]:
        """Hash of each layer's content, independent of file formats."""
        return {layer.name: layer.digest(data) for layer, data in self}

    def resized(self, size: tuple[int, int]) -> Primitive:
        """Resize: labels with nearest neighbour, lines kept one pixel thin, colours antialiased.

        Args:
            size: (height, width).

        Returns:
            A new primitive; this one if it already has that size.
        """
        return self if size == self.size else self.map(lambda layer, data: layer.resize(data, size))

    def extended(self, margins: Margins) -> Primitive:
        """Continue the drawing beyond its borders.

        Args:
            margins: what to add.
        """
        return self.map(lambda layer, data: layer.extend(data, margins)) if margins.any else self

    def cropped(self, rows: slice, columns: slice) -> Primitive:
        """Cut out a part.

        Args:
            rows: within the height; at least one.
            columns: within the width; at least one.
        """
        palette = None if self.segments is None else self.segments.palette
        parts = {name: np.ascontiguousarray(array[rows, columns]) for name, array in self.to_arrays().items()}
        return Primitive.from_arrays(self.kind, parts, palette)

    def differs(self, other: Primitive) -> Bool[np.ndarray, "h w"]:
        """Where two primitives differ.

        Args:
            other: a primitive of the same kind and size.

        Returns:
            (H, W) bool.
        """
        different = np.zeros(self.size, bool)
        for layer, data in self:
            different |= layer.differs(data, other.layers[layer.name])
        return different

    def to_arrays(self) -> dict[str, UInt8[np.ndarray, "h w *planes"]]:
        """The layers as bytes, by name."""
        return {layer.name: layer.to_array(data) for layer, data in self}

    @classmethod
    def from_arrays(cls, kind: str, arrays: Mapping[str, np.ndarray], palette: Palette | None) -> Primitive:
        """The inverse of `to_arrays`.

        Args:
            kind: kind of primitive.
            arrays: bytes of each layer by name, lines also as bool; other arrays are ignored.
            palette: the labels.

        Raises:
            PrimitiveError: a layer of the kind is missing.
            ImageError: an array has another form.
            LabelError: an array contains a label that is not in the palette.
        """
        layers = layers_of(kind)
        for layer in layers:
            if (array := arrays.get(layer.name)) is not None:
                array = array.view(np.uint8) if array.dtype == bool else array
                check_pixels(layer.title, array, array.shape[:2] + (() if layer.planes == 1 else (layer.planes,)))
        return cls(kind, **{x.name: x.from_array(arrays[x.name], palette) for x in layers if x.name in arrays})


class PrimitiveSpec(Frozen):
    """A model's description of its primitives: settings, labels and line colour; saved with the weights."""

    config: PrimitiveConfig
    palette: Palette | None = None
    line_colour: tuple[Channel, Channel, Channel] = (0, 0, 0)
    photo_size: tuple[int, int] | None = None
    edges_given: bool = False

    @property
    def kind(self) -> str:
        """The kind of primitive."""
        return self.config.kind

    @property
    def encoding(self) -> Literal["channels", "boundaries", "rgb", "labels"]:
        """The encoding that `encode` uses.

        "pix2pixhd" is "labels" for a label map and "rgb" for any other drawing; "boundaries" is "channels" for any
        other drawing than a label map.
        """
        labels_alone = all(layer.label_channels(self.palette) is not None for layer in layers_of(self.kind))
        if self.config.encoding == "pix2pixhd":
            return "labels" if labels_alone else "rgb"
        if self.config.encoding == "boundaries":
            return "boundaries" if labels_alone else "channels"
        return self.config.encoding

    @property
    def channels(self) -> int:
        """Number of channels of `encode`."""
        if self.encoding == "rgb":
            return 3
        if self.encoding == "labels":
            return sum(layer.label_channels(self.palette) or 0 for layer in layers_of(self.kind))
        lines = _BOUNDARIES.channels(None) if self.encoding == "boundaries" else 0
        return sum(layer.channels(self.palette) for layer in layers_of(self.kind)) + lines

    @property
    def extracts_edges(self) -> bool:
        """Whether the training primitive has edges that were extracted from the photo."""
        return not self.edges_given and any(isinstance(x, LineLayer) and x.are_edges for x in layers_of(self.kind))


def spec_of(primitive: Primitive, config: PrimitiveConfig) -> PrimitiveSpec:
    """Describe the training primitive for the model.

    Args:
        primitive: the training primitive.
        config: the settings it was made with.

    Returns:
        The settings, its palette, and a line colour that differs from all label colours.
    """
    palette = primitive.segments.palette if primitive.segments is not None else None
    return PrimitiveSpec(config=config, palette=palette, line_colour=free_line_colour(palette))


def free_line_colour(palette: Palette | None) -> tuple[int, int, int]:
    """The first of black, white, magenta … that differs from every label's colour by at least 32 levels in a channel.

    If none does, a colour that differs as much as possible.
    """
    taken = [] if palette is None else [label.colour for label in palette.labels]
    for colour in _LINE_COLOURS:
        if all(max(abs(a - b) for a, b in zip(colour, other, strict=True)) >= 32 for other in taken):
            return colour
    return free_colours(1, np.array(taken, np.int32))[0]


def encode(primitive: Primitive, spec: PrimitiveSpec) -> Float[Tensor, "1 c h w"]:
    """Encode a primitive as network channels.

    Args:
        primitive: its labels must be those of ``spec.palette``.
        spec: the model's description of its primitives.

    Returns:
        (1, C, H, W) float32, C = ``spec.channels``: labels one-hot in {0, 1}; lines in {0, 1} and exp(-d / 4 px);
        colours in [-1, 1]. With the "rgb" encoding, the drawn picture in [-1, 1] as in the paper. With "pix2pixhd", a
        label map is one-hot, followed by its boundaries in {0, 1}; any other drawing is the drawn picture. With
        "boundaries", the thinned boundaries of a label map without lines follow as lines.

    Raises:
        PrimitiveError: the kind or the labels are not the model's.
    """
    if primitive.kind != spec.kind:
        raise PrimitiveError(f"the model renders primitives of kind '{spec.kind}', not '{primitive.kind}'")
    if primitive.segments is not None and primitive.segments.palette != spec.palette:
        raise PrimitiveError("the primitive's labels are not those the model was trained with")
    if spec.encoding == "rgb":
        return to_tensor(draw(primitive, spec.line_colour))
    if spec.encoding == "labels":
        return torch.from_numpy(np.concatenate([layer.encode_labels(data) for layer, data in primitive])[None])
    channels = [layer.encode(data) for layer, data in primitive]
    if spec.encoding == "boundaries" and primitive.segments is not None:
        channels.append(_BOUNDARIES.encode(_BOUNDARIES.clean(label_boundaries(primitive.segments.index))))
    return torch.from_numpy(np.concatenate(channels)[None])


def code_matrix(spec: PrimitiveSpec) -> Float[Tensor, "10 c"]:
    """The linear map from the channels of `encode` to those of the matcher.

    Args:
        spec: the model's description of its primitives.

    Returns:
        (10, C), C = ``spec.channels``. The matcher does not read the boundaries of the "pix2pixhd" encoding.
    """
    if spec.encoding == "rgb":
        return colour_code_matrix()
    layers: list[AnyLayer] = [*layers_of(spec.kind)]
    if spec.encoding == "boundaries":
        layers.append(_BOUNDARIES)
    matrix = torch.cat([layer.code_matrix(spec.palette) for layer in layers], dim=1)
    return F.pad(matrix, (0, spec.channels - matrix.shape[1]))


def draw(primitive: Primitive, line_colour: Sequence[int] = (0, 0, 0)) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a primitive as one picture, with lines over labels (paper §3.3).

    Args:
        primitive: the primitive.
        line_colour: colour of the lines over labels; lines without labels are black on white.

    Returns:
        (H, W, 3) uint8.
    """
    picture = None
    for layer, data in primitive:
        picture = layer.draw(data, picture, line_colour)
    assert picture is not None
    return picture


def visible_difference(
    primitive: Primitive, other: Primitive, line_colour: Sequence[int] = (0, 0, 0)
) -> Bool[np.ndarray, "h w"]:
    """Where two primitives are drawn differently: which label is under a line cannot be seen, nor read from a file.

    Args:
        primitive: one.
        other: another, of the same kind and size.
        line_colour: as for `draw`.

    Returns:
        (H, W).
    """
    return np.asarray((draw(primitive, line_colour) != draw(other, line_colour)).any(axis=2))
