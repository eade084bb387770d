"""Correcting a drawing by hand before it is learned: changes that leave the photo as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

from primage.studio.errors import RefusalError
from primage.studio.messages import Edit, Replaced
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.extraction import Extractor
from primage.studio.project.opening import Opening
from primage.studio.project.rendering import Rendering
from primage.studio.project.store import ProjectRecord
from primage.studio.schemas import ExtractSettings, Label

#: Highest number of labels of a drawing.
_MAX_LABELS = 255


@runtime_checkable
class Corrected(Protocol):
    """The project, as its corrections see it."""

    record: ProjectRecord
    canvas: Canvas
    clients: Clients
    extractor: Extractor
    opening: Opening
    rendering: Rendering

    def update(self, **changes: object) -> None:
        """Change the record."""

    async def replace_primitive(self, settings: ExtractSettings) -> None:
        """Replace the training drawing."""


class Corrections:
    """The corrections of one project.

    Meanwhile, changes of the drawing are undone like edits, but nothing is rendered, and there may be new labels.
    In the end, it becomes the training drawing. What was edited before they began is a correction, too, unless they are
    discarded.

    Args:
        project: the project.
        save: writes its drawing and its record, if the drawing has changed; failures are reported to the tabs.
    """

    def __init__(self, project: Corrected, save: Callable[[], None]) -> None:
        self._project = project
        self._save = save
        self._busy = asyncio.Lock()
        project.rendering.paused = project.record.correcting

    async def do(self, action: Literal["begin", "finish", "cancel"]) -> None:
        """Begin, use, or discard corrections.

        Args:
            action: which of them. Discarding them leaves the edits from before, the training and the snapshots.

        Raises:
            RefusalError: there is nothing to finish or cancel, or it cannot be saved.
            RunError: the history is damaged.
        """
        project = self._project
        async with self._busy:
            correcting, settings = project.record.correcting, project.record.settings
            if action == "begin":
                if not correcting:
                    project.update(correcting=True, corrected_from=project.canvas.history.done)
                    project.rendering.paused = True
            elif not correcting:
                raise RefusalError(409, "invalid", "no drawing is being corrected")
            elif action == "finish":
                drawing = project.canvas.drawing.copy()
                settings = await project.extractor.keep_own(drawing, project.record.labels, settings)
                await project.replace_primitive(settings)
            else:
                self._discard()

    def _discard(self) -> None:
        """Return to the drawing before the corrections, for good: the network does not know their labels."""
        project = self._project
        project.opening.cancel()
        labels = project.canvas.rewind(project.record.corrected_from)
        if labels is not None:
            project.record = project.record.model_copy(update={"labels": labels})
        self._save()
        if not project.canvas.saved:
            raise RefusalError(507, "full", "the project cannot be saved; free some space on the disk first")
        try:
            project.canvas.history.forget_undone()
        except OSError as error:
            raise RefusalError(507, "full", f"the project cannot be saved ({error.strerror})") from error
        project.update(correcting=False)
        project.rendering.paused = False
        project.clients.send(Replaced(type="replaced"))
        project.rendering.request()

    @property
    def may_merge(self) -> bool:
        """Whether an edit may be undone with the last one: a correction is never part of an older edit."""
        return self._project.canvas.history.done > self._project.record.corrected_from

    def undone(self) -> None:
        """Edits were undone: those from before the corrections are not to be restored if they are discarded."""
        record, done = self._project.record, self._project.canvas.history.done
        if done < record.corrected_from:  # saved together with the drawing
            self._project.record = record.model_copy(update={"corrected_from": done})

    def check_snapshots(self) -> None:
        """Check that snapshots can be made now.

        Raises:
            RefusalError: the drawing is being corrected, and the network may not know its labels.
        """
        if self._project.record.correcting:
            raise RefusalError(409, "invalid", "while the drawing is corrected, no snapshots can be made")

    def labels_of(self, edit: Edit) -> tuple[tuple[tuple[Label, ...], tuple[Label, ...]] | None, int]:
        """Names and colours of the labels before and after an edit, None if it leaves them as they are; their number.

        Args:
            edit: the edit.

        Raises:
            RefusalError: their number changes, though the network has learned the labels, or there are too many.
        """
        before = self._project.record.labels
        if edit.labels is None:
            return None, len(before)
        most = _MAX_LABELS if self._project.record.correcting else len(before)
        if not len(before) <= len(edit.labels) <= most:
            raise RefusalError(422, "invalid", f"this drawing has {len(before)} labels, not {len(edit.labels)}")
        return (before, edit.labels), len(edit.labels)
