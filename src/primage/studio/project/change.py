"""Changes of a project's drawing, as its tabs are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from primage.studio.drawing import Pixels
from primage.studio.messages import Changed
from primage.studio.objects import Kept, Objects, joined
from primage.studio.schemas import HistoryState, Label, Patch


@dataclass(frozen=True)
class Change:
    """A change of the drawing.

    Attributes:
        title: title of the edit.
        patches: the changed rectangles.
        pixels: their new pixels.
        labels: new names and colours; None if they did not change.
        objects: the new objects; None if they did not change.
        contents: those that the objects did not refer to before.
        resized: whether the canvas has another size now; its pixels are to be loaded again then.
    """

    title: str
    patches: tuple[Patch, ...]
    pixels: Pixels
    labels: tuple[Label, ...] | None
    objects: Objects | None = None
    contents: tuple[Kept, ...] = ()
    resized: bool = False

    def message(self, cause: Literal["edit", "undo", "redo", "snapshot"], history: HistoryState) -> Changed:
        """What tabs are told of it.

        Args:
            cause: why it was made.
            history: the position in the history after it.
        """
        return Changed(
            id=None,
            cause=cause,
            title=self.title,
            history=history,
            patches=self.patches,
            pieces=self.pixels.pieces,
            labels=self.labels,
            objects=self.objects,
            contents=tuple(kept.content for kept in self.contents),
        )

    @property
    def parts(self) -> list[bytes]:
        """The pixels that follow the message."""
        return [*self.pixels.parts, *joined(self.contents)]
