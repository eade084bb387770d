"""The worker that renders: what it can be asked, and what it answers. Needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.studio.drawing import Drawing
from primage.studio.schemas import ExportedLayer, ModelInfo, Rectangle
from primage.studio.workers.jobs import Job, Result
from primage.studio.workers.process import Worker


class PaintingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpPainter(PaintingJob[None]):
    """Render something small, so that the first real render does not wait for what PyTorch loads lazily."""


@dataclass(frozen=True)
class PublishInitialModel(PaintingJob[None]):
    """Write the first model of a run: the weights that training would start with. Takes a tenth of a second.

    Attributes:
        run: the run folder; one that has a model stays as it is.
    """

    run: Path


@dataclass(frozen=True)
class Calibrate(PaintingJob[None]):
    """Estimate the normalisation statistics on the photo, which improves the first model. Takes some seconds.

    Attributes:
        run: the run folder; one that has been trained stays as it is.
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
    """Render the unedited drawing, which the first edit is compared with.

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
class Rendered:
    """A render.

    Attributes:
        image: (H, W, 3) uint8 sRGB.
        edited: box of what differs from the unedited photo; None without edits.
        uncertainty: see `primage.studio.workers.uncertainty`; None if the network has no confidence output.
        steps: training steps of the model.
    """

    image: UInt8[np.ndarray, "h w 3"]
    edited: Rectangle | None
    uncertainty: UInt8[np.ndarray, "h2 w2"] | None
    steps: int


@dataclass(frozen=True)
class RenderDrawing(PaintingJob[Rendered]):
    """Render a drawing at its own size.

    Attributes:
        run: the run folder.
        drawing: its layers; marks are ignored.
        keep_original: keep the photo, byte for byte, where no edit reaches.
    """

    run: Path
    drawing: Drawing
    keep_original: bool


@dataclass(frozen=True)
class ExportResult(PaintingJob[bytes]):
    """Render a drawing as a PNG file with its provenance.

    Attributes:
        run: the run folder.
        photo: the photo's file.
        drawing: its layers.
        keep_original: keep the photo, byte for byte, where no edit reaches.
        full_size: at the photo's own size.
    """

    run: Path
    photo: Path
    drawing: Drawing
    keep_original: bool
    full_size: bool


@dataclass(frozen=True)
class ExportDrawing(PaintingJob[bytes]):
    """Write a drawing, or one layer of it, as the PNG file that `primage render` reads.

    Attributes:
        run: the run folder.
        drawing: its layers.
        layer: which one; "primitive" is all of them in one picture.
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
        name: for messages to people.
    """

    def __init__(self, name: str = "the rendering worker") -> None:
        super().__init__("primage.studio.workers.painting", name, WarmUpPainter())

    async def run(self, job: PaintingJob[Result]) -> Result:
        """Have a job done, see `Worker`.

        Args:
            job: the request.

        Returns:
            Its answer.

        Raises:
            RefusalError: the job was refused, or failed.
            WorkerDiedError: the process ended meanwhile; the next job starts another.
        """
        return await self._run(job)
