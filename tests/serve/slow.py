"""What a worker process does in tests of the queue: no model, no picture, but it can be slow, or die."""

from __future__ import annotations

import os
import time
from typing import Any

from primage.processes.worker import Worker
from primage.serve.renderer import LoadModels, ReadDrawing, RenderDrawing, Renderer, Served, WarmUp
from primage.serve.schemas import ModelInfo, Size

#: Seeds that make a render take long, never end, or end its process.
SLOW, ENDLESS, DEADLY = 1, 2, 3
#: Name of a run that ends the process that loads it.
DEADLY_RUN = "deadly"


class SlowRenderer(Renderer):
    """A rendering worker without models."""

    def __init__(self, served: Served, number: int) -> None:
        Worker.__init__(self, "tests.serve.slow", f"slow worker {number}", WarmUp(served))


@LoadModels.handled_by
def load_models(job: LoadModels) -> tuple[ModelInfo, ...]:
    if job.served.runs[0][0] == DEADLY_RUN:
        os._exit(9)
    about: dict[str, Any] = {
        "primitive": "edges",
        "layers": (),
        "labels": (),
        "size": Size(width=1, height=1),
        "full_size": None,
    }
    return (ModelInfo(name="tiny", preset="", steps=0, weights_sha256="", photo_sha256="", **about),)


@WarmUp.handled_by
def warm_up(_job: WarmUp) -> None:
    pass


@ReadDrawing.handled_by
def read_drawing(_job: ReadDrawing) -> bytes:
    return b""


@RenderDrawing.handled_by
def render(job: RenderDrawing) -> dict[str, object]:
    if job.query.seed == DEADLY:
        os._exit(9)
    time.sleep({SLOW: 1, ENDLESS: 600}.get(job.query.seed, 0))
    job.target.write_bytes(b"picture")
    return {"pid": os.getpid()}
