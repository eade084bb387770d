"""What a primitive is: a stack of named layers, how a network sees it, and how a person does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from primage.config import Frozen, PrimitiveConfig
from primage.errors import PrimitiveError
from primage.image import resize_image, to_tensor
from primage.labels import LabelMap, Palette, colourise, resize_labels
from primage.primitive.edges import distance_to_edges, draw_edges, resize_edges

#: Which layers each kind has.
LAYERS: dict[str, tuple[str, ...]] = {
    "edges": ("edges",),
    "segments": ("segments",),
    "super": ("segments", "edges"),
    "paint": ("colours",),
    "landmarks": ("edges",),
    "manual": ("colours",),
}
#: Scale of the closeness to a line, exp(-d / this).
CLOSENESS_PX = 4.0
#: Lines over labels are drawn in the first of these that no label is near to.
_LINE_COLOURS = ((0, 0, 0), (255, 255, 255), (255, 0, 255), (0, 255, 0), (255, 255, 0), (0, 255, 255))


@dataclass(frozen=True)
class Primitive:
    """A simplified drawing of a photo. Only the layers of its kind are there.

    Attributes:
        kind: edges, segments, super, paint, landmarks or manual.
        segments: a label for every pixel.
        edges: (H, W) bool, lines one pixel thin (the drawn connections of landmarks, too).
        colours: (H, W, 3) uint8, a painting or any other picture.
    """

    kind: str
    segments: LabelMap | None = None
    edges: Bool[np.ndarray, "h w"] | None = None
    colours: UInt8[np.ndarray, "h w 3"] | None = None

    def __post_init__(self) -> None:
        """Check that the layers are the kind's, and of one size."""
        present = tuple(name for name in ("segments", "edges", "colours") if getattr(self, name) is not None)
        if present != LAYERS[self.kind]:
            raise PrimitiveError(
                f"a primitive of kind '{self.kind}' has the layers {', '.join(LAYERS[self.kind])}, "
                f"not {', '.join(present) or 'none'}"
            )
        sizes = {self._layer_size(name) for name in present}
        if len(sizes) > 1:
            raise PrimitiveError(f"the layers of a primitive differ in size: {sorted(sizes)}")

    def _layer_size(self, name: str) -> tuple[int, int]:
        layer = getattr(self, name)
        shape = layer.index.shape if isinstance(layer, LabelMap) else layer.shape
        return int(shape[0]), int(shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._layer_size(LAYERS[self.kind][0])

    def sha256(self) -> dict[str, str]:
        """Hash of each layer's content, whatever file it came from."""
        hashes = {}
        for name in LAYERS[self.kind]:
            layer = getattr(self, name)
            digest = hashlib.sha256()
            if isinstance(layer, LabelMap):
                digest.update(layer.palette.model_dump_json().encode())
                layer = layer.index
            digest.update(repr(layer.shape).encode())
            digest.update(np.ascontiguousarray(layer).tobytes())
            hashes[name] = digest.hexdigest()
        return hashes

    def resized(self, size: tuple[int, int]) -> Primitive:
        """The same drawing at another size: labels nearest, lines still one pixel thin, colours averaged.

        Args:
            size: (height, width).

        Returns:
            A new primitive; the same one if nothing changes.
        """
        if size == self.size:
            return self
        return Primitive(
            self.kind,
            segments=None if self.segments is None else resize_labels(self.segments, size),
            edges=None if self.edges is None else resize_edges(self.edges, size),
            colours=None if self.colours is None else resize_image(self.colours, size),
        )


class PrimitiveSpec(Frozen):
    """What a model knows of its primitives: settings, labels and line colour; saved with the weights."""

    config: PrimitiveConfig
    palette: Palette | None = None
    line_colour: tuple[int, int, int] = (0, 0, 0)
    photo_size: tuple[int, int] | None = None
    edges_given: bool = False

    @property
    def kind(self) -> str:
        """The kind of primitive."""
        return self.config.kind

    @property
    def channels(self) -> int:
        """How many channels `encode` makes."""
        if self.config.encoding == "rgb":
            return 3
        layers = LAYERS[self.kind]
        labels = len(self.palette.labels) if self.palette is not None else 0
        return labels * ("segments" in layers) + 2 * ("edges" in layers) + 3 * ("colours" in layers)


def spec_of(primitive: Primitive, config: PrimitiveConfig) -> PrimitiveSpec:
    """Describe the training primitive for the model.

    Args:
        primitive: the training primitive.
        config: the settings it was made with.

    Returns:
        Its palette and a line colour that no label has.
    """
    palette = primitive.segments.palette if primitive.segments is not None else None
    return PrimitiveSpec(config=config, palette=palette, line_colour=free_line_colour(palette))


def free_line_colour(palette: Palette | None) -> tuple[int, int, int]:
    """The first of black, white, magenta … that lies 32 levels or more away from every label's colour."""
    taken = [] if palette is None else [label.colour for label in palette.labels]
    for colour in _LINE_COLOURS:
        if all(max(abs(a - b) for a, b in zip(colour, other, strict=True)) >= 32 for other in taken):
            return colour
    raise PrimitiveError("the label colours leave no colour free for the lines drawn over them")


def encode(primitive: Primitive, spec: PrimitiveSpec) -> Float[Tensor, "1 c h w"]:
    """Turn a primitive into network channels.

    Args:
        primitive: its labels must be those of ``spec.palette``.
        spec: the model's description of its primitives.

    Returns:
        (1, C, H, W) float32, C = ``spec.channels``: labels one-hot in {0, 1}; lines in {0, 1} and exp(-d / 4 px);
        colours in [-1, 1]. With the "rgb" encoding, the drawn picture in [-1, 1] as in the paper.

    Raises:
        PrimitiveError: the kind or the labels are not the model's.
    """
    if primitive.kind != spec.kind:
        raise PrimitiveError(f"the model paints primitives of kind '{spec.kind}', not '{primitive.kind}'")
    if primitive.segments is not None and primitive.segments.palette != spec.palette:
        raise PrimitiveError("the primitive's labels are not those the model was trained with")
    if spec.config.encoding == "rgb":
        return to_tensor(draw(primitive, spec.line_colour))
    planes: list[Tensor] = []
    if primitive.segments is not None:
        index = torch.from_numpy(primitive.segments.index.astype(np.int64))
        labels = torch.arange(len(primitive.segments.palette.labels))
        planes.append((index[None] == labels[:, None, None]).float())
    if primitive.edges is not None:
        planes.append(torch.from_numpy(primitive.edges.astype(np.float32))[None])
        planes.append(torch.from_numpy(np.exp(distance_to_edges(primitive.edges) / -CLOSENESS_PX))[None])
    if primitive.colours is not None:
        planes.append(to_tensor(primitive.colours)[0])
    return torch.cat(planes)[None]


def draw(primitive: Primitive, line_colour: Sequence[int] = (0, 0, 0)) -> UInt8[np.ndarray, "h w 3"]:
    """The primitive as one picture: labels in their colours, lines over them (paper §3.3), or what it is.

    Args:
        primitive: what to draw.
        line_colour: colour of the lines over labels; lines alone are black on white.

    Returns:
        (H, W, 3) uint8.
    """
    if primitive.colours is not None:
        return primitive.colours.copy()
    if primitive.segments is None:
        assert primitive.edges is not None
        return draw_edges(primitive.edges)
    picture = colourise(primitive.segments)
    if primitive.edges is not None:
        picture[primitive.edges] = np.array(line_colour, dtype=np.uint8)
    return picture
