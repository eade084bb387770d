"""CVAT's export "Segmentation mask 1.1": a folder or a zip of masks, and the names of their colours."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from primage.decoding.decode import MAX_FILE_BYTES
from primage.decoding.flatten import flatten
from primage.errors import LabelError
from primage.labels.distinct_colours import RGB
from primage.labels.formats.picture import PALETTE_KEY, decode_labels, read_picture, stored_palette
from primage.labels.formats.raw import Entry, RawLabels

_MAX_MEMBERS = 10_000
_MAX_MEMBER_BYTES = 256 << 20
_MAX_TEXT_BYTES = 1 << 20


def read_cvat_mask(where: str, data: bytes | None, labelmap: str, labelmap_name: str) -> RawLabels:
    """Read one mask of an export.

    Args:
        where: the mask's file, or its name in messages if ``data`` is given.
        data: the mask's bytes, if they are not a file of their own.
        labelmap: the text that lists names and colours.
        labelmap_name: its name in messages.

    Returns:
        (H, W, 3) colours, and their names.

    Raises:
        LabelError: the list is damaged, or the mask is compressed with loss.
        ImageError: the mask cannot be read.
    """
    decoded = decode_labels(where, data)
    if data is None and decoded.image.mode == "P" and PALETTE_KEY in decoded.text:
        return read_picture(Path(where))
    lines = enumerate(_parse_labelmap(labelmap, labelmap_name))
    entries = {i: Entry(i, colour, name) for i, (name, colour) in lines}
    if decoded.image.mode == "P":  # the palette's colours, without regard to transparency
        rgb = np.array(stored_palette(decoded.image), np.uint8)[np.array(decoded.image)]
    else:
        rgb = flatten(decoded, managed=False)
    return RawLabels(rgb, "cvat", where, entries)


def _parse_labelmap(text: str, where: str) -> list[tuple[str, RGB]]:
    found: list[tuple[str, RGB]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"\s*(.*?)\s*:\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(:.*)?", line)
        colour = (int(match[2]), int(match[3]), int(match[4])) if match else (256, 0, 0)
        if match is None or max(colour) > 255:
            raise LabelError(f"{where}, line {number}: {line[:60]!r} is not of the form name:r,g,b:parts:actions")
        found.append((match[1], colour))
    if not 1 <= len(found) <= 255:
        raise LabelError(f"{where} lists {len(found)} labels; 1 to 255 are supported")
    return found


def read_text(path: Path) -> str:
    """Read a list of labels.

    Raises:
        LabelError: it cannot be read, is too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            return _text(file.read(_MAX_TEXT_BYTES + 1), str(path))
    except OSError as error:
        raise LabelError(f"{path} cannot be read ({error.strerror}); a readable file is needed") from error


def _text(data: bytes, where: str) -> str:
    if len(data) > _MAX_TEXT_BYTES:
        raise LabelError(f"{where} is larger than {_MAX_TEXT_BYTES >> 20} MB, too large for a list of labels")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(f"{where} is not UTF-8 text; save it as UTF-8") from error


def _pick(names: Sequence[str], where: str) -> str:
    """The only mask; an error if there are none or several."""
    if not names:
        raise LabelError(f"{where} contains no SegmentationClass/*.png; export it as CVAT's Segmentation mask 1.1")
    if len(names) > 1:
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise LabelError(f"{where} contains {len(names)} masks ({some}); name one, as in {where}/{names[0]}")
    return names[0]


def read_cvat_folder(path: Path) -> RawLabels:
    """Read the only mask of an unpacked export.

    Args:
        path: the folder with ``labelmap.txt``, or ``SegmentationClass`` in it.

    Raises:
        LabelError: it is no export, is damaged, or contains several masks.
        ImageError: the mask cannot be read.
    """
    labelmap = path / "labelmap.txt"
    if path.name == "SegmentationClass" and not labelmap.is_file():
        path, labelmap = path.parent, path.parent / "labelmap.txt"
    if not labelmap.is_file():
        raise LabelError(f"{path} is a folder without labelmap.txt; a label file or a CVAT export is needed")
    root = path if path.name == "SegmentationClass" else path / "SegmentationClass"
    masks = [p for p in sorted(root.glob("*")) if p.suffix.lower() == ".png" and p.is_file()]
    mask = _pick([p.relative_to(path).as_posix() for p in masks], str(path))
    return read_cvat_mask(str(path / mask), None, read_text(labelmap), str(labelmap))


def read_cvat_zip(archive: Path, requested: str) -> RawLabels:
    """Read one mask of an export in memory; nothing is unpacked, so that no name can lead outside a folder.

    Args:
        archive: the zip.
        requested: name of the mask; empty for the only one.

    Raises:
        LabelError: the zip is no export, is damaged or unsafe, or contains several masks.
        ImageError: the mask cannot be read.
    """
    if archive.stat().st_size > MAX_FILE_BYTES:
        raise LabelError(f"{archive} is larger than {MAX_FILE_BYTES >> 20} MB; export fewer frames")
    try:
        with zipfile.ZipFile(archive) as zipped:
            names = [info.filename for info in zipped.infolist()]
            if len(names) > _MAX_MEMBERS:
                raise LabelError(f"{archive} contains {len(names)} files; at most {_MAX_MEMBERS} are supported")
            for name in names:
                parts = name.replace("\\", "/").split("/")
                if ".." in parts or parts[0] == "" or ":" in parts[0]:
                    raise LabelError(f"{archive} contains the unsafe name {name!r}; export it again with CVAT")
            masks = sorted(
                name
                for name in set(names)
                if PurePosixPath(name).parent.name == "SegmentationClass" and name.lower().endswith(".png")
            )
            if requested:
                masks = [n for n in masks if n == requested or PurePosixPath(n).name == requested]
                if not masks:
                    raise LabelError(f"{archive} contains no mask {requested}; name one of its SegmentationClass/*.png")
            mask = _pick(masks, str(archive))
            labelmap = (PurePosixPath(mask).parent.parent / "labelmap.txt").as_posix()
            if labelmap not in names:
                raise LabelError(f"{archive} contains no {labelmap}, which lists the labels; export it again")
            text = _text(_member(zipped, labelmap, _MAX_TEXT_BYTES), f"{archive}/{labelmap}")
            data = _member(zipped, mask, _MAX_MEMBER_BYTES)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
        raise LabelError(f"{archive} is a damaged or encrypted zip ({error}); export it again") from error
    return read_cvat_mask(f"{archive}/{mask}", data, text, f"{archive}/{labelmap}")


def _member(zipped: zipfile.ZipFile, name: str, limit: int) -> bytes:
    # The sizes in the zip's directory may be false, hence the second bound.
    if zipped.getinfo(name).file_size > limit:
        raise LabelError(f"{zipped.filename}: {name} is larger than {limit >> 20} MB unpacked, which is too large")
    with zipped.open(name) as member:
        return member.read(limit + 1)
