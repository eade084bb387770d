"""Options and services shared by all projects of a server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from primage.config import Config
from primage.processes.worker import Worker
from primage.studio.project.people import People
from primage.studio.project.store import Store
from primage.studio.schemas import Limits
from primage.studio.workers.painter import Painter
from primage.studio.workers.polisher import Polisher
from primage.studio.workers.reader import Configure, Reader
from primage.studio.workers.selector import Selector


@dataclass(frozen=True)
class Options:
    """Options of a server.

    Attributes:
        projects: the folder with all projects.
        preset: preset of the training.
        settings: further training settings, ``KEY=VALUE`` each, as typed on the command line.
        upload_bytes: largest photo file.
        photo_pixels: largest photo.
        import_bytes: largest project zip, both packed and unpacked.
        max_projects: largest number of projects.
        calibrate_after_sec: delay between the first model of a drawing and its calibration, which uses the CPU for
            seconds; None disables it.
    """

    projects: Path
    preset: str = "standard"
    settings: tuple[str, ...] = ()
    upload_bytes: int = 100 << 20
    photo_pixels: int = 60_000_000
    import_bytes: int = 2 << 30
    max_projects: int = 500
    calibrate_after_sec: float | None = 1.0

    @property
    def limits(self) -> Limits:
        """The limits that the editor shows."""
        return Limits(upload_bytes=self.upload_bytes, photo_pixels=self.photo_pixels, projects=self.max_projects)


@dataclass
class Services:
    """Services shared by all projects.

    Attributes:
        options: options of the server.
        store: the projects' files.
        reader: reads photos and extracts drawings.
        painter: renders.
        polisher: synthesises what is incoherent in renders.
        selector: selects objects.
        people: finds the people in photos.
        training_slot: held during a training; simultaneous trainings would only slow each other down.
        calibration_slot: held during the calibration of a first model.
    """

    options: Options
    store: Store
    reader: Reader = field(default_factory=Reader)
    painter: Painter = field(default_factory=Painter)
    polisher: Polisher = field(default_factory=Polisher)
    selector: Selector = field(default_factory=Selector)
    training_slot: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    calibration_slot: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    people: People = field(init=False)
    _config: Config | None = None

    def __post_init__(self) -> None:
        self.people = People(self.reader, self.store)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """All worker processes."""
        return self.reader, self.painter, self.polisher, self.selector

    async def training_config(self) -> Config:
        """The training settings of new runs, checked once.

        Raises:
            RefusalError: the studio was started with an unknown preset or an invalid setting.
        """
        if self._config is None:
            self._config = await self.reader.run(Configure(self.options.preset, self.options.settings))
        return self._config
