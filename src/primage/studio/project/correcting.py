"""Correcting a drawing by hand before it is learned: changes that leave the photo as it is."""

from __future__ import annotations

import asyncio
from typing import Literal, Protocol, runtime_checkable

from primage.http.errors import RefusalError
from primage.primitive.margins import Margins
from primage.studio.drawing import Drawing
from primage.studio.messages import Edit, Replaced
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.extraction import Extractor
from primage.studio.project.opening import Opening
from primage.studio.project.rendering import Rendering
from primage.studio.project.replacing import Correction, Replacing
from primage.studio.project.store import ProjectRecord
from primage.studio.schemas import Label

#: Highest number of labels of a drawing.
_MAX_LABELS = 255
#: How often the corrected drawing is taken, if it is corrected further meanwhile.
_ATTEMPTS = 4


@runtime_checkable
class Corrected(Protocol):
    """The project, as its corrections see it."""

    record: ProjectRecord
    canvas: Canvas
    clients: Clients
    extractor: Extractor
    opening: Opening
    rendering: Rendering

    @property
    def replacing(self) -> Replacing:
        """Replaces its training drawing."""

    def update(self, **changes: object) -> None:
        """Change the record, save it, and notify all tabs."""

    def replace_pixels(self, cause: Literal["edit", "snapshot"], drawing: Drawing, title: str) -> None:
        """Replace all pixels, as one edit."""

    def save(self, durable: bool = False) -> None:
        """Write the drawing and the record; failures are reported to the tabs."""

    async def training(self) -> Drawing:
        """The unedited drawing."""


class Corrections:
    """The corrections of one project.

    What was edited before is put aside, which is an edit, too: the drawing is unedited again. Meanwhile, changes are
    undone like edits, but nothing is rendered, and there may be new labels. In the end, it becomes the training
    drawing, and what was edited is carried over to it as one edit.

    Args:
        project: the project.
    """

    def __init__(self, project: Corrected) -> None:
        self._project = project
        self._busy = asyncio.Lock()
        self._keep()

    def _keep(self) -> None:
        """Nothing is rendered while the drawing is corrected, and what was edited before cannot be undone."""
        record = self._project.record
        self._project.rendering.paused = record.correcting
        self._project.canvas.floor = record.corrected_from + record.edits_aside if record.correcting else 0

    async def do(self, action: Literal["begin", "finish", "cancel"]) -> None:
        """Begin, use, or discard corrections.

        Args:
            action: which of them. Discarding them, or using them when there are none, leaves the edits from
                before, the training and the snapshots.

        Raises:
            RefusalError: there is nothing to finish or cancel, it cannot be saved, or other tabs go on correcting.
            RunError: the history is damaged.
        """
        async with self._busy:
            record = self._project.record
            if action == "begin":
                if self._project.canvas.drawing.margins.any:
                    message = (
                        "the canvas is larger than the photo; undo that, or set its sides to 0, before corrections"
                    )
                    raise RefusalError(409, "invalid", message)
                if not record.correcting:
                    await self._begin()
            elif not record.correcting:
                raise RefusalError(409, "invalid", "no drawing is being corrected")
            elif action == "finish" and not self._nothing_corrected:
                await self._finish()
            else:
                self._discard()

    @property
    def _nothing_corrected(self) -> bool:
        canvas = self._project.canvas
        return canvas.history.done == canvas.floor

    async def _begin(self) -> None:
        """Put the edits aside."""
        project = self._project
        unedited = await project.training() if project.canvas.history.done else None
        # Nothing is awaited from here on, so that no edit comes between.
        done = project.canvas.history.done
        if unedited is not None and done:
            own = {name: project.canvas.drawing.layers[name] for name in ("marks", "sources")}
            project.rendering.paused = True
            project.replace_pixels("edit", Drawing({**unedited.layers, **own}), "Edits put aside")
            self._save()
        project.canvas.floor = project.canvas.history.done
        try:
            project.update(correcting=True, corrected_from=done, edits_aside=project.canvas.floor > done)
        finally:
            self._keep()

    async def _finish(self) -> None:
        """Make the corrected drawing the training drawing, as it is when that is done."""
        project, record = self._project, self._project.record
        for _ in range(_ATTEMPTS):
            canvas, labels = project.canvas, project.record.labels
            edited = canvas.before(record.corrected_from) if record.edits_aside else None
            correction = Correction(canvas.drawing.copy(), canvas.revision, edited)
            settings = await project.extractor.keep_own(correction.drawing, labels, record.settings)
            if await project.replacing.do(settings, correction):
                return
        raise RefusalError(409, "busy", "the drawing is being corrected in another tab; go on when that is done")

    def _save(self) -> None:
        self._project.save(durable=True)
        if not self._project.canvas.saved:
            raise RefusalError(507, "full", "the project cannot be saved; free some space on the disk first")

    def _discard(self) -> None:
        """Return to the drawing before the corrections, for good: the network does not know their labels."""
        project = self._project
        project.opening.cancel()
        labels = project.canvas.rewind(project.record.corrected_from)
        if labels is not None:
            project.record = project.record.model_copy(update={"labels": labels})
        self._save()
        try:
            project.canvas.history.forget_undone()
        except OSError as error:
            raise RefusalError(507, "full", f"the project cannot be saved ({error.strerror})") from error
        project.update(correcting=False, edits_aside=False)
        self._keep()
        project.clients.send(Replaced(type="replaced"))
        project.rendering.request()

    @property
    def may_merge(self) -> bool:
        """Whether an edit may be undone with the last one: a correction is never part of an older edit."""
        return not self._nothing_corrected

    def check_snapshots(self) -> None:
        """Check that snapshots can be made now.

        Raises:
            RefusalError: the drawing is being corrected, and the network may not know its labels.
        """
        if self._project.record.correcting:
            raise RefusalError(409, "invalid", "while the drawing is corrected, no snapshots can be made")

    def check_margins(self, margins: Margins) -> None:
        """Check that the canvas can be continued now.

        Args:
            margins: what it is to be continued by.

        Raises:
            RefusalError: the drawing is being corrected: the network learns what shows the photo.
        """
        if self._project.record.correcting and margins.any:
            raise RefusalError(409, "invalid", "keep or discard the corrections before you make the canvas larger")

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
