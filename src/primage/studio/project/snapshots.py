"""The snapshots of a project: each is a file with the layers and a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.errors import RunError
from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.image import encode_png
from primage.studio.drawing import Drawing
from primage.studio.project.store import new_id
from primage.studio.schemas import Snapshot
from primage.studio.workers.painter import Painter, WritePicture

_MAX_SNAPSHOTS = 200


class Snapshots:
    """The snapshots of one project.

    Args:
        folder: folder of their files.
        painter: the rendering worker, which draws a picture of a drawing without a render.
        listed: returns the snapshots in the project's record.
        save_list: replaces that list.
    """

    def __init__(
        self,
        folder: Path,
        painter: Painter,
        listed: Callable[[], tuple[Snapshot, ...]],
        save_list: Callable[[tuple[Snapshot, ...]], None],
    ) -> None:
        self._folder = folder
        self._painter = painter
        self._listed = listed
        self._save_list = save_list

    async def add(self, name: str, drawing: Drawing, image: UInt8[np.ndarray, "h w 3"] | None, run: Path) -> Snapshot:
        """Add a snapshot.

        Args:
            name: name of the snapshot.
            drawing: its layers; a copy that is not changed.
            image: its render, if there is one.
            run: the run folder of the project.

        Returns:
            The snapshot.

        Raises:
            RefusalError: there are too many snapshots.
        """
        if len(self._listed()) >= _MAX_SNAPSHOTS:
            raise RefusalError(409, "full", f"there are {_MAX_SNAPSHOTS} snapshots already; delete some first")
        snapshot = Snapshot(id=new_id(), name=name, created=time.time())
        layers, picture = self._files(snapshot)
        write_atomically(layers, drawing.dump({}))
        if image is not None:
            write_atomically(picture, encode_png(image))
        else:
            await self._painter.run(WritePicture(run, drawing.without_marks(), picture))
        self._save_list((*self._listed(), snapshot))
        return snapshot

    def _find(self, snapshot_id: str) -> Snapshot:
        for snapshot in self._listed():
            if snapshot.id == snapshot_id:
                return snapshot
        raise RefusalError(404, "not_found", "there is no such snapshot")

    def _files(self, snapshot: Snapshot) -> tuple[Path, Path]:
        return self._folder / f"{snapshot.id}.bin", self._folder / f"{snapshot.id}.png"

    def load(self, snapshot_id: str) -> tuple[str, Drawing]:
        """Name and layers of a snapshot.

        Args:
            snapshot_id: id of the snapshot.

        Raises:
            RefusalError: there is no such snapshot.
            RunError: its file is missing or damaged.
        """
        snapshot = self._find(snapshot_id)
        try:
            return snapshot.name, Drawing.parse(self._files(snapshot)[0].read_bytes())[0].with_sources()
        except OSError as error:
            raise RunError("the snapshot is missing") from error

    def image(self, snapshot_id: str) -> bytes:
        """The picture of a snapshot, as PNG.

        Args:
            snapshot_id: id of the snapshot.

        Raises:
            RefusalError: there is no such snapshot.
        """
        return self._files(self._find(snapshot_id))[1].read_bytes()

    def delete(self, snapshot_id: str) -> None:
        """Delete a snapshot.

        Args:
            snapshot_id: id of the snapshot.

        Raises:
            RefusalError: there is no such snapshot.
        """
        snapshot = self._find(snapshot_id)
        self._save_list(tuple(other for other in self._listed() if other is not snapshot))
        self._remove(snapshot)

    def _remove(self, snapshot: Snapshot) -> None:
        for path in self._files(snapshot):
            path.unlink(missing_ok=True)

    def remove_files(self, snapshots: Iterable[Snapshot]) -> None:
        """Delete the files of snapshots.

        Args:
            snapshots: no longer listed.
        """
        for snapshot in snapshots:
            self._remove(snapshot)
