"""The pictures that were pasted into a project: parts of its drawing come from them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

from primage.errors import RunError
from primage.files import atomic_path
from primage.http.errors import RefusalError
from primage.origin.pictures import picture_path
from primage.origin.transforms import Piece, pictures_of
from primage.studio.messages import Edit
from primage.studio.project.canvas import Canvas
from primage.studio.project.services import Services
from primage.studio.project.snapshots import Snapshots
from primage.studio.project.store import PICTURES_FOLDER, ProjectRecord
from primage.studio.workers.reader import CheckPicture, KeepPicture

#: Number and size of a project's pictures, those that nothing comes from any more included.
_MAX_PICTURES, _MAX_BYTES = 200, 1 << 30


class Pictures:
    """The pictures of one project.

    Args:
        services: services shared by all projects.
        project: the project's folder.
    """

    def __init__(self, services: Services, project: Path) -> None:
        self._services = services
        self._folder = project / PICTURES_FOLDER

    async def keep(self, file: Path) -> str:
        """Keep a picture, whether or not a part of the drawing comes from it later.

        Args:
            file: of any kind.

        Returns:
            Its id.

        Raises:
            RefusalError: it is not a picture, or too large, or there are too many.
        """
        self._check_room()
        return await self._services.reader.run(KeepPicture(file, self._folder, self._services.options.photo_pixels))

    async def bring(self, project: str, picture: str | None) -> str:
        """Copy a picture from another project.

        Args:
            project: the id of the other one.
            picture: the picture's id; None for the photo.

        Returns:
            Its id here.

        Raises:
            RefusalError: there is no such project or picture, there are too many pictures, or the disk is full.
        """
        other = self._services.store.folder(project)
        if picture is None:
            if not (other / "original").is_file():
                raise RefusalError(404, "not_found", "the project that it was copied from is no longer there")
            return await self.keep(other / "original")
        self._check_room()
        source, target = picture_path(other / PICTURES_FOLDER, picture), picture_path(self._folder, picture)
        if not source.is_file():
            raise RefusalError(404, "not_found", "the picture that it was copied from is no longer there")
        if source != target:
            self._folder.mkdir(exist_ok=True)
            try:
                await asyncio.to_thread(_copy, source, target)
            except OSError as error:
                message = f"the picture cannot be saved ({error.strerror}); free some space on the disk"
                raise RefusalError(507, "full", message) from error
        return picture

    def check(self, edit: Edit) -> None:
        """Check that an edit refers only to pictures that are there.

        Args:
            edit: what changes.

        Raises:
            RefusalError: one is missing.
        """
        pieces: Iterable[Piece] = (*edit.pieces, *(piece for one in edit.contents for piece in one.pieces))
        if any(not picture_path(self._folder, name).is_file() for name in pictures_of(pieces)):
            raise RefusalError(409, "not_found", "the picture of this part is no longer there; copy and paste it again")

    async def used(self, record: ProjectRecord, canvas: Canvas) -> set[str]:
        """The pictures that anything comes from; see `used_pictures`.

        Args:
            record: record of the project.
            canvas: its drawing and history.
        """
        return await asyncio.to_thread(used_pictures, self._services, record, canvas)

    def _check_room(self) -> None:
        kept = list(self._folder.iterdir()) if self._folder.is_dir() else []
        if len(kept) >= _MAX_PICTURES or sum(path.stat().st_size for path in kept) > _MAX_BYTES:
            message = "the pasted pictures take too much space; restart the studio, which forgets unused ones"
            raise RefusalError(409, "full", message)


def _copy(source: Path, target: Path) -> None:
    """A picture's name is its hash, and is trusted: a part of it must never have that name."""
    with atomic_path(target) as scratch:
        shutil.copyfile(source, scratch)


async def check_pictures(services: Services, project: Path) -> None:
    """Check the pictures of a project that was imported.

    Args:
        services: services shared by all projects.
        project: the project's folder.

    Raises:
        RefusalError: one is damaged, or too large.
    """
    folder = project / PICTURES_FOLDER
    for path in sorted(folder.glob("*.png")):
        await services.reader.run(CheckPicture(folder, path.stem, services.options.photo_pixels))


def sweep_pictures(services: Services, record: ProjectRecord, canvas: Canvas) -> None:
    """Delete the pictures that nothing in a project comes from, before it is opened: no tab is about to use one then.

    Args:
        services: services shared by all projects.
        record: record of the project.
        canvas: its drawing and history.
    """
    if (services.store.folder(record.id) / PICTURES_FOLDER).is_dir():
        services.store.sweep_pictures(record.id, used_pictures(services, record, canvas))


def used_pictures(services: Services, record: ProjectRecord, canvas: Canvas) -> set[str]:
    """The pictures that anything in a project comes from, or may by undo, redo or a snapshot.

    Args:
        services: services shared by all projects.
        record: record of the project.
        canvas: its drawing and history.
    """
    project = services.store.folder(record.id)
    used = {*canvas.drawing.pictures, *canvas.history.pictures}
    snapshots = Snapshots(project / "snapshots", services.painter, lambda: record.snapshots, lambda _: None)
    for snapshot in record.snapshots:
        try:
            used |= snapshots.load(snapshot.id)[1].pictures
        except RunError:
            continue  # it cannot be returned to
    return used
