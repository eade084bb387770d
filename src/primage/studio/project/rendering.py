"""Renders of a drawing: one at a time, always of its current state."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from primage.files import write_atomically
from primage.image import encode_png
from primage.studio.drawing import Drawing, box_of
from primage.studio.errors import RefusalError, WorkerDiedError
from primage.studio.project.clients import Client, Clients
from primage.studio.schemas import Failure, Problem, Rectangle, Render
from primage.studio.wire import pack
from primage.studio.workers.painter import Painter, RenderDrawing

_log = logging.getLogger(__name__)

#: Maximum number of attempts for a render whose worker died.
_MAX_TRIES = 2
#: Delay before a render is saved, because a newer one usually follows soon.
_SAVE_AFTER_SEC = 1.0
#: Key of the text in the saved picture that identifies its content.
_TEXT_KEY = "studio"


@dataclass(frozen=True)
class RenderInput:
    """Input of a render.

    Attributes:
        run: the run folder with the model.
        drawing: the drawing without marks; a copy that is not changed.
        revision: revision of the drawing.
        keep_original: whether the photo is kept where no edit has an effect.
    """

    run: Path
    drawing: Drawing
    revision: int
    keep_original: bool


class Rendering:
    """Renders the drawing after each change, and sends the changed part of the picture to the tabs.

    Args:
        painter: the rendering worker.
        render_input: returns the current drawing.
        clients: the tabs.
        file: file for the newest picture, which is shown after a restart until the worker has started.
    """

    def __init__(self, painter: Painter, render_input: Callable[[], RenderInput], clients: Clients, file: Path) -> None:
        self._painter = painter
        self._render_input = render_input
        self._clients = clients
        self._file = file
        self._save_timer: asyncio.TimerHandle | None = None
        self._requested = asyncio.Event()
        self._requested_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self.image: UInt8[np.ndarray, "h w 3"] | None = None
        self._last: Render | None = None
        #: Uncertainty of the picture; None if the network has no confidence output, or before the first render.
        self.uncertainty: UInt8[np.ndarray, "h2 w2"] | None = None
        #: Whether the picture was rendered since the project was opened.
        self.rendered = False

    @property
    def revision(self) -> int:
        """Revision of the drawing that the picture shows; -1 without a picture."""
        return self._last.revision if self._last is not None else -1

    def request(self) -> None:
        """Render the current state after the render in progress; several requests are combined into one."""
        if not self._requested.is_set():
            self._requested_at = asyncio.get_running_loop().time()
            self._requested.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._render_requested())

    async def _render_requested(self) -> None:
        failures = 0
        while self._requested.is_set():
            self._requested.clear()
            try:
                await self._render()
                failures = 0
            except WorkerDiedError:  # reported by the hub
                failures += 1
                if failures < _MAX_TRIES:
                    self._requested.set()
            except RefusalError as error:
                if error.code != "no_model":  # the first model requests a render
                    self._clients.send(Failure(problem=Problem(code=error.code, message=str(error))))
            except Exception:
                _log.exception("rendering failed")

    async def _render(self) -> None:
        current, requested_at = self._render_input(), self._requested_at
        result = await self._painter.run(RenderDrawing(current.run, current.drawing, current.keep_original))
        if self._render_input().run != current.run:  # the drawing was replaced meanwhile
            return
        image, before = result.image, self.image
        if before is None or before.shape != image.shape:
            box: Rectangle | None = Rectangle(x=0, y=0, width=image.shape[1], height=image.shape[0])
        else:
            box = box_of((image != before).any(axis=2))
        self.image, self.uncertainty, self.rendered = image, result.uncertainty, True
        self._last = Render(
            revision=current.revision,
            steps=result.steps,
            seconds=asyncio.get_running_loop().time() - requested_at,
            rectangle=box,
            edited=result.edited,
        )
        self._clients.send(pack(self._last, [] if box is None else [cut(image, box)]))
        self._save_soon()

    def _save_soon(self) -> None:
        if self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(_SAVE_AFTER_SEC, self._save)

    def _save(self) -> asyncio.Future[None] | None:
        self._save_timer = None
        current = self._render_input()
        if self.image is None or self._last is None or self._last.revision != current.revision:
            return None
        text = {"of": _identity(current, current.revision), "render": self._last.model_dump(mode="json")}
        return asyncio.get_running_loop().run_in_executor(None, _write, self._file, self.image, json.dumps(text))

    def restore(self, revision: int) -> None:
        """Load the saved picture, if it shows the current drawing.

        Args:
            revision: revision of the drawing when it was saved.
        """
        current = self._render_input()
        try:
            with Image.open(self._file, formats=("PNG",)) as picture:
                text = json.loads(picture.info[_TEXT_KEY])
                if text["of"] != _identity(current, revision):
                    return
                image = np.asarray(picture)
            last = Render.model_validate(text["render"] | {"revision": current.revision})
        except (OSError, ValueError, KeyError, TypeError):
            return
        size = current.drawing.size
        if image.shape == (size.height, size.width, 3):
            self.image, self._last = image, last
            self._save_soon()

    def send_initial_state(self, client: Client) -> None:
        """Send the whole picture, if there is one, to a new tab.

        Args:
            client: the tab.
        """
        if self.image is None or self._last is None:
            return
        whole = Rectangle(x=0, y=0, width=self.image.shape[1], height=self.image.shape[0])
        client.send(pack(self._last.model_copy(update={"rectangle": whole}), [self.image]))

    def reset(self) -> None:
        """Discard the picture, because the drawing was replaced."""
        self.image = self._last = self.uncertainty = None
        self.rendered = False

    async def close(self) -> None:
        """Save the picture and stop rendering."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            written = self._save()
            if written is not None:
                await written
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _identity(current: RenderInput, revision: int) -> list[object]:
    """Identifies the picture of this drawing among all others of the project."""
    return [revision, current.run.name, current.keep_original]


def _write(path: Path, image: np.ndarray, description: str) -> None:
    with contextlib.suppress(OSError):  # the project was deleted meanwhile
        write_atomically(path, encode_png(image, {_TEXT_KEY: description}, compress_level=1), durable=False)


def cut(image: np.ndarray, box: Rectangle) -> np.ndarray:
    """The pixels of a rectangle.

    Args:
        image: (H, W, C).
        box: inside the image.
    """
    return image[box.y : box.y + box.height, box.x : box.x + box.width]
