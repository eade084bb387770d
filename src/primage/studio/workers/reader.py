"""The reading worker, which reads photos and extracts drawings: its jobs and their results. Does not need PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from primage.config import Config
from primage.detection.figures import Figure
from primage.edit.records import Edit
from primage.origin.plane import Origin
from primage.primitive.margins import NO_MARGINS, Margins
from primage.processes.jobs import Job, Result
from primage.processes.worker import Worker
from primage.studio.drawing import Drawing
from primage.studio.opened import Part
from primage.studio.schemas import Colour, Label, Size, Unsettled


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
        own: files that `ReadOwn` wrote, by the layers that they replace.
    """

    photo: Path
    config: Config
    own: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateRun(ReadingJob[Extraction]):
    """Extract a drawing and create the run folder for it.

    Attributes:
        photo: the file.
        run: the folder; does not exist yet.
        config: settings of the run.
        own: files that `ReadOwn` wrote, by the layers that they replace.
    """

    photo: Path
    run: Path
    config: Config
    own: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadTrainingPrimitive(ReadingJob[Extraction]):
    """Read the training primitive of a run.

    Attributes:
        run: the run folder.
        margins: what it is continued by beyond the photo's borders.
    """

    run: Path
    margins: Margins = NO_MARGINS


@dataclass(frozen=True)
class ResizeCanvas(ReadingJob[Drawing]):
    """Continue an edited drawing beyond its borders, or cut off what is there.

    Attributes:
        run: the run folder of its project.
        drawing: the drawing.
        margins: of the new canvas around the photo.
    """

    run: Path
    drawing: Drawing
    margins: Margins


@dataclass(frozen=True)
class Opened:
    """Layers read from files of the user.

    Attributes:
        layers: by name, at the size of the drawing; those that the files do not hold are missing.
        labels: names and colours of the labels found for training; none for those of a model.
        said: notes and warnings of the reader.
        snapped: (H, W) uint8, what became of each pixel, see `primage.studio.opened.NEAREST`.
        nearest: number of all such pixels of the file.
        doubtful: number of those of them that are in doubt.
        unsure: whether it may as well be a photo, which is likelier.
    """

    layers: dict[str, np.ndarray]
    labels: tuple[Label, ...]
    said: tuple[str, ...]
    snapped: np.ndarray
    nearest: int
    doubtful: int
    unsure: bool


@dataclass(frozen=True)
class ReadDrawing(ReadingJob[Opened]):
    """Read a drawing that was edited in another program, or some of its layers, with the labels of a run.

    It is refused with the code "photo" if it is one, "project" if it is a zip of a project, "doubt" if ``snap`` would
    read it.

    Attributes:
        files: one file that `primage render` reads, or several masks, in a folder of their own.
        run: the run folder of its project.
        current: the layers of the drawing that is to be replaced.
        part: what they are to be read as.
        snap: map unknown colours to the nearest label.
        margins: of the drawing around the photo.
    """

    files: tuple[Path, ...]
    run: Path
    current: Mapping[str, np.ndarray]
    part: Part
    snap: bool
    margins: Margins = NO_MARGINS


@dataclass(frozen=True)
class WriteOwn(ReadingJob[None]):
    """Write the layers of a drawing to files that `Extract` and `CreateRun` take. Labels without pixels are left out.

    Attributes:
        kind: super, edges, segments, paint or landmarks.
        drawing: its layers.
        labels: names and colours of the label layer's values.
        targets: by the names of layers, the files to write.
    """

    kind: str
    drawing: Drawing
    labels: tuple[Label, ...]
    targets: Mapping[str, Path]


@dataclass(frozen=True)
class CarriedOver:
    """Edits that were carried over to a corrected drawing.

    Attributes:
        drawing: the edited drawing, with the labels of the corrected one.
        unsettled: edits that may no longer make sense, largest first.
    """

    drawing: Drawing
    unsettled: tuple[Unsettled, ...]


@dataclass(frozen=True)
class CarryOver(ReadingJob[CarriedOver]):
    """Carry edits over to a drawing that was corrected.

    Attributes:
        edited: the edited drawing.
        before: the run folder whose training primitive was edited.
        after: the run folder whose training primitive is the corrected drawing.
        corrected: the corrected drawing with the numbers of the labels as they were when it was corrected.
    """

    edited: Drawing
    before: Path
    after: Path
    corrected: Drawing


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
class ReadOwn(ReadingJob[Opened]):
    """Read layers for a training drawing, and write them to files that `Extract` and `CreateRun` take.

    It is refused like `ReadDrawing`, but nothing is in doubt.

    Attributes:
        files: one file that `primage train` reads, or several masks, in a folder of their own.
        photo: the photo's file.
        photo_name: the name by which the files may list the photo.
        config: kind and working size.
        part: what they are to be read as.
        targets: by the names of layers, the files to write.
    """

    files: tuple[Path, ...]
    photo: Path
    photo_name: str
    config: Config
    part: Part
    targets: Mapping[str, Path]


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


@dataclass(frozen=True)
class WriteMovie(ReadingJob[None]):
    """Write frames as a moving picture.

    Attributes:
        target: the file, whose suffix determines the format; see `primage.manipulate.movie.write_movie`.
        frames: PNG files of one size.
        fps: frames per second.
        repeat: whether it repeats forever, where its format can say so.
    """

    target: Path
    frames: tuple[Path, ...]
    fps: float
    repeat: bool


@dataclass(frozen=True)
class KeepPicture(ReadingJob[str]):
    """Keep a picture that parts of a drawing come from.

    The result is its id (`primage.origin.pictures`).

    Attributes:
        picture: the file, of any kind.
        folder: of the project's pictures.
        max_pixels: largest number of pixels.
    """

    picture: Path
    folder: Path
    max_pixels: int


@dataclass(frozen=True)
class CheckPicture(ReadingJob[None]):
    """Check that a file of a project's pictures is one, and not larger than allowed.

    Attributes:
        folder: of the project's pictures.
        name: the picture's id.
        max_pixels: largest number of pixels.
    """

    folder: Path
    name: str
    max_pixels: int


@dataclass(frozen=True)
class FindPeople(ReadingJob[tuple[Figure, ...]]):
    """Find the faces, hands and bodies in a photo, whose detectors must be there.

    Attributes:
        photo: the file.
    """

    photo: Path


class Reader(Worker):
    """The reading worker."""

    def __init__(self) -> None:
        super().__init__("primage.studio.workers.reading", "the reading worker", WarmUpReader())

    async def run(self, job: ReadingJob[Result]) -> Result:
        """Run a job after those requested before it; see `primage.processes.worker.Worker`."""
        return await self._run(job)
