"""A rendering worker: its jobs and their results. Does not need PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from primage.processes.jobs import Job, Result
from primage.processes.worker import Worker
from primage.serve.options import Options, names_of
from primage.serve.schemas import ModelInfo, RenderQuery


@dataclass(frozen=True)
class Served:
    """What a worker renders with.

    Attributes:
        runs: run folders or model files, by name.
        photos: files of photos.
        device: torch device.
        threads: number of threads.
    """

    runs: tuple[tuple[str, Path], ...]
    photos: tuple[Path, ...]
    device: str
    threads: int

    @classmethod
    def by(cls, options: Options) -> Served:
        """What the workers of a server render with.

        Args:
            options: of the server.
        """
        runs = tuple(zip(names_of(options.runs), options.runs, strict=True))
        return cls(runs, options.photos, options.device, options.threads)


class RenderingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class LoadModels(RenderingJob[tuple[ModelInfo, ...]]):
    """Load all models, and find the photos that they were trained on.

    Attributes:
        served: what the worker renders with.
    """

    served: Served


@dataclass(frozen=True)
class WarmUp(RenderingJob[None]):
    """Load all models again, in a process that replaces another one; a process that has done it does nothing.

    Attributes:
        served: what the worker renders with.
    """

    served: Served


@dataclass(frozen=True)
class RenderDrawing(RenderingJob[dict[str, object]]):
    """Render a drawing to a file.

    Attributes:
        served: what the worker renders with.
        model: name of the model.
        query: how it is rendered.
        given: files that were received, by what they are (`primage.serve.inputs.PARTS`).
        target: the file to write, in the folder of the request.
    """

    served: Served
    model: str
    query: RenderQuery
    given: dict[str, Path] = field(default_factory=dict)
    target: Path = Path("result.png")


@dataclass(frozen=True)
class ReadDrawing(RenderingJob[bytes]):
    """The drawing that a model was trained with, as a PNG file: the one to edit.

    Attributes:
        served: what the worker renders with.
        model: name of the model.
    """

    served: Served
    model: str


class Renderer(Worker):
    """A rendering worker.

    Args:
        served: what it renders with.
        number: which one it is, from 1.
    """

    def __init__(self, served: Served, number: int) -> None:
        super().__init__("primage.serve.rendering", f"rendering worker {number}", WarmUp(served))

    async def run(self, job: RenderingJob[Result]) -> Result:
        """Run a job after those requested before it; see `primage.processes.worker.Worker`."""
        return await self._run(job)
