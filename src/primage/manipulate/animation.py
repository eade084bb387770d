"""Moving pictures: edits that change with time, or another video's frames, painted one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np

from primage.detection.figures import find_figures
from primage.edit.apply import Edited, edited
from primage.edit.morphing import morphed, way_between
from primage.errors import ConfigError, PrimitiveError
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Frame, decode_video
from primage.evaluate.protocol.progress import Event
from primage.files import sha256_file
from primage.manipulate.frames import Animation, MovieFrame, Picture, check_frames, checked, identity, made, text_of
from primage.manipulate.movie import check_movie, frame_rate
from primage.manipulate.timeline import Timeline, read_timeline
from primage.model import Model, load
from primage.outputs import mark_folder
from primage.primitive.kinds import KINDS
from primage.render.drawing_origin import read_edited
from primage.render.files import training_drawing
from primage.render.plates import clean_plate, without
from primage.render.variants import pictures
from primage.settings import validated
from primage.synthesis.copies import Plate
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions


def keyed(model: Model, timeline: Timeline) -> Iterator[Edited]:
    """The drawing at each frame. People are looked for once.

    Args:
        model: the trained model.
        timeline: the keyframes.

    Yields:
        The drawing of each frame; the same object while nothing changes.

    Raises:
        PrimitiveError: an edit does not fit the drawing, or makes it larger; a drawing does not fit the model.
        ConfigError, WeightsError: people must be looked for, and detection is not possible.
    """
    find = cache(partial(find_figures, model.photo))
    drawings = [
        training_drawing(model) if key.drawing is None else read_edited(model, key.drawing) for key in timeline.keys
    ]
    # The keys first, so that what does not fit is found before anything is painted.
    for key, drawing in zip(timeline.keys, drawings, strict=True):
        if edited(drawing, key.edits, find).primitive.size != model.size:
            raise PrimitiveError(
                f"the key at {key.at:g} s extends the canvas, which a moving picture cannot; leave this edit out"
            )
    ways = [way_between(model.primitive, *pair) for pair in itertools.pairwise(drawings)]
    last: tuple[object, Edited] | None = None
    for frame in range(timeline.frame_count):
        seconds = frame / timeline.fps
        first, share = timeline.at(seconds)
        way = ways[first] if share > 0 else None
        edits = timeline.edits_at(seconds)
        state = (id(drawings[first]) if way is None else (first, share), edits)
        if last is None or state != last[0]:
            drawing = drawings[first]
            if way is not None:
                drawing = morphed(drawing, drawings[first + 1], way, share)
            last = state, edited(drawing, edits, find)
        yield last[1]


def animate(
    path: Path,
    keys: Path,
    out: Path,
    fps: float | None = None,
    options: RenderOptions = DEFAULT_OPTIONS,
    device: str = "cpu",
    overwrite: bool = False,
) -> Generator[Event, None, Animation]:
    """Paint keyframes of edits, and everything between them.

    Each frame is painted from its own drawing, with the same seed, on a clean plate of what is removed in any of them.
    Frames are kept: an interrupted animation goes on where it stopped, and frames whose edits did not change are not
    painted again.

    Args:
        path: a run folder or a model file.
        keys: a file of keyframes, see `primage.manipulate.timeline`.
        out: an MP4, GIF or WebP file; its frames go to the folder NAME.frames beside it.
        fps: frames per second; the file's if None.
        options: how each frame is rendered.
        device: torch device to compute on.
        overwrite: allow to replace files that Primage did not make.

    Yields:
        Progress.

    Returns:
        What was written.

    Raises:
        UserError: an input is invalid; nothing was written.
    """
    timeline = read_timeline(keys)
    inputs = [path, keys, *(key.drawing for key in timeline.keys if key.drawing is not None)]
    folder = checked(out, inputs, overwrite)
    if fps is not None:
        timeline = validated(Timeline, timeline.model_dump() | {"fps": fps}, f"{keys} with --fps {fps:g}")
    check_movie(out, timeline.fps)
    model = load(path, device)

    check_frames(folder, timeline.frame_count, inputs, overwrite)
    background = None
    if options.polish:
        removed = np.zeros(model.size, bool)
        for number, drawing in enumerate(keyed(model, timeline)):
            removed |= drawing.origin.removed
            yield Event("drawing the frames", number + 1, timeline.frame_count)
        background = without(model, removed)

    def frames() -> Iterator[MovieFrame]:
        plate = cache(partial(clean_plate, model, background, options)) if background is not None else _no_plate
        text = "" if background is None else text_of(background)
        for drawing in keyed(model, timeline):
            on_plate = bool(drawing.origin.removed.any())
            paint = partial(_painted, model, drawing, options, plate if on_plate else _no_plate)
            yield MovieFrame(f"{text_of(drawing)} {text}" if on_plate else text_of(drawing), paint, drawing.primitive)

    return (yield from made(out, folder, frames(), timeline.frame_count, timeline.fps, identity(model, options)))


def _no_plate() -> None:
    return None


def _painted(model: Model, drawing: Edited, options: RenderOptions, plate: Callable[[], Plate | None]) -> Picture:
    """A frame, with what was removed from it filled from a plate."""
    ((image, _),) = pictures(model, drawing.primitive, [options], drawing.origin, plate=plate())
    return image


def drive(
    path: Path,
    video: Path,
    out: Path,
    fps: float | None = None,
    options: RenderOptions = DEFAULT_OPTIONS,
    device: str = "cpu",
    overwrite: bool = False,
) -> Generator[Event, None, Animation]:
    """Let a video move the photo: the drawing of each of its frames is painted with the run's model.

    Args:
        path: a run folder or a model file.
        video: a video file; its frames show what the photo shows, in the same framing.
        out: as for `animate`.
        fps: frames per second of the result; the video's if None.
        options: how each frame is rendered.
        device: torch device to compute on.
        overwrite: allow to replace files that Primage did not make.

    Yields:
        Progress.

    Returns:
        What was written.

    Raises:
        UserError: an input is invalid; nothing was written but frames of the video.
    """
    folder = checked(out, [path, video], overwrite)
    model = load(path, device)
    kind = model.record.spec.kind
    if not KINDS[kind].extractable:
        raise ConfigError(f"{path}: drawings of kind {kind} cannot be extracted from a video; give keyframes instead")
    rate = frame_rate(video) if fps is None else fps
    check_movie(out, rate)
    mark_folder(folder)
    yield Event("reading the video", 0, 0)
    photos = decode_video(video, folder / "video")

    def paint(photo: Path) -> Picture:
        return model.picture(frame_primitive(model, Frame(photo.stem, photo)), options)

    frames = (MovieFrame(sha256_file(photo), partial(paint, photo)) for photo in photos)
    check_frames(folder, len(photos), [path, video], overwrite)
    return (yield from made(out, folder, frames, len(photos), rate, identity(model, options)))
