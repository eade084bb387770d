"""Making the canvas of a project larger than the photo, or smaller again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from primage.http.errors import RefusalError
from primage.primitive.margins import Margins
from primage.studio.drawing import Drawing
from primage.studio.messages import Edit
from primage.studio.project.canvas import Canvas
from primage.studio.project.services import Services
from primage.studio.project.store import ProjectRecord
from primage.studio.schemas import MAX_CANVAS, Size
from primage.studio.workers.reader import ResizeCanvas

#: Title of the edit.
_TITLE = "Canvas size"
#: How often the drawing is taken, if it is edited further meanwhile.
_ATTEMPTS = 4


@runtime_checkable
class Resizable(Protocol):
    """The project, as its canvas sees it."""

    record: ProjectRecord
    canvas: Canvas

    @property
    def run(self) -> Path:
        """Its run folder."""

    def replace_pixels(self, cause: Literal["edit", "snapshot"], drawing: Drawing, title: str) -> None:
        """Replace all pixels, as one edit."""


class Resizing:
    """The size of one project's canvas. The photo, its training drawing and the training stay as they are.

    Args:
        services: services shared by all projects.
        project: the project.
    """

    def __init__(self, services: Services, project: Resizable) -> None:
        self._services = services
        self._project = project
        self._busy = asyncio.Lock()

    @property
    def full_size(self) -> Size:
        """Width and height of the canvas at the photo's own size."""
        return self._full_size(self._project.canvas.drawing.margins)

    def _full_size(self, margins: Margins) -> Size:
        size, photo = self._project.record.size, self._project.record.photo
        full = photo.height, photo.width
        height, width = margins.scaled((size.height, size.width), full).around(full)
        return Size(width=width, height=height)

    async def do(self, margins: Margins) -> None:
        """Give the canvas other margins around the photo, as one edit. The drawing continues where they grow.

        Args:
            margins: of the canvas, in pixels of the drawing; those that it has change nothing.

        Raises:
            RefusalError: the canvas would be too large, the drawing is being corrected, or it cannot be saved.
        """
        project = self._project
        if project.record.correcting:
            raise RefusalError(409, "invalid", "keep or discard the corrections before you make the canvas larger")
        self._check(margins)
        async with self._busy:
            for _ in range(_ATTEMPTS):
                canvas, revision = project.canvas, project.canvas.revision
                if canvas.drawing.margins == margins:
                    return
                job = ResizeCanvas(project.run, canvas.drawing.copy(), margins)
                drawing = await self._services.reader.run(job)
                if project.canvas is canvas and canvas.revision == revision and not project.record.correcting:
                    project.replace_pixels("edit", drawing, _TITLE)
                    return
        raise RefusalError(409, "busy", "the drawing is being edited in another tab; go on when that is done")

    def _check(self, margins: Margins) -> None:
        size, most = self._project.record.size, self._services.options.photo_pixels
        height, width = margins.around((size.height, size.width))
        if (times := height * width / (size.height * size.width)) > MAX_CANVAS:
            message = f"the canvas would be {times:.1f} times as large as the photo; make it at most {MAX_CANVAS} times"
            raise RefusalError(422, "too_large", message)
        full = self._full_size(margins)
        if full.width * full.height > max(most, self._project.record.photo.width * self._project.record.photo.height):
            pixels = f"{full.width}×{full.height} px; the limit is {most / 10**6:g} megapixels"
            raise RefusalError(422, "too_large", f"the canvas would have {pixels}")

    def check(self, edit: Edit) -> None:
        """Check that an edit was drawn on the canvas as it is.

        Args:
            edit: the edit.

        Raises:
            RefusalError: the canvas has another size since; the places of the edit are others now.
        """
        if edit.margins != self._project.canvas.drawing.margins:
            message = "the canvas was made larger or smaller at the same time; draw that again"
            raise RefusalError(409, "superseded", message)
