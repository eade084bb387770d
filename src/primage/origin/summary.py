"""What an origin says about an edit, in numbers and in one line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from primage.origin.plane import DRAWN, FIRST, Origin

#: Smaller spots of something removed, as shares of the drawing, are the rims of moved parts.
_MIN_REMOVED = 1e-3
#: A place is that of a moved part if the part covered more than this share of it.
_LEFT = 0.5
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Summary:
    """What was edited.

    Attributes:
        moved: number of parts that come from another place of the photo.
        pasted: number of parts that come from other pictures.
        removed: number of places from which something is gone that was not moved.
        drawn: share of the drawing that comes from nowhere.
    """

    moved: int
    removed: int
    drawn: float
    pasted: int = 0

    def __str__(self) -> str:
        """One line, without a full stop."""
        found = []
        if self.moved:
            found.append(f"{self.moved} moved piece{'s' * (self.moved > 1)}")
        if self.removed:
            found.append(f"{self.removed} removed")
        if self.pasted:
            found.append(f"{self.pasted} pasted from other pictures")
        parts = ", ".join(found) or "nothing moved or removed"
        return f"{parts}; {100 * self.drawn:.1f} % drawn anew"


def summary(origin: Origin) -> Summary:
    """Count what an origin says was edited.

    Args:
        origin: of an edited drawing.

    Example:
        >>> origin = Origin.unmoved((60, 80)).emptied(np.indices((60, 80)).sum(axis=0) < 20)
        >>> print(summary(origin))
        1 removed; 0.0 % drawn anew
    """
    pasted = origin.pasted_over
    moved = (origin.index >= FIRST) & ~pasted
    sources = np.zeros(origin.size, bool)
    if moved.any():
        rows, columns = np.moveaxis(np.rint(origin.coords(origin.size)[moved]).astype(int), -1, 0)
        inside = (rows >= 0) & (rows < origin.size[0]) & (columns >= 0) & (columns < origin.size[1])
        sources[rows[inside], columns[inside]] = True
        sources = ndimage.binary_dilation(sources, _EIGHT, iterations=2)
    parts, count = ndimage.label(origin.removed, _EIGHT)
    sizes, left = (np.bincount(parts[mask], minlength=count + 1)[1:] for mask in (parts > 0, (parts > 0) & sources))
    removed = int(((sizes >= _MIN_REMOVED * origin.index.size) & (left <= _LEFT * sizes)).sum())
    counts = (len(np.unique(origin.index[mask])) for mask in (moved, pasted))
    return Summary(next(counts), removed, float((origin.index == DRAWN).mean()), next(counts))
