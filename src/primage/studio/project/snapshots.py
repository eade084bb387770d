"""States of a drawing to return to."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from primage.errors import RunError
from primage.studio.drawing import Drawing
from primage.studio.errors import RefusalError
from primage.studio.project.store import new_id, replace_file
from primage.studio.schemas import Snapshot

if TYPE_CHECKING:
    from primage.studio.project.live import LiveProject

_MOST = 200


class Snapshots:
    """The snapshots of one project: its layers in a file each, and a picture.

    Args:
        project: whose.
    """

    def __init__(self, project: LiveProject) -> None:
        self._project = project

    async def add(self, name: str) -> None:
        """Keep the drawing as it is.

        Args:
            name: of the snapshot.
        """
        if len(self._project.record.snapshots) >= _MOST:
            raise RefusalError(507, "full", "there are so many snapshots already; delete some first")
        snapshot = Snapshot(id=new_id(), name=name, created=time.time())
        wanted, files = self._project.wanted(), self._files(snapshot.id)
        replace_file(files[0], self._project.canvas.drawing.dump({}))
        if self._project.rendering.image is not None and self._project.rendering.revision == wanted.revision:
            encoded = io.BytesIO()
            Image.fromarray(self._project.rendering.image).save(encoded, "PNG")
            replace_file(files[1], encoded.getvalue())
        else:
            await self._project.services.painter.call(
                "drawing_picture", run=wanted.run, layers=wanted.layers, path=files[1]
            )
        self._project.update(snapshots=[s.model_dump() for s in (*self._project.record.snapshots, snapshot)])

    def _find(self, snapshot_id: str) -> Snapshot:
        for snapshot in self._project.record.snapshots:
            if snapshot.id == snapshot_id:
                return snapshot
        raise RefusalError(404, "not_found", "there is no such snapshot")

    def _files(self, snapshot_id: str) -> tuple[Path, Path]:
        folder = self._project.folder / "snapshots"
        return folder / f"{snapshot_id}.bin", folder / f"{snapshot_id}.png"

    def restore(self, snapshot_id: str) -> None:
        """Return to a snapshot.

        Args:
            snapshot_id: which.
        """
        snapshot = self._find(snapshot_id)
        try:
            drawing, _ = Drawing.parse(self._files(snapshot.id)[0].read_bytes())
        except OSError as error:
            raise RunError("the snapshot is missing") from error
        own = self._project.canvas.drawing
        if set(drawing.layers) != set(own.layers) or drawing.size != own.size:
            raise RunError("the snapshot is damaged")
        self._project.replace_pixels(drawing, f"Return to “{snapshot.name}”"[:60], "snapshot")

    def delete(self, snapshot_id: str) -> None:
        """Forget a snapshot.

        Args:
            snapshot_id: which.
        """
        snapshot = self._find(snapshot_id)
        self._project.update(snapshots=[s.model_dump() for s in self._project.record.snapshots if s is not snapshot])
        self._remove(snapshot.id)

    def _remove(self, snapshot_id: str) -> None:
        for path in self._files(snapshot_id):
            path.unlink(missing_ok=True)

    def image(self, snapshot_id: str) -> bytes:
        """The picture of a snapshot.

        Args:
            snapshot_id: which.
        """
        return self._files(self._find(snapshot_id).id)[1].read_bytes()

    def clear(self) -> None:
        """Remove the files of all; the record is the caller's."""
        for snapshot in self._project.record.snapshots:
            self._remove(snapshot.id)
