"""A project as one zip file. Imported files are not trusted: only known names and limited sizes are accepted."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Container
from pathlib import Path

from primage.http.errors import RefusalError
from primage.primitive.kinds import all_layer_names
from primage.studio.project.store import OWN_FOLDER, PICTURES_FOLDER, ProjectRecord

#: The files of a project; "run/" stands for the run folder, whose name is in the record.
_MEMBERS = re.compile(
    r"project\.json|original|drawing\.bin|history\.bin|thumbnail\.png"
    r"|snapshots/[0-9a-f]{16}\.(bin|png)"
    r"|pictures/[0-9a-f]{64}\.png"
    rf"|own/[0-9a-f]{{16}}\.({'|'.join(all_layer_names())})\.png"
    rf"|run/(run\.json|(photo|primitive|{'|'.join(all_layer_names())})\.png|log\.jsonl"
    r"|model\.safetensors|checkpoint\.safetensors)"
)
_REQUIRED = {"project.json", "original", "drawing.bin", "run/run.json", "run/photo.png", "run/model.safetensors"}
_MAX_MEMBERS = 1000
_CHUNK = 1 << 20


def write_zip(path: Path, folder: Path, record: ProjectRecord, pictures: Container[str]) -> None:
    """Pack a project.

    Args:
        path: the zip file.
        folder: folder of the project.
        record: record to write instead of the file in the folder.
        pictures: those that anything comes from; others stay here.
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
            if name.startswith(f"{OWN_FOLDER}/") and file.name not in record.own_files().values():
                continue
            if name.startswith(f"{PICTURES_FOLDER}/") and file.stem not in pictures:
                continue
            if file.is_file() and name != "project.json" and _MEMBERS.fullmatch(name):
                # Files that are already compressed, or do not shrink, are stored uncompressed.
                stored = name.endswith((".png", ".safetensors", ".bin")) or name == "original"
                archive.write(file, name, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)


def read_zip(path: Path, folder: Path, max_bytes: int) -> None:
    """Unpack a project into its folder.

    Args:
        path: the zip file.
        folder: an empty folder.
        max_bytes: maximum total size of all files, unpacked.

    Raises:
        RefusalError: it is not a project, or too large. The caller deletes the files unpacked so far.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            names = [member.filename for member in members]
            if len(members) > _MAX_MEMBERS or len(set(names)) < len(names) or not set(names) >= _REQUIRED:
                raise RefusalError(422, "invalid", "this zip file is not a project of the studio")
            left = max_bytes
            for member in members:
                if not _MEMBERS.fullmatch(member.filename):
                    raise RefusalError(
                        422, "invalid", "this zip file contains files that do not belong to a project of the studio"
                    )
                # The name is a known one, so it does not lead out of the folder.
                target = folder / member.filename
                target.parent.mkdir(exist_ok=True)
                left = _unpack(archive, member, target, left)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError) as error:
        raise RefusalError(422, "invalid", "this file is not a zip file, or it is damaged") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            # The unpacked bytes are counted, because the sizes in a zip file may be false.
            if left < 0:
                raise RefusalError(413, "too_large", "the project in this zip file is too large")
            file.write(chunk)
    return left
