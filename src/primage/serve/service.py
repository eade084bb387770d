"""What the routes of a server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from primage.serve.metrics import Metrics
from primage.serve.options import Options
from primage.serve.pool import Pool


@dataclass
class Service:
    """A server's parts.

    Attributes:
        options: of the server.
        scratch: an empty folder for the files of requests.
        metrics: what is counted.
        pool: the worker processes.
    """

    options: Options
    scratch: Path
    metrics: Metrics = field(default_factory=Metrics)
    pool: Pool = field(init=False)

    def __post_init__(self) -> None:
        self.pool = Pool(self.options, self.metrics)
