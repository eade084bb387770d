"""Pictures of a project's drawing: what they are made of, and what the tabs were told of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.studio.drawing import Drawing
from primage.studio.messages import Render
from primage.studio.workers.painter import Rendered, Synthesised
from primage.studio.workers.polisher import PolishRender
from primage.synthesis.options import RenderOptions


@dataclass(frozen=True)
class RenderInput:
    """Input of a render.

    Attributes:
        run: the run folder with the model.
        drawing: the drawing without marks; a copy that is not changed.
        revision: revision of the drawing.
        keep_original: whether the photo is kept where no edit has an effect.
        options: how it is rendered.
    """

    run: Path
    drawing: Drawing
    revision: int
    keep_original: bool
    options: RenderOptions

    def identity(self, revision: int | None = None) -> list[object]:
        """Identifies its picture among all others of the project, apart from the model's version.

        Args:
            revision: of the drawing, if that was different when the picture was made.
        """
        shown = self.revision if revision is None else revision
        return [shown, self.run.name, self.keep_original, self.options.model_dump()]

    def is_polished(self, rendered: Rendered) -> bool:
        """Whether a better picture follows a render. What is beyond the photo is always synthesised.

        Args:
            rendered: the render.
        """
        return self.drawing.margins.any or (self.options.polish and rendered.unpolished is not None)

    def polishing(self, rendered: Rendered) -> PolishRender:
        """What makes that picture.

        Args:
            rendered: the render.
        """
        found = rendered.unpolished, rendered.beneath
        return PolishRender(self.run, self.drawing, *found, self.keep_original, self.options)


@dataclass(frozen=True)
class Picture:
    """A picture of the drawing that the tabs show.

    Attributes:
        image: the pixels.
        of: identity of what it shows.
        header: the message that announced it.
        synthesised: its synthesised pixels; None before it is polished.
        source: what it was made of: the drawing, and its render; None if it was read from the disk.
    """

    image: UInt8[np.ndarray, "h w 3"]
    of: list[object]
    header: Render
    synthesised: Synthesised | None = None
    source: tuple[RenderInput, Rendered] | None = None
