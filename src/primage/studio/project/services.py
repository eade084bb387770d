"""What all projects of a server share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from primage.config import Config
from primage.studio.project.store import Store
from primage.studio.schemas import Limits
from primage.studio.workers.painter import Painter
from primage.studio.workers.reader import Configure, Reader


@dataclass(frozen=True)
class Options:
    """How a server is set up.

    Attributes:
        projects: the folder with all projects.
        preset: preset of the training.
        settings: further training settings, ``KEY=VALUE`` each, as typed on the command line.
        upload_bytes: largest photo file.
        photo_pixels: largest photo.
        import_bytes: largest project zip, both packed and unpacked.
        max_projects: largest number of projects.
        calibrate_after_sec: delay between the first model of a drawing and its calibration, which keeps a process busy
            for some seconds; None skips it.
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
    """What all projects share.

    Attributes:
        options: how the server is set up.
        store: the projects' files.
        reader: reads photos and extracts drawings.
        painter: renders.
        training_slot: held while a project learns; two trainings at once would only slow each other down.
        calibration_slot: held while a first model is calibrated.
    """

    options: Options
    store: Store
    reader: Reader = field(default_factory=Reader)
    painter: Painter = field(default_factory=Painter)
    training_slot: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    calibration_slot: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _config: Config | None = None

    async def training_config(self) -> Config:
        """The training settings of new runs, checked once.

        Raises:
            RefusalError: the studio was started with an unknown preset or an invalid setting.
        """
        if self._config is None:
            self._config = await self.reader.run(Configure(self.options.preset, self.options.settings))
        return self._config
