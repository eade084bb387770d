"""The reading worker, which reads photos and extracts drawings: its jobs and their results. Does not need PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primage.config import Config
from primage.edit.records import Edit
from primage.origin.plane import Origin
from primage.studio.drawing import Drawing
from primage.studio.schemas import Colour, Label, Size
from primage.studio.workers.jobs import Job, Result
from primage.studio.workers.process import Worker


class ReadingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpReader(ReadingJob[None]):
    """Import the packages needed for reading."""


@dataclass(frozen=True)
class Configure(ReadingJob[Config]):
    """Check the training settings that the studio was started with.

    Attributes:
        preset: draft, standard or paper.
        settings: ``KEY=VALUE`` each, as typed on the command line.
    """

    preset: str
    settings: tuple[str, ...]


@dataclass(frozen=True)
class InspectPhoto(ReadingJob[Size]):
    """Check that a file is a photo; the result is its size when upright.

    Attributes:
        photo: the file.
        max_pixels: maximum number of pixels.
    """

    photo: Path
    max_pixels: int


@dataclass(frozen=True)
class Extraction:
    """A drawing extracted from a photo.

    Attributes:
        drawing: its layers, including empty marks and an origin that moves nothing.
        labels: names and colours of the label layer's values; none without such a layer.
        line_colour: colour of the lines in a picture of the drawing.
    """

    drawing: Drawing
    labels: tuple[Label, ...]
    line_colour: Colour


@dataclass(frozen=True)
class Extract(ReadingJob[Extraction]):
    """Extract a drawing without saving it.

    Attributes:
        photo: the file.
        config: kind, working size and settings of the extraction.
    """

    photo: Path
    config: Config


@dataclass(frozen=True)
class CreateRun(ReadingJob[Extraction]):
    """Extract a drawing and create the run folder for it.

    Attributes:
        photo: the file.
        run: the folder; does not exist yet.
        config: settings of the run.
    """

    photo: Path
    run: Path
    config: Config


@dataclass(frozen=True)
class ReadTrainingPrimitive(ReadingJob[Extraction]):
    """Read the training primitive of a run.

    Attributes:
        run: the run folder.
    """

    run: Path


@dataclass(frozen=True)
class ReadDrawing(ReadingJob[Drawing]):
    """Read a drawing that was edited in another program.

    The result is its layers at the working size, without marks and origin.

    Attributes:
        picture: the drawing as one picture, in a format that `primage render` reads.
        run: the run folder of its project.
        snap: map unknown colours to the nearest label.
    """

    picture: Path
    run: Path
    snap: bool


@dataclass(frozen=True)
class ApplyEdits(ReadingJob[tuple[Drawing, Origin]]):
    """Make recorded edits of the training primitive.

    The result is its layers, without marks and origin, and where its pixels come from.

    Attributes:
        run: the run folder.
        edits: the records.
    """

    run: Path
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class InferredOrigin:
    """What is known of the origin of a drawing that was edited in another program.

    Attributes:
        origin: where its pixels come from; None if that is better left to the matcher.
        message: what was edited, in one line.
    """

    origin: Origin | None
    message: str


@dataclass(frozen=True)
class InferOrigin(ReadingJob[InferredOrigin | None]):
    """Infer the origin of a drawing that was edited in another program.

    The result is None if the drawing is not an edit of the training primitive.

    Attributes:
        drawing: its layers.
        run: the run folder of its project.
    """

    drawing: Drawing
    run: Path


@dataclass(frozen=True)
class EncodePhoto(ReadingJob[bytes]):
    """Convert a photo to PNG for browsers: upright, sRGB.

    Attributes:
        photo: the file.
        short_side_px: short side of the PNG, no larger than the photo; None for the photo's size.
    """

    photo: Path
    short_side_px: int | None


class Reader(Worker):
    """The reading worker."""

    def __init__(self) -> None:
        super().__init__("primage.studio.workers.reading", "the reading worker", WarmUpReader())

    async def run(self, job: ReadingJob[Result]) -> Result:
        """Run a job, see `Worker`.

        Args:
            job: the job.

        Returns:
            Its result.

        Raises:
            RefusalError: the job was refused, or failed.
            WorkerDiedError: the process ended meanwhile; the next job starts another.
        """
        return await self._run(job)
