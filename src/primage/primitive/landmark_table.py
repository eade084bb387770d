"""Landmarks in CSV files, as spreadsheets, scripts and detectors write them."""

from __future__ import annotations

import csv
import io
import logging
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from primage.errors import PrimitiveError

log = logging.getLogger(__name__)

#: Suffixes of such files.
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
#: A coordinate's column: "x", "X [px]", "pos_x"; and one of a row with all points, as OpenFace writes: "x_12".
_COORDINATE = re.compile(r"(?:pos(?:ition)?[ _.]?)?(?P<axis>[xy])(?:[ _.]?(?:px|pixels?|coord(?:inate)?s?))?")
_NUMBERED = re.compile(r"(?P<axis>[xy])[ _]?(?P<number>\d+)")
_UNIT = re.compile(r"\s*[(\[].*[)\]]\s*$")


def read_landmark_table(path: Path) -> dict[str, Any]:
    """Read points from a CSV file.

    The separator is a comma, a semicolon, a tab or spaces; numbers may have decimal commas where it is not a comma. The
    header has ``x``, ``y`` and, optionally, ``line``; consecutive rows of one ``line`` are joined, and a line is closed
    whose last row repeats its first. Or it has numbered points in one row, ``x_0``, ``x_1`` … ``y_0`` …. What has no
    coordinates was not found, and is left out.

    Args:
        path: the file.

    Returns:
        "points" and "connections", as `primage.primitive.landmarks.Landmarks` has them.

    Raises:
        PrimitiveError: the file cannot be read, or has no such columns or numbers.
    """
    rows, decimal_comma = _rows(_text(path), path)
    header = [_UNIT.sub("", cell).strip().lower() for cell in rows[0][1]] if rows else []
    numbered = _numbered(header)
    if numbered:
        if len(rows) != 2:
            raise PrimitiveError(f"{path}: has {len(rows) - 1} rows of numbered points; keep the row of this photo")
        pairs = [_point(rows[1][1], columns, decimal_comma, f"{path}: row {rows[1][0]}") for columns in numbered]
        return {"points": [pair for pair in pairs if pair is not None]}
    axes = [match["axis"] if (match := _COORDINATE.fullmatch(cell)) else cell for cell in header]
    if not {"x", "y"} <= set(axes):
        found = f"; it has {', '.join(rows[0][1][:8])}" if rows else ""
        raise PrimitiveError(f"{path}: landmarks in CSV need a header with x and y (and, optionally, line){found}")
    if len(rows) == 1:
        raise PrimitiveError(f"{path}: has no points below its header")
    return _joined(rows[1:], axes, decimal_comma, path)


def landmark_table(rows: Sequence[tuple[str, float, float]]) -> str:
    """A table that `read_landmark_table` reads.

    Args:
        rows: line, x and y of each point; a closed line repeats its first point.

    Example:
        >>> print(landmark_table([("nose", 1.5, 2.0)]), end="")
        line,x,y
        nose,1.5,2.0
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("line", "x", "y"))
    writer.writerows(rows)
    return out.getvalue()


def _joined(rows: list[tuple[int, list[str]]], axes: list[str], decimal_comma: bool, path: Path) -> dict[str, Any]:
    columns = (axes.index("x"), axes.index("y"))
    line_column = axes.index("line") if "line" in axes else None
    points: list[tuple[float, float]] = []
    connections: list[tuple[int, int]] = []
    last_line, missing, first = "", 0, 0
    for number, cells in rows:
        point = _point(cells, columns, decimal_comma, f"{path}: row {number}")
        line = cells[line_column].strip() if line_column is not None and line_column < len(cells) else ""
        if point is None:
            last_line, missing = "", missing + 1
            continue
        if line and line == last_line:
            if point == points[first] and len(points) - first > 2:
                connections.append((len(points) - 1, first))
                last_line = ""
                continue
            connections.append((len(points) - 1, len(points)))
        else:
            first = len(points)
        last_line = line
        points.append(point)
    if missing:
        log.warning("%s: %d rows have no coordinates; these points were left out", path, missing)
    return {"points": points, "connections": connections}


def _point(cells: list[str], columns: tuple[int, int], decimal_comma: bool, where: str) -> tuple[float, float] | None:
    x, y = (cells[column].strip() if column < len(cells) else "" for column in columns)
    if not x and not y:
        return None
    try:
        point = _number(x, decimal_comma), _number(y, decimal_comma)
    except ValueError as error:
        raise PrimitiveError(f"{where}: x and y are not both numbers") from error
    if not all(math.isfinite(value) for value in point):
        raise PrimitiveError(f"{where}: x and y must be finite")
    return point


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:  # of a spreadsheet program in Western Europe
            return data.decode("cp1252")
    except (OSError, UnicodeDecodeError) as error:
        raise PrimitiveError(f"{path}: cannot be read as landmarks ({error})") from error


def _rows(text: str, path: Path) -> tuple[list[tuple[int, list[str]]], bool]:
    """The rows that are not empty, with their numbers; and whether numbers may have a decimal comma."""
    lines = text.splitlines()
    if lines and re.fullmatch(r"sep=.", lines[0].strip(), re.IGNORECASE):  # of a spreadsheet program
        lines[0] = ""
    first = next((line for line in lines if line.strip()), "")
    separator = next((each for each in ";\t," if each in first), None)
    try:
        if separator is None:
            cells = [line.split() for line in lines]
        else:
            cells = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise PrimitiveError(f"{path}: is not CSV ({error})") from error
    return [(number, row) for number, row in enumerate(cells, 1) if any(map(str.strip, row))], separator != ","


def _number(text: str, decimal_comma: bool) -> float:
    return float(text.replace(",", ".") if decimal_comma else text)


def _numbered(header: Sequence[str]) -> list[tuple[int, int]]:
    """The columns of numbered points, in their order; empty if there are none."""
    found: dict[int, dict[str, int]] = {}
    for column, name in enumerate(header):
        match = _NUMBERED.fullmatch(name)
        if match is not None:
            found.setdefault(int(match["number"]), {})[match["axis"]] = column
    return [(axes["x"], axes["y"]) for _, axes in sorted(found.items()) if len(axes) == 2]
