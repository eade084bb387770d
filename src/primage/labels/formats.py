"""Readers of label files by format, before labels are matched; `primage.labels.files` turns them into label maps."""

from __future__ import annotations

import functools
import json
import logging
import math
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image, ImageDraw

from primage.errors import LabelError
from primage.image import MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE_PX, Decoded, decode, flatten
from primage.labels.cityscapes import cityscapes_table

log = logging.getLogger(__name__)

RGB = tuple[int, int, int]
Source = Literal["palette", "rgb", "grey", "cvat", "labelme", "cityscapes", "made"]
#: Lists of ids that grey levels can stand for: Cityscapes' own, and those its benchmark trains on.
Ids = Literal["cityscapes", "cityscapes_train"]
_IDS_BY_NAME: dict[str, Ids] = {"_labelIds.png": "cityscapes", "_labelTrainIds.png": "cityscapes_train"}
PALETTE_KEY = "primage.palette"
_MAX_MEMBERS = 10_000
_MAX_MEMBER_BYTES = 256 << 20
_MAX_TEXT_BYTES = 1 << 20
_LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp", "jpeg2000")


@dataclass(frozen=True)
class Entry:
    """Meaning of one stored value."""

    id: int
    colour: RGB
    name: str = ""


#: What 8-bit grey levels mean where nothing else is known of them.
GREY_LEVELS: Mapping[int, Entry] = {v: Entry(v, (v, v, v)) for v in range(256)}


@dataclass(frozen=True)
class RawLabels:
    """Stored values and their meaning. RGB values have entries only where CVAT lists the colours."""

    values: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]
    source: Source
    where: str
    entries: Mapping[int, Entry] = field(default_factory=dict)
    embedded: str | None = None


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
        return _cvat_folder(path)
    for archive in path.parents:
        if archive.is_file() and zipfile.is_zipfile(archive):
            return _cvat_zip(archive, path.relative_to(archive).as_posix())
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(64)
        if head.startswith(b"PK"):
            return _cvat_zip(path, "")
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return _labelme(path)
    beside = [path.parent, path.parent.parent] if path.parent.name == "SegmentationClass" else [path.parent]
    for folder in beside:
        if (folder / "labelmap.txt").is_file():
            return _cvat(str(path), None, _read_text(folder / "labelmap.txt"), str(folder / "labelmap.txt"))
    return _picture(path, ids)


def entries_of(ids: Ids) -> dict[int, Entry]:
    """The meaning of grey levels.

    Args:
        ids: the list of ids.

    Returns:
        Meanings by grey level. 255 is the license plate (id -1) among Cityscapes' own ids, and everything the benchmark
        ignores among those it trains on.
    """
    if ids == "cityscapes":
        return {i % 256: Entry(i, colour, name) for i, _, name, colour in cityscapes_table()}
    trained = {t: Entry(t, colour, name) for _, t, name, colour in cityscapes_table() if t is not None}
    return trained | {255: Entry(255, (0, 0, 0), "ignored")}


@functools.lru_cache
def _all_distinct_colours() -> tuple[RGB, ...]:
    levels = [0, 42, 85, 127, 170, 212, 255]
    grid = np.array([(r, g, b) for r in levels for g in levels for b in levels])
    # The weights approximate a perceptual space.
    weighted = grid * np.sqrt([2.0, 4.0, 3.0])
    distance = np.minimum(((weighted - weighted[0]) ** 2).sum(1), ((weighted - weighted[-1]) ** 2).sum(1))
    chosen = []
    for _ in range(len(grid) - 2):
        best = int(distance.argmax())
        chosen.append((int(grid[best, 0]), int(grid[best, 1]), int(grid[best, 2])))
        distance = np.minimum(distance, ((weighted - weighted[best]) ** 2).sum(1))
    return tuple(chosen)


def distinct_colours(n: int) -> list[RGB]:
    """A fixed sequence of easily distinguishable colours.

    Args:
        n: number of colours, at most 341.

    Returns:
        RGB triples that differ from each other, and from black and white, by at least 42 in one channel.

    Raises:
        ValueError: ``n`` is negative or too large.
    """
    if not 0 <= n <= len(_all_distinct_colours()):
        raise ValueError(f"n must be from 0 to {len(_all_distinct_colours())}, not {n}")
    return list(_all_distinct_colours()[:n])


def _decode(name: str, data: bytes | None) -> Decoded:
    """Decode a picture; refuse lossy compression."""
    decoded = decode(name, data)
    lossy = decoded.format in ("JPEG", "MPO") or decoded.image.info.get("compression") in _LOSSY_TIFF
    if decoded.format == "WEBP":
        lossy = not _webp_is_lossless(Path(name).read_bytes() if data is None else data)
    if lossy:
        kind = "JPEG" if decoded.format == "MPO" else decoded.format
        raise LabelError(
            f"{name} is a {kind} with lossy compression, which mixes colours at every border, so labels "
            "cannot be distinguished; export it as PNG from the program it was drawn with"
        )
    return decoded


def _webp_is_lossless(data: bytes) -> bool:
    position = 12
    while position + 8 <= len(data):
        if data[position : position + 4] == b"VP8L":
            return True
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return False


def _plte(image: Image.Image) -> list[RGB]:
    flat = (image.getpalette("RGB") or []) + [0] * 768
    return [(flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]) for i in range(256)]


