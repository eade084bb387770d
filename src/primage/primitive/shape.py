"""Whether drawings have the shape of their photo: a row or two too few or too many are forgiven, nothing is cropped."""

from __future__ import annotations

import logging

from primage.errors import PrimitiveError
from primage.image import working_size

log = logging.getLogger(__name__)

Size = tuple[int, int]
#: Rows and columns that a drawing may have too few or too many.
_FORGIVEN_PX = 2


def check_shape(size: tuple[int, ...], other: tuple[int, ...], name: str, other_name: str) -> None:
    """Check that two pictures have the same shape, up to rounding and a row or two.

    Args:
        size: (height, width, …) of a picture.
        other: likewise, of the picture that it belongs to.
        name: the picture's name in messages.
        other_name: the other's name in messages.

    Raises:
        PrimitiveError: it has another shape.
    """
    # At small sizes, half a pixel of rounding matters, so small layers are not scaled down further.
    short = min(256, max(64, min(*size[:2], *other[:2])))
    a, b = working_size((size[0], size[1]), short), working_size((other[0], other[1]), short)
    if any(abs(x - y) > _FORGIVEN_PX for x, y in zip(a, b, strict=True)):
        reason = "since nothing is cropped or stretched"
        if is_turned((size[0], size[1]), (other[0], other[1])):
            reason = (
                f"but {name} lies on its side; photos are read upright, as their EXIF data say, so turn it likewise"
            )
        raise PrimitiveError(
            f"{name} is {size[1]}×{size[0]} px, but {other_name} is {other[1]}×{other[0]} px: "
            f"both must have the same shape, {reason}"
        )


def is_turned(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a picture has the proportions of another one that lies on its side, apart from rounding.

    Args:
        size: (height, width) of the picture.
        other: (height, width) of the other one.

    Example:
        >>> is_turned((600, 401), (200, 300)), is_turned((200, 300), (200, 300)), is_turned((99, 100), (100, 99))
        (True, False, False)
    """
    clearly_oblong = max(size) > 1.05 * min(size)
    return clearly_oblong and abs(size[0] * other[0] / (size[1] * other[1]) - 1) <= 0.02


def fitted(size: Size, photo_size: Size | None, name: str) -> Size:
    """The size with the photo's shape that a drawing has up to a row or two; its own if it has another shape.

    Args:
        size: (height, width) of the drawing.
        photo_size: (height, width) of the photo; None if it is not known.
        name: the drawing's name in the note that says that it is stretched.

    Example:
        >>> fitted((255, 384), (512, 768), "a"), fitted((256, 256), (512, 768), "b")
        ((255, 383), (256, 256))
    """
    if photo_size is None:
        return size
    short = min(size)
    near = [short, *(max(short + step, 1) for step in (1, -1, 2, -2))]
    shapes = [photo_size, *(working_size(photo_size, each) for each in near)]
    off = [max(abs(a - b) for a, b in zip(size, shape, strict=True)) for shape in shapes]
    if min(off) > _FORGIVEN_PX:
        return size
    best = shapes[off.index(min(off))]
    if min(off) > 0 and size != working_size(photo_size, short):
        log.info(
            "%s is %d×%d px, a row or two off the photo's shape; it was stretched to %d×%d px",
            *(name, size[1], size[0], best[1], best[0]),
        )
    return best
