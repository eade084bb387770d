"""The polishing worker: its jobs and their results. Does not need PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.primitive.margins import NO_MARGINS, Margins
from primage.processes.jobs import Job, Result
from primage.processes.worker import Worker
from primage.studio.drawing import Drawing
from primage.studio.schemas import Part, Rectangle
from primage.studio.workers.painter import Rendered, Synthesised, Unpolished
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions

#: The next stroke's render has priority, and polishing has priority over training (`learning`).
_NICENESS = 3


class PolishingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpPolisher(PolishingJob[None]):
    """Polish something small: the synthesis is compiled when it is first used after an installation."""


@dataclass(frozen=True)
class PolishedRender:
    """A polished render.

    Attributes:
        image: (H, W, 3) uint8 sRGB, the result.
        synthesised: the pixels in which it differs from the render; none of them if there was nothing to polish.
        uncertainty: see `primage.studio.workers.uncertainty`.
        without_effect: the edits that it does not show; see `primage.edit.effect`.
    """

    image: UInt8[np.ndarray, "h w 3"]
    synthesised: Synthesised
    uncertainty: UInt8[np.ndarray, "h2 w2"]
    without_effect: tuple[Part, ...] = ()


@dataclass(frozen=True)
class PolishRender(PolishingJob[PolishedRender]):
    """Synthesise what is incoherent in a render, and what lies beyond the photo. What was synthesised in the one before
    stays where nothing changed.

    Attributes:
        run: the run folder.
        drawing: what was rendered.
        render: the render of the part that the photo has; None if nothing of it is incoherent.
        image: the result without synthesis, where the photo is, without parts of other pictures.
        keep_original: keep the photo, byte for byte, where no edit has an effect.
        options: how it is rendered.
    """

    run: Path
    drawing: Drawing
    render: Unpolished | None
    image: UInt8[np.ndarray, "h w 3"]
    keep_original: bool
    options: RenderOptions = DEFAULT_OPTIONS


@dataclass(frozen=True)
class PolishVariant(PolishingJob[UInt8[np.ndarray, "h w 3"]]):
    """Polish a render from the beginning, with another seed.

    Attributes:
        of: the render.
        seed: of the random search.
    """

    of: PolishRender
    seed: int


@dataclass(frozen=True)
class PolishFrame(PolishingJob[UInt8[np.ndarray, "h w 3"]]):
    """Polish a frame of a moving picture. What was synthesised in the frame before stays where nothing changed.

    Attributes:
        of: the render.
        second: that of the second key, whose background is shown where something was removed from this frame, too; None
            for a key itself.
    """

    of: PolishRender
    second: PolishRender | None


@dataclass(frozen=True)
class MeasureUncertainty(PolishingJob[UInt8[np.ndarray, "h2 w2"]]):
    """Find where a render is uncertain, without polishing it.

    Attributes:
        run: the run folder.
        render: the render.
        margins: of the drawing, where nothing counts as uncertain.
    """

    run: Path
    render: Unpolished
    margins: Margins = NO_MARGINS


@dataclass(frozen=True)
class ShowAtFullSize(PolishingJob[None]):
    """Prepare a picture of the drawing, for `PaintWindow`. Replaces the one before.

    Attributes:
        name: tells pictures apart.
        run: the run folder.
        photo: the photo's file.
        drawing: what was rendered.
        rendered: the render.
        synthesised: the pixels that were synthesised; None without synthesis.
        options: how it was rendered.
    """

    name: str
    run: Path
    photo: Path
    drawing: Drawing
    rendered: Rendered
    synthesised: Synthesised | None
    options: RenderOptions = DEFAULT_OPTIONS


@dataclass(frozen=True)
class PaintWindow(PolishingJob[UInt8[np.ndarray, "h w 3"]]):
    """Paint a part of the prepared picture at the photo's size, in sRGB.

    Attributes:
        name: of the picture.
        window: within the canvas at the photo's size, in pixels.
    """

    name: str
    window: Rectangle


class Polisher(Worker):
    """A polishing worker."""

    def __init__(self) -> None:
        super().__init__("primage.studio.workers.polishing", "the polishing worker", WarmUpPolisher(), _NICENESS)

    async def run(self, job: PolishingJob[Result]) -> Result:
        """Run a job after those requested before it; see `primage.processes.worker.Worker`."""
        return await self._run(job)
