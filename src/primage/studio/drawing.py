"""The studio's drawing: layers of bytes, changed in rectangles."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from primage.errors import RunError
from primage.files import parse_json
from primage.http.errors import RefusalError
from primage.origin.plane import MAX_PIECES, UNMOVED, Origin
from primage.origin.transforms import Piece, pictures_of
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.layers import MAX_UNPACKED_BYTES, channels_of, check_values
from primage.studio.objects import Content, Kept, Objects, Stack, joined, length_of, split
from primage.studio.origin import differing, index_of, inferred, layer_of, renumbered
from primage.studio.schemas import LayerName, Patch, Rectangle, Size

_HEAD = struct.Struct("<I")
#: What is raised while damaged files are read.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RefusalError, struct.error, zlib.error)
_PIECES = TypeAdapter(tuple[Piece, ...])
_CONTENTS = TypeAdapter(tuple[Content, ...])


@dataclass(frozen=True)
class Pixels:
    """Pixels of some rectangles.

    Attributes:
        parts: bytes of each rectangle.
        pieces: those that pixels of the origin refer to by number.
    """

    parts: Sequence[bytes]
    pieces: tuple[Piece, ...] = ()


@dataclass
class Drawing:
    """Layers of one size.

    Attributes:
        layers: by name, (H, W) or (H, W, bytes per pixel) uint8: labels, lines 0/1, colours, marks, sources, origin.
        pieces: those that the origin refers to, without repetitions.
        stack: objects that the layers contain; a drawing from elsewhere has none.
        margins: what it has beyond the photo's borders.
    """

    layers: dict[str, np.ndarray]
    pieces: tuple[Piece, ...] = ()
    stack: Stack = field(default_factory=Stack)
    margins: Margins = NO_MARGINS

    @property
    def size(self) -> Size:
        """Width and height."""
        height, width = next(iter(self.layers.values())).shape[:2]
        return Size(width=width, height=height)

    @property
    def photo_size(self) -> Size:
        """Width and height of the photo in it."""
        height, width = self.margins.within((self.size.height, self.size.width))
        return Size(width=width, height=height)

    def copy(self) -> Drawing:
        """A copy that shares no layer."""
        return replace(self, layers={name: layer.copy() for name, layer in self.layers.items()})

    def without_marks(self) -> Drawing:
        """The drawing without marks and objects of its own, for the network; the layers are shared."""
        layers = {name: layer for name, layer in self.layers.items() if name != "marks"}
        return replace(self, layers=layers, stack=Stack())

    def with_sources(self) -> Drawing:
        """This drawing with no place excluded if it was saved by an earlier version; the other layers are shared."""
        if "sources" in self.layers:
            return self
        blank = np.zeros((self.size.height, self.size.width), np.uint8)
        return replace(self, layers={**self.layers, "sources": blank})

    @property
    def pictures(self) -> frozenset[str]:
        """The pictures that its pixels, and those of its objects, come from."""
        kept = (piece for one in self.stack.contents.values() for piece in one.content.pieces)
        return pictures_of((*self.pieces, *kept))

    @property
    def has_origin(self) -> bool:
        """Whether it says where its pixels come from. Drawings saved by earlier versions do not."""
        return "origin" in self.layers

    def with_inferred_origin(self, training: Drawing) -> Drawing:
        """This drawing, saved by an earlier version, with an origin; the other layers are shared.

        Args:
            training: the unedited drawing, of the same size.
        """
        index = inferred(self.layers, training.layers)
        return Drawing({**self.layers, "origin": layer_of(index)}, margins=self.margins)

    def continuing(self, current: Drawing, training: Drawing) -> Drawing:
        """This drawing, edited in another program, with marks, sources, and the origin of what it has not changed.

        Args:
            current: the drawing before, of the same size.
            training: the unedited drawing.
        """
        changed = differing(self.layers, current.layers)
        index = np.where(changed, inferred(self.layers, training.layers), index_of(current.layers["origin"]))
        own = {name: current.layers[name] for name in ("marks", "sources")}
        whole = {**self.layers, **own, "origin": layer_of(index)}
        return Drawing(whole, current.pieces, margins=current.margins)

    def coming_from(self, origin: Origin, current: Drawing) -> Drawing:
        """This drawing, edited in another program, with an inferred origin; what is known of the current one is kept.

        Args:
            origin: inferred, for the whole drawing.
            current: the drawing before, of the same size.
        """
        before = index_of(current.layers["origin"])
        known = ~differing(self.layers, current.layers) & (before != UNMOVED)
        index, pieces = renumbered(origin.index, origin.pieces, current.pieces)
        whole = {**self.layers, "origin": layer_of(np.where(known, before, index))}
        return Drawing(whole, pieces, margins=current.margins)

    def fits(self, other: Drawing) -> bool:
        """Whether two drawings have the same layers, and the same size without margins.

        Args:
            other: any drawing.
        """
        return set(self.layers) == set(other.layers) and self.photo_size == other.photo_size

    def cut(self, patches: Sequence[Patch]) -> Pixels:
        """The current pixels of some rectangles.

        Args:
            patches: inside the drawing.
        """
        parts: list[bytes] = []
        pieces: tuple[Piece, ...] = ()
        for p in patches:
            part = self.layers[p.layer][p.y : p.y + p.height, p.x : p.x + p.width]
            if p.layer == "origin":
                index, pieces = renumbered(index_of(part), self.pieces, pieces)
                part = layer_of(index)
            parts.append(part.tobytes())
        return Pixels(parts, pieces)

    def check(
        self, patches: Sequence[Patch], pixels: memoryview, labels: int, pieces: tuple[Piece, ...] = ()
    ) -> Pixels:
        """Check that patches fit the drawing, before any of them is applied.

        Args:
            patches: the rectangles.
            pixels: of all patches in order.
            labels: number of labels.
            pieces: those that pixels of the origin refer to.

        Returns:
            The pixels of each patch.

        Raises:
            RefusalError: an unknown layer, a rectangle that reaches beyond the drawing, missing or surplus pixels, a
                label that is not in the palette, or a piece that is not in the list.
        """
        size = self.size
        if len(self.pieces) + len(pieces) > MAX_PIECES:
            raise RefusalError(409, "full", f"an edited drawing consists of at most {MAX_PIECES} pieces")
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
            check_values(patch.layer, part, labels, len(pieces))
            parts.append(bytes(part))
        if start != len(pixels):
            raise RefusalError(422, "invalid", "the message has more pixels than its rectangles")
        return Pixels(parts, pieces)

    def received(
        self, objects: Objects | None, contents: Sequence[Content], pixels: memoryview, labels: int
    ) -> tuple[Stack | None, memoryview]:
        """The objects after an edit, before any of it is applied.

        Args:
            objects: the new ones; None if they stay as they are.
            contents: those that are new.
            pixels: of an edit; those of the contents come last.
            labels: number of labels.

        Returns:
            The objects, None if they stay as they are; the pixels before those of the contents.

        Raises:
            RefusalError: a content is missing or does not fit the drawing.
        """
        if objects is None and not contents:
            return None, pixels
        given, length = split(contents, pixels, {layer: channels_of(layer) for layer in self.layers})
        for kept in given.values():
            _check_content(kept, labels)
        return self.stack.changed(objects or self.stack.objects, given), pixels[:length]

    def check_stack(self, labels: int) -> None:
        """Check the objects of a drawing that was read from a file.

        Args:
            labels: number of labels.

        Raises:
            RefusalError: one of their contents does not fit the drawing.
        """
        for kept in self.stack.contents.values():
            _check_content(kept, labels)

    def put(self, patches: Sequence[Patch], pixels: Pixels) -> None:
        """Write checked pixels.

        Args:
            patches: the rectangles.
            pixels: of each.
        """
        for patch, part in zip(patches, pixels.parts, strict=True):
            view = self.layers[patch.layer][patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]
            content = np.frombuffer(part, np.uint8).reshape(view.shape)
            if patch.layer == "origin":
                index, self.pieces = renumbered(index_of(content), pixels.pieces, self.pieces)
                content = layer_of(index)
            view[...] = content
        if any(patch.layer == "origin" for patch in patches):
            self._drop_unused_pieces()

    def _drop_unused_pieces(self) -> None:
        index, pieces = renumbered(index_of(self.layers["origin"]), self.pieces, ())
        if len(pieces) < len(self.pieces):
            self.layers["origin"], self.pieces = layer_of(index), pieces

    def patched(self, entries: Sequence[tuple[Sequence[Patch], Pixels]]) -> Drawing:
        """A copy of this drawing with new pixels in some rectangles.

        Args:
            entries: patches and their pixels, applied one after the other.

        Returns:
            A new drawing; layers without patches are shared.
        """
        touched = {patch.layer for patches, _ in entries for patch in patches}
        layers = {name: a.copy() if name in touched else a for name, a in self.layers.items()}
        drawing = replace(self, layers=layers)
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
        own = dict(self.layers)
        if self.pieces or other.pieces:  # the same number may mean different pieces
            own["origin"] = layer_of(renumbered(index_of(own["origin"]), self.pieces, other.pieces)[0])
        patches = []
        for name, layer in own.items():
            box = box_of((layer != other.layers[name]).reshape(*layer.shape[:2], -1).any(axis=2))
            if box is not None:
                patches.append(Patch(layer=name, **box.model_dump()))
        return patches

    def dump(self, meta: dict[str, Any]) -> bytes:
        """Serialise the drawing.

        Args:
            meta: numbers and lists of JSON data to store with it.
        """
        shapes = {name: layer.shape for name, layer in self.layers.items()}
        pieces = _PIECES.dump_python(self.pieces, mode="json")
        described: dict[str, object] = {"meta": meta, "layers": shapes, "pieces": pieces}
        if self.margins.any:
            described["margins"] = self.margins.model_dump()
        contents = tuple(self.stack.contents.values())
        if self.stack.objects.placed:
            described["objects"] = self.stack.objects.model_dump(mode="json")
            described["contents"] = [kept.content.model_dump(mode="json") for kept in contents]
        head = json.dumps(described).encode()
        layers = [np.ascontiguousarray(layer).tobytes() for layer in self.layers.values()]
        body = b"".join([*layers, *joined(contents)])
        return _HEAD.pack(len(head)) + head + zlib.compress(body, 1)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Drawing, dict[str, Any]]:
        """Read the output of `dump`.

        Args:
            data: the file's bytes.

        Returns:
            The drawing, and what was stored with it.

        Raises:
            RunError: the data are damaged.
        """
        try:
            (length,) = _HEAD.unpack_from(data)
            head = parse_json(data[_HEAD.size : _HEAD.size + length])
            shapes = {str(name): tuple(map(int, shape)) for name, shape in head["layers"].items()}
            contents = _CONTENTS.validate_python(head.get("contents", ()))
            channels = {name: 1 if len(shape) == 2 else shape[2] for name, shape in shapes.items()}
            total = sum(map(math.prod, shapes.values())) + sum(length_of(content, channels) for content in contents)
            # At most the stated length is unpacked.
            body = zlib.decompressobj().decompress(data[_HEAD.size + length :], min(total, MAX_UNPACKED_BYTES) + 1)
            if len(body) != total or not shapes or len({shape[:2] for shape in shapes.values()}) != 1:
                raise ValueError("its layers do not match")
            given, _ = split(contents, body, channels)
            stack = Stack().changed(Objects.model_validate(head.get("objects", {})), given)
            layers, start = {}, 0
            for name, shape in shapes.items():
                layers[name] = np.frombuffer(body, np.uint8, math.prod(shape), start).reshape(shape).copy()
                start += layers[name].size
            pieces: tuple[Piece, ...] = ()
            if "origin" in layers:
                listed = _PIECES.validate_python(head["pieces"])
                index, pieces = renumbered(index_of(layers["origin"]), listed, ())
                layers["origin"] = layer_of(index)
            drawing = cls(layers, pieces, stack, Margins.model_validate(head.get("margins", {})))
            _ = drawing.photo_size  # margins may leave nothing of it
            meta = head["meta"].items()
            return drawing, {str(key): value if isinstance(value, list) else int(value) for key, value in meta}
        except _DAMAGED as error:
            raise RunError(f"the project's drawing is damaged ({error})") from error


def _check_content(kept: Kept, labels: int) -> None:
    content, area = kept.content, kept.content.width * kept.content.height
    if max(kept.pixels[:area]) > 1:
        raise RefusalError(422, "invalid", "the mask of an object cannot contain a value other than 0 or 1")
    start = area
    for layer in content.layers:
        end = start + area * channels_of(layer)
        check_values(layer, kept.pixels[start:end], labels, len(content.pieces))
        start = end


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
