"""Moving pictures: edits that change with time, or another video's frames, painted one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from primage._version import __version__
from primage.detection.figures import find_figures
from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, edits_to_json
from primage.errors import ConfigError, PrimitiveError
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Frame, decode_video
from primage.evaluate.protocol.progress import Event
from primage.files import sha256_file, write_atomically
from primage.image import read_image, write_png
from primage.manipulate.movie import check_movie, frame_rate, write_movie
from primage.manipulate.timeline import Timeline, read_timeline
from primage.model import Model, load
from primage.outputs import check_folder, check_outputs, mark_folder, remove_own
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive
from primage.render.files import training_drawing
from primage.settings import Frozen, validated
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions

Picture = UInt8[np.ndarray, "h w 3"]
_RECORD = "animation.json"


@dataclass(frozen=True)
class Animation:
    """A moving picture that was written.

    Attributes:
        path: the file.
        folder: its frames, as PNG files.
        frames: how many.
        flicker: the mean absolute change from frame to frame where the drawings of both are the same, in [0, 1]: 0
            means that what does not move stands still. None for a video's frames, whose lines all move.
    """

    path: Path
    folder: Path
    frames: int
    flicker: float | None


def keyed(model: Model, timeline: Timeline) -> Iterator[tuple[tuple[Edit, ...], Edited]]:
    """The drawing at each frame. People are looked for once.

    Args:
        model: the trained model.
        timeline: the keyframes.

    Yields:
        The edits, and the training drawing with these edits.

    Raises:
        PrimitiveError: an edit does not fit the drawing, or makes it larger.
        ConfigError, WeightsError: people must be looked for, and detection is not possible.
    """
    find = cache(partial(find_figures, model.photo))
    last: tuple[tuple[Edit, ...], Edited] | None = None
    # The keys first, so that what does not fit is found before anything is painted.
    for key in timeline.keys:
        if edited(training_drawing(model), key.edits, find).primitive.size != model.size:
            raise PrimitiveError(
                f"the key at {key.at:g} s extends the canvas, which a moving picture cannot; leave this edit out"
            )
    for number in range(timeline.frame_count):
        edits = timeline.edits_at(number / timeline.fps)
        if last is None or edits != last[0]:
            last = edits, edited(training_drawing(model), edits, find)
        yield last


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

    Each frame is painted from its own drawing, with the same seed, and its frames are kept: an interrupted animation
    goes on where it stopped, and frames whose edits did not change are not painted again.

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
    folder = _checked(out, [path, keys], overwrite)
    timeline = read_timeline(keys)
    if fps is not None:
        timeline = validated(Timeline, timeline.model_dump() | {"fps": fps}, f"{keys} with --fps {fps:g}")
    check_movie(out, timeline.fps)
    model = load(path, device)

    def frames() -> Iterator[_Frame]:
        for edits, drawing in keyed(model, timeline):
            paint = partial(model.picture, drawing.primitive, options, drawing.origin)
            yield _Frame(edits_to_json(edits), paint, drawing.primitive)

    _check_frames(folder, timeline.frame_count, overwrite)
    return (yield from _made(out, folder, frames(), timeline.frame_count, timeline.fps, _identity(model, options)))


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
    folder = _checked(out, [path, video], overwrite)
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

    frames = (_Frame(sha256_file(photo), partial(paint, photo)) for photo in photos)
    _check_frames(folder, len(photos), overwrite)
    return (yield from _made(out, folder, frames, len(photos), rate, _identity(model, options)))


class _Frame(NamedTuple):
    """What a frame is painted from, as text; how to paint it; its drawing, if flicker is to be measured."""

    text: str
    paint: Callable[[], Picture]
    primitive: Primitive | None = None


def _made(
    out: Path, folder: Path, frames: Iterable[_Frame], count: int, fps: float, identity: str
) -> Generator[Event, None, Animation]:
    """Paint the frames, write the moving picture, and remove the frames of an earlier, longer one."""
    files, flicker = yield from _paint(frames, count, folder, identity)
    yield Event("writing the moving picture", 0, 0)
    write_movie(out, files, fps)
    record, names = _record(folder), {file.name for file in files}
    for name in record.frames.keys() - names:
        remove_own([folder / name])
        del record.frames[name]
    record.movies[out.name] = sha256_file(out)
    _write_record(folder, record)
    return Animation(out, folder, len(files), flicker)


def _paint(
    frames: Iterable[_Frame], count: int, folder: Path, identity: str
) -> Generator[Event, None, tuple[list[Path], float | None]]:
    """Paint each frame that is not there yet; returns the files and the flicker."""
    record: _Record | None = None
    files: list[Path] = []
    changes: list[float] = []
    painted: dict[str, Path] = {}
    previous: tuple[Picture, Primitive] | None = None
    for number, frame in enumerate(frames):
        if record is None:  # after the first drawing, which has found what does not fit
            mark_folder(folder)
            record = _record(folder).of(identity)
        file, key = _file(folder, number), hashlib.sha256(frame.text.encode()).hexdigest()
        if record.frames.get(file.name) != key or not file.is_file():
            write_png(file, read_image(painted[key]) if key in painted else frame.paint())
            record.frames[file.name] = key
            _write_record(folder, record)
        painted.setdefault(key, file)
        files.append(file)
        if frame.primitive is not None:
            image = read_image(file)
            if previous is not None and frame.primitive is not previous[1]:
                still = ~frame.primitive.differs(previous[1])
                if still.any():
                    changes.append(float(np.abs(image[still].astype(float) - previous[0][still]).mean() / 255))
            previous = image, frame.primitive
        yield Event("painting frames", number + 1, count)
    return files, float(np.mean(changes)) if changes else None


def _checked(out: Path, inputs: Sequence[Path], overwrite: bool) -> Path:
    """The folder of the frames, after everything was checked that may be written."""
    check_movie(out)
    folder = out.with_suffix(".frames")
    check_folder(folder, overwrite)
    ours = out.is_file() and _record(folder).movies.get(out.name) == sha256_file(out)
    check_outputs([out], inputs, overwrite or ours)
    return folder


def _check_frames(folder: Path, count: int, overwrite: bool) -> None:
    """Frames that somebody has retouched are theirs."""
    check_outputs([_file(folder, number) for number in range(count)], overwrite=overwrite)


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.png"


class _Record(Frozen):
    """What is in the folder of the frames.

    Attributes:
        identity: of model and options.
        frames: what each frame was painted from, by its file's name.
        movies: the hashes of the files that were made of them, by name.
    """

    identity: str = ""
    frames: dict[str, str] = Field(default_factory=dict)
    movies: dict[str, str] = Field(default_factory=dict)

    def of(self, identity: str) -> _Record:
        """The record for a model and options: frames of others are there, but have to be painted again."""
        frames = self.frames if identity == self.identity else dict.fromkeys(self.frames, "")
        return _Record(identity=identity, frames=frames, movies=self.movies)


def _record(folder: Path) -> _Record:
    try:
        return _Record.model_validate_json((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _Record()


def _write_record(folder: Path, record: _Record) -> None:
    write_atomically(folder / _RECORD, record.model_dump_json(), durable=False)


def _identity(model: Model, options: RenderOptions) -> str:
    """What besides its drawing determines a frame."""
    return hashlib.sha256(f"{__version__} {model.weights_sha256} {options.model_dump_json()}".encode()).hexdigest()
