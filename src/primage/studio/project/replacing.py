"""Replacing the training drawing of a project, by another extraction or by the drawing that was corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from primage.studio.drawing import Drawing
from primage.studio.messages import Replaced, State
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.extraction import Extractor
from primage.studio.project.models import ModelManager
from primage.studio.project.rendering import Rendering
from primage.studio.project.services import Services
from primage.studio.project.snapshots import Snapshots
from primage.studio.project.store import REPLACED, ProjectRecord
from primage.studio.schemas import ExtractSettings, Project
from primage.studio.workers.reader import CarriedOver, CarryOver

#: Title of the edit that holds those from before corrections.
_TITLE = "Edits before the corrections"


@runtime_checkable
class Replaceable(Protocol):
    """The project, as the replacement of its drawing sees it."""

    record: ProjectRecord
    canvas: Canvas
    clients: Clients
    extractor: Extractor
    models: ModelManager
    rendering: Rendering
    snapshots: Snapshots

    def state(self) -> Project:
        """All data except pixels."""

    def start(self, job: Coroutine[object, object, None]) -> None:
        """Start a background job."""

    def write_record(self, **changes: object) -> None:
        """Change the record, and save it."""

    def save(self, durable: bool = False) -> None:
        """Write the drawing and the record."""


@dataclass(frozen=True)
class Correction:
    """A drawing that was corrected, whose layers are among the settings as the person's own.

    Attributes:
        drawing: the drawing.
        revision: its revision.
        edited: the edited drawing that was put aside; None if there is none.
    """

    drawing: Drawing
    revision: int
    edited: Drawing | None


class Replacing:
    """Replaces the training drawing of one project.

    Args:
        services: services shared by all projects.
        project: the project.
    """

    def __init__(self, services: Services, project: Replaceable) -> None:
        self._services = services
        self._project = project
        self._busy = asyncio.Lock()

    async def do(self, settings: ExtractSettings, correction: Correction | None = None) -> bool:
        """Replace the drawing by a new extraction. Snapshots and training are discarded.

        Args:
            settings: extraction settings.
            correction: what is corrected: the edits that were put aside for that are carried over. None to discard all
                edits.

        Returns:
            Whether it was replaced; not if the drawing was corrected further meanwhile.

        Raises:
            RefusalError: the run cannot be made, or the project cannot be saved; the drawing has not changed.
        """
        project, store = self._project, self._services.store
        async with self._busy:
            await asyncio.to_thread(store.sweep_runs, project.record)
            folder, number = store.folder(project.record.id), project.record.run_number + 1
            run = folder / f"run-{number}"
            extraction = await project.extractor.create_run(run, settings)
            carried = await self._carried(run, correction)
            if self._corrected_since(correction):
                return False
            # Only now, because making the run can fail, and the training would be lost.
            await project.models.discard_learning()
            if self._corrected_since(correction):
                return False
            old = project.record
            # The record first, because it names the run: files of an earlier run are then ignored.
            project.write_record(
                settings=settings,
                size=extraction.drawing.size,
                labels=extraction.labels,
                line_colour=extraction.line_colour,
                run=run.name,
                **REPLACED | {"unsettled": () if carried is None else carried.unsettled},
            )
            project.canvas = Canvas.unedited(folder, extraction.drawing, project.canvas.revision + 1, number)
            if carried is not None:
                project.canvas.replace(_TITLE, carried.drawing, len(extraction.labels))
            project.models.reset()
            project.rendering.reset()
            project.save(durable=True)
            project.snapshots.remove_files(old.snapshots)
            project.clients.send(State(project=project.state()))
            project.clients.send(Replaced(type="replaced"))
            project.start(project.models.publish(folder / old.run))
        return True

    def _corrected_since(self, correction: Correction | None) -> bool:
        return correction is not None and self._project.canvas.revision != correction.revision

    async def _carried(self, run: Path, correction: Correction | None) -> CarriedOver | None:
        """The edits that were put aside, on the corrected drawing of a run; None if there are none."""
        if correction is None or correction.edited is None:
            return None
        before = self._services.store.folder(self._project.record.id) / self._project.record.run
        return await self._services.reader.run(CarryOver(correction.edited, before, run, correction.drawing))
