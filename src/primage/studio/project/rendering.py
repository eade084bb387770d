"""Renders of a drawing: one at a time, always of its current state; then polished."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from primage.files import parse_json, write_atomically
from primage.http.errors import Problem, RefusalError
from primage.image import encode_png
from primage.processes.errors import WorkerDiedError
from primage.studio.drawing import box_of
from primage.studio.messages import Failure, Render
from primage.studio.project.clients import Client, Clients
from primage.studio.project.polishing import Polishing, keep_polished
from primage.studio.project.render_input import Picture, RenderInput
from primage.studio.project.services import Services
from primage.studio.schemas import Rectangle
from primage.studio.wire import pack
from primage.studio.workers.painter import RenderDrawing, Rendered, Synthesised
from primage.studio.workers.polisher import MeasureUncertainty, PolishedRender, PolishVariant
from primage.studio.workers.uncertainty import CELL_PX

_log = logging.getLogger(__name__)

#: Maximum number of attempts for a render whose worker died.
_MAX_TRIES = 2
#: Delay before a render is saved, because a newer one usually follows soon.
_SAVE_AFTER_SEC = 1.0
#: Key of the text in the saved picture that identifies its content.
_TEXT_KEY = "studio"


class Rendering:
    """Renders the drawing after each change, and sends the changed part of the picture to the tabs.

    The network's picture comes first. The polished one replaces it, unless the drawing is changed before.

    Args:
        services: shared by all projects.
        render_input: returns the current drawing.
        clients: the tabs.
        file: file for the newest picture, which is shown after a restart until the worker has started.
    """

    def __init__(
        self, services: Services, render_input: Callable[[], RenderInput], clients: Clients, file: Path
    ) -> None:
        self._services = services
        self._polishing = Polishing(services.polisher, clients)
        self._render_input = render_input
        self._clients = clients
        self.file = file
        #: Called when the drawing, or how it is rendered, has changed.
        self.on_change: list[Callable[[], None]] = []
        #: While the drawing is corrected, it is not rendered.
        self.paused = False
        self._save_timer: asyncio.TimerHandle | None = None
        self._requested = asyncio.Event()
        self._requested_at = 0.0
        self._task: asyncio.Task[None] | None = None
        #: The picture that the tabs show.
        self._picture: Picture | None = None
        #: The newest render since the project was opened, and its uncertainty once it is known.
        self._rendered: Rendered | None = None
        self._uncertainty: UInt8[np.ndarray, "h2 w2"] | None = None
        #: The newest picture that was polished, before and after.
        self._polished: tuple[np.ndarray, np.ndarray] | None = None
        #: Variants that are being painted.
        self._variants: list[PolishVariant] = []

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture that the tabs show."""
        return self._picture.image if self._picture is not None else None

    @property
    def revision(self) -> int:
        """Revision of the drawing that the picture shows; -1 without a picture."""
        return self._picture.header.revision if self._picture is not None else -1

    def request(self, newer_model: bool = False) -> None:
        """Render the current state after the render in progress; several requests are combined into one.

        Args:
            newer_model: only the model has changed; the render that is being polished is finished first.
        """
        if self.paused:
            return
        if not newer_model:
            self._polishing.stop()
            for called in self.on_change:
                called()
            for job in self._variants:
                self._services.polisher.stop(job)
        if not self._requested.is_set():
            self._requested_at = asyncio.get_running_loop().time()
            self._requested.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._render_requested())

    async def settled(self) -> None:
        """Wait until the current drawing is rendered and polished, or either has failed."""
        current = self._render_input().identity()
        if self._rendered is None or self._picture is None or self._picture.of != current:
            self.request()
        while running := [task for task in (self._task, self._polishing.task) if task is not None and not task.done()]:
            await asyncio.wait(running)

    async def _render_requested(self) -> None:
        failures = 0
        while self._requested.is_set() and not self.paused:
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
        result = await self._services.painter.run(
            RenderDrawing(current.run, current.drawing, current.keep_original, current.options)
        )
        if self._is_outdated(current):
            return
        self._rendered, self._uncertainty = result, None
        if not current.is_polished(result):
            self._polishing.stop()  # of an older model's render
            self._show(current, result, requested_at, result.image, final=True)
            return
        first = result.image
        if self._polished is not None:
            first = await asyncio.to_thread(keep_polished, first, *self._polished)
        # A newer model's picture is shown once it is polished, as a polished one of the same drawing is there already.
        before = self._picture
        if before is None or not before.header.final or before.of != current.identity():
            self._show(current, result, requested_at, first, final=False)
        if self._requested.is_set():  # a newer render follows
            return

        def show(polished: PolishedRender | None) -> None:
            if self._is_outdated(current):
                return
            if polished is None:
                self._show(current, result, requested_at, first, final=True)
                return
            self._polished = (result.image, polished.image)
            if self._rendered is result:
                self._uncertainty = polished.uncertainty
            self._show(current, result, requested_at, polished.image, final=True, polished=polished)

        self._polishing.start(current.polishing(result), show)

    def _is_outdated(self, rendered: RenderInput) -> bool:
        """Whether the drawing was replaced, or its canvas resized, since it was rendered."""
        now = self._render_input()
        return now.run != rendered.run or now.drawing.margins != rendered.drawing.margins

    def _show(
        self,
        current: RenderInput,
        result: Rendered,
        requested_at: float,
        image: UInt8[np.ndarray, "h w 3"],
        final: bool,
        polished: PolishedRender | None = None,
    ) -> None:
        """Send a picture to the tabs."""
        before = self.image
        if before is None or before.shape != image.shape:
            box: Rectangle | None = Rectangle(x=0, y=0, width=image.shape[1], height=image.shape[0])
        else:
            box = box_of((image != before).any(axis=2))
        header = Render(
            revision=current.revision,
            steps=result.steps,
            seconds=asyncio.get_running_loop().time() - requested_at,
            rectangle=box,
            edited=result.edited,
            final=final,
            without_effect=() if polished is None else polished.without_effect,
        )
        synthesised = None if polished is None else polished.synthesised
        self._picture = Picture(image, current.identity(), header, synthesised, (current, result))
        self._clients.send(pack(header, [] if box is None else [cut(image, box)]))
        self._save_soon()

    def synthesised(self, current: RenderInput) -> Synthesised | None:
        """The synthesised pixels of the picture of a drawing; None if it is not polished.

        Args:
            current: the drawing.
        """
        picture = self._picture
        return picture.synthesised if picture is not None and picture.of == current.identity() else None

    def final_picture(self) -> Picture | None:
        """The picture of the current drawing; None while it is rendered or polished."""
        picture = self._picture
        if picture is None or not picture.header.final or picture.of != self._render_input().identity():
            return None
        if picture.source is None:
            self.request()
            return None
        return picture

    async def variant(self, seed: int) -> UInt8[np.ndarray, "h w 3"]:
        """What the picture would be with another seed.

        Args:
            seed: of the random search.

        Raises:
            RefusalError: there is no render yet, or the drawing was changed meanwhile (`superseded`).
        """
        await self.settled()
        current, rendered, picture = self._render_input(), self._rendered, self._picture
        if rendered is None or picture is None:
            raise RefusalError(409, "no_model", "there is no render yet; it takes a few seconds")
        if seed == current.options.seed or not current.is_polished(rendered):
            return picture.image
        job = PolishVariant(current.polishing(rendered), seed)
        self._variants.append(job)
        try:
            return await self._services.polisher.run(job)
        finally:
            self._variants.remove(job)

    async def uncertainty(self) -> UInt8[np.ndarray, "h2 w2"]:
        """The uncertainty of the newest render; see `primage.studio.workers.uncertainty`.

        Raises:
            RefusalError: there is no render yet, or the network does not say where its pixels come from.
        """
        if self._rendered is not None:
            await self.settled()  # the map comes with the polished picture
        rendered = self._rendered
        if rendered is None:
            raise RefusalError(409, "no_model", "there is no render yet; it takes a few seconds")
        if not rendered.has_field:
            raise RefusalError(404, "not_found", "this project's network does not say where its pixels come from")
        if self._uncertainty is not None:
            return self._uncertainty
        if rendered.unpolished is None:
            height, width = rendered.image.shape[:2]
            return np.zeros((-(-height // CELL_PX), -(-width // CELL_PX)), np.uint8)
        current = self._render_input()
        job = MeasureUncertainty(current.run, rendered.unpolished, current.drawing.margins)
        levels = await self._services.polisher.run(job)
        if self._rendered is rendered:
            self._uncertainty = levels
        return levels

    def _save_soon(self) -> None:
        if self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(_SAVE_AFTER_SEC, self._save)

    def _save(self) -> asyncio.Future[None] | None:
        self._save_timer = None
        picture = self._picture
        if picture is None or picture.header.revision != self._render_input().revision:
            return None
        text = {"of": picture.of, "render": picture.header.model_dump(mode="json")}
        return asyncio.get_running_loop().run_in_executor(None, _write, self.file, picture.image, json.dumps(text))

    def restore(self, revision: int) -> None:
        """Load the saved picture, if it shows the current drawing.

        Args:
            revision: revision of the drawing when it was saved.
        """
        current = self._render_input()
        try:
            with Image.open(self.file, formats=("PNG",)) as picture:
                text = parse_json(picture.info[_TEXT_KEY])
                if text["of"] != current.identity(revision):
                    return
                image = np.asarray(picture)
            header = Render.model_validate(text["render"] | {"revision": current.revision})
        except (OSError, ValueError, KeyError, TypeError):
            return
        size = current.drawing.size
        if image.shape == (size.height, size.width, 3):
            self._picture = Picture(image, current.identity(), header)
            self._save_soon()

    def send_initial_state(self, client: Client) -> None:
        """Send the whole picture, if there is one, to a new tab.

        Args:
            client: the tab.
        """
        if self._picture is None:
            return
        image, header = self._picture.image, self._picture.header
        whole = Rectangle(x=0, y=0, width=image.shape[1], height=image.shape[0])
        client.send(pack(header.model_copy(update={"rectangle": whole}), [image]))

    def reset(self) -> None:
        """Discard the picture, because the drawing was replaced; render the new one."""
        self.paused = False
        self._polishing.stop()
        self._picture = self._rendered = self._uncertainty = self._polished = None

    async def close(self) -> None:
        """Save the picture and stop rendering."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            written = self._save()
            if written is not None:
                await written
        await self._polishing.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


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
