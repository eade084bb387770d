"""Selects objects in the picture that the tabs of a project show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from primage.studio.drawing import Drawing
from primage.studio.project.latest_only import LatestOnly
from primage.studio.project.rendering import Rendering
from primage.studio.project.services import Services
from primage.studio.schemas import Size
from primage.studio.selection import EdgePath, FollowEdge, Selected, SelectObject
from primage.studio.wire import pack
from primage.studio.workers.selector import FindPath, SelectMarked, Shown


class Selecting:
    """Selects in the newest result; in the photo before there is one, and while the drawing is corrected.

    Args:
        services: shared by all projects.
        photo: the photo's file.
        rendering: the project's renders.
        drawing: returns the current drawing.
    """

    def __init__(self, services: Services, photo: Path, rendering: Rendering, drawing: Callable[[], Drawing]) -> None:
        self._services = services
        self._photo = photo
        self._rendering = rendering
        self._drawing = drawing
        self._latest = LatestOnly()

    async def frame(self, request: SelectObject) -> bytes:
        """The selection by some marks, with its header.

        Args:
            request: the marks.

        Raises:
            RefusalError: a mark is outside the picture, a box is empty, or a newer request arrived (`superseded`).
        """
        shown = self._shown()
        mask = await self._latest.run(lambda: self._services.selector.run(SelectMarked(shown, request.marks)))
        height, width = shown.size
        return pack(Selected(size=Size(width=width, height=height)), [mask.view("uint8")])

    async def path(self, request: FollowEdge) -> EdgePath:
        """A path along edges.

        Args:
            request: its ends.

        Raises:
            RefusalError: an end is outside the picture.
        """
        points = await self._services.selector.run(FindPath(self._shown(), request.start, request.end))
        return EdgePath(points=tuple((float(x), float(y)) for x, y in points))

    def _shown(self) -> Shown:
        drawing = self._drawing()
        size = (drawing.size.height, drawing.size.width)
        picture = self._rendering.image
        # Corrections leave the photo as it is, so they refer to the photo.
        if self._rendering.paused or (picture is not None and picture.shape[:2] != size):
            picture = None
        return Shown(self._photo, size, picture, drawing.layers.get("segments"), drawing.margins)
