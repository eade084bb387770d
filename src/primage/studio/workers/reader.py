"""The worker that reads photos and extracts drawings: what it can be asked, and what it answers. Needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primage.config import Config
from primage.studio.drawing import Drawing
from primage.studio.schemas import Colour, Label, Size
from primage.studio.workers.jobs import Job, Result
from primage.studio.workers.process import Worker


class ReadingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpReader(ReadingJob[None]):
    """Import what reading needs."""


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
    """Check that a file is a photo; answers its size, upright.

    Attributes:
        photo: the file.
        max_pixels: the most that it may have.
    """

    photo: Path
    max_pixels: int


@dataclass(frozen=True)
class Extraction:
    """A drawing extracted from a photo.

    Attributes:
        drawing: its layers, empty marks among them.
        labels: names and colours of the label layer's values; none without such a layer.
        line_colour: colour of the lines in a picture of the drawing.
    """

    drawing: Drawing
    labels: tuple[Label, ...]
    line_colour: Colour


@dataclass(frozen=True)
class Extract(ReadingJob[Extraction]):
    """Extract a drawing without keeping it.

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
class ReadTrainingDrawing(ReadingJob[Extraction]):
    """Read the unedited drawing of a run.

    Attributes:
        run: the run folder.
    """

    run: Path


@dataclass(frozen=True)
class ReadDrawing(ReadingJob[Drawing]):
    """Read a drawing that was edited elsewhere; answers its layers at the working size, without marks.

    Attributes:
        picture: the drawing as one picture, as `primage render` takes it.
        run: the run folder of its project.
        snap: replace colours that are no label's by the nearest label's.
    """

    picture: Path
    run: Path
    snap: bool


@dataclass(frozen=True)
class EncodePhoto(ReadingJob[bytes]):
    """Convert a photo to PNG for browsers: upright, sRGB.

    Attributes:
        photo: the file.
        short_side_px: size of the PNG, no larger than the photo; the photo's own if None.
    """

    photo: Path
    short_side_px: int | None


class Reader(Worker):
    """The reading worker."""

    def __init__(self) -> None:
        super().__init__("primage.studio.workers.reading", "the reading worker", WarmUpReader())

    async def run(self, job: ReadingJob[Result]) -> Result:
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
