"""An edit of one frame of a video, carried to the others through their drawings."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from primage.decoding.decode import stored_size
from primage.edit.apply import Edited
from primage.edit.carrying import carried, steady
from primage.edit.files import edited_drawing
from primage.edit.records import read_edits
from primage.errors import ConfigError, PrimitiveError
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Frame, read_clip
from primage.evaluate.protocol.progress import Event
from primage.files import sha256_file
from primage.image import read_image, resize_image
from primage.manipulate.frames import Animation, MovieFrame, Picture, check_frames, checked, identity, made, text_of
from primage.manipulate.movie import check_movie, frame_rate
from primage.model import Model, load
from primage.outputs import mark_folder
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive
from primage.render.drawing_origin import read_edited
from primage.render.full_size import FullSize
from primage.render.variants import working_results
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions

#: Frames per second of a folder of frames, unless it is said.
_FPS = 25.0


def propagate(
    path: Path,
    video: Path,
    edit: Path,
    out: Path,
    fps: float | None = None,
    options: RenderOptions = DEFAULT_OPTIONS,
    device: str = "cpu",
    overwrite: bool = False,
) -> Generator[Event, None, Animation]:
    """Carry an edit to all frames of a video.

    The run was trained on one frame. The drawing of each other frame is extracted and matched with the run's, the
    edit is carried along (`primage.edit.carrying`), and painted with the frame's own pixels. What the edit leaves
    alone is the frame as it is.

    Args:
        path: a run folder or a model file, trained on a frame of the video.
        video: a video file, or a folder of frames.
        edit: a JSON file of edits, or an edited drawing, with its origin beside it if that is known.
        out: an MP4, GIF or WebP file; its frames go to the folder NAME.frames beside it.
        fps: frames per second of the result; the video's if None, 25 for a folder.
        options: how each frame is rendered.
        device: torch device to compute on.
        overwrite: allow to replace files that Primage did not make.

    Yields:
        Progress.

    Returns:
        What was written. Its flicker is None: everything may move.

    Raises:
        UserError: an input is invalid; nothing was written but frames of the video.
    """
    folder = checked(out, [path, video, edit], overwrite)
    model = load(path, device)
    kind = model.record.spec.kind
    if not KINDS[kind].extractable:
        raise ConfigError(
            f"{path}: drawings of kind {kind} cannot be extracted from a video; edit its frames one by one"
        )
    rate = fps if fps is not None else frame_rate(video) if video.is_file() else _FPS
    check_movie(out, rate)
    drawing = _read(model, edit)
    if video.is_file():
        mark_folder(folder)
        yield Event("reading the video", 0, 0)
    photos = [frame.photo for frame in read_clip(video, folder / "video").frames]
    height, width = stored_size(photos[0])
    if model.render_size((height, width)) != model.size:
        raise PrimitiveError(
            f"{video}: its frames have other proportions ({width}×{height}) than the photo of the run; train on one of "
            "them"
        )
    for photo in photos:
        if (other := stored_size(photo)) != (height, width):
            raise PrimitiveError(
                f"{photo}: has another size ({other[1]}×{other[0]}) than the first frame; leave it out, or scale it"
            )
    text = text_of(drawing)
    frames = (
        MovieFrame(f"{sha256_file(photo)} {text}", partial(_painted, model, drawing, photo, options))
        for photo in photos
    )
    check_frames(folder, len(photos), [path, video, edit], overwrite)
    return (yield from made(out, folder, frames, len(photos), rate, identity(model, options)))


def matched(model: Model, primitive: Primitive) -> Float32[np.ndarray, "h w 2"]:
    """Where the pixels of a drawing are in the training drawing; smooth.

    Args:
        model: a model that says where its pixels come from.
        primitive: another drawing of the model's kind, labels and size.

    Returns:
        (H, W, 2), (y, x) in pixels.

    Raises:
        ConfigError: the model does not match drawings.
    """
    painted = model.paint(primitive)
    render = model.unpolished(primitive, painted)
    if render is None:
        raise ConfigError(
            f"a {model.record.config.generator.architecture} model does not match drawings; train another one: "
            "--preset standard"
        )
    return steady(render.field, render.confidence)


def _painted(model: Model, drawing: Edited, photo: Path, options: RenderOptions) -> Picture:
    """A frame with the edit, at its own size."""
    original = read_image(photo)
    primitive = frame_primitive(model, Frame(photo.stem, photo))
    frame = replace(model, photo=resize_image(original, model.size), primitive=primitive)
    edited = carried(drawing, model.primitive, primitive, matched(model, primitive))
    if not (edited.primitive.differs(primitive).any() or edited.origin.moves):
        return original
    ((result, _),) = working_results(frame, edited.primitive, [options], edited.origin)
    return FullSize(original, result).picture()


def _read(model: Model, edit: Path) -> Edited:
    """The edited drawing of the frame that was trained on."""
    if edit.suffix.lower() != ".json":
        return read_edited(model, edit)
    drawing = edited_drawing(model, read_edits(edit))
    if drawing.primitive.size != model.size:
        raise PrimitiveError(f"{edit}: extends the canvas, which the frames of a video cannot; leave this edit out")
    return drawing
