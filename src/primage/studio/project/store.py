"""Projects on disk: one folder each, named by an id that the server generated. Files are replaced atomically.

project.json    names, settings, labels, snapshots (`ProjectRecord`)
original        the photo, byte for byte
drawing.bin     the edited layers        history.bin   all edits (`primage.studio.project.history`)
frames/         those of the timeline, which can be painted again
render.png      the newest render, shown after a restart until a worker has started
run-1/          the run folder           snapshots/    layers and pictures
own/            layers that the user gave instead of extracted ones
pictures/       those that were pasted
people.json     points of the people in the photo, once they were looked for
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Container
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from primage.errors import RunError
from primage.files import is_scratch, remove_scratch_files, write_atomically
from primage.http.errors import RefusalError
from primage.primitive.kinds import KINDS
from primage.studio.schemas import (
    Colour,
    ExtractSettings,
    Label,
    Name,
    ProjectChange,
    ProjectId,
    ProjectSummary,
    Schema,
    Size,
    Snapshot,
    Timeline,
    Unsettled,
)
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions

_ID = re.compile(r"[0-9a-f]{16}")
#: Names in the projects' folder of files being received or exported and of projects being deleted.
_TEMPORARY = re.compile(r"\.upload-[0-9a-f]{16}|\.export-[0-9a-f]{16}\.[a-z]+|\.gone-[0-9a-f]{16}-[0-9]+")
#: What the creation of a project makes before its record.
_CREATED = re.compile(r"snapshots|own|pictures|original|(drawing|history)\.bin|(thumbnail|render)\.png|run(-[0-9]+)?")
#: Folder of a project with layers that the user gave.
OWN_FOLDER = "own"
#: Folder of a project with pictures that parts of its drawing come from.
PICTURES_FOLDER = "pictures"
#: Folder of a project with the frames of its timeline.
FRAMES_FOLDER = "frames"
#: Fields of the record when the drawing was replaced by another.
REPLACED = {
    "unfinished": False,
    "correcting": False,
    "corrected_from": 0,
    "edits_aside": False,
    "unsettled": (),
    "steps": 0,
    "snapshots": (),
    "timeline": Timeline(),
}
_SHOWN = {"settings", "labels", "line_colour", "correcting", "edits_aside", "keep_original", "options", "snapshots"}
RUN_NAME = r"^run-[1-9][0-9]{0,5}$"


class ProjectRecord(Schema):
    """The content of project.json."""

    version: int = 1
    id: ProjectId
    name: Name
    created: float
    updated: float
    photo: Size
    size: Size
    settings: ExtractSettings
    labels: tuple[Label, ...] = Field(max_length=255)
    line_colour: Colour
    keep_original: bool = True
    options: RenderOptions = DEFAULT_OPTIONS
    run: Annotated[str, Field(pattern=RUN_NAME)] = "run-1"
    unfinished: bool = Field(False, description="whether a pause or the end of the server interrupted the training")
    steps: int = 0
    edits: int = 0
    correcting: bool = False
    corrected_from: int = Field(0, ge=0, description="edits that are older than the corrections")
    edits_aside: bool = Field(False, description="whether the edit after these put them aside for the corrections")
    unsettled: tuple[Unsettled, ...] = Field((), max_length=1000)
    snapshots: tuple[Snapshot, ...] = Field((), max_length=1000)
    timeline: Timeline = Timeline()

    @model_validator(mode="before")
    @classmethod
    def _read_old_fields(cls, data: Any) -> Any:
        """Earlier versions had one option, beside the other fields."""
        if isinstance(data, dict) and "polish" in data and "options" not in data:
            data = {**data, "options": {"polish": data["polish"]}}
            del data["polish"]
        return data

    @property
    def run_number(self) -> int:
        """The number in the name of the run folder."""
        return int(self.run.removeprefix("run-"))

    def changes(self, change: ProjectChange) -> dict[str, object]:
        """New values of its fields.

        Args:
            change: options and settings that are not given stay as they are.
        """
        found = change.model_dump(exclude_unset=True, exclude_none=True)
        kept = {"options": self.options.model_dump(), "timeline": self.timeline.model_dump()}
        return found | {name: before | found.get(name, {}) for name, before in kept.items()}

    def own_files(self) -> dict[str, str]:
        """The files of layers that the user gave, in `OWN_FOLDER`, by layer."""
        return own_files(self.settings)

    def shown(self) -> dict[str, Any]:
        """The fields that the tabs get as they are, apart from those of the summary."""
        return self.model_dump(include=_SHOWN)

    def summary(self) -> ProjectSummary:
        """Its entry in the list."""
        return ProjectSummary.model_validate(self.model_dump(include=set(ProjectSummary.model_fields)))


def own_files(settings: ExtractSettings) -> dict[str, str]:
    """The names of the files of layers that the user gave, in `OWN_FOLDER`, by layer.

    Args:
        settings: extraction settings; files of layers that drawings of this kind do not have are left out.
    """
    given = {name: getattr(settings, f"own_{name}") for name in KINDS[settings.kind].names}
    return {name: f"{file}.{name}.png" for name, file in given.items() if file is not None}


def new_id() -> str:
    """A random id of 16 hexadecimal digits."""
    return secrets.token_hex(8)


class Store:
    """All projects in one folder.

    Args:
        root: the folder; created if it does not exist.
        max_projects: maximum number of projects.
        max_bytes: maximum total size of all projects.
    """

    def __init__(self, root: Path, max_projects: int = 500, max_bytes: int = 50 << 30) -> None:
        self.root = root
        self.max_projects = max_projects
        self._max_bytes = max_bytes
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{root}: projects cannot be stored there ({error.strerror})") from error

    def folder(self, project_id: str) -> Path:
        """The folder of a project.

        Args:
            project_id: text sent by a client; it becomes part of a path only if it has the form of an id.

        Raises:
            RefusalError: it does not have the form of an id.
        """
        if not _ID.fullmatch(project_id):
            raise RefusalError(404, "not_found", "there is no such project")
        return self.root / project_id

    def read(self, project_id: str) -> ProjectRecord:
        """A project's record.

        Args:
            project_id: its id.

        Raises:
            RefusalError: there is no such project.
            RunError: its record cannot be read.
        """
        file = self.folder(project_id) / "project.json"
        try:
            return ProjectRecord.model_validate_json(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RefusalError(404, "not_found", "there is no such project") from error
        except ValidationError as error:
            raise RunError(f"{file}: cannot be read by this version") from error

    def write(self, record: ProjectRecord) -> None:
        """Write a project's record.

        Args:
            record: the record, which contains the project's id.

        Raises:
            OSError: it cannot be written; the old one is unchanged.
        """
        write_atomically(self.folder(record.id) / "project.json", record.model_dump_json(indent=1))

    def list(self) -> list[ProjectRecord]:
        """All projects that can be read, newest first."""
        records = []
        for path in self.root.iterdir():
            if _ID.fullmatch(path.name):
                try:
                    records.append(self.read(path.name))
                except (RefusalError, RunError):
                    continue
        return sorted(records, key=lambda record: -record.updated)

    def make_folder(self) -> tuple[str, Path]:
        """Create the folder of a new project, which counts as a project once it contains a project.json.

        Returns:
            Its id and the folder.

        Raises:
            RefusalError: there are too many projects, their total size is too large, or the disk is nearly full.
        """
        taken = [path for path in self.root.iterdir() if _ID.fullmatch(path.name)]
        if len(taken) >= self.max_projects:
            raise RefusalError(409, "full", f"there are {len(taken)} projects already; delete some first")
        if _bytes_below(self.root) > self._max_bytes:
            raise RefusalError(
                409, "full", f"the projects take more than {self._max_bytes >> 30} GB; delete some first"
            )
        if shutil.disk_usage(self.root).free < 200 << 20:
            raise RefusalError(507, "full", "the disk is nearly full; free some space first")
        project_id = new_id()
        folder = self.root / project_id
        folder.mkdir()
        (folder / "snapshots").mkdir()
        return project_id, folder

    def delete(self, project_id: str) -> None:
        """Delete a project. It leaves the list immediately, even if deleting its files is interrupted.

        Args:
            project_id: its id.
        """
        folder = self.folder(project_id)
        trash = self.root / f".gone-{project_id}-{int(time.time())}"
        if folder.exists():
            folder.rename(trash)
            shutil.rmtree(trash, ignore_errors=True)

    def sweep_runs(self, record: ProjectRecord) -> None:
        """Delete the run folders that a project does not use.

        Args:
            record: record of the project.
        """
        for path in self.folder(record.id).glob("run-*"):
            if path.name != record.run:
                shutil.rmtree(path, ignore_errors=True)

    def sweep_own(self, record: ProjectRecord) -> None:
        """Delete the layers given by the user that a project does not use.

        Args:
            record: record of the project.
        """
        used = set(record.own_files().values())
        for path in (self.folder(record.id) / OWN_FOLDER).glob("*"):
            if path.name not in used:
                path.unlink(missing_ok=True)

    def sweep_pictures(self, project_id: str, used: Container[str]) -> None:
        """Delete the pictures that nothing in a project comes from, not even what can be undone or redone.

        Args:
            project_id: its id.
            used: the ids of the others.
        """
        for path in (self.folder(project_id) / PICTURES_FOLDER).glob("*"):
            if path.stem not in used:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete incomplete projects and files left by an earlier server."""
        for path in list(self.root.iterdir()):
            project = _ID.fullmatch(path.name)
            if _TEMPORARY.fullmatch(path.name) or (project and _is_incomplete(path)):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            elif project:
                for folder in (path, path / "snapshots", path / PICTURES_FOLDER):
                    with contextlib.suppress(OSError):
                        remove_scratch_files(folder)


def _is_incomplete(folder: Path) -> bool:
    """Whether a folder is that of a project whose creation was interrupted; others may have such names, too."""
    if (folder / "project.json").exists() or not (folder / "snapshots").is_dir():
        return False
    return all(_CREATED.fullmatch(path.name) or is_scratch(path.name) for path in folder.iterdir())


def _bytes_below(root: Path) -> int:
    total = 0
    for folder, _, files in os.walk(root):
        for file in files:
            try:
                total += os.stat(os.path.join(folder, file)).st_size
            except OSError:  # deleted meanwhile
                continue
    return total
