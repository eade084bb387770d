"""One project while it is open: its drawing, its tabs, its render, its training."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

from primage.errors import PrimageError
from primage.studio.drawing import Drawing, layers_of
from primage.studio.errors import RefusalError
from primage.studio.project.canvas import Canvas, Change, run_number
from primage.studio.project.clients import Client, Clients
from primage.studio.project.exports import Pictures
from primage.studio.project.latest_only import Latest
from primage.studio.project.models import Network
from primage.studio.project.rendering import Rendering, Wanted
from primage.studio.project.services import Services
from primage.studio.project.snapshots import Snapshots
from primage.studio.project.store import ProjectRecord
from primage.studio.schemas import (
    Accepted,
    Changed,
    Edit,
    Extracted,
    ExtractSettings,
    Label,
    Layer,
    Problem,
    Project,
    ProjectChange,
    Replaced,
    State,
    Step,
    Trouble,
)
from primage.studio.wire import pack

_log = logging.getLogger(__name__)

_AUTOSAVE_SEC = 0.5


class LiveProject:
    """A project that is open.

    Args:
        services: what all projects share.
        record: what is on disk.
        canvas: its drawing.
    """

    def __init__(self, services: Services, record: ProjectRecord, canvas: Canvas) -> None:
        self.services = services
        self.record = record
        self.canvas = canvas
        self.folder = services.store.folder(record.id)
        self.clients = Clients()
        self.rendering = Rendering(services.painter, self.wanted, self.clients, self.folder / "render.png")
        self.pictures = Pictures(self)
        self.snapshots = Snapshots(self)
        self._previews = Latest()
        #: Whose the newest step of the history is, and of which edits it consists.
        self._newest: tuple[Client | None, set[int]] = (None, set())
        self._extracting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving: asyncio.TimerHandle | None = None
        self.deleted = False
        self.network = Network(self)
        self.rendering.restore(canvas.loaded_revision)
        self.start(self.network.make())

    # --- what it is

    @property
    def run(self) -> Path:
        """Its run folder."""
        return self.folder / self.record.run

    @property
    def original(self) -> Path:
        """The photo as it was given."""
        return self.folder / "original"

    @property
    def file_name(self) -> str:
        """Its name as part of a file's: letters, digits and hyphens."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.record.name).strip("-")[:60] or "primage"

    @property
    def idle(self) -> bool:
        """Whether nobody looks at it and nothing goes on in it."""
        return not len(self.clients) and not self.network.learner.active and not self._tasks

    def state(self) -> Project:
        """Everything but pixels."""
        return Project(
            **self.record.summary().model_dump(),
            size=self.record.size,
            settings=self.record.settings,
            layers=layers_of(self.record.settings.kind),
            labels=self.record.labels,
            line_colour=self.record.line_colour,
            history=self.canvas.state(),
            keep_original=self.record.keep_original,
            learning=self.network.learner.state,
            model=self.network.info,
            snapshots=self.record.snapshots,
        )

    # --- changing what it is

    def update(self, **changes: Any) -> None:
        """Change the record, keep it, and tell everybody.

        Args:
            **changes: of its fields.

        Raises:
            RefusalError: it cannot be written to the disk; nothing has changed.
        """
        if self.deleted:
            return
        changes.setdefault("updated", time.time())
        record = ProjectRecord.model_validate(self.record.model_dump() | changes)
        try:
            self.services.store.write(record)
        except OSError as error:
            raise RefusalError(507, "full", f"the project cannot be saved ({error.strerror})") from error
        self.record = record
        self.clients.send(State(project=self.state()))

    async def change(self, change: ProjectChange) -> None:
        """Rename it, or choose how it is rendered.

        Args:
            change: what to change.
        """
        self.update(**change.model_dump(exclude_none=True))
        if change.keep_original is not None:
            self.rendering.ask()

    def start(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else.

        Args:
            job: what; it is ended with the project.
        """
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def trouble(self, error: PrimageError) -> None:
        """Tell the tabs of something that failed and that nobody asked for just now.

        Args:
            error: what.
        """
        code = error.code if isinstance(error, RefusalError) else "failed"
        self.clients.send(Trouble(problem=Problem(code=code, message=str(error))))

    # --- the drawing

    def edit(self, client: Client, edit: Edit, pixels: memoryview) -> None:
        """Do what somebody drew.

        Args:
            client: who.
            edit: what.
            pixels: the patches'.

        Raises:
            RefusalError: it does not fit; nothing was changed.
        """
        labels = None
        if edit.labels is not None:
            if len(edit.labels) != len(self.record.labels):
                raise RefusalError(
                    422, "invalid", f"this drawing has {len(self.record.labels)} labels, no more, no less"
                )
            labels = (self.record.labels, edit.labels)
        author, earlier = self._newest
        merge = author is client and edit.continues in earlier
        change = self.canvas.edit(edit.title, edit.patches, pixels, labels, len(self.record.labels), merge)
        client.send(Accepted(id=edit.id, history=self.canvas.state()))
        # A tab that drew without knowing of another change may now show something else than is here.
        unaware = edit.base < client.sent_revision
        self.after(change, "edit", client, edit.id, echo=unaware)
        self._newest = (client, {*(earlier if merge else ()), edit.id})

    def step(self, client: Client, step: Step) -> None:
        """Undo or redo.

        Args:
            client: who wants it.
            step: which.

        Raises:
            RefusalError: there is nothing to.
        """
        self.after(self.canvas.step(step.type), step.type, client, step.id, echo=True)

    def after(
        self,
        change: Change,
        cause: Literal["edit", "undo", "redo", "snapshot"],
        author: Client | None,
        request: int | None,
        echo: bool,
    ) -> None:
        """Tell the tabs of a change, keep it, render it.

        Args:
            change: what changed.
            cause: by what.
            author: whose tab did it, if any.
            request: the author's number for it.
            echo: whether the author is to apply it as well.
        """
        self._newest = (None, set())
        header = Changed(
            id=None,
            cause=cause,
            title=change.title,
            history=self.canvas.state(),
            patches=change.patches,
            labels=change.labels,
        )
        self.clients.send_change(header, change.pixels, author, request, echo)
        if change.labels is not None:  # saved with the layers that they belong to
            self.record = self.record.model_copy(update={"labels": change.labels})
            self.clients.send(State(project=self.state()))
        if self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(_AUTOSAVE_SEC, self.autosave)
        self.rendering.ask()

    def autosave(self, durable: bool = False) -> None:
        """Write the drawing, if it changed.

        Args:
            durable: wait until it is on the disk itself.
        """
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self.deleted or self.canvas.saved:
            return
        try:
            self.canvas.save(durable)
            self.record = self.record.model_copy(update={"updated": time.time()})
            self.services.store.write(self.record)
        except OSError as error:
            self.trouble(RefusalError(507, "full", f"the project cannot be saved ({error.strerror})"))

    async def open_drawing(self, file: Path, snap: bool) -> None:
        """Take over a drawing that was edited elsewhere, as one edit.

        Args:
            file: a picture of the drawing, on this machine.
            snap: give colours that are no label's to the nearest one.

        Raises:
            RefusalError: it holds colours that the network does not know, or does not fit the photo.
        """
        layers = await self.services.reader.call("read_drawing", path=file, run=self.run, snap=snap)
        drawing = Drawing({**layers, "marks": self.canvas.drawing.layers["marks"]})
        self.replace_pixels(drawing, "Open drawing", "edit")

    def replace_pixels(self, drawing: Drawing, title: str, cause: Literal["edit", "snapshot"]) -> None:
        """Make the drawing look like another one, as one edit.

        Args:
            drawing: of the same layers and size.
            title: what undo calls it.
            cause: as in the message.
        """
        patches = tuple(drawing.difference(self.canvas.drawing))
        if patches:
            pixels = memoryview(b"".join(drawing.cut(patches)))
            change = self.canvas.edit(title, patches, pixels, None, len(self.record.labels))
            self.after(change, cause, None, None, echo=True)
            self.clients.send(State(project=self.state()))

    async def layers_frame(self, of: Literal["edited", "training"]) -> bytes:
        """The layers, and what they are.

        Args:
            of: the drawing as it is, or the unedited one.
        """
        drawing, revision = self.canvas.drawing, self.canvas.revision
        if of == "training":
            drawing = Drawing((await self.services.reader.call("training_layers", run=self.run))["layers"])
        layers = layers_of(self.record.settings.kind)
        return _frame(drawing, layers, self.record.labels, revision if of == "edited" else None)

    async def preview_primitive(self, settings: ExtractSettings) -> bytes:
        """What the drawing would be.

        Args:
            settings: of the extraction.

        Raises:
            SupersededError: somebody moved the slider on.
        """
        options = self.services.options
        found = await self._previews.run(
            lambda: self.services.reader.call(
                "extract", path=self.original, settings=settings, preset=options.preset, others=options.settings
            )
        )
        labels = tuple(Label.model_validate(label) for label in found["labels"])
        return _frame(Drawing(found["layers"]), layers_of(settings.kind), labels)

    async def replace_primitive(self, settings: ExtractSettings) -> None:
        """Extract the drawing anew and begin from there.

        Args:
            settings: of the extraction.
        """
        async with self._extracting:
            options, old = self.services.options, self.run
            await self.network.learner.close(patience_sec=0.0)  # what it would save is not wanted any more
            await self.network.stop_settling()
            await asyncio.to_thread(self.services.store.sweep_runs, self.record)
            number = run_number(self.record) + 1
            begun = await self.services.reader.call(
                "begin",
                path=self.original,
                run=self.folder / f"run-{number}",
                settings=settings,
                preset=options.preset,
                others=options.settings,
            )
            drawing = Drawing(begun["layers"])
            self.canvas = Canvas.fresh(self.folder, drawing, self.canvas.revision + 1, number)
            self.network.forget()
            self.rendering.forget()
            self.snapshots.clear()
            self.update(
                settings=settings,
                size=drawing.size.model_dump(),
                labels=begun["labels"],
                line_colour=begun["line_colour"],
                run=f"run-{number}",
                unfinished=False,
                steps=0,
                snapshots=(),
            )
            self.clients.send(Replaced(type="replaced"))
            self.start(self.network.make(old))

    # --- coming and going

    def wanted(self) -> Wanted:
        """What is to be painted now."""
        layers = {name: layer.copy() for name, layer in self.canvas.drawing.layers.items() if name != "marks"}
        return Wanted(self.run, layers, self.canvas.revision, self.record.keep_original)

    def greet(self, client: Client) -> None:
        """Tell a new tab everything.

        Args:
            client: the tab.
        """
        client.send(State(project=self.state()))
        self.rendering.greet(client)
        if self.rendering.revision != self.canvas.revision:
            self.rendering.ask()

    async def close(self) -> None:
        """Save everything and let go."""
        await self.network.learner.close()
        await self.network.stop_settling()
        self.autosave(durable=True)
        await self.rendering.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def delete(self) -> None:
        """Stop everything; the folder goes next."""
        self.deleted = True
        self.clients.send(Replaced(type="deleted"))
        await self.network.learner.close(patience_sec=0.0)
        await self.close()
        await self.services.painter.call("forget", run=self.run)


def _frame(
    drawing: Drawing, layers: tuple[Layer, ...], labels: tuple[Label, ...], revision: int | None = None
) -> bytes:
    header = Extracted(revision=revision, size=drawing.size, layers=layers, labels=labels)
    return pack(header, [drawing.layers[layer.name] for layer in layers])
