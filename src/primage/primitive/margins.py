"""A canvas that is larger than the photo: what was added on each side."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Bool
from pydantic import Field

from primage.settings import Frozen

Added = Annotated[int, Field(ge=0, le=65_535)]


class Margins(Frozen):
    """What a canvas has beyond the photo's borders, in pixels of the canvas."""

    left: Added = 0
    top: Added = 0
    right: Added = 0
    bottom: Added = 0

    @property
    def any(self) -> bool:
        """Whether the canvas is larger than the photo."""
        return bool(self.left or self.top or self.right or self.bottom)

    def around(self, size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the canvas around a photo.

        Args:
            size: (height, width) of the photo.

        Example:
            >>> Margins(left=10, bottom=5).around((100, 200))
            (105, 210)
        """
        return size[0] + self.top + self.bottom, size[1] + self.left + self.right

    def within(self, size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the photo in a canvas; the inverse of `around`.

        Args:
            size: (height, width) of the canvas.

        Example:
            >>> Margins(left=10, bottom=5).within((105, 210))
            (100, 200)
        """
        return size[0] - self.top - self.bottom, size[1] - self.left - self.right

    def photo(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the photo in a canvas.

        Args:
            size: (height, width) of the canvas.
        """
        return slice(self.top, size[0] - self.bottom), slice(self.left, size[1] - self.right)

    def sides(self, size: tuple[int, int]) -> list[tuple[slice, slice]]:
        """Rows and columns of what is beyond the photo, as rectangles.

        Args:
            size: (height, width) of the canvas.
        """
        height, width = size
        rows, _ = self.photo(size)
        all_columns = slice(0, width)
        found = [
            (slice(0, self.top), all_columns),
            (slice(height - self.bottom, height), all_columns),
            (rows, slice(0, self.left)),
            (rows, slice(width - self.right, width)),
        ]
        return [(y, x) for y, x in found if y.start < y.stop and x.start < x.stop]

    def mask(self, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
        """(H, W): what is beyond the photo.

        Args:
            size: (height, width) of the canvas.
        """
        out = np.ones(size, bool)
        out[self.photo(size)] = False
        return out

    def scaled(self, size: tuple[int, int], photo: tuple[int, int]) -> Margins:
        """The same margins around the photo at another size.

        Args:
            size: (height, width) of the photo that they belong to.
            photo: its other (height, width).
        """
        if size == photo:
            return self
        y, x = (new / old for new, old in zip(photo, size, strict=True))
        sides = {"left": x, "top": y, "right": x, "bottom": y}
        return Margins(**{side: round(getattr(self, side) * scale) for side, scale in sides.items()})

    def plus(self, other: Margins) -> Margins:
        """These margins with others around them.

        Args:
            other: what is added around the canvas, in pixels of the same size.

        Returns:
            The margins of the larger canvas.

        Example:
            >>> Margins(left=10).plus(Margins(left=5, top=1)).around((100, 200))
            (101, 215)
        """
        return Margins(
            left=self.left + other.left,
            top=self.top + other.top,
            right=self.right + other.right,
            bottom=self.bottom + other.bottom,
        )

    def minus(self, other: Margins) -> Margins:
        """These margins without a part of them, or what is missing to them; sides are 0 at least.

        Args:
            other: what is taken away, in pixels of the same size.

        Example:
            >>> Margins(left=10, top=1).minus(Margins(left=4, top=2))
            Margins(left=6, top=0, right=0, bottom=0)
        """
        sides = ("left", "top", "right", "bottom")
        return Margins(**{side: max(0, getattr(self, side) - getattr(other, side)) for side in sides})

    def padding(self, axes: int) -> tuple[tuple[int, int], ...]:
        """What `numpy.pad` takes.

        Args:
            axes: number of axes of the array, rows and columns first.
        """
        return ((self.top, self.bottom), (self.left, self.right), *((0, 0),) * (axes - 2))


NO_MARGINS = Margins()
