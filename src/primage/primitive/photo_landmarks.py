"""Landmarks detected in a photo: faces, hands and bodies, as points with connections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from primage.detection.interpreter import prepare
from primage.detection.people import Line, find_people, lines
from primage.downloads import Progress
from primage.errors import PrimitiveError
from primage.files import write_atomically
from primage.image import read_image
from primage.primitive.landmark_table import landmark_table
from primage.primitive.landmarks import Landmarks, draw_landmarks

Size = tuple[int, int]
#: Suffixes of files of points that `write_landmarks` writes.
POINT_SUFFIXES = (".json", ".csv")
_DECIMALS = 2


def find_landmarks(photo: UInt8[np.ndarray, "h w 3"]) -> tuple[Line, ...]:
    """Detect faces, hands and bodies.

    Args:
        photo: (H, W, 3) uint8 sRGB; the larger, the smaller the faces that are found.

    Returns:
        Their lines, at least one.

    Raises:
        PrimitiveError: nothing was found.
        ConfigError: the package that detection needs is not installed.
        WeightsError: the weights are not available.
    """
    found = lines(find_people(photo))
    if not found:
        raise PrimitiveError(
            "no face, hand or body was found in the photo; give points (.json, .csv) or a drawing with "
            "--primitive-file, or choose another primitive"
        )
    return found


def as_landmarks(found: Sequence[Line], size: Size) -> Landmarks:
    """Lines as points with connections.

    Args:
        found: lines.
        size: (height, width) of the photo.
    """
    points: list[tuple[float, float]] = []
    connections: list[tuple[int, int]] = []
    for line in found:
        first = len(points)
        points += [(round(float(x), _DECIMALS), round(float(y), _DECIMALS)) for x, y in line.points - 0.5]
        connections += [(index, index + 1) for index in range(first, len(points) - 1)]
        if line.closed:
            connections.append((len(points) - 1, first))
    return Landmarks(points=tuple(points), connections=tuple(connections), size=size)


def extract_landmarks(photo: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """Detect faces, hands and bodies, and draw their lines.

    Args:
        photo: (H, W, 3) uint8 sRGB.

    Returns:
        (H, W) bool, lines one pixel thin: the same as if the points were read from a file.

    Raises:
        PrimitiveError: nothing was found.
        ConfigError: the package that detection needs is not installed.
        WeightsError: the weights are not available.
    """
    size = (photo.shape[0], photo.shape[1])
    return draw_landmarks(as_landmarks(find_landmarks(photo), size), size, size)


def landmarks_to_file(photo: Path, target: Path, progress: Progress | None = None) -> int:
    """Detect the landmarks of a photo, and write them as points.

    Args:
        photo: the photo's file.
        target: the file to write; see `write_landmarks`.
        progress: called with the progress of a weights download.

    Returns:
        The number of points.

    Raises:
        ImageError: the photo cannot be read.
        PrimitiveError: nothing was found.
        ConfigError: the package that detection needs is not installed.
        WeightsError: the weights are not available.
        OSError: the file cannot be written.
    """
    prepare(progress)
    picture = read_image(photo)
    found = find_landmarks(picture)
    write_landmarks(target, found, (picture.shape[0], picture.shape[1]))
    return sum(len(line.points) for line in found)


def write_landmarks(path: Path, found: Sequence[Line], size: Size) -> None:
    """Write points that `primage.primitive.landmarks.read_landmarks` reads back.

    Args:
        path: a .json file, with the photo's size; or a .csv table, with the name of each line.
        found: the lines.
        size: (height, width) of the photo.

    Raises:
        OSError: the file cannot be written.
    """
    landmarks = as_landmarks(found, size)
    if path.suffix.lower() == ".json":
        write_atomically(path, landmarks.model_dump_json(indent=1) + "\n")
        return
    rows, first = [], 0
    for line in found:
        points = landmarks.points[first : first + len(line.points)]
        first += len(line.points)
        rows += [(line.name, *point) for point in (*points, *(points[:1] if line.closed else ()))]
    write_atomically(path, landmark_table(rows))
