"""Which files are training pairs: one photo, or a folder or a list of photos with their drawings."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import FailFast, TypeAdapter, ValidationError

from primage.config import Config
from primage.errors import ConfigError
from primage.files import parse_json
from primage.primitive.kinds import KINDS
from primage.primitive.read import NO_FILES, LayerFiles
from primage.settings import Frozen

#: The largest number of pairs: all are read, checked and copied into the run before the first step.
MAX_PAIRS = 1000
#: Folders of drawings and of their photos, as data sets name them: pix2pix and pix2pixHD draw A and photograph B.
_FOLDERS = (("drawings", "photos"), ("A", "B"), ("trainA", "trainB"), ("train_A", "train_B"))
_LISTS = (".csv", ".json")
_PHOTOS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".avif", ".heic", ".tif", ".tiff", ".bmp", ".jxl"))
_DRAWINGS = _PHOTOS | {".ora", ".kra", ".psd", ".gif"}


@dataclass(frozen=True)
class PairFiles:
    """The files of a pair.

    Attributes:
        photo: the photo.
        drawing: its drawing; None to extract it.
    """

    photo: Path
    drawing: Path | None = None


class _Entry(Frozen):
    photo: str
    drawing: str | None = None


_ENTRIES: TypeAdapter[tuple[_Entry, ...]] = TypeAdapter(Annotated[tuple[_Entry, ...], FailFast()])


def is_several(path: str | Path) -> bool:
    """Whether a path names several pairs: a folder, or a list of them.

    Args:
        path: what was given as the photo.

    Example:
        >>> is_several("photo.png"), is_several("pairs.csv")
        (False, True)
    """
    return Path(path).is_dir() or Path(path).suffix.lower() in _LISTS


def pairs_in(path: Path, config: Config, files: LayerFiles = NO_FILES) -> tuple[PairFiles, ...]:
    """The pairs of a folder or a list, for a network that can be trained on them.

    Args:
        path: a folder with folders of drawings and photos ("drawings" and "photos", or "A" and "B"), whose files have
            the same names; a folder with NAME.drawing.png beside NAME.jpg, or with photos alone; or a list: a CSV file
            with the columns photo and drawing, or a JSON list of records with these fields. Paths in a list are
            relative to it.
        config: settings.
        files: layers given otherwise, which belong to one photo.

    Returns:
        The pairs: those of a folder by their names, those of a list in its order.

    Raises:
        ConfigError: there are no pairs or too many, or one is incomplete; the network copies from one photo, or labels
            would have to be extracted from each.
    """
    if files.given():
        raise ConfigError(f"{next(iter(files.given().values()))}: belongs to one photo; put drawings beside the photos")
    found = _in_folder(path) if path.is_dir() else _listed(path)
    if not found:
        what = "is a folder without pairs" if path.is_dir() else "lists no pairs"
        raise ConfigError(f"{path}: {what}; give a photo, or photos with their drawings (NAME.jpg, NAME.drawing.png)")
    if len(found) > MAX_PAIRS:
        raise ConfigError(f"{path}: there are {len(found)} pairs; give at most {MAX_PAIRS}")
    without = [pair.photo for pair in found if pair.drawing is None]
    if 0 < len(without) < len(found):
        raise ConfigError(f"{without[0]}: has no drawing, but other photos have; give one for each, or for none")
    _check_several(found, config)
    return tuple(found)


def _in_folder(folder: Path) -> list[PairFiles]:
    for drawings, photos in _FOLDERS:
        if (folder / drawings).is_dir() and (folder / photos).is_dir():
            return _matched(folder / drawings, folder / photos)
    files = _files(folder, _DRAWINGS)
    drawings_of = {path.stem.removesuffix(".drawing"): path for path in files if path.stem.endswith(".drawing")}
    photos_of = [path for path in files if path.suffix.lower() in _PHOTOS and path not in drawings_of.values()]
    photos_of = [path for path in photos_of if not path.stem.endswith(".origin")]
    for name, drawing in drawings_of.items():
        if name not in {path.stem for path in photos_of}:
            raise ConfigError(f"{drawing}: its photo is missing; put {name}.jpg or {name}.png beside it")
    _check_names(photos_of)
    return [PairFiles(path, drawings_of.get(path.stem)) for path in photos_of]


def _matched(drawings: Path, photos: Path) -> list[PairFiles]:
    """Pairs of files with the same name, whatever their formats."""
    by_name = []
    for folder, suffixes in ((drawings, _DRAWINGS), (photos, _PHOTOS)):
        files = _files(folder, suffixes)
        _check_names(files)
        by_name.append({path.stem: path for path in files})
    drawn, photographed = by_name
    for name in sorted(drawn.keys() ^ photographed.keys()):
        alone, other = (drawn[name], photos) if name in drawn else (photographed[name], drawings)
        raise ConfigError(f"{alone}: there is no file {name} in {other}; each photo needs its drawing")
    return [PairFiles(photographed[name], drawn[name]) for name in sorted(drawn)]


def _files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def _check_names(files: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in files:
        if path.stem in seen:
            raise ConfigError(f"{path}: {seen[path.stem].name} has the same name; rename one of the two")
        seen[path.stem] = path


def _listed(path: Path) -> list[PairFiles]:
    """The pairs of a CSV or JSON file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = parse_json(text) if path.suffix.lower() == ".json" else list(csv.DictReader(text.splitlines()))
        entries = _ENTRIES.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "list"
        raise ConfigError(f"{path}: {where}: {first['msg']} (a pair has the fields photo and drawing)") from error
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); give a list of photos with their drawings") from error
    pairs = [
        PairFiles(path.parent / entry.photo, path.parent / entry.drawing if entry.drawing else None)
        for entry in entries
    ]
    for pair in pairs:
        for file in (pair.photo, pair.drawing):
            if file is not None and not file.is_file():
                raise ConfigError(f"{path}: {file} is missing; paths are relative to the list")
    if len({pair.photo.resolve() for pair in pairs}) < len(pairs):
        raise ConfigError(f"{path}: a photo is listed twice; list each once")
    return pairs


def _check_several(pairs: Sequence[PairFiles], config: Config) -> None:
    if len(pairs) == 1:
        return
    if config.generator.architecture != "pix2pixhd":
        raise ConfigError(
            f"there are {len(pairs)} pairs, but the network of --preset {config.preset} paints with pieces of one "
            "photo; add --preset paper, or give one photo"
        )
    if "segments" in KINDS[config.primitive.kind].names and pairs[0].drawing is None:
        raise ConfigError(
            "labels that are extracted from each photo do not mean the same in another; give drawings, or use "
            "--primitive edges"
        )
