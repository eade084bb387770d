"""The edited drawing of a project: edits, undo, redo, and the files."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from primage.errors import RunError
from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.origin.transforms import Piece
from primage.studio.drawing import Drawing, Pixels, union
from primage.studio.layers import drawing_layers, values_of
from primage.studio.objects import Stack
from primage.studio.project.change import Change
from primage.studio.project.history import Entry, History, Resized
from primage.studio.project.store import ProjectRecord
from primage.studio.resizing import of_whole, whole
from primage.studio.schemas import HistoryState, Label, Patch

_log = logging.getLogger(__name__)

_LABELS: TypeAdapter[tuple[Label, ...]] = TypeAdapter(tuple[Label, ...])

#: Added when a drawing is loaded, so that no revision assigned before a crash is reused.
_REVISION_GAP = 1000
#: Number of titles in the history panel, in each direction.
_MAX_TITLES = 40


class Canvas:
    """The edited drawing of one project, and its history.

    Args:
        folder: folder of the project.
        drawing: the layers.
        done: number of history entries applied to them.
        revision: the last revision assigned.
        run: number of the run that they belong to.
    """

    def __init__(self, folder: Path, drawing: Drawing, done: int, revision: int, run: int) -> None:
        self._file = folder / "drawing.bin"
        self.drawing = drawing
        self.history = History(folder / "history.bin", done)
        self.revision = revision
        #: The revision on disk when it was loaded.
        self.loaded_revision = revision
        self._run = run
        self.saved = True
        #: Those of the drawing, saved with it; None if no edit changed those of the record.
        self.labels: tuple[Label, ...] | None = None
        #: Number of the first entries of the history that cannot be undone at the moment.
        self.floor = 0

    @classmethod
    def fresh(cls, folder: Path, drawing: Drawing, revision: int, run: int) -> Canvas:
        """Create and save a drawing without edits; the history of an earlier drawing is deleted.

        Args:
            folder: folder of the project.
            drawing: the layers.
            revision: a revision greater than all assigned so far.
            run: number of the run.
        """
        canvas = cls.unedited(folder, drawing, revision, run)
        canvas.save()
        return canvas

    @classmethod
    def unedited(cls, folder: Path, drawing: Drawing, revision: int, run: int) -> Canvas:
        """Create a drawing without edits, not saved yet; the history of an earlier drawing is deleted.

        Args:
            folder: folder of the project.
            drawing: the layers.
            revision: a revision greater than all assigned so far.
            run: number of the run.
        """
        # Before the drawing is saved: a crash in between must not leave entries that belong to another drawing.
        (folder / "history.bin").unlink(missing_ok=True)
        canvas = cls(folder, drawing, 0, revision, run)
        canvas.saved = False
        return canvas

    @classmethod
    def load(cls, folder: Path, record: ProjectRecord) -> Canvas:
        """Load the saved drawing, and compact its history if necessary, which takes time.

        Args:
            folder: folder of the project.
            record: record of the project.

        Raises:
            RunError: it is missing, damaged, or belongs to another project.
        """
        try:
            drawing, meta = Drawing.parse((folder / "drawing.bin").read_bytes())
            # A server that was killed between the two files has saved the labels of these pixels here only.
            labels = _LABELS.validate_python(meta["labels"]) if "labels" in meta else None
        except OSError as error:
            raise RunError("the project's drawing is missing") from error
        except ValidationError as error:
            raise RunError("the project's drawing is damaged (in its labels)") from error
        drawing = drawing.with_sources()
        check_drawing(drawing, record if labels is None else record.model_copy(update={"labels": labels}))
        run = record.run_number
        if meta.get("run") != run:
            raise RunError("the project's drawing belongs to an earlier extraction")
        before = meta.get("revision", 0)
        canvas = cls(folder, drawing, meta.get("done", 0), before + _REVISION_GAP, run)
        canvas.loaded_revision, canvas.labels = before, labels
        canvas.history.compact()
        canvas.save(durable=False)
        return canvas

    def labelled(self, record: ProjectRecord) -> ProjectRecord:
        """A record with the labels of the drawing.

        Args:
            record: record of the project, as it was saved.
        """
        return record if self.labels is None else record.model_copy(update={"labels": self.labels})

    def infer_origin(self, training: Drawing) -> None:
        """Complete a drawing that was saved by an earlier version, which did not record where pixels come from.

        Args:
            training: the unedited drawing.

        Raises:
            RunError: it has another size.
        """
        if training.size != self.drawing.size or training.layers.keys() - self.drawing.layers.keys() != {"origin"}:
            raise RunError("the project's drawing has other layers or another size than the one it was made from")
        self.drawing = self.drawing.with_inferred_origin(training)
        self.saved = False

    def save(self, durable: bool = True) -> None:
        """Write the layers.

        Args:
            durable: flush them to the disk before returning.
        """
        meta: dict[str, Any] = {"done": self.history.done, "revision": self.revision, "run": self._run}
        if self.labels is not None:
            meta["labels"] = _LABELS.dump_python(self.labels, mode="json")
        # After a power failure, an entry that was replaced must not count as one of those done.
        if durable or self.history.replaced:
            self.history.flush()
        write_atomically(self._file, self.drawing.dump(meta), durable)
        self.saved = True

    def state(self) -> HistoryState:
        """The position in the history."""
        done, undone = self.history.titles(_MAX_TITLES, self.floor)
        return HistoryState(
            revision=self.revision,
            undo=self.history.undo_title if self.history.done > self.floor else None,
            redo=self.history.redo_title,
            done=done,
            undone=undone,
        )

    def edit(
        self,
        title: str,
        patches: tuple[Patch, ...],
        pixels: memoryview,
        labels: tuple[tuple[Label, ...], tuple[Label, ...]] | None,
        palette: int,
        merge: bool = False,
        pieces: tuple[Piece, ...] = (),
        stack: Stack | None = None,
    ) -> Change:
        """Apply an edit.

        Args:
            title: shown in the history.
            patches: the changed rectangles.
            pixels: their new pixels.
            labels: names and colours before and after, if they change.
            palette: number of labels.
            merge: whether it is undone together with the last edit, if there is nothing to redo.
            pieces: those that pixels of the origin refer to.
            stack: the objects after it; None if they stay as they are.

        Returns:
            The change.

        Raises:
            RefusalError: it does not fit the drawing, or cannot be written to the disk; nothing has changed.
        """
        earlier = self.drawing.stack
        if stack is not None and stack.objects == earlier.objects:
            stack = None
        if not patches and labels is None and stack is None:
            raise RefusalError(422, "invalid", "the edit changes nothing")
        after = self.drawing.check(patches, pixels, palette, pieces)
        before = self.drawing.cut(patches)
        entry = Entry(title, patches, before, after, labels)
        if stack is not None:
            contents = stack.beyond(earlier) | earlier.beyond(stack)
            entry = replace(entry, objects=(earlier.objects, stack.objects), contents=contents)
        last = self.history.last() if merge and not self.history.can_redo else None
        self._write(entry if last is None or last.resized is not None else self._merged(last, entry), last)
        self.drawing.put(patches, after)
        self.drawing.stack = stack or earlier
        self.labels = self.labels if labels is None else labels[1]
        self._next_revision()
        return self._changed(Change(title, patches, after, labels[1] if labels is not None else None), earlier)

    def _write(self, entry: Entry, last: Entry | None = None) -> None:
        """Write an edit to the disk, instead of the last one if it contains that."""
        try:
            if self.history.can_redo:
                # Entries that are applied to the drawing on disk must not be discarded.
                self.save()
            if last is not None and last.resized is None:
                self.history.replace_last(entry)
            else:
                self.history.append(entry)
        except OSError as error:
            raise RefusalError(507, "full", f"the edit cannot be written to the disk ({error.strerror})") from error

    def _resize(self, title: str, drawing: Drawing) -> Change:
        """Replace the drawing by one on another canvas."""
        old, earlier = self.drawing, self.drawing.stack
        patches, others = whole(old), whole(drawing)
        entry = Entry(title, patches, old.cut(patches), drawing.cut(others))
        entry = replace(entry, resized=Resized((old.margins, drawing.margins), others))
        if drawing.stack.objects != earlier.objects:
            contents = drawing.stack.beyond(earlier) | earlier.beyond(drawing.stack)
            entry = replace(entry, objects=(earlier.objects, drawing.stack.objects), contents=contents)
        self._write(entry)
        self.drawing = drawing
        self._next_revision()
        return self._changed(Change(title, (), Pixels(()), None, resized=True), earlier)

    def _changed(self, change: Change, earlier: Stack) -> Change:
        """A change with that of the objects, which were others before it."""
        now = self.drawing.stack
        if change.resized or now.objects == earlier.objects:
            return change
        return replace(change, objects=now.objects, contents=tuple(now.beyond(earlier).values()))

    def replace(self, title: str, drawing: Drawing, palette: int, merge: bool = False) -> Change | None:
        """Replace all pixels, as one edit.

        Args:
            title: shown in the history.
            drawing: has the same layers, and the same size apart from margins.
            palette: number of labels.
            merge: whether it is undone together with the last edit.

        Returns:
            The change; None if there is none.

        Raises:
            RefusalError: as for `edit`.
        """
        if drawing.margins != self.drawing.margins:
            return self._resize(title, drawing)
        patches = tuple(drawing.difference(self.drawing))
        if not patches and drawing.stack.objects == self.drawing.stack.objects:
            return None
        pixels = drawing.cut(patches)
        content = memoryview(b"".join(pixels.parts))
        return self.edit(title, patches, content, None, palette, merge, pixels.pieces, drawing.stack)

    def _merged(self, first: Entry, second: Entry) -> Entry:
        """Two edits as one; the second is not applied to the drawing yet."""
        patches = union([*first.patches, *second.patches])
        start = self.drawing.patched([(first.patches, first.before)])
        end = self.drawing.patched([(second.patches, second.after)])
        labels = second.labels or first.labels
        if first.labels is not None and second.labels is not None:
            labels = (first.labels[0], second.labels[1])
        merged = Entry(first.title, patches, start.cut(patches), end.cut(patches), labels)
        changes = [entry.objects for entry in (first, second) if entry.objects is not None]
        if not changes:
            return merged
        objects = (changes[0][0], changes[-1][1])
        one_side = objects[0].contents() ^ objects[1].contents()
        contents = {one: kept for one, kept in {**first.contents, **second.contents}.items() if one in one_side}
        return replace(merged, objects=objects, contents=contents)

    def undo_redo(self, direction: Literal["undo", "redo"]) -> Change:
        """Undo or redo.

        Args:
            direction: which of the two.

        Returns:
            The change.

        Raises:
            RefusalError: there is nothing to undo or redo.
            RunError: the history is damaged; nothing has changed.
        """
        back = direction == "undo"
        entry = self.history.last() if back else self.history.next()
        if entry is None or (back and self.history.done <= self.floor):
            raise RefusalError(409, "nothing", f"there is nothing to {direction}")
        pixels = entry.before if back else entry.after
        earlier = self.drawing.stack
        try:
            if entry.resized is None:
                drawing = self.drawing.patched([(entry.patches, pixels)])
            else:
                patches = entry.patches if back else entry.resized.patches
                drawing = of_whole(patches, pixels, entry.resized.margins[0 if back else 1])
                drawing.stack = earlier
            if entry.objects is not None:
                drawing.stack = earlier.changed(entry.objects[0 if back else 1], entry.contents)
            self.drawing = drawing
        except (LookupError, ValueError, RefusalError) as error:
            raise RunError("the project's history is damaged") from error
        self.history.done += -1 if back else 1
        self._next_revision()
        labels = None if entry.labels is None else entry.labels[0 if back else 1]
        self.labels = labels or self.labels
        change = Change(entry.title, entry.patches, pixels, labels)
        if entry.resized is not None:
            change = Change(entry.title, (), Pixels(()), labels, resized=True)
        return self._changed(change, earlier)

    def rewind(self, done: int) -> tuple[Label, ...] | None:
        """Undo all edits but the first ones; when that is saved, `History.forget_undone` makes it final.

        Args:
            done: the number of edits that stay.

        Returns:
            The names and colours of the labels, if edits changed them.

        Raises:
            RunError: the history is damaged.
        """
        labels = None
        self.floor = 0
        while self.history.done > done:
            labels = self.undo_redo("undo").labels or labels
        return labels

    def before(self, done: int) -> Drawing:
        """The drawing as it was after the first edits.

        Args:
            done: their number.

        Raises:
            RunError: the history is damaged.
        """
        try:
            return self.drawing.patched([(entry.patches, entry.before) for entry in self.history.back_to(done)])
        except (LookupError, ValueError) as error:
            raise RunError("the project's history is damaged") from error

    def _next_revision(self) -> None:
        self.revision += 1
        self.saved = False


def check_drawing(drawing: Drawing, record: ProjectRecord) -> None:
    """Check that a drawing fits its project.

    Args:
        drawing: the layers.
        record: record of the project.

    Raises:
        RunError: a layer is missing (other than the origin), surplus, of another size, or has an invalid value.
    """
    channels = {layer.name: layer.channels for layer in drawing_layers(record.settings.kind)}
    if not drawing.has_origin:  # saved by an earlier version
        del channels["origin"]
    if set(drawing.layers) != set(channels) or drawing.photo_size != record.size:
        raise RunError("the project's drawing has other layers or another size than its record says")
    for layer, count in channels.items():
        pixels = drawing.layers[layer]
        shape = (drawing.size.height, drawing.size.width, *((count,) if count > 1 else ()))
        # The values of the origin were checked when it was read.
        valid = layer == "origin" or int(np.max(pixels)) < values_of(layer, len(record.labels))
        if pixels.shape != shape or not valid:
            raise RunError(f"the project's drawing is damaged (in its layer '{layer}')")
    try:
        drawing.check_stack(len(record.labels))
    except RefusalError as error:
        raise RunError("the project's drawing is damaged (in its objects)") from error
