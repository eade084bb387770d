"""All projects of a server: creating, opening, closing, deleting."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from primage._version import __version__
from primage.config import preset
from primage.detection.interpreter import can_detect
from primage.errors import RunError
from primage.http.errors import RefusalError
from primage.manipulate.movie import can_write_mp4
from primage.studio.project.archive import read_zip
from primage.studio.project.canvas import Canvas
from primage.studio.project.extraction import Extractor, default_settings
from primage.studio.project.live import LiveProject
from primage.studio.project.pictures import check_pictures, sweep_pictures
from primage.studio.project.samples import sample_edit, sample_image, sample_path, sample_title, samples
from primage.studio.project.services import Options, Services
from primage.studio.project.store import ProjectRecord, Store
from primage.studio.project.uploads import received, received_files
from primage.studio.schemas import Capabilities, Info, ProjectSummary
from primage.studio.workers.painter import GetModelInfo, WarmUpPainter
from primage.studio.workers.polisher import WarmUpPolisher
from primage.studio.workers.reader import InspectPhoto, ReadTrainingPrimitive, WarmUpReader

_log = logging.getLogger(__name__)

#: Number of projects that stay open although no tab shows them.
_MAX_IDLE = 8


class Hub:
    """All projects and workers of a studio.

    Args:
        options: options of the server.
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
        """Services shared by all projects; set by `start`."""
        assert self._services is not None
        return self._services

    async def start(self) -> None:
        """Lock the projects' folder and start the workers.

        Raises:
            RunError: another studio uses the folder, or it cannot be written to.
        """
        store = Store(self._options.projects, self._options.max_projects)
        lock = FileLock(store.root / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RunError(f"{store.root}: another studio has these projects open; close it first") from error
        except OSError as error:
            raise RunError(f"{store.root}: projects cannot be stored there ({error.strerror})") from error
        self._lock = lock
        store.sweep()
        self._services = Services(self._options, store)
        for worker in self._services.workers:
            worker.on_death = self._report
        self._warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        """Start the workers, whose imports take seconds, so that they are ready together with the page.

        One after the other, because opening a saved project needs only the rendering worker. The polishing worker is
        last: at the first start after an installation, it compiles the synthesis, which nothing else waits for.
        """
        # A crash is reported, and the next job restarts the worker.
        with contextlib.suppress(RefusalError):
            await self.services.painter.run(WarmUpPainter())
        with contextlib.suppress(RefusalError):
            await self.services.reader.run(WarmUpReader())
        with contextlib.suppress(RefusalError):
            await self.services.polisher.run(WarmUpPolisher())

    def _report(self, error: RefusalError) -> None:
        """Report a crashed worker to all tabs."""
        for project in self._open.values():
            project.report(error)

    async def close(self) -> None:
        """Save everything and stop all processes."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await asyncio.gather(*(project.close() for project in self._open.values()), return_exceptions=True)
        self._open.clear()
        if self._services is not None:
            await asyncio.gather(*(worker.close() for worker in self._services.workers))
        if self._lock is not None:
            self._lock.release()

    async def check_settings(self) -> None:
        """Check the training settings that the studio was started with.

        Raises:
            ConfigError: the preset is unknown.
            RefusalError: a setting is unknown, invalid, or beyond what the studio supports.
        """
        preset(self._options.preset)
        if self._options.settings:  # only then, as the reading worker takes seconds to start
            default_settings(await self.services.training_config())

    async def info(self) -> Info:
        """Version, capabilities, limits and samples."""
        people = await asyncio.to_thread(can_detect)  # which reads the weights, and may wait for a download of others
        # The paper's network does not copy.
        can = Capabilities(people=people, video=can_write_mp4(), uncertainty=self._options.preset != "paper")
        return Info(version=__version__, capabilities=can, limits=self._options.limits, samples=samples())

    async def sample_image(self, sample: str) -> bytes:
        """A small picture of a sample.

        Args:
            sample: its id.
        """
        return await asyncio.to_thread(sample_image, sample)

    async def list(self) -> tuple[ProjectSummary, ...]:
        """All projects, newest first."""
        records = await asyncio.to_thread(self.services.store.list)
        return tuple(self._open.get(record.id, record).summary() for record in records)

    async def open(self, project_id: str) -> LiveProject:
        """A project by its id.

        Args:
            project_id: its id.

        Raises:
            RefusalError: there is no such project.
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
        await asyncio.to_thread(self.services.store.sweep_own, record)
        try:
            canvas = await asyncio.to_thread(Canvas.load, folder, record)
        except RunError as error:
            _log.warning("%s: %s; the edits are lost and the training primitive is used", record.id, error)
            extraction = await self.services.reader.run(ReadTrainingPrimitive(folder / record.run))
            canvas = Canvas.fresh(folder, extraction.drawing, int(time.time()) % (1 << 30), record.run_number)
        if not canvas.drawing.has_origin:  # saved by an earlier version
            canvas.infer_origin((await self.services.reader.run(ReadTrainingPrimitive(folder / record.run))).drawing)
        await asyncio.to_thread(sweep_pictures, self.services, record, canvas)
        return LiveProject(self.services, canvas.labelled(record), canvas)

    async def _close_idle(self) -> None:
        idle = [project for project in self._open.values() if project.idle]
        for project in idle[: max(0, len(self._open) - _MAX_IDLE)]:
            del self._open[project.record.id]
            await project.close()

    # --- creating

    async def create(self, stream: AsyncIterator[bytes], name: str) -> LiveProject:
        """Create a project from a photo.

        Args:
            stream: the content of the file.
            name: name of the file, for display only.

        Raises:
            RefusalError: it is too large or not a photo, or there are too many projects.
        """
        async with received(self.services.store.root, stream, self._options.upload_bytes) as file:
            return await self.create_from_file(file, name)

    async def create_from_sample(self, sample: str, edited: bool = False) -> LiveProject:
        """Create a project from a sample.

        Args:
            sample: its id.
            edited: make the sample's edit.
        """
        project = await self.create_from_file(sample_path(sample), sample_title(sample))
        if edited:
            await project.opening.edit(*sample_edit(sample))
        return project

    async def create_from_file(self, file: Path, name: str) -> LiveProject:
        """Create a project from a photo on this machine; the path must not come from a client.

        Args:
            file: the photo, which is copied.
            name: name of the file, displayed without its extension.
        """
        services = self.services
        size = await services.reader.run(InspectPhoto(file, self._options.photo_pixels))
        settings = default_settings(await services.training_config())
        async with self._new_folder() as (project_id, folder):
            await asyncio.to_thread(shutil.copyfile, file, folder / "original")
            extraction = await Extractor(services, folder / "original").create_run(folder / "run-1", settings)
            canvas = Canvas.fresh(folder, extraction.drawing, 0, 1)
            record = ProjectRecord(
                id=project_id,
                name=display_name(name),
                created=time.time(),
                updated=time.time(),
                photo=size,
                size=extraction.drawing.size,
                settings=settings,
                labels=extraction.labels,
                line_colour=extraction.line_colour,
            )
            services.store.write(record)
        project = self._open[project_id] = LiveProject(self.services, record, canvas)
        return project

    def received_files(
        self, stream: AsyncIterator[bytes], names: Sequence[str], sizes: Sequence[int]
    ) -> contextlib.AbstractAsyncContextManager[tuple[Path, ...]]:
        """Store files that are read as drawings, and delete them after the block; see `uploads.received_files`.

        Args:
            stream: one file after the other.
            names: of the files.
            sizes: their lengths in bytes; not needed for one file.
        """
        return received_files(self.services.store.root, stream, self._options.upload_bytes, names, sizes)

    async def import_zip(self, stream: AsyncIterator[bytes]) -> LiveProject:
        """Create a project from a zip file.

        Args:
            stream: the content of the file.

        Raises:
            RefusalError: it is too large, or not a project.
        """
        reader, store = self.services.reader, self.services.store
        async with received(store.root, stream, self._options.import_bytes) as file, self._new_folder() as made:
            project_id, folder = made
            await asyncio.to_thread(read_zip, file, folder, self._options.import_bytes)
            # Removed, so that the folder does not count as a project until all of it has been checked.
            file_of_record = folder / "project.json"
            try:
                record = ProjectRecord.model_validate_json(file_of_record.read_bytes())
            except ValueError as error:
                raise RefusalError(422, "invalid", "the project in this zip file is of another version") from error
            file_of_record.unlink()
            run = folder / record.run
            (folder / "run").rename(run)
            await reader.run(InspectPhoto(folder / "original", self._options.photo_pixels))
            await check_pictures(self.services, folder)
            training = await reader.run(ReadTrainingPrimitive(run))
            await self.services.painter.run(GetModelInfo(run))
            kept = [s for s in record.snapshots if (folder / "snapshots" / f"{s.id}.bin").exists()]
            update = {"id": project_id, "updated": time.time(), "snapshots": tuple(kept)}
            record = record.model_copy(update=update)
            canvas = await asyncio.to_thread(Canvas.load, folder, record)
            record = canvas.labelled(record)
            if not canvas.drawing.has_origin:  # exported by an earlier version
                canvas.infer_origin(training.drawing)
            store.write(record)
        project = self._open[project_id] = LiveProject(self.services, record, canvas)
        return project

    async def delete(self, project: LiveProject) -> None:
        """Delete a project.

        Args:
            project: the project.
        """
        self._open.pop(project.record.id, None)
        await project.delete()
        await asyncio.to_thread(self.services.store.delete, project.record.id)

    @contextlib.asynccontextmanager
    async def _new_folder(self) -> AsyncIterator[tuple[str, Path]]:
        """Create the folder of a new project; it is deleted if the block raises."""
        project_id, folder = await asyncio.to_thread(self.services.store.make_folder)
        try:
            yield project_id, folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def display_name(name: str) -> str:
    r"""Derive a project's name from a file name: one line without the extension, of limited length.

    Args:
        name: any text sent by a browser as the name of a file.

    Example:
        >>> display_name(r"C:\pictures\My cat.png")
        'My cat'
    """
    base = re.split(r"[/\\]", name)[-1]
    base = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", base)
    base = " ".join("".join(c if c.isprintable() else " " for c in base).split())
    return base[:120] or "photo"
