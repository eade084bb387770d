"""The studio's drawing: layers of bytes, changed in rectangles."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primage.errors import RunError
from primage.primitive.kinds import KINDS
from primage.studio.errors import RefusalError
from primage.studio.schemas import Layer, LayerName, Patch, Rectangle, Size

_LAYERS = {layer.name: layer for kind in KINDS.values() for layer in kind.layers}
_HEAD = struct.Struct("<I")


def drawing_layers(kind: str) -> tuple[Layer, ...]:
    """The layers of a kind of drawing, including the marks.

    Args:
        kind: super, edges, segments or paint.

    Returns:
        In the order in which pixels are sent.

    Example:
        >>> [layer.name for layer in drawing_layers("super")]
        ['segments', 'edges', 'marks']
    """
    layers = (Layer.model_validate({"name": x.name, "channels": x.planes}) for x in KINDS[kind].layers)
    return (*layers, Layer(name="marks", channels=1))


def channels_of(layer: str) -> int:
    """The number of bytes per pixel of a layer.

    Args:
        layer: its name.
    """
    return 1 if layer == "marks" else _LAYERS[layer].planes


def values_of(layer: str, labels: int) -> int:
    """The number of different values that a byte of a layer may have.

    Args:
        layer: its name.
        labels: number of labels of the drawing.
    """
    return 2 if layer == "marks" else _LAYERS[layer].values(labels)


@dataclass
class Drawing:
    """Layers of one size.

    Attributes:
        layers: by name, (H, W) or (H, W, 3) uint8: labels, lines 0/1, colours, marks 0/1.
    """

    layers: dict[str, np.ndarray]

    @property
    def size(self) -> Size:
        """Width and height."""
        height, width = next(iter(self.layers.values())).shape[:2]
        return Size(width=width, height=height)

    def copy(self) -> Drawing:
        """A copy that shares no layer."""
        return Drawing({name: layer.copy() for name, layer in self.layers.items()})

    def without_marks(self) -> Drawing:
        """The drawing without marks, for the network; the layers are shared."""
        return Drawing({name: layer for name, layer in self.layers.items() if name != "marks"})

    def with_marks(self, other: Drawing) -> Drawing:
        """This drawing with the marks of another one; the layers are shared.

        Args:
            other: of the same size.
        """
        return Drawing({**self.without_marks().layers, "marks": other.layers["marks"]})

    def fits(self, other: Drawing) -> bool:
        """Whether two drawings have the same layers and size.

        Args:
            other: any drawing.
        """
        return set(self.layers) == set(other.layers) and self.size == other.size

    def cut(self, patches: Sequence[Patch]) -> list[bytes]:
        """The current pixels of some rectangles.

        Args:
            patches: inside the drawing.

        Returns:
            Bytes of each.
        """
        return [self.layers[p.layer][p.y : p.y + p.height, p.x : p.x + p.width].tobytes() for p in patches]

    def check(self, patches: Sequence[Patch], pixels: memoryview, labels: int) -> list[bytes]:
        """Check that patches fit the drawing, before any of them is applied.

        Args:
            patches: the rectangles.
            pixels: of all patches in order.
            labels: number of labels.

        Returns:
            Bytes of each patch.

        Raises:
            RefusalError: an unknown layer, a rectangle that reaches beyond the drawing, missing or surplus pixels, or a
                label that is not in the palette.
        """
        size = self.size
        parts, start = [], 0
        for patch in patches:
            if patch.layer not in self.layers:
                raise RefusalError(422, "invalid", f"this drawing has no layer '{patch.layer}'")
            if patch.x + patch.width > size.width or patch.y + patch.height > size.height:
                raise RefusalError(
                    422, "invalid", f"a change extends beyond the drawing ({size.width}×{size.height} px)"
                )
            length = patch.width * patch.height * channels_of(patch.layer)
            part = pixels[start : start + length]
            start += length
            if len(part) < length:
                raise RefusalError(422, "invalid", "pixels are missing from the message")
            if int(np.frombuffer(part, np.uint8).max()) >= values_of(patch.layer, labels):
                wrong = "an unknown label" if patch.layer == "segments" else "a value other than 0 or 1"
                raise RefusalError(422, "invalid", f"the layer '{patch.layer}' cannot contain {wrong}")
            parts.append(bytes(part))
        if start != len(pixels):
            raise RefusalError(422, "invalid", "the message has more pixels than its rectangles")
        return parts

    def put(self, patches: Sequence[Patch], pixels: Sequence[bytes]) -> None:
        """Write checked pixels.

        Args:
            patches: the rectangles.
            pixels: of each.
        """
        for patch, part in zip(patches, pixels, strict=True):
            view = self.layers[patch.layer][patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]
            view[...] = np.frombuffer(part, np.uint8).reshape(view.shape)

    def patched(self, entries: Sequence[tuple[Sequence[Patch], Sequence[bytes]]]) -> Drawing:
        """A copy of this drawing with new pixels in some rectangles.

        Args:
            entries: patches and their pixels, applied one after the other.

        Returns:
            A new drawing; layers without patches are shared.
        """
        touched = {patch.layer for patches, _ in entries for patch in patches}
        drawing = Drawing({name: a.copy() if name in touched else a for name, a in self.layers.items()})
        for patches, pixels in entries:
            drawing.put(patches, pixels)
        return drawing

    def difference(self, other: Drawing) -> list[Patch]:
        """Bounding boxes of the differences of two drawings.

        Args:
            other: a drawing with the same layers and size.

        Returns:
            At most one per layer.
        """
        patches = []
        for name, layer in self.layers.items():
            box = box_of((layer != other.layers[name]).reshape(*layer.shape[:2], -1).any(axis=2))
            if box is not None:
                patches.append(Patch(layer=name, **box.model_dump()))
        return patches

    def dump(self, meta: dict[str, int]) -> bytes:
        """Serialise the drawing.

        Args:
            meta: numbers to store with it.
        """
        shapes = {name: layer.shape for name, layer in self.layers.items()}
        head = json.dumps({"meta": meta, "layers": shapes}).encode()
        body = b"".join(np.ascontiguousarray(layer).tobytes() for layer in self.layers.values())
        return _HEAD.pack(len(head)) + head + zlib.compress(body, 1)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Drawing, dict[str, int]]:
        """Read the output of `dump`.

        Args:
            data: the file's bytes.

        Returns:
            The drawing and the numbers stored with it.

        Raises:
            RunError: the data are damaged.
        """
        try:
            (length,) = _HEAD.unpack_from(data)
            head = json.loads(data[_HEAD.size : _HEAD.size + length])
            shapes = {str(name): tuple(map(int, shape)) for name, shape in head["layers"].items()}
            total = sum(int(np.prod(shape)) for shape in shapes.values())
            # At most the stated length is unpacked.
            body = zlib.decompressobj().decompress(data[_HEAD.size + length :], total + 1)
            if len(body) != total or not shapes or len({shape[:2] for shape in shapes.values()}) != 1:
                raise ValueError("its layers do not match")
            layers, start = {}, 0
            for name, shape in shapes.items():
                count = int(np.prod(shape))
                layers[name] = np.frombuffer(body[start : start + count], np.uint8).reshape(shape).copy()
                start += count
            return cls(layers), {str(key): int(value) for key, value in head["meta"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, zlib.error) as error:
            raise RunError(f"the project's drawing is damaged ({error})") from error


def union(patches: Sequence[Patch]) -> tuple[Patch, ...]:
    """One patch per layer, around all of that layer's patches.

    Args:
        patches: any.

    Returns:
        In the order in which the layers occur.
    """
    union_of: dict[LayerName, Patch] = {}
    for p in patches:
        q = union_of.get(p.layer, p)
        x, y = min(p.x, q.x), min(p.y, q.y)
        right, bottom = max(p.x + p.width, q.x + q.width), max(p.y + p.height, q.y + q.height)
        union_of[p.layer] = Patch(layer=p.layer, x=x, y=y, width=right - x, height=bottom - y)
    return tuple(union_of.values())


def box_of(mask: np.ndarray) -> Rectangle | None:
    """The smallest rectangle around all true pixels.

    Args:
        mask: (H, W) bool.

    Returns:
        None if there are none.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return Rectangle(x=left, y=top, width=int(columns[-1]) - left + 1, height=int(rows[-1]) - top + 1)
