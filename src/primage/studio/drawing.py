"""The drawing as the studio holds it: layers of bytes, changed in rectangles."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primage.errors import RunError
from primage.studio.errors import RefusalError
from primage.studio.schemas import Layer, LayerName, Patch, Rectangle, Size

#: As in `primage.primitive`, which cannot be imported without PyTorch; a test compares the two.
KIND_LAYERS: dict[str, tuple[LayerName, ...]] = {
    "super": ("segments", "edges"),
    "edges": ("edges",),
    "segments": ("segments",),
    "paint": ("colours",),
}
_HEAD = struct.Struct("<I")


def layers_of(kind: str) -> tuple[Layer, ...]:
    """The layers of a kind of drawing, the marks among them.

    Args:
        kind: super, edges, segments or paint.

    Returns:
        In the order in which pixels are sent.
    """
    return tuple(Layer(name=name, channels=channels_of(name)) for name in (*KIND_LAYERS[kind], "marks"))


def channels_of(layer: str) -> int:
    """How many bytes a pixel of a layer has."""
    return 3 if layer == "colours" else 1


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
        """A drawing of its own."""
        return Drawing({name: layer.copy() for name, layer in self.layers.items()})

    def cut(self, patches: Sequence[Patch]) -> list[bytes]:
        """The pixels that some rectangles hold now.

        Args:
            patches: they lie in the drawing.

        Returns:
            Bytes of each.
        """
        return [self.layers[p.layer][p.y : p.y + p.height, p.x : p.x + p.width].tobytes() for p in patches]

    def check(self, patches: Sequence[Patch], pixels: memoryview, labels: int) -> list[bytes]:
        """Make sure that patches can be put into the drawing, before any of them is.

        Args:
            patches: where to.
            pixels: of all patches in order.
            labels: how many there are.

        Returns:
            Bytes of each patch.

        Raises:
            RefusalError: a layer that is not there, a rectangle that reaches beyond the drawing, pixels missing or too
                many, a label that the palette does not have.
        """
        size = self.size
        found, at = [], 0
        for patch in patches:
            if patch.layer not in self.layers:
                raise RefusalError(422, "invalid", f"this drawing has no layer '{patch.layer}'")
            if patch.x + patch.width > size.width or patch.y + patch.height > size.height:
                raise RefusalError(422, "invalid", f"a change ends outside the drawing ({size.width}×{size.height} px)")
            length = patch.width * patch.height * channels_of(patch.layer)
            part = pixels[at : at + length]
            at += length
            if len(part) < length:
                raise RefusalError(422, "invalid", "pixels are missing from the message")
            if patch.layer != "colours":
                most = labels if patch.layer == "segments" else 2
                if int(np.frombuffer(part, np.uint8).max()) >= most:
                    wrong = "a label that the network does not know" if most == labels else "a value that is not 0 or 1"
                    raise RefusalError(422, "invalid", f"the layer '{patch.layer}' was to get {wrong}")
            found.append(bytes(part))
        if at != len(pixels):
            raise RefusalError(422, "invalid", "the message has more pixels than its rectangles")
        return found

    def put(self, patches: Sequence[Patch], pixels: Sequence[bytes]) -> None:
        """Write checked pixels.

        Args:
            patches: where to.
            pixels: of each.
        """
        for patch, part in zip(patches, pixels, strict=True):
            view = self.layers[patch.layer][patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]
            view[...] = np.frombuffer(part, np.uint8).reshape(view.shape)

    def patched(self, entries: Sequence[tuple[Sequence[Patch], Sequence[bytes]]]) -> Drawing:
        """This drawing with other pixels in some places.

        Args:
            entries: patches and their pixels, put in one after the other.

        Returns:
            A drawing of its own; layers that stay are shared.
        """
        touched = {patch.layer for patches, _ in entries for patch in patches}
        found = Drawing({name: a.copy() if name in touched else a for name, a in self.layers.items()})
        for patches, pixels in entries:
            found.put(patches, pixels)
        return found

    def difference(self, other: Drawing) -> list[Patch]:
        """Boxes in which two drawings differ.

        Args:
            other: of the same layers and size.

        Returns:
            At most one a layer.
        """
        found = []
        for name, layer in self.layers.items():
            box = box_of((layer != other.layers[name]).reshape(*layer.shape[:2], -1).any(axis=2))
            if box is not None:
                found.append(Patch(layer=name, **box.model_dump()))
        return found

    def dump(self, meta: dict[str, int]) -> bytes:
        """Everything as bytes for a file.

        Args:
            meta: numbers to keep beside it.
        """
        shapes = {name: layer.shape for name, layer in self.layers.items()}
        head = json.dumps({"meta": meta, "layers": shapes}).encode()
        body = b"".join(np.ascontiguousarray(layer).tobytes() for layer in self.layers.values())
        return _HEAD.pack(len(head)) + head + zlib.compress(body, 1)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Drawing, dict[str, int]]:
        """Read what `dump` made.

        Args:
            data: the file's bytes.

        Returns:
            The drawing and the numbers beside it.

        Raises:
            RunError: it is no such file.
        """
        try:
            (length,) = _HEAD.unpack_from(data)
            head = json.loads(data[_HEAD.size : _HEAD.size + length])
            shapes = {str(name): tuple(map(int, shape)) for name, shape in head["layers"].items()}
            total = sum(int(np.prod(shape)) for shape in shapes.values())
            # A stream that would grow beyond what it says is cut off, not unpacked.
            body = zlib.decompressobj().decompress(data[_HEAD.size + length :], total + 1)
            if len(body) != total or not shapes or len({shape[:2] for shape in shapes.values()}) != 1:
                raise ValueError("its layers do not fit each other")
            layers, at = {}, 0
            for name, shape in shapes.items():
                count = int(np.prod(shape))
                layers[name] = np.frombuffer(body[at : at + count], np.uint8).reshape(shape).copy()
                at += count
            return cls(layers), {str(key): int(value) for key, value in head["meta"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, zlib.error) as error:
            raise RunError(f"the project's drawing is damaged ({error})") from error


def union(patches: Sequence[Patch]) -> tuple[Patch, ...]:
    """One patch a layer, around all of it.

    Args:
        patches: any.

    Returns:
        In the order in which the layers occur.
    """
    found: dict[LayerName, Patch] = {}
    for p in patches:
        q = found.get(p.layer, p)
        x, y = min(p.x, q.x), min(p.y, q.y)
        right, bottom = max(p.x + p.width, q.x + q.width), max(p.y + p.height, q.y + q.height)
        found[p.layer] = Patch(layer=p.layer, x=x, y=y, width=right - x, height=bottom - y)
    return tuple(found.values())


def box_of(mask: np.ndarray) -> Rectangle | None:
    """The smallest rectangle around all that is true.

    Args:
        mask: (H, W) bool.

    Returns:
        None if nothing is.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return Rectangle(x=left, y=top, width=int(columns[-1]) - left + 1, height=int(rows[-1]) - top + 1)
