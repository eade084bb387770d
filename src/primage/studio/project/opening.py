"""Opening drawings that were edited in another program, and making recorded edits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import numpy as np

from primage.edit.records import Edit
from primage.http.errors import RefusalError
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.drawing import Drawing
from primage.studio.layers import LAYER_NAMES
from primage.studio.messages import OriginFound
from primage.studio.opened import Part
from primage.studio.origin import differing
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.extraction import opened_frame
from primage.studio.project.services import Services
from primage.studio.project.store import new_id
from primage.studio.workers.reader import ApplyEdits, InferOrigin, ReadDrawing, ReadTrainingPrimitive

#: What is shown in the history if a file holds some layers only, and otherwise.
_TITLES: dict[tuple[str, ...], str] = {("segments",): "Open labels", ("edges",): "Open lines"}
_TITLE = "Open drawing"
#: Files that were read and not applied yet; older ones are forgotten.
_MAX_READ = 8


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
        #: Layers that were read, with the run folder and the canvas that they are for, by id.
        self._read: dict[str, tuple[Path, Margins, dict[str, np.ndarray]]] = {}

    async def read(self, files: tuple[Path, ...], part: Part, snap: bool) -> bytes:
        """Read a drawing, or some of its layers; nothing is changed before `apply`.

        Args:
            files: one file, or several masks, in a folder of their own.
            part: what they are to be read as.
            snap: map unknown colours to the nearest label.

        Returns:
            A frame whose header is `OpenedFile`; it shows the drawing as it would be.

        Raises:
            RefusalError: it does not fit the photo, contains unknown colours, or is no drawing.
        """
        run, canvas = self._current()
        margins = canvas.drawing.margins
        found = await self._reader.run(ReadDrawing(files, run, self._drawn(canvas), part, snap, margins))
        self._check_current(run, margins)
        number = new_id()
        self._read[number] = (run, margins, found.layers)
        for old in list(self._read)[:-_MAX_READ]:
            del self._read[old]
        current = self._current()[1].drawing
        whole = self._with_others(found.layers)
        changed = int(differing(whole.layers, current.layers).sum()) if whole.size == current.size else 0
        return opened_frame(number, files, found, whole.layers, changed)

    async def apply(self, number: str) -> None:
        """Replace the drawing, as one edit. Where its parts come from follows in the background, as part of that edit.

        Args:
            number: the id of what was read.

        Raises:
            RefusalError: it was read too long ago, or for another drawing.
        """
        run, margins, layers = self._read.pop(number, (None, NO_MARGINS, {}))
        if run is None or run != self._current()[0]:
            raise RefusalError(404, "not_found", "this file was opened too long ago; open it again")
        self._check_current(run, margins)
        training = (await self._reader.run(ReadTrainingPrimitive(run, margins))).drawing
        self._check_current(run, margins)
        canvas, drawing = self._current()[1], self._with_others(layers)
        before, revision = canvas.drawing.copy(), canvas.revision
        opened, title = drawing.continuing(before, training), self._title(layers)
        self._replace(opened, title, False)
        if canvas.revision != revision:
            self._start(self._find_origin(opened, before, InferOrigin(drawing, run), title))

    def _check_current(self, run: Path, margins: Margins) -> None:
        if run != self._current()[0] or margins != self._current()[1].drawing.margins:
            raise RefusalError(409, "superseded", "the drawing was replaced meanwhile; open the file again")

    def _drawn(self, canvas: Canvas) -> dict[str, np.ndarray]:
        return {name: canvas.drawing.layers[name] for name in LAYER_NAMES if name in canvas.drawing.layers}

    def _with_others(self, layers: dict[str, np.ndarray]) -> Drawing:
        """The drawn layers of the drawing, some of them replaced."""
        canvas = self._current()[1]
        return Drawing({**self._drawn(canvas), **layers}, margins=canvas.drawing.margins)

    def _title(self, layers: dict[str, np.ndarray]) -> str:
        whole = len(layers) == len(self._drawn(self._current()[1]))
        return _TITLE if whole else _TITLES.get(tuple(layers), _TITLE)

    async def edit(self, title: str, edits: Sequence[Edit]) -> None:
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

    async def _find_origin(self, opened: Drawing, before: Drawing, job: InferOrigin, title: str) -> None:
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
            self._replace(opened.coming_from(found.origin, before), title, True)
        state, message = ("unknown", "") if found is None else ("found", found.message)
        self._clients.send(OriginFound.model_validate({"state": state, "message": message}))
