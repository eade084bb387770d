"""An open project: its drawing, tabs, renders and training."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Literal

from primage.errors import PrimageError, RunError
from primage.http.errors import Problem, RefusalError
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.drawing import Drawing
from primage.studio.layers import drawing_layers
from primage.studio.messages import Accepted, Edit, Failure, LearningChanged, Replaced, State, UndoRedo
from primage.studio.project.animating import Animating
from primage.studio.project.canvas import Canvas
from primage.studio.project.change import Change
from primage.studio.project.clients import Client, Clients
from primage.studio.project.correcting import Corrections
from primage.studio.project.exports import Exports
from primage.studio.project.extraction import Extractor, layers_frame
from primage.studio.project.models import ModelManager, saved_learning
from primage.studio.project.opening import Opening
from primage.studio.project.pictures import Pictures
from primage.studio.project.render_input import RenderInput
from primage.studio.project.rendering import Rendering
from primage.studio.project.replacing import Replacing
from primage.studio.project.resizing import Resizing
from primage.studio.project.selecting import Selecting
from primage.studio.project.services import Services
from primage.studio.project.snapshots import Snapshots
from primage.studio.project.store import ProjectRecord
from primage.studio.project.windows import Windows
from primage.studio.schemas import Project, ProjectChange, ProjectSummary, Snapshot
from primage.studio.workers.painter import ForgetModel
from primage.studio.workers.reader import ReadTrainingPrimitive

_AUTOSAVE_SEC = 0.5


class LiveProject:
    """An open project.

    Args:
        services: services shared by all projects.
        record: its record on disk.
        canvas: its drawing.
    """

    def __init__(self, services: Services, record: ProjectRecord, canvas: Canvas) -> None:
        self.record = record
        self.canvas = canvas
        self.clients = Clients()
        self._services = services
        self._folder = services.store.folder(record.id)
        self.snapshots = Snapshots(
            self._folder / "snapshots",
            services.painter,
            lambda: self.record.snapshots,
            lambda snapshots: self.update(snapshots=snapshots),
        )
        self.extractor = Extractor(services, self._folder / "original")
        self.rendering = Rendering(services, self.render_input, self.clients, self._folder / "render.png")
        self.windows = Windows(services.polisher, self.rendering, self._folder / "original")
        self.selecting = Selecting(services, self._folder / "original", self.rendering, lambda: self.canvas.drawing)
        self.pictures = Pictures(services, self._folder)
        self.exports = Exports(services, self._folder, self.rendering, self.render_input)
        self.opening = Opening(
            services, self.clients, lambda: (self.run, self.canvas), partial(self.replace_pixels, "edit"), self.start
        )
        #: Author of the last entry of the history, and the ids of its edits.
        self._newest: tuple[Client | None, set[int]] = (None, set())
        #: Who changed the objects last, and the revision of that.
        self._objects_changed: tuple[Client | None, int] = (None, 0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._autosave_timer: asyncio.TimerHandle | None = None
        self._deleted = False
        self.models = ModelManager(services, self, saved_learning(self.run, record.steps, record.unfinished))
        self.rendering.restore(canvas.loaded_revision)
        self.replacing = Replacing(services, self)
        self.resizing = Resizing(services, self)
        self.corrections = Corrections(self)
        self.animating = Animating(services, self, self._folder)
        self.start(self.models.publish())

    @property
    def run(self) -> Path:
        """Its run folder."""
        return self._folder / self.record.run

    @property
    def idle(self) -> bool:
        """Whether no tab shows it and no background job runs."""
        return not len(self.clients) and not self.models.active and not self._tasks

    def state(self) -> Project:
        """All data except pixels."""
        return Project(
            **self.summary().model_dump(),
            **self.record.shown(),
            size=self.canvas.drawing.size,
            margins=self.canvas.drawing.margins,
            full_size=self.resizing.full_size,
            layers=drawing_layers(self.record.settings.kind),
            history=self.canvas.state(),
            unsettled=self.record.unsettled if self.canvas.history.done else (),
            learning=self.models.learning,
            model=self.models.info,
            timeline=self.animating.timeline,
            animation=self.animating.animation,
        )

    def summary(self) -> ProjectSummary:
        """Its entry in the list, with edits that are not saved yet."""
        return self.record.summary().model_copy(update={"edits": self.canvas.history.done})

    def render_input(self) -> RenderInput:
        """The current drawing, for a render."""
        drawing, record = self.canvas.drawing.without_marks().copy(), self.record
        return RenderInput(self.run, drawing, self.canvas.revision, record.keep_original, record.options)

    def update(self, **changes: object) -> None:
        """Change the record, save it, and notify all tabs.

        Args:
            **changes: new values of fields.

        Raises:
            RefusalError: it cannot be written to the disk; nothing has changed.
        """
        if not self._deleted:
            self.write_record(**changes)
            self.clients.send(State(project=self.state()))

    def write_record(self, **changes: object) -> None:
        """Change the record, and save it.

        Args:
            **changes: new values of fields.

        Raises:
            RefusalError: it cannot be written to the disk; nothing has changed.
        """
        changes.setdefault("updated", time.time())
        record = ProjectRecord.model_validate(self.record.model_dump() | changes)
        try:
            self._services.store.write(record)
        except OSError as error:
            raise RefusalError(507, "full", f"the project cannot be saved ({error.strerror})") from error
        self.record = record

    def change(self, change: ProjectChange) -> None:
        """Rename the project, or change how it is rendered.

        Args:
            change: the changes.
        """
        self.update(**self.record.changes(change))
        if change.keep_original is not None or change.options is not None:
            self.rendering.request()

    # --- the interface for `ModelManager`

    def start(self, job: Coroutine[object, object, None]) -> None:
        """Start a background job.

        Args:
            job: the job; it is cancelled when the project is closed.
        """
        task = asyncio.ensure_future(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def report(self, error: PrimageError) -> None:
        """Report a failure in the background to the tabs.

        Args:
            error: the failure.
        """
        code = error.code if isinstance(error, RefusalError) else "failed"
        self.clients.send(Failure(problem=Problem(code=code, message=str(error))))

    def model_changed(self) -> None:
        """Render with a newer model."""
        if self.models.info is not None and not self._deleted:
            self.update(steps=self.models.info.steps, updated=self.record.updated)
            self.rendering.request(newer_model=True)

    def learning_changed(self) -> None:
        """Report the progress of the training."""
        learning = self.models.learning
        self.clients.send(LearningChanged(learning=learning))
        # Stays true during training, in case the server is killed.
        unfinished = learning.state not in ("idle", "stopping")
        if unfinished != self.record.unfinished:
            try:
                self.update(unfinished=unfinished)
            except PrimageError as error:
                self.report(error)

    # --- the drawing

    def edit(self, client: Client, edit: Edit, pixels: memoryview) -> None:
        """Apply an edit.

        Args:
            client: the tab that sent it.
            edit: what changes.
            pixels: of its patches.

        Raises:
            RefusalError: it does not fit the drawing; nothing has changed.
        """
        self.resizing.check(edit)
        labels, count = self.corrections.labels_of(edit)
        self._check_objects(client, edit)
        self.pictures.check(edit)
        stack, pixels = self.canvas.drawing.received(edit.objects, edit.contents, pixels, count)
        author, earlier = self._newest
        merge = author is client and edit.continues in earlier and self.corrections.may_merge
        change = self.canvas.edit(edit.title, edit.patches, pixels, labels, count, merge, edit.pieces, stack)
        client.send(Accepted(id=edit.id, history=self.canvas.state()))
        # If the tab sent the edit before receiving another change, it may now differ from the server's drawing.
        self._after(change, "edit", client, edit.id, echo=edit.base < client.sent_revision)
        self._newest = (client, {*(earlier if merge else ()), edit.id})

    def _check_objects(self, client: Client, edit: Edit) -> None:
        """Refuse objects that another tab has changed meanwhile: the list of one would undo the other's."""
        author, revision = self._objects_changed
        if edit.objects is not None and author is not client and edit.base < revision:
            message = "the objects were changed in another tab at the same time; look at them, then try again"
            raise RefusalError(409, "superseded", message)

    def undo_redo(self, client: Client, request: UndoRedo) -> None:
        """Undo or redo.

        Args:
            client: the tab that sent it.
            request: which of the two.

        Raises:
            RefusalError: there is nothing to undo or redo.
        """
        self._after(self.canvas.undo_redo(request.type), request.type, client, request.id, echo=True)
        if self.record.unsettled:  # they belong to edits, which may be undone now
            self.clients.send(State(project=self.state()))

    def _after(
        self,
        change: Change,
        cause: Literal["edit", "undo", "redo", "snapshot"],
        author: Client | None,
        request: int | None,
        echo: bool,
    ) -> None:
        """Send a change to the tabs, save it soon, and render it."""
        self._newest = (None, set())
        self.opening.cancel()
        history = self.canvas.state()
        if change.objects is not None:
            self._objects_changed = (author, history.revision)
        self.clients.send_change(change.message(cause, history), change.parts, author, request, echo)
        if change.resized:
            self.rendering.reset()
            self.clients.send(State(project=self.state()))
            self.clients.send(Replaced(type="replaced"))
        if change.labels is not None:  # saved together with the layers
            self.record = self.record.model_copy(update={"labels": change.labels})
            self.clients.send(State(project=self.state()))
        if self._autosave_timer is None:
            self._autosave_timer = asyncio.get_running_loop().call_later(_AUTOSAVE_SEC, self.save)
        self.rendering.request()

    def save(self, durable: bool = False) -> None:
        """Write the drawing and the record, if the drawing has changed; failures are reported to the tabs.

        Args:
            durable: flush them to the disk before returning.
        """
        if self._autosave_timer is not None:
            self._autosave_timer.cancel()
            self._autosave_timer = None
        if self._deleted or self.canvas.saved:
            return
        try:
            self.canvas.save(durable)
            self.record = self.record.model_copy(update={"updated": time.time(), "edits": self.canvas.history.done})
            self._services.store.write(self.record)
        except OSError as error:
            self.canvas.saved = False  # the record, which contains the labels, is not saved either
            self.report(RefusalError(507, "full", f"the project cannot be saved ({error.strerror})"))

    def replace_pixels(
        self, cause: Literal["edit", "snapshot"], drawing: Drawing, title: str, merge: bool = False
    ) -> None:
        """Replace all pixels, as one edit.

        Args:
            cause: what did it.
            drawing: has the same layers, and the same size apart from margins.
            title: shown in the history.
            merge: whether it is undone together with the last edit.

        Raises:
            RefusalError: it cannot be written to the disk; nothing has changed.
        """
        change = self.canvas.replace(title, drawing, len(self.record.labels), merge)
        if change is not None:
            self._after(change, cause, None, None, echo=True)
            self.clients.send(State(project=self.state()))

    async def training(self, margins: Margins = NO_MARGINS) -> Drawing:
        """The unedited drawing.

        Args:
            margins: what it is continued by.
        """
        return (await self._services.reader.run(ReadTrainingPrimitive(self.run, margins))).drawing

    async def layers_frame(self, of: Literal["edited", "training"]) -> bytes:
        """The layers, with a header that describes them.

        Args:
            of: the edited drawing, or the training primitive.
        """
        edited = self.canvas.drawing, self.canvas.revision
        drawing, revision = edited if of == "edited" else (await self.training(edited[0].margins), None)
        return layers_frame(drawing, self.record.settings.kind, self.record.labels, revision)

    async def add_snapshot(self, name: str) -> Snapshot:
        """Save the current drawing.

        Args:
            name: name of the snapshot.

        Returns:
            The snapshot.

        Raises:
            RefusalError: there are too many snapshots, or the drawing is being corrected.
        """
        self.corrections.check_snapshots()
        image = self.rendering.image if self.rendering.revision == self.canvas.revision else None
        return await self.snapshots.add(name, self.canvas.drawing.copy(), image, self.run)

    async def restore_snapshot(self, snapshot_id: str) -> None:
        """Return to a snapshot, as one edit.

        Args:
            snapshot_id: id of the snapshot.

        Raises:
            RefusalError: there is no such snapshot, or its canvas is larger while the drawing is corrected.
            RunError: its file is damaged.
        """
        name, drawing = self.snapshots.load(snapshot_id)
        self.corrections.check_margins(drawing.margins)
        if not drawing.has_origin:  # saved by an earlier version
            drawing = drawing.with_inferred_origin(await self.training(drawing.margins))
        if not drawing.fits(self.canvas.drawing):
            raise RunError("the snapshot is damaged")
        self.replace_pixels("snapshot", drawing, f"Return to “{name}”"[:60])

    # --- opening and closing

    async def export_zip(self) -> Path:
        """The whole project as one file, which the caller deletes."""
        self.save(durable=True)
        return await self.exports.zip_file(self.record, await self.pictures.used(self.record, self.canvas))

    def send_initial_state(self, client: Client) -> None:
        """Send everything to a new tab.

        Args:
            client: the tab.
        """
        client.send(State(project=self.state()))
        self.rendering.send_initial_state(client)
        if self.rendering.revision != self.canvas.revision:
            self.rendering.request()

    async def close(self) -> None:
        """Save everything and stop the background jobs."""
        await self.models.close()
        self.save(durable=True)
        await self.rendering.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def delete(self) -> None:
        """Stop all jobs; the caller deletes the folder."""
        self._deleted = True
        self.clients.send(Replaced(type="deleted"))
        await self.models.discard_learning()
        await self.close()
        await self._services.painter.run(ForgetModel(self.run))
