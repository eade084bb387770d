"""Masks over the photo: pictures that are white where something is marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from primage.errors import PrimitiveError
from primage.image import read_image, resize_image
from primage.primitive.shape import is_turned
from primage.synthesis.polish import excluded_places


def read_mask(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Read a mask: white where something is selected.

    Args:
        path: a picture of any size in about the proportions of the photo.
        size: (height, width) of the mask.

    Returns:
        (H, W): what is lighter than middle grey.

    Raises:
        ImageError: the file is not a picture.
        PrimitiveError: its proportions are others than the photo's.
    """
    picture = read_image(path, (0, 0, 0))
    check_proportions(path, (picture.shape[0], picture.shape[1]), size, "draw the mask over the whole photo")
    return np.asarray(resize_image(picture, size).max(axis=2) > 127)


def check_proportions(path: Path, size: tuple[int, int], expected: tuple[int, int], remedy: str) -> None:
    """Check that a file has the proportions of something else, apart from rounding.

    Args:
        path: the file.
        size: its (height, width).
        expected: (height, width) of what it belongs to.
        remedy: what would be right.

    Raises:
        PrimitiveError: it has other proportions.
    """
    if is_turned(size, expected):
        remedy = "it lies on its side; photos are read upright, as their EXIF data say, so turn it likewise"
    if abs(size[0] * expected[1] / (size[1] * expected[0]) - 1) > 0.02:
        raise PrimitiveError(
            f"{path}: is {size[1]}×{size[0]} px, which are other proportions than {expected[1]}×{expected[0]} px; "
            f"{remedy}"
        )


@dataclass(frozen=True)
class Places:
    """Masks of places of the photo, white where something is marked.

    Attributes:
        exclude: where nothing new is copied from; None for no place.
        sample: the only places that something new is copied from; None for all.
    """

    exclude: Path | None = None
    sample: Path | None = None

    @property
    def given(self) -> list[Path]:
        """The files."""
        return [path for path in (self.exclude, self.sample) if path is not None]

    def excluded(self, size: tuple[int, int]) -> Bool[np.ndarray, "h w"] | None:
        """The places that nothing new is copied from; see `excluded_places`.

        Args:
            size: (height, width) of the photo at its working size.

        Raises:
            PrimitiveError: a mask has other proportions, or no place is left.
        """
        exclude, sample = (None if path is None else read_mask(path, size) for path in (self.exclude, self.sample))
        return excluded_places(size, exclude, sample)


NO_PLACES = Places()
