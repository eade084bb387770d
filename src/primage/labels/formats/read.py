"""Recognises the format of a label file; `primage.labels.files` turns what was read into label maps."""

from __future__ import annotations

import zipfile
from pathlib import Path

from primage.labels.formats.cvat import read_cvat_folder, read_cvat_mask, read_cvat_zip, read_text
from primage.labels.formats.labelme import read_labelme
from primage.labels.formats.picture import read_picture
from primage.labels.formats.raw import Ids, RawLabels


def read_raw_labels(path: Path, ids: Ids | None = None) -> RawLabels:
    """Recognise the format of a label file, and read it.

    Args:
        path: a picture, a labelme JSON, a CVAT zip or folder, or ``export.zip/mask.png`` for one of several masks.
        ids: what the grey levels of a picture stand for; if None, the picture's name tells.

    Returns:
        The stored values and their meaning.

    Raises:
        LabelError: the file has no known label format, is damaged, or contains several masks.
        ImageError: the picture cannot be read.
    """
    if path.is_dir():
        return read_cvat_folder(path)
    for archive in path.parents:
        if archive.is_file() and zipfile.is_zipfile(archive):
            return read_cvat_zip(archive, path.relative_to(archive).as_posix())
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(64)
        if head.startswith(b"PK"):
            return read_cvat_zip(path, "")
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return read_labelme(path)
    beside = [path.parent, path.parent.parent] if path.parent.name == "SegmentationClass" else [path.parent]
    for folder in beside:
        if (folder / "labelmap.txt").is_file():
            return read_cvat_mask(str(path), None, read_text(folder / "labelmap.txt"), str(folder / "labelmap.txt"))
    return read_picture(path, ids)
