"""Exports of masks with a list of colours: CVAT's "Segmentation mask 1.1" and CamVid's."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import numpy as np

from primage.decoding.decode import decode
from primage.errors import LabelError
from primage.labels.colours import RGB
from primage.labels.drawn_colours import drawn_colours
from primage.labels.formats.export import Export
from primage.labels.formats.picture import PALETTE_KEY, read_picture, stored_palette
from primage.labels.formats.raw import Entry, PhotoFacts, RawLabels

#: The lists of colours: of "Segmentation mask 1.1" (and Pascal VOC), and of CamVid.
LABELMAP, LABEL_COLOURS = "labelmap.txt", "label_colors.txt"
COLOUR_LISTS = (LABELMAP, LABEL_COLOURS)
_BLACK = (0, 0, 0)


def has_masks(export: Export) -> bool:
    """Whether an export has masks of colours."""
    listed = any(PurePosixPath(name).name in COLOUR_LISTS for name in export.names)
    return listed or any(is_mask_folder(PurePosixPath(name).parent.name) for name in export.pictures())


def read_mask_of(export: Export, requested: str, photo: PhotoFacts) -> RawLabels:
    """Read one mask of an export.

    Args:
        export: the folder or the zip.
        requested: the mask that the user named; empty for nothing.
        photo: the photo that it belongs to.

    Returns:
        (H, W, 3) colours, and their names.

    Raises:
        LabelError: it has no masks or no list of colours, is damaged, or it is not clear which mask is meant.
        ImageError: the mask cannot be read.
    """
    masks = _masks(export)
    if not masks:
        raise LabelError(
            f"{export.path} contains no SegmentationClass/*.png and no *annot/*.png; "
            "export it as CVAT's Segmentation mask 1.1"
        )
    mask = export.pick(masks, requested, photo, "masks")
    beside = [str(folder / name) for folder in PurePosixPath(mask).parents for name in COLOUR_LISTS]
    listed = next((name for name in beside if name in export.names), None)
    if listed is None:
        wanted = (PurePosixPath(mask).parent.parent / LABELMAP).as_posix()
        raise LabelError(f"{export.path} contains no {wanted}, which lists the labels; export it again")
    return read_listed_mask(export.where(mask), export.read(mask), export.text(listed), export.where(listed))


def is_mask_folder(name: str) -> bool:
    """Whether an export has its masks in a folder of this name."""
    return name == "SegmentationClass" or name.endswith("annot")


def _masks(export: Export) -> list[str]:
    found = export.pictures(lambda name: is_mask_folder(name.parent.name))
    return found or export.pictures(lambda name: name.stem.endswith("_L"))  # the CamVid data set's own


def read_listed_mask(where: str, data: bytes | None, listed: str, listed_name: str) -> RawLabels:
    """Read one mask whose colours a list names.

    Args:
        where: the mask's file, or its name in messages if ``data`` is given.
        data: the mask's bytes, if they are not a file of their own.
        listed: the text of the list.
        listed_name: its name, for messages.

    Returns:
        (H, W, 3) colours, and their names. Black is the background if the list does not have it.

    Raises:
        LabelError: the list is damaged.
        ImageError: the mask cannot be read.
    """
    decoded = decode(where, data)
    if data is None and decoded.image.mode == "P" and PALETTE_KEY in decoded.text:
        return read_picture(Path(where))
    parse = _parse_label_colours if PurePosixPath(listed_name).name == LABEL_COLOURS else _parse_labelmap
    found = parse(listed, listed_name)
    if not 1 <= len(found) <= 255:
        raise LabelError(f"{listed_name} lists {len(found)} labels; 1 to 255 are supported")
    if _BLACK not in [colour for _, colour in found] and len(found) < 255:
        found.append(("background", _BLACK))
    entries = {i: Entry(i, colour, name) for i, (name, colour) in enumerate(found)}
    if decoded.image.mode == "P":  # the palette's colours, without regard to transparency
        rgb = np.array(stored_palette(decoded.image), np.uint8)[np.array(decoded.image)]
    else:
        rgb = drawn_colours(decoded).srgb
    return RawLabels(rgb, "cvat", where, entries)


def _parse_labelmap(text: str, where: str) -> list[tuple[str, RGB]]:
    pattern = r"\s*(?P<name>.*?)\s*:\s*(?P<r>\d{1,3})\s*,\s*(?P<g>\d{1,3})\s*,\s*(?P<b>\d{1,3})\s*(:.*)?"
    return _parse(text, where, pattern, "name:r,g,b:parts:actions")


def _parse_label_colours(text: str, where: str) -> list[tuple[str, RGB]]:
    return _parse(text, where, r"\s*(?P<r>\d{1,3})\s+(?P<g>\d{1,3})\s+(?P<b>\d{1,3})\s+(?P<name>.*?)\s*", "r g b name")


def _parse(text: str, where: str, pattern: str, form: str) -> list[tuple[str, RGB]]:
    found: list[tuple[str, RGB]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(pattern, line)
        colour = (int(match["r"]), int(match["g"]), int(match["b"])) if match else (256, 0, 0)
        if match is None or max(colour) > 255:
            raise LabelError(f"{where}, line {number}: {line[:60]!r} is not of the form {form}")
        found.append((match["name"], colour))
    return found
