"""Manifests: lists of photos with what is special about each, as CSV or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic import Field

from primage.batch.locations import name_of, read_text
from primage.errors import ConfigError
from primage.files import parse_json
from primage.settings import Frozen, validated

_JSON_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
#: Between the items of a list in a cell.
_ITEMS = "|"


class Row(Frozen):
    """One photo. What is None, or an empty list, is as for all photos.

    Attributes:
        photo: path or URL, as all files; paths are relative to the manifest.
        name: of its results; the name of the photo's file without its ending if None.
        primitive_file: the primitive as one file.
        segments: the label layer as a file, or several with one mask for each label.
        edges: the line layer as a file.
        line_colour: the colour of the lines in a file.
        edits: recorded edits, applied to the drawing and rendered.
        full_size: whether the render has the photo's own size.
        primitive: kind of primitive.
        preset: draft, standard or paper.
        size: short side in pixels.
        minutes: training time.
        steps: number of training steps, instead of minutes.
        matcher: universal or none.
        seed: random seed.
        settings: any further settings, KEY=VALUE; they come after those for all photos.
    """

    photo: str = Field(min_length=1)
    name: str | None = Field(None, min_length=1)
    primitive_file: str | None = None
    segments: tuple[str, ...] = ()
    edges: str | None = None
    line_colour: str | None = None
    edits: str | None = None
    full_size: bool | None = None
    primitive: str | None = None
    preset: str | None = None
    size: int | None = None
    minutes: float | None = None
    steps: int | None = None
    matcher: str | None = None
    seed: int | None = None
    settings: tuple[str, ...] = ()


_FIELDS = tuple(Row.model_fields)
_LISTS = ("segments", "settings")


def is_manifest(location: str) -> bool:
    """Whether a location is that of a manifest, by its ending.

    Example:
        >>> is_manifest("s3://photos/all.jsonl"), is_manifest("photos/*.jpg")
        (True, False)
    """
    return PurePosixPath(name_of(location)).suffix.lower() in (*_JSON_LINES, *_TABLES)


def read_manifest(location: str) -> list[tuple[str, Row]]:
    """Read a manifest.

    Args:
        location: path or URL of a CSV file with a heading (commas, semicolons or tabs), or of JSON lines.

    Returns:
        The place of each row, "FILE, line N", and the row.

    Raises:
        ConfigError: it cannot be read, or a row is wrong; the message names the line.
    """
    text = read_text(location)
    lines = PurePosixPath(name_of(location)).suffix.lower() in _JSON_LINES
    rows = _json_lines(text, location) if lines else _table(text, location)
    found = [(place, validated(Row, data, place)) for place, data in rows]
    if not found:
        raise ConfigError(f"{location}: lists no photos; give one in each line")
    return found


def _json_lines(text: str, location: str) -> Iterator[tuple[str, Any]]:
    # At \n alone: JSON may hold other characters that end lines, such as U+2028.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{location}, line {number}"
        try:
            data = parse_json(line)
        except ValueError as error:
            raise ConfigError(
                f"{place}: is no JSON ({getattr(error, 'msg', error)}); write one object in each line"
            ) from error
        if not isinstance(data, dict):
            raise ConfigError(f'{place}: is no JSON object; write one like {{"photo": "cat.jpg"}}')
        yield (
            place,
            {key: [value] if key in _LISTS and isinstance(value, str) else value for key, value in data.items()},
        )


def _table(text: str, location: str) -> Iterator[tuple[str, dict[str, Any]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    heading: list[str] | None = None
    try:
        for cells in reader:
            place = f"{location}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if heading is None:
                heading = _heading(cells, place)
                continue
            if len(cells) != len(heading):
                raise ConfigError(f"{place}: has {len(cells)} cells, but the heading has {len(heading)}; quote commas")
            yield place, {name: _value(name, cell) for name, cell in zip(heading, cells, strict=True) if cell.strip()}
    except csv.Error as error:
        raise ConfigError(f"{location}, line {reader.line_num}: is no CSV ({error}); check its quotes") from error


def _heading(cells: list[str], place: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    if unknown := [name for name in names if name not in _FIELDS]:
        raise ConfigError(
            f"{place}: there is no column '{unknown[0]}'; the first line names some of: {', '.join(_FIELDS)}"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"{place}: the column '{twice[0]}' is there twice; leave one out")
    return names


def _value(name: str, cell: str) -> object:
    cell = cell.strip()
    return [item.strip() for item in cell.split(_ITEMS) if item.strip()] if name in _LISTS else cell
