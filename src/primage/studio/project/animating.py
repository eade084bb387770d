"""The timeline of a project: two keys, and the frames between them, painted in the background."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.http.media_types import MovieFormat
from primage.image import encode_png
from primage.manipulate import timeline as keyframes
from primage.primitive.margins import NO_MARGINS, Margins
from primage.processes.worker import Worker
from primage.studio.drawing import Drawing
from primage.studio.messages import AnimationChanged
from primage.studio.project.canvas import Canvas
from primage.studio.project.clients import Clients
from primage.studio.project.render_input import RenderInput
from primage.studio.project.rendering import Rendering
from primage.studio.project.services import Services
from primage.studio.project.snapshots import Snapshots
from primage.studio.project.store import FRAMES_FOLDER, ProjectRecord, new_id
from primage.studio.schemas import Animation, KeyName, Snapshot, Timeline
from primage.studio.workers.painter import RenderBetween
from primage.studio.workers.polisher import PolishFrame, PolishRender
from primage.studio.workers.reader import WriteMovie

_log = logging.getLogger(__name__)

_NAMES: dict[KeyName, str] = {"first": "First key", "second": "Second key"}


@runtime_checkable
class Animated(Protocol):
    """The project, as its timeline sees it."""

    record: ProjectRecord
    canvas: Canvas
    clients: Clients
    rendering: Rendering
    snapshots: Snapshots

    def render_input(self) -> RenderInput:
        """The current drawing, for a render."""

    def update(self, **changes: object) -> None:
        """Change the record."""

    def start(self, job: Coroutine[object, object, None]) -> None:
        """Start a background job."""

    async def training(self, margins: Margins) -> Drawing:
        """The unedited drawing."""

    async def add_snapshot(self, name: str) -> Snapshot:
        """Save the current drawing."""


@dataclass(frozen=True)
class _Movie:
    """What is painted.

    Attributes:
        asked: what it was asked for.
        of: how the frames are rendered.
        keys: the drawings of both keys.
        shares: of the way between them, of each frame.
        files: of the frames.
    """

    asked: list[object]
    of: RenderInput
    keys: tuple[Drawing, Drawing]
    shares: tuple[float, ...]
    files: tuple[Path, ...]

    @property
    def version(self) -> str:
        """Tells its frames from others."""
        return _hash(*(file.name for file in self.files))


class Animating:
    """The timeline of one project. Its keys are snapshots. The next edit stops the painting of frames.

    Args:
        services: shared by all projects.
        project: the project.
        folder: the project's.
    """

    def __init__(self, services: Services, project: Animated, folder: Path) -> None:
        self._services = services
        self._project = project
        self._folder = folder / FRAMES_FOLDER
        self._movie: _Movie | None = None
        self._animation = Animation()
        #: The job that runs, if one does, with its worker.
        self._job: tuple[Worker, Any] | None = None
        #: Grows whenever painting starts or stops; what was started before is over then.
        self._round = 0
        project.rendering.on_change.append(self.stop)

    # --- keys

    @property
    def timeline(self) -> Timeline:
        """The timeline; snapshots that were deleted are no keys."""
        kept = {snapshot.id for snapshot in self._project.record.snapshots}
        found = self._project.record.timeline
        return found.model_copy(update={name: None for name in _NAMES if getattr(found, name) not in kept})

    async def set_key(self, name: KeyName) -> None:
        """Make the drawing as it is at the moment a key, instead of the one before.

        Args:
            name: of the key.

        Raises:
            RefusalError: its canvas is larger than the photo, it is being corrected, or there are too many snapshots.
        """
        _check(self._project.canvas.drawing)
        snapshot = await self._project.add_snapshot(_NAMES[name])
        self._replace(name, snapshot.id)

    def clear_key(self, name: KeyName) -> None:
        """Return to what a key is at first: the unedited drawing, or the drawing as it is at the moment.

        Args:
            name: of the key.
        """
        self._replace(name, None)

    def _replace(self, name: KeyName, snapshot: str | None) -> None:
        before = getattr(self.timeline, name)
        self.stop()
        self._project.update(timeline=self.timeline.model_copy(update={name: snapshot}))
        if before is not None:
            self._project.snapshots.delete(before)

    # --- frames

    @property
    def animation(self) -> Animation:
        """How far the frames are; none of them if they are outdated."""
        if self._movie is None or self._movie.asked == self._asked():
            return self._animation
        return Animation()

    def _asked(self) -> list[object]:
        """What determines the frames, apart from the version of the model: a training improves it all the time."""
        project, timeline = self._project, self.timeline
        shown = project.canvas.revision if timeline.second is None else None
        rendered = project.record.run, project.record.keep_original, project.record.options.model_dump()
        return [timeline.model_dump(exclude={"repeat"}), shown, *rendered]

    async def play(self) -> Animation:
        """Paint the frames that are not there yet, in the background.

        Returns:
            How far they are.

        Raises:
            RefusalError: both keys show the same drawing, the canvas of one is larger than the photo, the drawing is
                being corrected, or there is no model yet.
        """
        if self.animation.state == "painting":
            return self.animation
        project = self._project
        if project.record.correcting:
            raise RefusalError(409, "invalid", "keep or discard the corrections first; then the timeline plays")
        self.stop()
        movie = await self._planned(self._asked(), project.render_input())
        self.stop()  # it may have been asked for twice
        self._movie = movie
        painted = await asyncio.to_thread(_prepare, self._folder, movie.files)
        self._round += 1
        self._animation = Animation(
            state="painting" if painted < len(movie.files) else "idle",
            version=movie.version,
            painted=painted,
            frames=len(movie.files),
        )
        self._tell()
        if self._animation.state == "painting":
            project.start(self._paint(movie, self._round))
        return self.animation

    async def _planned(self, asked: list[object], of: RenderInput) -> _Movie:
        project, timeline = self._project, self.timeline
        model = _version_of(of.run / "model.safetensors")
        ends: list[Drawing] = []
        for name in _NAMES:
            kept = getattr(timeline, name)
            if kept is not None:
                ends.append((await asyncio.to_thread(project.snapshots.load, kept))[1].without_marks())
            else:
                ends.append(of.drawing if name == "second" else (await project.training(NO_MARGINS)).without_marks())
            _check(ends[-1])
        first, second = ends
        if not first.fits(second):
            raise RefusalError(409, "invalid", "the keys do not belong to this drawing any more; set them again")
        drawn = await asyncio.to_thread(lambda: [_digest(drawing) for drawing in ends])
        if drawn[0] == drawn[1]:
            raise RefusalError(409, "invalid", "both keys show the same drawing; edit it, then play")
        line = keyframes.Timeline(
            fps=float(timeline.fps), keys=(keyframes.Key(at=0), keyframes.Key(at=timeline.seconds, ease=timeline.ease))
        )
        places = (line.at(number / line.fps) for number in range(line.frame_count))
        shares = tuple(1.0 if key else share for key, share in places)
        made = of.run.name, of.keep_original, of.options.model_dump_json(), model
        files = tuple(self._folder / f"{_hash(*drawn, share, *made)}.png" for share in shares)
        return _Movie(asked, of, (first, second), shares, files)

    async def _paint(self, movie: _Movie, mine: int) -> None:
        try:
            # What is behind moving parts is the second key's in all frames, so that it stands still.
            _, second = await self._rendered(movie, 1.0)
            for number, (share, file) in enumerate(zip(movie.shares, movie.files, strict=True)):
                if not file.is_file():
                    await self._paint_frame(movie, share, file, mine, second)
                if mine != self._round or self._asked() != movie.asked:
                    break
                self._animation = self._animation.model_copy(update={"painted": number + 1})
                self._tell()
        except RefusalError as error:
            if error.code != "superseded":
                self._end(mine, "failed", str(error))
        except OSError as error:
            self._end(mine, "failed", f"the frames cannot be saved ({error.strerror})")
        except Exception:
            _log.exception("painting frames failed")
            self._end(mine, "failed", "the frames cannot be painted; the studio's log says why")
        else:
            self._end(mine, "idle")

    async def _paint_frame(
        self, movie: _Movie, share: float, file: Path, mine: int, second: PolishRender | None
    ) -> None:
        image, polish = await self._rendered(movie, share)
        if polish is not None and mine == self._round:
            frame = PolishFrame(polish, second if 0 < share < 1 else None)
            self._job = (self._services.polisher, frame)
            image = await self._services.polisher.run(frame)
        if mine == self._round:
            await asyncio.to_thread(lambda: write_atomically(file, encode_png(image), durable=False))

    async def _rendered(self, movie: _Movie, share: float) -> tuple[UInt8[np.ndarray, "h w 3"], PolishRender | None]:
        """A frame before synthesis, and what synthesises it."""
        of = movie.of
        job = RenderBetween(of.run, *movie.keys, share, of.keep_original, of.options)
        self._job = (self._services.painter, job)
        drawing, rendered = await self._services.painter.run(job)
        between = RenderInput(of.run, drawing, of.revision, of.keep_original, of.options)
        return rendered.image, between.polishing(rendered) if between.is_polished(rendered) else None

    def stop(self) -> None:
        """Stop painting; frames that are there can be shown unless they are outdated."""
        if self._job is not None:
            worker, job = self._job
            worker.stop(job)
        self._end(self._round, "idle")

    def _end(self, mine: int, state: str, message: str | None = None) -> None:
        """Painting is over, unless another one has started."""
        if mine != self._round:
            return
        self._round += 1
        self._job = None
        told = self._animation
        outdated = self._movie is not None and self._movie.asked != self._asked()
        if outdated:
            self._movie, self._animation = None, Animation()
        elif told.state == "painting":
            self._animation = Animation.model_validate(told.model_dump() | {"state": state, "message": message})
        if self._animation != told:
            self._tell()

    def _tell(self) -> None:
        self._project.clients.send(AnimationChanged(animation=self.animation))

    async def frame_png(self, number: int, version: str) -> bytes:
        """A frame.

        Args:
            number: from 0.
            version: of the frames.

        Raises:
            RefusalError: it is not painted yet, or no longer there.
        """
        movie, shown = self._movie, self.animation
        missing = RefusalError(404, "not_found", "this frame of the timeline is not painted; play the timeline first")
        if movie is None or version != shown.version or number >= shown.painted:
            raise missing
        try:
            return await asyncio.to_thread(movie.files[number].read_bytes)
        except FileNotFoundError as error:
            raise missing from error

    async def movie_file(self, suffix: MovieFormat) -> Path:
        """The frames as a moving picture, a file that the caller deletes.

        Args:
            suffix: format of the file.

        Raises:
            RefusalError: they are not all painted.
        """
        movie, shown, timeline = self._movie, self.animation, self.timeline
        if movie is None or not 0 < shown.frames == shown.painted:
            raise RefusalError(409, "invalid", "the frames are not all painted; play the timeline, then export it")
        back = movie.files[-2:0:-1] if timeline.repeat == "back-and-forth" else ()
        target = self._services.store.root / f".export-{new_id()}.{suffix}"
        job = WriteMovie(target, (*movie.files, *back), float(timeline.fps), timeline.repeat != "once")
        await self._services.reader.run(job)
        return target


def _check(drawing: Drawing) -> None:
    if drawing.margins.any:
        message = (
            "the canvas is larger than the photo, and a moving picture's cannot be; make it the photo's size first"
        )
        raise RefusalError(409, "invalid", message)


def _version_of(model: Path) -> int:
    try:
        return model.stat().st_mtime_ns
    except OSError as error:
        raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds") from error


def _prepare(folder: Path, files: tuple[Path, ...]) -> int:
    """Remove the frames of other moving pictures; how many of the first ones are there already."""
    folder.mkdir(exist_ok=True)
    wanted = {file.name for file in files}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)
    there = [file.is_file() for file in files]
    return there.index(False) if False in there else len(there)


def _digest(drawing: Drawing) -> str:
    layers = [name.encode() + np.ascontiguousarray(layer).tobytes() for name, layer in sorted(drawing.layers.items())]
    return hashlib.sha256(repr(drawing.pieces).encode() + b"".join(layers)).hexdigest()


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
