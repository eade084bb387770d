"""What a project shows and gives away: photo, render, drawing, model, all of it as a zip file."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image

from primage.studio.errors import RefusalError
from primage.studio.project.archive import write_zip
from primage.studio.project.store import new_id, replace_file
from primage.studio.workers.uncertainty import doubt_png

if TYPE_CHECKING:
    from primage.studio.project.live import LiveProject


class Pictures:
    """The files that a browser may ask for.

    Args:
        project: whose.
    """

    def __init__(self, project: LiveProject) -> None:
        self._project = project

    async def preview_png(self) -> bytes:
        """The unedited drawing as the newest weights of the training paint it."""
        found = sorted((self._project.run / "previews").glob("*.png"))
        if not found:
            raise RefusalError(404, "not_found", "there is no preview yet")
        size = self._project.record.size
        return await asyncio.to_thread(_painted, found[-1], size.width, size.height)

    async def photo_png(self, size: Literal["working", "full", "thumbnail"]) -> bytes:
        """The photo.

        Args:
            size: at the drawing's size, its own, or small.
        """
        reader = self._project.services.reader
        if size == "working":
            return await asyncio.to_thread((self._project.run / "photo.png").read_bytes)
        if size == "thumbnail":
            kept = self._project.folder / "thumbnail.png"
            if not kept.exists():
                small: bytes = await reader.call("thumbnail", path=self._project.original)
                replace_file(kept, small, durable=False)
            return kept.read_bytes()
        full: bytes = await reader.call("picture", path=self._project.original, short_side_px=None)
        return full

    async def render_png(self, size: Literal["working", "full"]) -> bytes:
        """The result, saying where it comes from.

        Args:
            size: at the drawing's size, or the photo's.
        """
        wanted = self._project.wanted()
        done: bytes = await self._project.services.painter.call(
            "result",
            run=wanted.run,
            photo=self._project.original,
            layers=wanted.layers,
            keep_original=wanted.keep_original,
            full=size == "full",
        )
        return done

    async def risk_png(self) -> bytes:
        """Where the painter is unsure of the newest picture, to be laid over it."""
        rendering = self._project.rendering
        if rendering.doubt is not None:
            return await asyncio.to_thread(doubt_png, rendering.doubt)
        if rendering.painted:
            raise RefusalError(404, "not_found", "this project's network has no confidence in what it paints to show")
        raise RefusalError(409, "no_model", "nothing is painted yet; it takes a few seconds")

    async def layer_png(self, layer: str) -> bytes:
        """The drawing as one picture, or a layer of it.

        Args:
            layer: primitive, segments, edges or colours.
        """
        wanted = self._project.wanted()
        with tempfile.TemporaryDirectory(prefix="primage-") as scratch:
            done: bytes = await self._project.services.painter.call(
                "layer_picture", run=wanted.run, layers=wanted.layers, layer=layer, scratch=Path(scratch)
            )
        return done

    def model_file(self) -> Path:
        """The newest model."""
        path = self._project.run / "model.safetensors"
        if not path.exists():
            raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds")
        return path

    async def zip_file(self) -> Path:
        """The whole project as one file, which the caller deletes."""
        self._project.autosave(durable=True)
        path = self._project.services.store.root / f".export-{new_id()}.zip"
        await asyncio.to_thread(write_zip, path, self._project.folder, self._project.record)
        return path


def _painted(sheet: Path, width: int, height: int) -> bytes:
    """The second picture of a training's contact sheet (`primage.publish`)."""
    encoded = io.BytesIO()
    with Image.open(sheet) as image:
        image.crop((width, 0, 2 * width, height)).save(encoded, "PNG")
    return encoded.getvalue()
