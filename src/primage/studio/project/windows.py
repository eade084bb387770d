"""Parts of the result at the photo's own size, for tabs that are zoomed in."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from primage.http.errors import RefusalError
from primage.processes.errors import SupersededError, WorkerDiedError
from primage.studio.messages import PhotoWindow
from primage.studio.project.render_input import Picture
from primage.studio.project.rendering import Rendering
from primage.studio.schemas import Rectangle, Size
from primage.studio.wire import pack
from primage.studio.workers.polisher import PaintWindow, Polisher, PolishingJob, ShowAtFullSize


class Windows:
    """Paints parts of a project's newest final picture. The next edit stops that.

    Args:
        polisher: the polishing worker.
        rendering: the project's renders.
        photo: the photo's file.
    """

    def __init__(self, polisher: Polisher, rendering: Rendering, photo: Path) -> None:
        self._polisher = polisher
        self._rendering = rendering
        self._photo = photo
        #: The picture that the worker has prepared, or prepares, and its name there.
        self._prepared: tuple[Picture, str] | None = None
        self._jobs: list[PolishingJob[Any]] = []
        rendering.on_change.append(self.stop)

    async def frame(self, window: Rectangle, size: Size) -> bytes:
        """A part of the picture, with a header that describes it.

        Args:
            window: in pixels of the canvas at the photo's own size.
            size: of that canvas.

        Raises:
            RefusalError: the window reaches beyond the canvas, or the drawing is being rendered (`superseded`).
        """
        if window.x + window.width > size.width or window.y + window.height > size.height:
            raise RefusalError(422, "invalid", f"the window reaches beyond the canvas ({size.width}×{size.height} px)")
        picture = self._rendering.final_picture()
        if picture is None:
            raise SupersededError
        try:
            pixels = await self._run(PaintWindow(await self._name(picture), window))
        except (SupersededError, WorkerDiedError) as error:
            if self._prepared is not None and self._prepared[0] is picture:
                self._prepared = None
            raise SupersededError from error
        return pack(PhotoWindow(revision=picture.header.revision, rectangle=window), [pixels])

    async def _name(self, picture: Picture) -> str:
        """Prepare a picture, unless that was done."""
        if self._prepared is None or self._prepared[0] is not picture:
            assert picture.source is not None
            name, (current, rendered) = secrets.token_hex(8), picture.source
            self._prepared = picture, name
            shown = current.drawing, rendered, picture.synthesised, current.options
            await self._run(ShowAtFullSize(name, current.run, self._photo, *shown))
        return self._prepared[1]

    async def _run(self, job: PolishingJob[Any]) -> Any:
        self._jobs.append(job)
        try:
            return await self._polisher.run(job)
        except RefusalError as error:
            if error.code == "superseded":
                raise SupersededError from error
            raise
        finally:
            self._jobs = [other for other in self._jobs if other is not job]

    def stop(self) -> None:
        """Stop what is being painted, because the drawing changes."""
        for job in self._jobs:
            self._polisher.stop(job)
