"""The picture that follows a drawing: one render at a time, always of the newest drawing."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from primage.studio.drawing import box_of
from primage.studio.errors import RefusalError, WorkerDiedError
from primage.studio.project.clients import Client, Clients
from primage.studio.project.store import replace_file
from primage.studio.schemas import Problem, Rectangle, Render, Trouble
from primage.studio.wire import pack
from primage.studio.workers.process import Worker

_log = logging.getLogger(__name__)

#: How often a render is tried again after the worker died over it.
_TRIES = 2
#: A picture is kept this long after it was made; while somebody draws there is always a newer one.
_KEEP_SEC = 1.0
#: Name of the text in the kept picture that says what it shows.
_SAYS = "studio"


@dataclass(frozen=True)
class Wanted:
    """What is to be painted.

    Attributes:
        run: whose model paints.
        layers: of the drawing; not changed meanwhile.
        revision: of the drawing.
        keep_original: whether untouched parts stay the photo.
    """

    run: Path
    layers: dict[str, np.ndarray]
    revision: int
    keep_original: bool


class Rendering:
    """Renders when something changed, and tells the tabs what is new in the picture.

    Args:
        painter: does it.
        wanted: gives what is to be painted now.
        clients: are told.
        kept: a file for the newest picture: after a restart it is there before the worker has imported anything.
    """

    def __init__(self, painter: Worker, wanted: Callable[[], Wanted], clients: Clients, kept: Path) -> None:
        self._painter = painter
        self._wanted = wanted
        self._clients = clients
        self._kept = kept
        self._keeping: asyncio.TimerHandle | None = None
        self._asked = asyncio.Event()
        self._since = 0.0
        self._task: asyncio.Task[None] | None = None
        self.image: np.ndarray | None = None
        self._last: Render | None = None
        #: Where the newest picture is doubtful (`workers.uncertainty`); None if its model cannot say, or before one
        #: was painted here.
        self.doubt: np.ndarray | None = None
        self.painted = False

    @property
    def revision(self) -> int:
        """Of the drawing that the picture shows; -1 before the first."""
        return self._last.revision if self._last is not None else -1

    def ask(self) -> None:
        """Something changed. However often it is called meanwhile, one render follows the one at hand."""
        if not self._asked.is_set():
            self._since = asyncio.get_running_loop().time()
            self._asked.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        failures = 0
        while self._asked.is_set():
            self._asked.clear()
            try:
                await self._render()
                failures = 0
            except WorkerDiedError:  # the pages are told by the hub
                failures += 1
                if failures < _TRIES:
                    self._asked.set()
            except RefusalError as error:
                if error.code != "no_model":  # it comes, and asks again
                    self._clients.send(Trouble(problem=Problem(code=error.code, message=str(error))))
            except Exception:
                _log.exception("rendering failed")

    async def _render(self) -> None:
        wanted, since = self._wanted(), self._since
        done = await self._painter.call(
            "render", run=wanted.run, layers=wanted.layers, keep_original=wanted.keep_original
        )
        if self._wanted().run != wanted.run:  # extracted anew meanwhile
            return
        image, before = done["image"], self.image
        if before is None or before.shape != image.shape:
            box: Rectangle | None = Rectangle(x=0, y=0, width=image.shape[1], height=image.shape[0])
        else:
            box = box_of((image != before).any(axis=2))
        self.image, self.doubt, self.painted = image, done["doubt"], True
        self._last = Render(
            revision=wanted.revision,
            steps=done["steps"],
            seconds=asyncio.get_running_loop().time() - since,
            rectangle=box,
            edited=done["edited"],
        )
        self._clients.send(pack(self._last, [] if box is None else [cut(image, box)]))
        self._keep_soon()

    def _keep_soon(self) -> None:
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().call_later(_KEEP_SEC, self._keep)

    def _keep(self) -> asyncio.Future[None] | None:
        self._keeping = None
        wanted = self._wanted()
        if self.image is None or self._last is None or self._last.revision != wanted.revision:
            return None
        said = {"of": _identity(wanted, wanted.revision), "render": self._last.model_dump(mode="json")}
        return asyncio.get_running_loop().run_in_executor(None, _write, self._kept, self.image, json.dumps(said))

    def restore(self, revision: int) -> None:
        """Take up the picture that was kept, if it is one of the drawing as it is.

        Args:
            revision: of the drawing when it was saved.
        """
        wanted = self._wanted()
        try:
            with Image.open(self._kept, formats=("PNG",)) as picture:
                said = json.loads(picture.info[_SAYS])
                if said["of"] != _identity(wanted, revision):
                    return
                image = np.asarray(picture)
            last = Render.model_validate(said["render"] | {"revision": wanted.revision})
        except (OSError, ValueError, KeyError, TypeError):
            return
        if image.shape[:2] == next(iter(wanted.layers.values())).shape[:2] and image.shape[2:] == (3,):
            self.image, self._last = image, last
            self._keep_soon()

    def greet(self, client: Client) -> None:
        """Send the whole picture, if there is one, to a tab that has just come.

        Args:
            client: the tab.
        """
        if self.image is None or self._last is None:
            return
        whole = Rectangle(x=0, y=0, width=self.image.shape[1], height=self.image.shape[0])
        client.send(pack(self._last.model_copy(update={"rectangle": whole}), [self.image]))

    def forget(self) -> None:
        """The drawing is another one: there is no picture of it yet."""
        self.image = self._last = self.doubt = None
        self.painted = False

    async def close(self) -> None:
        """Stop following."""
        if self._keeping is not None:
            self._keeping.cancel()
            written = self._keep()
            if written is not None:
                await written
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _identity(wanted: Wanted, revision: int) -> list[object]:
    """Tells a picture of this drawing from all others of the project."""
    return [revision, wanted.run.name, wanted.keep_original]


def _write(path: Path, image: np.ndarray, said: str) -> None:
    text = PngInfo()
    text.add_itxt(_SAYS, said)
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "PNG", pnginfo=text, compress_level=1)
    with contextlib.suppress(OSError):  # the project was deleted meanwhile
        replace_file(path, encoded.getvalue(), durable=False)


def cut(image: np.ndarray, box: Rectangle) -> np.ndarray:
    """The pixels of a rectangle."""
    return image[box.y : box.y + box.height, box.x : box.x + box.width]
