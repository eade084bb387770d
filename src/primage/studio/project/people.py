"""Finds the people in the photos of projects, once for each photo."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from pydantic import ValidationError

from primage.detection.interpreter import why_not
from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.studio.people import PeopleFound
from primage.studio.project.store import Store
from primage.studio.schemas import Schema
from primage.studio.workers.reader import FindPeople, Reader

#: The file of a project's folder with what was found. It is found again if that is missing, or of another photo.
_FILE = "people.json"


class _Kept(Schema):
    """What was found.

    Attributes:
        photo: size in bytes and time of the last change, in nanoseconds, of the photo's file.
    """

    photo: tuple[int, int]
    found: PeopleFound


class People:
    """The people of all projects.

    Args:
        reader: looks for them.
        store: the projects' files.
    """

    def __init__(self, reader: Reader, store: Store) -> None:
        self._reader = reader
        self._store = store
        # Two tabs must not have the same photo searched twice.
        self._busy = asyncio.Lock()

    async def of(self, project_id: str) -> PeopleFound:
        """The people in a project's photo.

        Args:
            project_id: an existing project.

        Raises:
            RefusalError: nobody can be looked for; the message says what to install.
        """
        folder = self._store.folder(project_id)
        async with self._busy:
            photo = folder / "original"
            facts = await asyncio.to_thread(_facts, photo)
            kept = await asyncio.to_thread(_read, folder / _FILE)
            if kept is not None and kept.photo == facts:
                return kept.found
            why = await asyncio.to_thread(why_not)
            if why is not None:
                raise RefusalError(409, "unavailable", f"faces, hands and bodies cannot be found here: {why}")
            found = PeopleFound(figures=await self._reader.run(FindPeople(photo)))
            with contextlib.suppress(OSError):  # it is found again next time
                text = _Kept(photo=facts, found=found).model_dump_json()
                await asyncio.to_thread(write_atomically, folder / _FILE, text)
            return found


def _facts(photo: Path) -> tuple[int, int]:
    about = photo.stat()
    return about.st_size, about.st_mtime_ns


def _read(file: Path) -> _Kept | None:
    try:
        return _Kept.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
