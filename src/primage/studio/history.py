"""All edits of a project, on disk: undo and redo without limit, also after a restart.

The file is a row of entries, each: length of its header, length of its body, the header as JSON, the body compressed:
pixels before the edit, then pixels after it. An edit after an undo cuts off what could have been redone.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from primage.errors import RunError
from primage.studio.drawing import channels_of
from primage.studio.schemas import Label, Patch, Schema

_HEAD = struct.Struct("<II")


class _Header(Schema):
    title: str
    patches: tuple[Patch, ...]
    labels_before: tuple[Label, ...] | None
    labels_after: tuple[Label, ...] | None


@dataclass(frozen=True)
class Entry:
    """One edit.

    Attributes:
        title: what it is called.
        patches: the rectangles that it changed.
        before: their pixels before it.
        after: and after it.
        labels: names and colours before and after it, if they changed.
    """

    title: str
    patches: tuple[Patch, ...]
    before: Sequence[bytes]
    after: Sequence[bytes]
    labels: tuple[tuple[Label, ...], tuple[Label, ...]] | None = None


class History:
    """The entries of one file, and how many of them are done.

    Args:
        path: the file; made when the first entry is.
        done: how many entries the drawing already holds.
    """

    def __init__(self, path: Path, done: int = 0) -> None:
        self._path = path
        self._starts: list[int] = []
        self._titles: list[str] = []
        self._end = 0
        self._scan()
        self.done = min(done, len(self._starts))

    def _scan(self) -> None:
        """Find the entries; what a crash cut in two at the end is left out, and overwritten by the next one."""
        if not self._path.exists():
            return
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            while self._end + _HEAD.size <= size:
                file.seek(self._end)
                header, body = _HEAD.unpack(file.read(_HEAD.size))
                if self._end + _HEAD.size + header + body > size:
                    break
                try:
                    title = _Header.model_validate_json(file.read(header)).title
                except ValidationError:
                    break
                self._starts.append(self._end)
                self._titles.append(title)
                self._end += _HEAD.size + header + body

    @property
    def undo_title(self) -> str | None:
        """What undo would take back."""
        return self._titles[self.done - 1] if self.done else None

    @property
    def redo_title(self) -> str | None:
        """What redo would do again."""
        return self._titles[self.done] if self.done < len(self._titles) else None

    def titles(self, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was done and what was undone.

        Args:
            most: how many of each, next to where one is.
        """
        done, titles = self.done, self._titles
        return tuple(titles[max(0, done - most) : done]), tuple(titles[done : done + most])

    @property
    def can_redo(self) -> bool:
        """Whether an append would cut something off."""
        return self.done < len(self._starts)

    def append(self, entry: Entry) -> None:
        """Write one more edit behind those that are done.

        Args:
            entry: the edit.
        """
        labels = entry.labels or (None, None)
        header = _Header(title=entry.title, patches=entry.patches, labels_before=labels[0], labels_after=labels[1])
        text = header.model_dump_json().encode()
        body = zlib.compress(b"".join([*entry.before, *entry.after]), 1)
        end = self._starts[self.done] if self.can_redo else self._end
        with self._path.open("r+b" if self._path.exists() else "xb") as file:
            file.truncate(end)
            file.seek(end)
            file.write(_HEAD.pack(len(text), len(body)) + text + body)
        del self._starts[self.done :], self._titles[self.done :]
        self._starts.append(end)
        self._titles.append(entry.title)
        self._end = end + _HEAD.size + len(text) + len(body)
        self.done += 1

    def last(self) -> Entry:
        """The newest edit that is done; there is one.

        Raises:
            RunError: the file is damaged.
        """
        return self._read(self.done - 1)

    def replace_last(self, entry: Entry) -> None:
        """Write an edit in place of the newest one that is done.

        Args:
            entry: the edit.
        """
        self.done -= 1
        self.append(entry)

    def undo(self) -> Entry | None:
        """Count one edit less.

        Returns:
            The edit to take back; None if there is none.

        Raises:
            RunError: the file is damaged.
        """
        if not self.done:
            return None
        entry = self._read(self.done - 1)
        self.done -= 1
        return entry

    def redo(self) -> Entry | None:
        """Count one edit more.

        Returns:
            The edit to do again; None if there is none.

        Raises:
            RunError: the file is damaged.
        """
        if not self.can_redo:
            return None
        entry = self._read(self.done)
        self.done += 1
        return entry

    def flush(self) -> None:
        """Make sure that all entries are on the disk."""
        if self._path.exists():
            with self._path.open("rb+") as file:
                os.fsync(file.fileno())

    def _read(self, number: int) -> Entry:
        with self._path.open("rb") as file:
            file.seek(self._starts[number])
            header_length, body_length = _HEAD.unpack(file.read(_HEAD.size))
            try:
                header = _Header.model_validate_json(file.read(header_length))
                lengths = [p.width * p.height * channels_of(p.layer) for p in header.patches]
                total = 2 * sum(lengths)
                body = zlib.decompressobj().decompress(file.read(body_length), total + 1)
            except (ValidationError, zlib.error) as error:
                raise RunError("the project's history is damaged") from error
        if len(body) != total:
            raise RunError("the project's history is damaged")
        parts, at = [], 0
        for length in [*lengths, *lengths]:
            parts.append(body[at : at + length])
            at += length
        half = len(lengths)
        labels = None
        if header.labels_before is not None and header.labels_after is not None:
            labels = (header.labels_before, header.labels_after)
        return Entry(header.title, header.patches, parts[:half], parts[half:], labels)
