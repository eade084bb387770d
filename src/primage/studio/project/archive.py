"""A project as one zip file, and back. What comes in is a stranger's: nothing but known names, bounded sizes."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from primage.studio.errors import RefusalError
from primage.studio.project.store import ProjectRecord

#: All that a project consists of; "run/" stands for the run folder, whose name is in the record.
_MEMBERS = re.compile(
    r"project\.json|original|drawing\.bin|history\.bin|thumbnail\.png"
    r"|snapshots/[0-9a-f]{16}\.(bin|png)"
    r"|run/(run\.json|photo\.png|primitive\.png|segments\.png|edges\.png|colours\.png|log\.jsonl"
    r"|model\.safetensors|checkpoint\.safetensors)"
)
_NEEDED = {"project.json", "original", "drawing.bin", "run/run.json", "run/photo.png", "run/model.safetensors"}
_MOST_MEMBERS = 1000
_CHUNK = 1 << 20


def write_zip(path: Path, folder: Path, record: ProjectRecord) -> None:
    """Pack a project.

    Args:
        path: the zip file.
        folder: the project's.
        record: its record, which goes in instead of the file.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("project.json", record.model_dump_json(indent=1))
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if name.startswith("run-"):
                run, _, rest = name.partition("/")
                if run != record.run:
                    continue
                name = f"run/{rest}"
            if file.is_file() and name != "project.json" and _MEMBERS.fullmatch(name):
                # What is compressed already, or does not shrink.
                stored = name.endswith((".png", ".safetensors", ".bin")) or name == "original"
                archive.write(file, name, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)


def read_zip(path: Path, folder: Path, most_bytes: int) -> None:
    """Unpack a project into its folder.

    Args:
        path: the zip file.
        folder: an empty one.
        most_bytes: of all files together, unpacked.

    Raises:
        RefusalError: it is no project, or too large. What was unpacked until then is the caller's to remove.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            names = [member.filename for member in members]
            if len(members) > _MOST_MEMBERS or len(set(names)) < len(names) or not set(names) >= _NEEDED:
                raise RefusalError(422, "invalid", "this zip file is not a project of the studio")
            left = most_bytes
            for member in members:
                if not _MEMBERS.fullmatch(member.filename):
                    raise RefusalError(422, "invalid", "this zip file holds files that no project of the studio has")
                # The name is one of ours to the letter, so it leads nowhere else.
                target = folder / member.filename
                target.parent.mkdir(exist_ok=True)
                left = _unpack(archive, member, target, left)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusalError(422, "invalid", "this file is not a zip file, or it is damaged") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            # What is counted is what comes out, for a zip file may say less.
            if left < 0:
                raise RefusalError(413, "too_large", "the project in this zip file is too large")
            file.write(chunk)
    return left
