"""The drawing with its edits: what is done, undone, and kept on disk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from primage.errors import RunError
from primage.studio.drawing import Drawing, layers_of, union
from primage.studio.errors import RefusalError
from primage.studio.project.history import Entry, History
from primage.studio.project.store import ProjectRecord, replace_file
from primage.studio.schemas import HistoryState, Label, Patch

_log = logging.getLogger(__name__)

#: Revisions given out since the drawing was last saved are never given out again after a crash.
_LEAP = 1000
#: Edits by name, each way, that a history panel shows.
_TITLES = 40


@dataclass(frozen=True)
class Change:
    """What has just changed.

    Attributes:
        title: of the edit.
        patches: where.
        pixels: what is there now.
        labels: names and colours now; None if they stayed.
    """

    title: str
    patches: tuple[Patch, ...]
    pixels: Sequence[bytes]
    labels: tuple[Label, ...] | None


class Canvas:
    """The edited layers of one project, and their history.

    Args:
        folder: the project's.
        drawing: the layers.
        done: how many entries of the history they hold.
        revision: the last one that was given out.
        run: the number of the run that they belong to.
    """

    def __init__(self, folder: Path, drawing: Drawing, done: int, revision: int, run: int) -> None:
        self._file = folder / "drawing.bin"
        self.drawing = drawing
        self.history = History(folder / "history.bin", done)
        self.revision = revision
        #: The revision that was on disk when it was loaded.
        self.loaded_revision = revision
        self._run = run
        self.saved = True

    @classmethod
    def fresh(cls, folder: Path, drawing: Drawing, revision: int, run: int) -> Canvas:
        """A drawing without edits, saved; the history of an earlier one goes.

        Args:
            folder: the project's, and the rest as for the class.
            drawing: the unedited layers.
            revision: beyond all given out so far.
            run: of the run.
        """
        (folder / "history.bin").unlink(missing_ok=True)
        canvas = cls(folder, drawing, 0, revision, run)
        canvas.save()
        return canvas

    @classmethod
    def load(cls, folder: Path, record: ProjectRecord) -> Canvas:
        """The drawing as it was left.

        Args:
            folder: the project's.
            record: what it should be like.

        Raises:
            RunError: it is missing, damaged, or another project's.
        """
        try:
            drawing, meta = Drawing.parse((folder / "drawing.bin").read_bytes())
        except OSError as error:
            raise RunError("the project's drawing is missing") from error
        fits(drawing, record)
        run = run_number(record)
        if meta.get("run") != run:
            raise RunError("the project's drawing belongs to an earlier extraction")
        before = meta.get("revision", 0)
        canvas = cls(folder, drawing, meta.get("done", 0), before + _LEAP, run)
        canvas.loaded_revision = before
        canvas.save(durable=False)
        return canvas

    def save(self, durable: bool = True) -> None:
        """Write the layers.

        Args:
            durable: wait until they are on the disk itself.
        """
        meta = {"done": self.history.done, "revision": self.revision, "run": self._run}
        if durable:
            self.history.flush()
        replace_file(self._file, self.drawing.dump(meta), durable)
        self.saved = True

    def state(self) -> HistoryState:
        """Where in the history it is."""
        done, undone = self.history.titles(_TITLES)
        return HistoryState(
            revision=self.revision,
            undo=self.history.undo_title,
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
    ) -> Change:
        """Do an edit.

        Args:
            title: what undo calls it.
            patches: where it changes something.
            pixels: what to.
            labels: names and colours before and after, if they change.
            palette: how many labels there are.
            merge: make one step of it and the last one.

        Raises:
            RefusalError: it does not fit the drawing; nothing was changed.
        """
        if not patches and labels is None:
            raise RefusalError(422, "invalid", "the edit changes nothing")
        after = self.drawing.check(patches, pixels, palette)
        before = self.drawing.cut(patches)
        entry = Entry(title, patches, before, after, labels)
        last = self.history.last() if merge and not self.history.can_redo else None
        try:
            if self.history.can_redo:
                # The entries discarded must not be ones that the drawing on disk counts as done.
                self.save()
            if last is not None:
                self.history.replace_last(self._merged(last, entry))
            else:
                self.history.append(entry)
        except OSError as error:
            raise RefusalError(507, "full", f"the edit cannot be written to the disk ({error.strerror})") from error
        self.drawing.put(patches, after)
        self._count()
        return Change(title, patches, after, labels[1] if labels is not None else None)

    def _merged(self, first: Entry, second: Entry) -> Entry:
        """Two edits as one; the second is not put into the drawing yet."""
        patches = union([*first.patches, *second.patches])
        start = self.drawing.patched([(first.patches, first.before)])
        end = self.drawing.patched([(second.patches, second.after)])
        labels = second.labels or first.labels
        if first.labels is not None and second.labels is not None:
            labels = (first.labels[0], second.labels[1])
        return Entry(first.title, patches, start.cut(patches), end.cut(patches), labels)

    def step(self, direction: Literal["undo", "redo"]) -> Change:
        """Undo or redo.

        Args:
            direction: which.

        Raises:
            RefusalError: there is nothing to.
        """
        back = direction == "undo"
        entry = self.history.last() if back else self.history.next()
        if entry is None:
            raise RefusalError(409, "nothing", f"there is nothing to {direction}")
        pixels = entry.before if back else entry.after
        try:
            self.drawing = self.drawing.patched([(entry.patches, pixels)])
        except (KeyError, ValueError) as error:
            raise RunError("the project's history is damaged") from error
        self.history.done += -1 if back else 1
        self._count()
        labels = None if entry.labels is None else entry.labels[0 if back else 1]
        return Change(entry.title, entry.patches, pixels, labels)

    def _count(self) -> None:
        self.revision += 1
        self.saved = False


def fits(drawing: Drawing, record: ProjectRecord) -> None:
    """Refuse layers that a project cannot have.

    Args:
        drawing: the layers.
        record: of the project.

    Raises:
        RunError: a layer is missing or too many, of another size, or holds what it must not.
    """
    wanted = {layer.name: layer.channels for layer in layers_of(record.settings.kind)}
    if set(drawing.layers) != set(wanted) or drawing.size != record.size:
        raise RunError("the project's drawing has other layers or another size than its record says")
    for name, layer in drawing.layers.items():
        shape = (record.size.height, record.size.width, *((3,) if wanted[name] == 3 else ()))  # type: ignore[index]
        most = {"segments": len(record.labels), "colours": 256}.get(name, 2)
        if layer.shape != shape or int(np.max(layer)) >= most:
            raise RunError(f"the project's drawing is damaged (in its layer '{name}')")


def run_number(record: ProjectRecord) -> int:
    """The number in the run folder's name."""
    return int(record.run.removeprefix("run-"))
