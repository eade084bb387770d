"""All projects of a server: made, opened, deleted, closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock, Timeout

from primage._version import __version__
from primage.errors import RunError
from primage.studio.drawing import Drawing
from primage.studio.errors import RefusalError
from primage.studio.project.archive import read_zip
from primage.studio.project.canvas import Canvas, run_number
from primage.studio.project.live import LiveProject
from primage.studio.project.samples import sample_image, sample_path, sample_title, samples
from primage.studio.project.services import Options, Services
from primage.studio.project.store import ProjectRecord, Store, new_id
from primage.studio.schemas import Capabilities, ExtractSettings, Info, ProjectSummary, Size

_log = logging.getLogger(__name__)

#: Projects that stay open though nobody looks at them.
_KEPT_OPEN = 8


class Hub:
    """The studio behind its routes.

    Args:
        options: how the server is set up.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._services: Services | None = None
        self._open: dict[str, LiveProject] = {}
        self._opening = asyncio.Lock()
        self._lock: FileLock | None = None
        self._warming: asyncio.Task[None] | None = None

    @property
    def services(self) -> Services:
        """What all projects share; there from `start` on."""
        assert self._services is not None
        return self._services

    async def start(self) -> None:
        """Take hold of the projects' folder and start the workers.

        Raises:
            RunError: another studio holds the folder, or it cannot be written to.
        """
        store = Store(self._options.projects, self._options.max_projects)
        lock = FileLock(store.root / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RunError(f"{store.root}: another studio has these projects open; close it first") from error
        except OSError as error:
            raise RunError(f"{store.root}: projects cannot be kept there ({error.strerror})") from error
        self._lock = lock
        store.sweep()
        self._services = Services(self._options, store)
        for worker in (self._services.painter, self._services.reader):
            worker.on_death = self._report
        self._warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        """Both workers import for seconds; begun now, they are ready when the page is.

        One after the other: who opens a saved project waits for the painter alone.
        """
        for worker in (self.services.painter, self.services.reader):
            with contextlib.suppress(RefusalError):  # a death is reported, and whoever needs the worker tries again
                await worker.call("warm_up")

    def _report(self, error: RefusalError) -> None:
        """A worker died: every page that is open says so."""
        for project in self._open.values():
            project.trouble(error)

    async def close(self) -> None:
        """Save everything, end all processes."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await asyncio.gather(*(project.close() for project in self._open.values()), return_exceptions=True)
        self._open.clear()
        if self._services is not None:
            await asyncio.gather(self._services.painter.close(), self._services.reader.close())
        if self._lock is not None:
            self._lock.release()

    def info(self) -> Info:
        """What this server has and takes."""
        can = Capabilities(risk=self._options.preset != "paper")  # the published network has no confidences
        return Info(version=__version__, capabilities=can, limits=self._options.limits, samples=samples())

    async def sample_image(self, sample: str) -> bytes:
        """A small picture of a sample.

        Args:
            sample: its id.
        """
        return await asyncio.to_thread(sample_image, sample)

    async def list(self) -> tuple[ProjectSummary, ...]:
        """All projects, the newest first."""
        return tuple(record.summary() for record in await asyncio.to_thread(self.services.store.list))

    async def open(self, project_id: str) -> LiveProject:
        """A project by its id.

        Args:
            project_id: made by this server.

        Raises:
            RefusalError: there is none.
        """
        if project_id in self._open:
            return self._open[project_id]
        async with self._opening:
            if project_id not in self._open:
                record = self.services.store.read(project_id)
                self._open[project_id] = await self._opened(record)
                await self._close_idle()
        return self._open[project_id]

    async def _opened(self, record: ProjectRecord) -> LiveProject:
        folder = self.services.store.folder(record.id)
        await asyncio.to_thread(self.services.store.sweep_runs, record)
        try:
            canvas = Canvas.load(folder, record)
        except RunError as error:
            _log.warning("%s: %s; the drawing begins anew", record.id, error)
            begun = await self.services.reader.call("training_layers", run=folder / record.run)
            drawing = Drawing(begun["layers"])
            canvas = Canvas.fresh(folder, drawing, int(time.time()) % (1 << 30), run_number(record))
        return LiveProject(self.services, record, canvas)

    async def _close_idle(self) -> None:
        idle = [project for project in self._open.values() if project.idle]
        for project in idle[: max(0, len(self._open) - _KEPT_OPEN)]:
            del self._open[project.record.id]
            await project.close()

    # --- making

    async def create(self, stream: AsyncIterator[bytes], name: str) -> LiveProject:
        """Make a project of a photo.

        Args:
            stream: the file's bytes.
            name: of the file; only shown.

        Raises:
            RefusalError: it is too large, no photo, or there is no room.
        """
        async with self._received(stream, self._options.upload_bytes) as file:
            return await self.create_from_file(file, name)

    async def create_from_sample(self, sample: str) -> LiveProject:
        """Make a project of a sample.

        Args:
            sample: its id.
        """
        return await self.create_from_file(sample_path(sample), sample_title(sample))

    async def create_from_file(self, file: Path, name: str) -> LiveProject:
        """Make a project of a photo on this machine; never with a path that came from a client.

        Args:
            file: the photo, which is copied.
            name: shown, without its ending.
        """
        reader, store = self.services.reader, self.services.store
        height, width = await reader.call("inspect", path=file, photo_pixels=self._options.photo_pixels)
        settings = ExtractSettings()
        async with self._new_folder() as (project_id, folder):
            await asyncio.to_thread(shutil.copyfile, file, folder / "original")
            begun = await reader.call(
                "begin",
                path=folder / "original",
                run=folder / "run-1",
                settings=settings,
                preset=self._options.preset,
                others=self._options.settings,
            )
            drawing = Drawing(begun["layers"])
            canvas = Canvas.fresh(folder, drawing, 0, 1)
            record = ProjectRecord(
                id=project_id,
                name=shown_name(name),
                created=time.time(),
                updated=time.time(),
                photo=Size(width=width, height=height),
                size=drawing.size,
                settings=settings,
                labels=begun["labels"],
                line_colour=begun["line_colour"],
            )
            store.write(record)
        project = self._open[project_id] = LiveProject(self.services, record, canvas)
        return project

    async def open_drawing(self, project: LiveProject, stream: AsyncIterator[bytes], snap: bool) -> None:
        """Give a project a drawing that was edited elsewhere.

        Args:
            project: whose.
            stream: the file's bytes.
            snap: give unknown colours to the nearest label.
        """
        async with self._received(stream, self._options.upload_bytes) as file:
            await project.open_drawing(file, snap)

    async def import_zip(self, stream: AsyncIterator[bytes]) -> LiveProject:
        """Take over a project from a zip file.

        Args:
            stream: the file's bytes.

        Raises:
            RefusalError: it is too large, or no project.
        """
        reader, store = self.services.reader, self.services.store
        async with self._received(stream, self._options.import_bytes) as file, self._new_folder() as made:
            project_id, folder = made
            await asyncio.to_thread(read_zip, file, folder, self._options.import_bytes)
            # Out of the way, so that it is no project until everything in it was looked at.
            claimed = folder / "project.json"
            try:
                record = ProjectRecord.model_validate_json(claimed.read_bytes())
            except ValueError as error:
                raise RefusalError(422, "invalid", "the project in this zip file is of another version") from error
            claimed.unlink()
            run = folder / record.run
            (folder / "run").rename(run)
            pixels = self._options.photo_pixels
            await reader.call("inspect", path=folder / "original", photo_pixels=pixels)
            await reader.call("training_layers", run=run)
            await self.services.painter.call("model_info", run=run)
            kept = [s for s in record.snapshots if (folder / "snapshots" / f"{s.id}.bin").exists()]
            update = {"id": project_id, "updated": time.time(), "snapshots": tuple(kept)}
            record = record.model_copy(update=update)
            canvas = Canvas.load(folder, record)
            store.write(record)
        project = self._open[project_id] = LiveProject(self.services, record, canvas)
        return project

    async def delete(self, project: LiveProject) -> None:
        """Remove a project.

        Args:
            project: which.
        """
        self._open.pop(project.record.id, None)
        await project.delete()
        await asyncio.to_thread(self.services.store.delete, project.record.id)

    @contextlib.asynccontextmanager
    async def _new_folder(self) -> AsyncIterator[tuple[str, Path]]:
        """A new project's folder, gone again if anything goes wrong."""
        project_id, folder = await asyncio.to_thread(self.services.store.make_folder)
        try:
            yield project_id, folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @contextlib.asynccontextmanager
    async def _received(self, stream: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[Path]:
        """A body as a file, as long as it is needed."""
        file = self.services.store.root / f".upload-{new_id()}"
        length = 0
        try:
            with file.open("xb") as target:
                async for chunk in stream:
                    length += len(chunk)
                    if length > most_bytes:
                        raise RefusalError(413, "too_large", f"the file is larger than {most_bytes >> 20} MB")
                    target.write(chunk)
            if not length:
                raise RefusalError(422, "invalid", "the file is empty")
            yield file
        finally:
            file.unlink(missing_ok=True)


def shown_name(name: str) -> str:
    """A file's name as a project's: one line, no ending, not too long.

    Args:
        name: whatever a browser says the file is called.
    """
    base = re.split(r"[/\\]", name)[-1]
    base = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", base)
    base = " ".join("".join(c if c.isprintable() else " " for c in base).split())
    return base[:120] or "photo"