def _picture(path: Path, ids: Ids | None = None) -> RawLabels:
    where = str(path)
    decoded = _decode(where, None)
    image, samples = decoded.image, decoded.samples
    if image.mode == "P":
        entries = {i: Entry(i, colour) for i, colour in enumerate(_plte(image))}
        return RawLabels(np.array(image), "palette", where, entries, decoded.text.get(PALETTE_KEY))
    if samples is not None and samples.shape[2] == 1:
        levels = np.flatnonzero(np.bincount(samples.ravel()))
        made = zip(levels.tolist(), distinct_colours(min(len(levels), 256)), strict=False)
        return RawLabels(samples[..., 0], "grey", where, {v: Entry(v, colour) for v, colour in made})
    if image.mode not in ("1", "L"):
        return RawLabels(flatten(decoded, managed=False), "rgb", where)
    values = np.array(image.convert("L"))
    stated = ids or next((each for end, each in _IDS_BY_NAME.items() if path.name.endswith(end)), None)
    if stated is not None:
        table = entries_of(stated)
        unknown = sorted({int(v) for v in np.unique(values)} - set(table))
        if not unknown:
            return RawLabels(values, "cityscapes", where, table)
        if ids is not None:
            raise LabelError(f"{where}: {unknown} are not ids of Cityscapes, which are 0 to 33 and 255")
        log.warning("%s: %s are not Cityscapes ids; the grey levels are read as plain ids", where, unknown)
    return RawLabels(values, "grey", where, GREY_LEVELS)


# CVAT: "Segmentation mask 1.1"


def _cvat(where: str, data: bytes | None, labelmap: str, labelmap_name: str) -> RawLabels:
    decoded = _decode(where, data)
    if data is None and decoded.image.mode == "P" and PALETTE_KEY in decoded.text:
        return _picture(Path(where))
    lines = enumerate(_parse_labelmap(labelmap, labelmap_name))
    entries = {i: Entry(i, colour, name) for i, (name, colour) in lines}
    if decoded.image.mode == "P":  # the palette's colours, without regard to transparency
        rgb = np.array(_plte(decoded.image), np.uint8)[np.array(decoded.image)]
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


def _read_text(path: Path) -> str:
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


def _cvat_folder(path: Path) -> RawLabels:
    labelmap = path / "labelmap.txt"
    if path.name == "SegmentationClass" and not labelmap.is_file():
        path, labelmap = path.parent, path.parent / "labelmap.txt"
    if not labelmap.is_file():
        raise LabelError(f"{path} is a folder without labelmap.txt; a label file or a CVAT export is needed")
    root = path if path.name == "SegmentationClass" else path / "SegmentationClass"
    masks = [p for p in sorted(root.glob("*")) if p.suffix.lower() == ".png" and p.is_file()]
    mask = _pick([p.relative_to(path).as_posix() for p in masks], str(path))
    return _cvat(str(path / mask), None, _read_text(labelmap), str(labelmap))


def _cvat_zip(archive: Path, requested: str) -> RawLabels:
    """Read one mask of an export in memory; nothing is unpacked, so that no name can lead outside a folder."""
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
    return _cvat(f"{archive}/{mask}", data, text, f"{archive}/{labelmap}")


def _member(zipped: zipfile.ZipFile, name: str, limit: int) -> bytes:
    # The sizes in the zip's directory may be false, hence the second bound.
    if zipped.getinfo(name).file_size > limit:
        raise LabelError(f"{zipped.filename}: {name} is larger than {limit >> 20} MB unpacked, which is too large")
    with zipped.open(name) as member:
        return member.read(limit + 1)


# labelme


def _labelme(path: Path) -> RawLabels:
    if path.stat().st_size > _MAX_MEMBER_BYTES:
        raise LabelError(f"{path} is larger than {_MAX_MEMBER_BYTES >> 20} MB; save it without its image data")
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        height, width, shapes = content["imageHeight"], content["imageWidth"], content["shapes"]
        sizes_fit = type(height) is type(width) is int and 1 <= min(height, width) <= MAX_SIDE_PX >= max(height, width)
        if not sizes_fit or height * width > MAX_PIXELS or not isinstance(shapes, list):
            raise ValueError(f"imageWidth × imageHeight is {width} × {height}")
        names = {"background": 0}
        skipped = 0
        canvas = Image.new("L", (width, height))
        draw = ImageDraw.Draw(canvas)
        for number, shape in enumerate(shapes, 1):
            name, kind = shape["label"], shape.get("shape_type") or "polygon"
            if not isinstance(name, str):
                raise ValueError(f"the label of shape {number} is not a string")
            if kind not in ("polygon", "rectangle", "circle"):
                skipped += 1
                continue
            points = [(float(x), float(y)) for x, y in shape["points"]]
            enough = len(points) >= 3 if kind == "polygon" else len(points) == 2
            if not enough or not all(math.isfinite(v) and abs(v) <= 1e6 for point in points for v in point):
                raise ValueError(f"shape {number} ({kind}, {name!r}) has unusable points")
            value = names.setdefault("background" if name == "_background_" else name, len(names))
            if value > 254:
                raise LabelError(f"{path} contains more than 255 labels; merge some")
            _draw_shape(draw, kind, points, value)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(f"{path} is not a valid labelme file ({reason}); save it again") from error
    if skipped:
        log.warning("%s: %d shapes without an area (lines, points, …) were skipped", path, skipped)
    colours = [(0, 0, 0), *distinct_colours(len(names) - 1)]
    entries = {i: Entry(i, colours[i], name) for name, i in names.items()}
    return RawLabels(np.array(canvas), "labelme", str(path), entries)


def _draw_shape(draw: ImageDraw.ImageDraw, kind: str, points: list[tuple[float, float]], value: int) -> None:
    (x0, y0), (x1, y1) = points[:2]
    if kind == "polygon":
        draw.polygon(points, fill=value, outline=value)
    elif kind == "rectangle":
        draw.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), fill=value, outline=value)
    else:
        radius = math.hypot(x1 - x0, y1 - y0)
        draw.ellipse((x0 - radius, y0 - radius, x0 + radius, y0 + radius), fill=value, outline=value)
