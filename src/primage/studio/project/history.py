"""All edits of a project, on disk: unlimited undo and redo, also after a restart.

The file is a sequence of entries: the length of the header, the length of the body, the header as JSON, and the
compressed body (pixels before the edit, pixels after it, contents of objects that only one side has). The header also
lists the pieces that pixels of the origin refer to. An entry that gives the canvas another size has the whole drawing
twice. Entries are only appended. The header of an entry that
replaces others (an edit after an undo, or two merged edits) holds their number, so a failed write loses no edit.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import Field, ValidationError

from primage.errors import RunError
from primage.files import atomic_path
from primage.origin.transforms import Piece, pictures_of
from primage.primitive.margins import Margins
from primage.studio.drawing import Pixels
from primage.studio.layers import MAX_UNPACKED_BYTES, channels_of
from primage.studio.objects import Content, Kept, Objects, joined, length_of, split
from primage.studio.schemas import Label, Patch, Schema

_log = logging.getLogger(__name__)

_HEAD = struct.Struct("<II")
#: Replaced entries are removed from the file when they take more space than this and than the valid entries.
_MIN_GARBAGE_BYTES = 1 << 20


class _Header(Schema):
    title: str
    patches: tuple[Patch, ...]
    pieces_before: tuple[Piece, ...] = ()
    pieces_after: tuple[Piece, ...] = ()
    labels_before: tuple[Label, ...] | None
    labels_after: tuple[Label, ...] | None
    objects_before: Objects | None = None
    objects_after: Objects | None = None
    contents: tuple[Content, ...] = ()
    patches_after: tuple[Patch, ...] = ()
    margins_before: Margins | None = None
    margins_after: Margins | None = None
    replaces: int = Field(0, ge=0, description="number of preceding entries that it replaces")


@dataclass(frozen=True)
class Resized:
    """Another size of the canvas.

    Attributes:
        margins: of the canvas before and after it.
        patches: the whole drawing after it, as rectangles.
    """

    margins: tuple[Margins, Margins]
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class Entry:
    """One edit.

    Attributes:
        title: title shown by undo.
        patches: the changed rectangles.
        before: their pixels before the edit.
        after: their pixels after it.
        labels: names and colours before and after it, if they changed.
        objects: objects before and after it, if they changed.
        contents: those that only the objects before it or only those after it refer to, by id.
        resized: whether the canvas has another size after it; the rectangles are those before it then.
    """

    title: str
    patches: tuple[Patch, ...]
    before: Pixels
    after: Pixels
    labels: tuple[tuple[Label, ...], tuple[Label, ...]] | None = None
    objects: tuple[Objects, Objects] | None = None
    contents: Mapping[str, Kept] = field(default_factory=dict)
    resized: Resized | None = None


@dataclass(frozen=True)
class _Slot:
    """Position of an entry in the file."""

    start: int
    length: int
    title: str
    pictures: frozenset[str] = frozenset()


class History:
    """The entries of one file, and the number of them that are done.

    Args:
        path: the file; created with the first entry.
        done: number of entries applied to the drawing.
    """

    def __init__(self, path: Path, done: int = 0) -> None:
        self._path = path
        self._slots: list[_Slot] = []
        self._end = 0
        #: Whether entries were replaced since the file was last flushed.
        self.replaced = False
        self._scan()
        self.done = min(done, len(self._slots))

    def _scan(self) -> None:
        """Find the entries; an incomplete one at the end (after a crash) is ignored and will be overwritten."""
        if not self._path.exists():
            return
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            while self._end + _HEAD.size <= size:
                file.seek(self._end)
                header_length, body_length = _HEAD.unpack(file.read(_HEAD.size))
                length = _HEAD.size + header_length + body_length
                if self._end + length > size:
                    break
                try:
                    header = _Header.model_validate_json(file.read(header_length))
                except ValidationError:
                    break
                self._count(_Slot(self._end, length, header.title, _pictures(header)), header.replaces)

    def _count(self, slot: _Slot, replaces: int) -> None:
        """Register an entry that is in the file."""
        del self._slots[max(0, len(self._slots) - replaces) :]
        self._slots.append(slot)
        self._end = slot.start + slot.length

    @property
    def pictures(self) -> frozenset[str]:
        """The pictures that entries refer to, also those that were undone."""
        return frozenset().union(*(slot.pictures for slot in self._slots))

    @property
    def undo_title(self) -> str | None:
        """Title of the edit that undo would revert."""
        return self._slots[self.done - 1].title if self.done else None

    @property
    def redo_title(self) -> str | None:
        """Title of the edit that redo would repeat."""
        return self._slots[self.done].title if self.can_redo else None

    def titles(self, limit: int, first: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Titles of the done and the undone edits.

        Args:
            limit: maximum number of each, closest to the current state.
            first: number of the oldest done edits that are left out.
        """
        titles, done = [slot.title for slot in self._slots], self.done
        return tuple(titles[max(first, done - limit) : done]), tuple(titles[done : done + limit])

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone edit, which an append would discard."""
        return self.done < len(self._slots)

    def append(self, entry: Entry) -> None:
        """Append an edit to those that are done; undone edits are discarded.

        Args:
            entry: the edit.

        Raises:
            OSError: it could not be written; nothing has changed.
        """
        self._write(entry, replaces=len(self._slots) - self.done)
        self.done += 1

    def replace_last(self, entry: Entry) -> None:
        """Replace the last edit that is done.

        Args:
            entry: the edit.

        Raises:
            OSError: it could not be written; nothing has changed.
        """
        self._write(entry, replaces=len(self._slots) - self.done + 1)

    def _write(self, entry: Entry, replaces: int) -> None:
        before, after = entry.labels or (None, None)
        objects_before, objects_after = entry.objects or (None, None)
        margins_before, margins_after = (None, None) if entry.resized is None else entry.resized.margins
        contents = tuple(entry.contents.values())
        header = _Header(
            title=entry.title,
            patches=entry.patches,
            pieces_before=entry.before.pieces,
            pieces_after=entry.after.pieces,
            labels_before=before,
            labels_after=after,
            objects_before=objects_before,
            objects_after=objects_after,
            contents=tuple(kept.content for kept in contents),
            patches_after=() if entry.resized is None else entry.resized.patches,
            margins_before=margins_before,
            margins_after=margins_after,
            replaces=replaces,
        )
        data = _packed(header, zlib.compress(b"".join([*entry.before.parts, *entry.after.parts, *joined(contents)]), 1))
        try:
            with self._path.open("r+b" if self._path.exists() else "xb") as file:
                file.truncate(self._end)  # a crash may have left an incomplete entry
                file.seek(self._end)
                file.write(data)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._path, self._end)
            raise
        self._count(_Slot(self._end, len(data), entry.title, _pictures(header)), replaces)
        self.replaced = self.replaced or replaces > 0

    def compact(self) -> None:
        """Rewrite the file without the entries that were replaced, if they take much of it."""
        used = sum(slot.length for slot in self._slots)
        if self._end - used > max(used, _MIN_GARBAGE_BYTES):
            try:
                self._compact(self._slots)
            except Exception:  # the file only remains longer than necessary
                _log.warning("%s cannot be compacted", self._path, exc_info=True)

    def forget_undone(self) -> None:
        """Remove the undone edits from the file.

        Raises:
            OSError: it cannot be written; nothing has changed.
        """
        if self.can_redo:
            self._compact(self._slots[: self.done])

    def _compact(self, kept: list[_Slot]) -> None:
        slots: list[_Slot] = []
        end = 0
        with (
            atomic_path(self._path) as scratch,
            self._path.open("rb") as source,
            scratch.open("wb") as target,
        ):
            for slot in kept:
                source.seek(slot.start)
                header_length, body_length = _HEAD.unpack(source.read(_HEAD.size))
                header = _Header.model_validate_json(source.read(header_length))
                data = _packed(header.model_copy(update={"replaces": 0}), source.read(body_length))
                target.write(data)
                slots.append(replace(slot, start=end, length=len(data)))
                end += len(data)
        self._slots, self._end = slots, end

    def last(self) -> Entry | None:
        """The last edit that is done; None if there is none.

        Raises:
            RunError: the file is damaged.
        """
        return self._read(self._slots[self.done - 1]) if self.done else None

    def next(self) -> Entry | None:
        """The edit that redo would repeat; None if there is none.

        Raises:
            RunError: the file is damaged.
        """
        return self._read(self._slots[self.done]) if self.can_redo else None

    def back_to(self, done: int) -> list[Entry]:
        """The edits that are done but for the first ones, newest first.

        Args:
            done: number of the first ones.

        Raises:
            RunError: the file is damaged.
        """
        return [self._read(slot) for slot in reversed(self._slots[done : self.done])]

    def flush(self) -> None:
        """Make sure that all entries are on the disk."""
        if self._path.exists():
            with self._path.open("rb+") as file:
                os.fsync(file.fileno())
        self.replaced = False

    def _read(self, slot: _Slot) -> Entry:
        with self._path.open("rb") as file:
            file.seek(slot.start)
            header_length, body_length = _HEAD.unpack(file.read(_HEAD.size))
            try:
                header = _Header.model_validate_json(file.read(header_length))
                after = header.patches_after or header.patches
                lengths = [p.width * p.height * channels_of(p.layer) for p in (*header.patches, *after)]
                names: set[str] = {layer for content in header.contents for layer in content.layers}
                channels = {name: channels_of(name) for name in names}
                total = sum(lengths) + sum(length_of(content, channels) for content in header.contents)
                body = zlib.decompressobj().decompress(file.read(body_length), min(total, MAX_UNPACKED_BYTES) + 1)
            except (ValidationError, zlib.error) as error:
                raise RunError("the project's history is damaged") from error
        if len(body) != total:
            raise RunError("the project's history is damaged")
        parts, start = [], 0
        for length in lengths:
            parts.append(body[start : start + length])
            start += length
        half = len(header.patches)
        labels = None
        if header.labels_before is not None and header.labels_after is not None:
            labels = (header.labels_before, header.labels_after)
        objects = None
        if header.objects_before is not None and header.objects_after is not None:
            objects = (header.objects_before, header.objects_after)
        resized = None
        if header.margins_before is not None and header.margins_after is not None:
            resized = Resized((header.margins_before, header.margins_after), header.patches_after)
        pixels = Pixels(parts[:half], header.pieces_before), Pixels(parts[half:], header.pieces_after)
        contents, _ = split(header.contents, body, channels)
        return Entry(header.title, header.patches, *pixels, labels, objects, contents, resized)


def _pictures(header: _Header) -> frozenset[str]:
    pieces = (*header.pieces_before, *header.pieces_after, *(p for one in header.contents for p in one.pieces))
    return pictures_of(pieces)


def _packed(header: _Header, body: bytes) -> bytes:
    text = header.model_dump_json().encode()
    return _HEAD.pack(len(text), len(body)) + text + body
