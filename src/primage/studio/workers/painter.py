"""The rendering worker: its jobs and their results. Does not need PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.processes.jobs import Job, Result
from primage.processes.worker import Worker
from primage.studio.drawing import Drawing
from primage.studio.schemas import ExportedLayer, ModelInfo, Rectangle
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions


class PaintingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpPainter(PaintingJob[None]):
    """Render something small, so that PyTorch is fully loaded before the first real render."""


@dataclass(frozen=True)
class PublishInitialModel(PaintingJob[None]):
    """Write the first model of a run, with the weights that training starts from. Takes a tenth of a second.

    Attributes:
        run: the run folder; an existing model is kept.
    """

    run: Path


@dataclass(frozen=True)
class Calibrate(PaintingJob[None]):
    """Estimate the normalisation statistics on the photo, which improves the first model. Takes a few seconds.

    Attributes:
        run: the run folder; a trained model is kept.
    """

    run: Path


@dataclass(frozen=True)
class GetModelInfo(PaintingJob[ModelInfo]):
    """Load the newest model of a run and describe it.

    Attributes:
        run: the run folder.
    """

    run: Path


@dataclass(frozen=True)
class PrepareModel(PaintingJob[None]):
    """Render the training primitive, with which the first edit is compared.

    Attributes:
        run: the run folder.
    """

    run: Path


@dataclass(frozen=True)
class ForgetModel(PaintingJob[None]):
    """Remove a project's model from memory.

    Attributes:
        run: the run folder.
    """

    run: Path


@dataclass(frozen=True)
class Unpolished:
    """The network's picture, and what it says about it.

    Attributes:
        image: (H, W, 3) uint8 sRGB.
        field: (H, W, 2), (y, x) of the source of each pixel in the photo, in pixels.
        confidence: (H, W) in [0, 1], confidence in ``field``.
        weight: (H, W) in [0, 1], weight of ``image`` in the result (`blend_mask`); 0 where no edit has an effect.
    """

    image: UInt8[np.ndarray, "h w 3"]
    field: Float32[np.ndarray, "h w 2"]
    confidence: Float32[np.ndarray, "h w"]
    weight: Float32[np.ndarray, "h w"]


@dataclass(frozen=True)
class Rendered:
    """A render. On a larger canvas, all but the image and the box is of the part that the photo has.

    Attributes:
        image: (H, W, 3) uint8 sRGB, the result without synthesis; beyond the photo, its mirror image.
        beneath: (H, W, 3) uint8 sRGB, the result without synthesis and without parts of other pictures.
        unblended: (H, W, 3) uint8 sRGB, the picture before it is blended with the photo.
        weight: (H, W) in [0, 1], its weight in the result.
        edited: bounding box of all pixels that differ from the photo; None without edits, all of a larger canvas.
        unpolished: the input of the synthesis; None if the result is the photo, or if the network does not say where
            its pixels come from.
        has_field: whether the network says where its pixels come from.
        steps: training steps of the model.
    """

    image: UInt8[np.ndarray, "h2 w2 3"]
    beneath: UInt8[np.ndarray, "h w 3"]
    unblended: UInt8[np.ndarray, "h w 3"]
    weight: Float32[np.ndarray, "h w"]
    edited: Rectangle | None
    unpolished: Unpolished | None
    has_field: bool
    steps: int


@dataclass(frozen=True)
class Beyond:
    """What was synthesised beyond the photo's borders.

    Attributes:
        image: (H, W, 3) uint8 sRGB, the whole canvas.
        field: (H, W, 2), (y, x) of the source of each of these pixels in the photo, in pixels.
        pixels: (H, W), which they are; others there were moved.
    """

    image: UInt8[np.ndarray, "h w 3"]
    field: Float32[np.ndarray, "h w 2"]
    pixels: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class Synthesised:
    """The pixels of a render that were synthesised. On a larger canvas: of the part that the photo has.

    Attributes:
        image: (H, W, 3) uint8 sRGB; used at these pixels only.
        pixels: (H, W), which they are.
        field: (H, W, 2), (y, x) of the source of each pixel in the photo, in pixels; None if it is not known.
        beyond: what continues it beyond the photo's borders; None for a canvas of the photo's size.
    """

    image: UInt8[np.ndarray, "h w 3"]
    pixels: Bool[np.ndarray, "h w"]
    field: Float32[np.ndarray, "h w 2"] | None = None
    beyond: Beyond | None = None


@dataclass(frozen=True)
class RenderDrawing(PaintingJob[Rendered]):
    """Render a drawing at its own size.

    Attributes:
        run: the run folder.
        drawing: its layers; marks are ignored.
        keep_original: keep the photo, byte for byte, where no edit has an effect.
        options: how it is rendered.
    """

    run: Path
    drawing: Drawing
    keep_original: bool
    options: RenderOptions = DEFAULT_OPTIONS


@dataclass(frozen=True)
class RenderBetween(PaintingJob[tuple[Drawing, Rendered]]):
    """Render a drawing between two drawings; the result is that drawing, and its render.

    Attributes:
        run: the run folder.
        first: the one; without marks, of the photo's size.
        second: the other one, likewise.
        share: of the way from the first to the second, 0 to 1.
        keep_original: keep the photo, byte for byte, where no edit has an effect.
        options: how it is rendered.
    """

    run: Path
    first: Drawing
    second: Drawing
    share: float
    keep_original: bool
    options: RenderOptions = DEFAULT_OPTIONS


@dataclass(frozen=True)
class ExportResult(PaintingJob[None]):
    """Render a drawing to a file with its provenance.

    Attributes:
        run: the run folder.
        photo: the photo's file.
        drawing: its layers.
        keep_original: keep the photo, byte for byte, where no edit has an effect.
        full_size: whether to render at the photo's size.
        target: the file, whose suffix determines the format; see `primage.render.original.write_result`.
        quality: 1 to 100, of JPEG and WebP files.
        patch: write only the pixels that differ from the photo, on a transparent canvas.
        synthesised: pixels that replace the network's; None without synthesis.
        options: how it is rendered.
    """

    run: Path
    photo: Path
    drawing: Drawing
    keep_original: bool
    full_size: bool
    target: Path
    quality: int
    patch: bool = False
    synthesised: Synthesised | None = None
    options: RenderOptions = DEFAULT_OPTIONS


@dataclass(frozen=True)
class ExportDrawing(PaintingJob[bytes]):
    """Write a drawing, its origin, or one layer of it, as the PNG file that `primage render` reads.

    Attributes:
        run: the run folder.
        drawing: its layers.
        layer: the layer; "primitive" writes all layers as one picture, "origin" where they come from.
        scratch: a folder for temporary files.
    """

    run: Path
    drawing: Drawing
    layer: ExportedLayer
    scratch: Path


@dataclass(frozen=True)
class WritePicture(PaintingJob[None]):
    """Write a picture of a drawing.

    Attributes:
        run: the run folder.
        drawing: its layers.
        path: the PNG file.
    """

    run: Path
    drawing: Drawing
    path: Path


class Painter(Worker):
    """A rendering worker.

    Args:
        name: name in messages.
    """

    def __init__(self, name: str = "the rendering worker") -> None:
        super().__init__("primage.studio.workers.painting", name, WarmUpPainter())

    async def run(self, job: PaintingJob[Result]) -> Result:
        """Run a job after those requested before it; see `primage.processes.worker.Worker`."""
        return await self._run(job)
