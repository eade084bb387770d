"""What all projects of a server share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from primage.studio.project.store import Store
from primage.studio.schemas import Limits
from primage.studio.workers.process import Worker


@dataclass(frozen=True)
class Options:
    """How a server is set up.

    Attributes:
        projects: the folder that they are kept in.
        preset: of the training.
        settings: further ones of a run, as for `primage train --set`.
        upload_bytes: largest photo file.
        photo_pixels: largest photo.
        import_bytes: largest project zip, packed and unpacked.
        max_projects: how many are kept.
        settle_sec: how long after the first model a better one is begun, which a process makes for some seconds;
            None does without.
    """

    projects: Path
    preset: str = "standard"
    settings: tuple[str, ...] = ()
    upload_bytes: int = 100 << 20
    photo_pixels: int = 60_000_000
    import_bytes: int = 2 << 30
    max_projects: int = 500
    settle_sec: float | None = 1.0

    @property
    def limits(self) -> Limits:
        """What the editor is told of them."""
        return Limits(upload_bytes=self.upload_bytes, photo_pixels=self.photo_pixels, projects=self.max_projects)


@dataclass
class Services:
    """What all projects share.

    Attributes:
        options: how the server is set up.
        store: the projects' files.
        reader: extracts and decodes.
        painter: renders.
        turn: held by whoever learns.
        settling: held by whose first model is being made better.
    """

    options: Options
    store: Store
    reader: Worker = field(default_factory=lambda: Worker("primage.studio.workers.reading", "the reading worker"))
    painter: Worker = field(default_factory=lambda: Worker("primage.studio.workers.painting", "the rendering worker"))
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    settling: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
