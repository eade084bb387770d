"""Frames of a moving picture: painted one by one, kept as files, and taken up again after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from primage._version import __version__
from primage.edit.apply import Edited
from primage.evaluate.protocol.progress import Event
from primage.files import sha256_file, write_atomically
from primage.image import read_image, write_png
from primage.manipulate.movie import check_movie, write_movie
from primage.model import Model
from primage.outputs import check_folder, check_outputs, mark_folder, remove_own
from primage.primitive.primitive import Primitive
from primage.settings import Frozen
from primage.synthesis.options import RenderOptions

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


class MovieFrame(NamedTuple):
    """A frame that can be painted.

    Attributes:
        text: what it is painted from; frames of the same text are the same.
        paint: paints it, as (H, W, 3) uint8 sRGB.
        primitive: its drawing, if flicker is to be measured.
    """

    text: str
    paint: Callable[[], Picture]
    primitive: Primitive | None = None


def text_of(drawing: Edited) -> str:
    """A text that tells an edited drawing from others.

    Args:
        drawing: the drawing, and its origin.
    """
    digest = hashlib.sha256(repr(drawing.origin.pieces).encode() + drawing.origin.index.tobytes())
    for name, array in sorted(drawing.primitive.to_arrays().items()):
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def made(
    out: Path, folder: Path, frames: Iterable[MovieFrame], count: int, fps: float, maker: str
) -> Generator[Event, None, Animation]:
    """Paint the frames, write the moving picture, and remove the frames of an earlier, longer one.

    Args:
        out: the file.
        folder: as `checked` returned it.
        frames: what to paint, in order. The first is drawn before anything is written.
        count: how many.
        fps: frames per second.
        maker: what besides its text determines a frame; see `identity`.

    Yields:
        Progress.

    Returns:
        What was written.

    Raises:
        UserError: a frame cannot be painted, or a file not be written.
    """
    files, flicker = yield from _paint(frames, count, folder, maker)
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
    frames: Iterable[MovieFrame], count: int, folder: Path, maker: str
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
            record = _record(folder).of(maker)
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


def checked(out: Path, inputs: Sequence[Path], overwrite: bool) -> Path:
    """Check what may be written.

    Args:
        out: the moving picture's file.
        inputs: files that are read, which are never replaced.
        overwrite: allow to replace files that Primage did not make.

    Returns:
        The folder of the frames, NAME.frames beside the file.

    Raises:
        UserError: a file may not be written.
    """
    check_movie(out)
    folder = out.with_suffix(".frames")
    check_folder(folder, overwrite)
    ours = out.is_file() and _record(folder).movies.get(out.name) == sha256_file(out)
    check_outputs([out], inputs, overwrite or ours)
    return folder


def check_frames(folder: Path, count: int, inputs: Sequence[Path], overwrite: bool) -> None:
    """Check that frames may be written: those that somebody has retouched are theirs.

    Args:
        folder: as `checked` returned it.
        count: the number of frames.
        inputs: files and folders that are read.
        overwrite: replace them nevertheless.

    Raises:
        OutputError: a frame was retouched, or is an input.
    """
    check_outputs([_file(folder, number) for number in range(count)], inputs, overwrite)


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


def identity(model: Model, options: RenderOptions) -> str:
    """What besides its drawing determines a frame.

    Args:
        model: the model.
        options: how each frame is rendered.
    """
    return hashlib.sha256(f"{__version__} {model.weights_sha256} {options.model_dump_json()}".encode()).hexdigest()
