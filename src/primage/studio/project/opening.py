"""Opening drawings that were edited in another program, and making recorded edits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from primage.edit.records import Edit
from primage.studio.drawing import Drawing
from primage.studio.errors import RefusalError
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.services import Services
from primage.studio.schemas import OriginFound
from primage.studio.workers.reader import ApplyEdits, InferOrigin, ReadDrawing, ReadTrainingPrimitive

_TITLE = "Open drawing"


class Opening:
    """Replaces the drawing of one project by files, and finds out where their parts come from in the photo.

    Args:
        services: services shared by all projects.
        clients: the tabs, which are told what is looked for and found.
        current: the run folder and the canvas.
        replace: replaces all pixels as one edit: the drawing, a title, whether it is undone with the last edit.
        start: starts a background job.
    """

    def __init__(
        self,
        services: Services,
        clients: Clients,
        current: Callable[[], tuple[Path, Canvas]],
        replace: Callable[[Drawing, str, bool], None],
        start: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._reader = services.reader
        self._clients = clients
        self._current = current
        self._replace = replace
        self._start = start
        self._job: InferOrigin | None = None

    async def open(self, file: Path, snap: bool) -> None:
        """Replace the drawing, as one edit. Where its parts come from follows in the background, as part of that edit.

        Args:
            file: a picture of the drawing.
            snap: map unknown colours to the nearest label.

        Raises:
            RefusalError: it does not fit the photo, or contains unknown colours.
        """
        run, _ = self._current()
        drawing = await self._reader.run(ReadDrawing(file, run, snap))
        training = (await self._reader.run(ReadTrainingPrimitive(run))).drawing
        _, canvas = self._current()
        before, revision = canvas.drawing.copy(), canvas.revision
        opened = drawing.continuing(before, training)
        self._replace(opened, _TITLE, False)
        if canvas.revision != revision:
            self._start(self._find_origin(opened, before, InferOrigin(drawing, run)))

    async def apply(self, title: str, edits: Sequence[Edit]) -> None:
        """Make recorded edits of the unedited drawing, as one edit, which knows where its parts come from.

        Args:
            title: of the edit.
            edits: the records.
        """
        run, canvas = self._current()
        drawing, origin = await self._reader.run(ApplyEdits(run, tuple(edits)))
        self._replace(drawing.coming_from(origin, canvas.drawing), title, False)

    def cancel(self) -> None:
        """Stop looking for the origin of an opened drawing: it was edited meanwhile."""
        if self._job is not None:
            self._reader.stop(self._job)

    async def _find_origin(self, opened: Drawing, before: Drawing, job: InferOrigin) -> None:
        _, canvas = self._current()
        revision = canvas.revision
        self._job = job
        self._clients.send(OriginFound(state="looking"))
        try:
            found = await self._reader.run(job)
        except RefusalError:
            # The drawing is open; it is only not known where its parts come from.
            self._clients.send(OriginFound(state="cancelled"))
            return
        finally:
            if self._job is job:
                self._job = None
        if canvas is not self._current()[1] or canvas.revision != revision:
            self._clients.send(OriginFound(state="cancelled"))
            return
        if found is not None and found.origin is not None:
            self._replace(opened.coming_from(found.origin, before), _TITLE, True)
        state, message = ("unknown", "") if found is None else ("found", found.message)
        self._clients.send(OriginFound.model_validate({"state": state, "message": message}))
