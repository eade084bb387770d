"""Recognises the format of a label file; `primage.labels.files` turns what was read into label maps."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from primage.decoding.kinds import HEAD_BYTES, is_zip_archive
from primage.errors import LabelError
from primage.files import parse_json
from primage.labels.formats.coco import read_coco
from primage.labels.formats.cvat import COLOUR_LISTS, has_masks, is_mask_folder, read_listed_mask, read_mask_of
from primage.labels.formats.datasets import with_conventions
from primage.labels.formats.export import Export, opened, read_text
from primage.labels.formats.labelme import read_labelme
from primage.labels.formats.masks import MaskFile, read_mask_export, read_masks
from primage.labels.formats.picture import read_picture
from primage.labels.formats.raw import UNKNOWN_PHOTO, Ids, PhotoFacts, RawLabels

_MAX_JSON_BYTES = 256 << 20


def read_raw_labels(
    path: Path | Sequence[Path], ids: Ids | None = None, photo: PhotoFacts = UNKNOWN_PHOTO
) -> RawLabels:
    """Recognise the format of a label file, and read it.

    Args:
        path: a picture, a JSON file of labelme or COCO, a zip or a folder of CVAT, CamVid, COCO or of one mask for each
            label, or ``export.zip/mask.png`` or ``coco.json/photo.jpg`` for one of several; or several masks.
        ids: what the grey levels of a picture stand for; if None, the picture's name tells.
        photo: the photo that the labels belong to.

    Returns:
        The stored values and their meaning.

    Raises:
        LabelError: the file has no known label format, is damaged, or it is not clear which of several is meant.
        ImageError: the picture cannot be read.
    """
    if not isinstance(path, Path):
        return read_masks([MaskFile(each, None, str(each)) for each in path], "--segments")
    if path.is_dir():
        return _folder(path, photo)
    inside = next((file for file in path.parents if file.is_file()), None)
    file, requested = (path, "") if inside is None else (inside, path.relative_to(inside).as_posix())
    if file.is_file():
        with file.open("rb") as opened_file:
            head = opened_file.read(HEAD_BYTES)
        if is_zip_archive(head) or (requested and zipfile.is_zipfile(file)):
            return _export(file, requested, photo)
        if _is_json(head):
            if file.stat().st_size > _MAX_JSON_BYTES:
                raise LabelError(f"{file} is larger than {_MAX_JSON_BYTES >> 20} MB; save it without its image data")
            return _json(file.read_bytes(), str(file), file.parent, requested, photo)
    for folder in [path.parent, path.parent.parent] if is_mask_folder(path.parent.name) else [path.parent]:
        for name in COLOUR_LISTS:
            if (folder / name).is_file():
                return read_listed_mask(str(path), None, read_text(folder / name), str(folder / name))
    return with_conventions(read_picture(path, ids), path)


def is_picture_file(path: Path) -> bool:
    """Whether a file can be a picture; folders, zips and JSON files, and what is in them, hold labels only.

    Args:
        path: the file.
    """
    if not path.is_file():
        return not path.is_dir() and not any(parent.is_file() for parent in path.parents)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return not is_zip_archive(head) and not _is_json(head)


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def _folder(path: Path, photo: PhotoFacts) -> RawLabels:
    """A folder, or the folder of masks inside an export."""
    listed = [any((folder / name).is_file() for name in COLOUR_LISTS) for folder in (path, path.parent)]
    return _export(path.parent if listed == [False, True] and is_mask_folder(path.name) else path, "", photo)


def _export(path: Path, requested: str, photo: PhotoFacts) -> RawLabels:
    with opened(path) as export:
        read = next((read for recognise, read in _EXPORTS if recognise(export)), None)
        if read is None:
            kind = "folder" if path.is_dir() else "zip"
            raise LabelError(
                f"{path} is a {kind} without labels; an export of CVAT (with {COLOUR_LISTS[0]} or {COLOUR_LISTS[1]}), "
                "a JSON file of COCO or labelme, or one mask for each label is needed"
            )
        return read(export, requested, photo)


def _annotations(export: Export) -> list[str]:
    return [name for name in export.names if name.lower().endswith(".json")]


def _read_annotation(export: Export, requested: str, photo: PhotoFacts) -> RawLabels:
    """Read a JSON file; the user may have named it, a picture in it, or both."""
    files = _annotations(export)
    named = next((name for name in files if f"{requested}/".startswith(f"{name}/")), None)
    file = named or export.pick(files, "", photo, "JSON files")
    picture = requested if named is None else requested.removeprefix(named).lstrip("/")
    return _json(export.read(file), export.where(file), (export.path / file).parent, picture, photo)


def _read_masks_of(export: Export, requested: str, photo: PhotoFacts) -> RawLabels:
    names = export.pictures()
    return read_mask_export(export, [export.pick(names, requested, photo, "masks")] if requested else names)


#: The exports that are recognised, in this order, and their readers.
_EXPORTS: tuple[tuple[Callable[[Export], bool], Callable[[Export, str, PhotoFacts], RawLabels]], ...] = (
    (has_masks, read_mask_of),
    (lambda export: bool(_annotations(export)), _read_annotation),
    (lambda export: bool(export.pictures()), _read_masks_of),
)


def _json(data: bytes, where: str, folder: Path, requested: str, photo: PhotoFacts) -> RawLabels:
    try:
        content = parse_json(data)
    except ValueError as error:
        raise LabelError(f"{where} is not valid JSON ({str(error)[:80]}); export it again") from error
    if isinstance(content, dict) and "shapes" in content:
        return read_labelme(content, where, folder, photo)
    if isinstance(content, dict) and {"images", "annotations"} <= content.keys():
        return read_coco(content, where, requested, photo)
    raise LabelError(
        f"{where} is neither a labelme nor a COCO file; export the labels as COCO JSON, as PNG masks, or with labelme"
    )
