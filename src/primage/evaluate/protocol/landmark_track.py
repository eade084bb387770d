"""Landmarks of a clip's frames: detected in each, smoothed in time, and written as files beside the results."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from primage.detection.interpreter import prepare
from primage.detection.people import Line, find_people, lines
from primage.detection.smoothing import Smoother
from primage.errors import PrimitiveError
from primage.evaluate.protocol.frames import Clip
from primage.evaluate.protocol.progress import Event
from primage.image import read_image
from primage.primitive.photo_landmarks import write_landmarks

_log = logging.getLogger(__name__)


def with_landmarks(clip: Clip, folder: Path) -> Generator[Event, None, Clip]:
    """Detect the landmarks of all frames.

    Args:
        clip: its frames; if they have drawings of their own, nothing is done.
        folder: where the points are written, one JSON file for each frame.

    Yields:
        Progress.

    Returns:
        The clip with the points as the frames' line layer. Frames without people have those of the frame before.

    Raises:
        PrimitiveError: the training frame shows nobody.
        ConfigError, WeightsError: detection is not possible.
    """
    if any(frame.primitive is not None or "edges" in frame.layers for frame in clip.frames):
        return clip
    prepare()
    folder.mkdir(parents=True, exist_ok=True)
    smoother, frames, missing = Smoother(), [], 0
    last: tuple[Line, ...] = ()
    for number, frame in enumerate(clip.frames):
        yield Event(f"{clip.name}: detecting landmarks", number, len(clip.frames))
        photo = read_image(frame.photo)
        found = lines(find_people(photo))
        if not found and (number == clip.train or not last):
            raise PrimitiveError(
                f"{frame.photo}: shows no face, hand or body; start with another frame, or give points with --edges"
            )
        missing += not found
        last = (smoother(found) if clip.consecutive else found) if found else last
        path = folder / f"{frame.name}.json"
        write_landmarks(path, last, (photo.shape[0], photo.shape[1]))
        frames.append(replace(frame, layers={**frame.layers, "edges": path}))
    if missing:
        _log.warning("%s: %d frames show nobody; they have the landmarks of the frame before", clip.name, missing)
    return replace(clip, frames=tuple(frames))
