"""The files that a browser can download from a project: photo, render, drawing, model, or all of it as a zip file."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable, Container
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.http.media_types import ResultFormat
from primage.image import encode_png, read_image, resize_image, working_size
from primage.render.quality import DEFAULT_QUALITY
from primage.studio.project.archive import write_zip
from primage.studio.project.render_input import RenderInput
from primage.studio.project.rendering import Rendering
from primage.studio.project.services import Services
from primage.studio.project.store import ProjectRecord, new_id
from primage.studio.schemas import ExportedLayer, ResultSize, Size
from primage.studio.workers.painter import ExportDrawing, ExportResult
from primage.studio.workers.reader import EncodePhoto
from primage.studio.workers.uncertainty import uncertainty_png

#: Short side of a thumbnail.
_THUMBNAIL_PX = 320


class Exports:
    """The files of one project.

    Args:
        services: shared by all projects.
        folder: the project's.
        rendering: its renders.
        render_input: returns the current drawing.
    """

    def __init__(
        self, services: Services, folder: Path, rendering: Rendering, render_input: Callable[[], RenderInput]
    ) -> None:
        self._services = services
        self._folder = folder
        self._photo = folder / "original"
        self._rendering = rendering
        self._render_input = render_input

    async def photo_png(self, size: Literal["working", "full", "thumbnail"]) -> bytes:
        """The photo.

        Args:
            size: at the size of the drawing, in full size, or as a thumbnail.
        """
        if size == "working":
            return await asyncio.to_thread((self._render_input().run / "photo.png").read_bytes)
        if size == "full":
            return await self._services.reader.run(EncodePhoto(self._photo, None))
        thumbnail = self._folder / "thumbnail.png"
        if not thumbnail.exists():
            png = await self._services.reader.run(EncodePhoto(self._photo, _THUMBNAIL_PX))
            write_atomically(thumbnail, png, durable=False)
        return thumbnail.read_bytes()

    async def picture_png(self) -> bytes:
        """The newest picture as a thumbnail: the photo's until there is one."""
        image = self._rendering.image
        if image is None and not self._rendering.file.exists():
            return await self.photo_png("thumbnail")
        return await asyncio.to_thread(_thumbnail, self._rendering.file if image is None else image)

    async def preview_png(self, size: Size) -> bytes:
        """The training primitive, rendered with the newest weights.

        Args:
            size: size of the drawing.
        """
        previews = sorted((self._render_input().run / "previews").glob("*.png"))
        if not previews:
            raise RefusalError(404, "not_found", "there is no preview yet")
        return await asyncio.to_thread(_render_of_sheet, previews[-1], size)

    async def render_png(self, size: ResultSize) -> bytes:
        """The result, with its provenance, polished.

        Args:
            size: at the size of the drawing, or of the photo.
        """
        path = await self.result_file("png", size)
        try:
            return await asyncio.to_thread(path.read_bytes)
        finally:
            path.unlink(missing_ok=True)

    async def result_file(
        self, suffix: ResultFormat, size: ResultSize, quality: int = DEFAULT_QUALITY, patch: bool = False
    ) -> Path:
        """The result as a file with its provenance, which the caller deletes.

        Args:
            suffix: format of the file.
            size: at the size of the drawing, or of the photo.
            quality: 1 to 100, of JPEG and WebP files.
            patch: only the pixels that differ from the photo, on a transparent canvas.
        """
        await self._rendering.settled()
        current = self._render_input()
        target = self._services.store.root / f".export-{new_id()}.{suffix}"
        job = ExportResult(
            current.run,
            self._photo,
            current.drawing,
            current.keep_original,
            size == "full",
            target,
            quality,
            patch,
            self._rendering.synthesised(current),
            current.options,
        )
        await self._services.painter.run(job)
        return target

    async def variant_png(self, seed: int) -> bytes:
        """What the result would be with another seed, at the size of the drawing.

        Args:
            seed: of the random search.
        """
        return await asyncio.to_thread(encode_png, await self._rendering.variant(seed))

    async def uncertainty_png(self) -> bytes:
        """The uncertainty of the newest render, as an overlay."""
        return await asyncio.to_thread(uncertainty_png, await self._rendering.uncertainty())

    async def layer_png(self, layer: ExportedLayer) -> bytes:
        """The drawing as one picture, or one of its layers.

        Args:
            layer: the layer.
        """
        current = self._render_input()
        with tempfile.TemporaryDirectory(prefix="primage-") as scratch:
            job = ExportDrawing(current.run, current.drawing, layer, Path(scratch))
            return await self._services.painter.run(job)

    def model_file(self) -> Path:
        """The newest model."""
        path = self._render_input().run / "model.safetensors"
        if not path.exists():
            raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds")
        return path

    async def zip_file(self, record: ProjectRecord, pictures: Container[str]) -> Path:
        """The whole project as one file, which the caller deletes.

        Args:
            record: record of the project, whose files are saved.
            pictures: those that anything in it comes from.
        """
        path = self._services.store.root / f".export-{new_id()}.zip"
        await asyncio.to_thread(write_zip, path, self._folder, record, pictures)
        return path


def file_stem(name: str) -> str:
    """A project's name as a file name without an ending: letters, digits and hyphens.

    Args:
        name: of the project.

    Example:
        >>> file_stem("My cat, edited")
        'My-cat-edited'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "primage"


def _thumbnail(picture: Path | UInt8[np.ndarray, "h w 3"]) -> bytes:
    """A picture or its file, no larger than a thumbnail."""
    image = read_image(picture) if isinstance(picture, Path) else picture
    height, width = image.shape[:2]
    return encode_png(resize_image(image, working_size((height, width), min(_THUMBNAIL_PX, height, width))))


def _render_of_sheet(sheet: Path, size: Size) -> bytes:
    """Crop the render from a preview sheet (`primage.publish`)."""
    return encode_png(read_image(sheet)[: size.height, size.width : 2 * size.width])
