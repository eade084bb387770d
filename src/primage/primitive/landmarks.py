"""Landmarks: points with connections, read from JSON or CSV and drawn as polylines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
from jaxtyping import Bool
from pydantic import Field, model_validator
from skimage.draw import line

from primage.errors import PrimitiveError
from primage.files import parse_json
from primage.primitive.landmark_table import TABLE_SUFFIXES, read_landmark_table
from primage.settings import Frozen, validated

#: Longest side of a photo; a larger one might not fit into memory.
_Side = Annotated[int, Field(ge=1, le=65_535)]
_FAR_PX = 1e6


class Landmarks(Frozen):
    """Points in pixels, and their connections.

    ``points`` are (x, y) with (0, 0) at the centre of the top left pixel; ``connections`` are pairs of indices into
    ``points``; ``size`` is the (height, width) that the coordinates refer to, by default that of the photo.
    """

    points: tuple[tuple[float, float], ...] = Field(min_length=1, max_length=20_000)
    connections: tuple[tuple[int, int], ...] = ()
    size: tuple[_Side, _Side] | None = None

    @model_validator(mode="after")
    def _inside(self) -> Landmarks:
        for pair in self.connections:
            if not all(0 <= i < len(self.points) for i in pair):
                raise ValueError(
                    f"connection {list(pair)} refers to a point that does not exist ({len(self.points)} points)"
                )
        return self


def read_landmarks(path: str | Path) -> Landmarks:
    """Read landmarks.

    JSON: ``{"points": [[x, y], …], "connections": [[0, 1], …], "size": [height, width]}``. CSV: see
    `primage.primitive.landmark_table`.

    Args:
        path: a .json file, or a .csv, .tsv or .txt table.

    Returns:
        The points and their connections.

    Raises:
        PrimitiveError: the file is missing or has neither format.
    """
    path = Path(path)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return validated(Landmarks, read_landmark_table(path), str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PrimitiveError(f"{path}: cannot be read as landmarks ({error})") from error
    try:
        data = parse_json(text)
    except json.JSONDecodeError as error:
        raise PrimitiveError(f"{path}: is not JSON (line {error.lineno}: {error.msg})") from error
    except ValueError as error:  # thousands of digits or nested brackets
        raise PrimitiveError(f"{path}: cannot be read as landmarks ({error})") from error
    return validated(Landmarks, data, str(path))


def draw_landmarks(landmarks: Landmarks, size: tuple[int, int], photo_size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Draw connections as lines one pixel thin, and unconnected points as single pixels.

    Args:
        landmarks: points and connections.
        size: (height, width) of the result.
        photo_size: (height, width) that the coordinates refer to, unless the landmarks specify it.

    Returns:
        (H, W) bool, clipped to the picture.
    """
    reference = landmarks.size or photo_size
    scale = np.array([size[1] / reference[1], size[0] / reference[0]])
    # Rasterising a line to a distant point would take very long.
    bound = 4 * max(size)
    points = np.clip(np.array(landmarks.points), -_FAR_PX, _FAR_PX)
    pixels = np.clip(np.floor((points + 0.5) * scale), -bound, bound).astype(int)
    out = np.zeros(size, dtype=bool)
    joined = {i for pair in landmarks.connections for i in pair}
    lone = [(i, i) for i in range(len(pixels)) if i not in joined]
    for a, b in [*landmarks.connections, *lone]:
        y, x = line(pixels[a, 1], pixels[a, 0], pixels[b, 1], pixels[b, 0])
        inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
        out[y[inside], x[inside]] = True
    return out
