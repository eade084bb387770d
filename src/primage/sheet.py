"""Contact sheets: rows of pictures with captions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

_GAP_PX = 8
_CAPTION_PX = 22
_INK = (40, 40, 40)


def contact_sheet(
    rows: Sequence[Sequence[UInt8[np.ndarray, "h w 3"]]], captions: Sequence[Sequence[str]]
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Arrange pictures in rows on white, each with a caption above it.

    Args:
        rows: (H, W, 3) uint8 pictures, all of one size; rows may differ in length.
        captions: a line of text for each picture.

    Returns:
        (H, W, 3) uint8, the sheet.

    Raises:
        ValueError: there is no picture, sizes differ, or there are not as many captions as pictures.

    Example:
        >>> grey = np.full((20, 30, 3), 128, np.uint8)
        >>> contact_sheet([[grey, grey]], [["before", "after"]]).shape
        (58, 84, 3)
    """
    shapes = {picture.shape for row in rows for picture in row}
    if len(shapes) != 1 or [len(row) for row in rows] != [len(row) for row in captions]:
        raise ValueError("a contact sheet needs pictures of one size, each with a caption")
    height, width = shapes.pop()[:2]
    columns = max(len(row) for row in rows)
    cell = (height + _CAPTION_PX + _GAP_PX, width + _GAP_PX)
    sheet = Image.new("RGB", (columns * cell[1] + _GAP_PX, len(rows) * cell[0] + _GAP_PX), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=13)
    for i, (pictures, texts) in enumerate(zip(rows, captions, strict=True)):
        for j, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
            left, top = j * cell[1] + _GAP_PX, i * cell[0] + _GAP_PX
            pen.text((left, top + 2), text, fill=_INK, font=font)
            sheet.paste(Image.fromarray(picture), (left, top + _CAPTION_PX))
    return np.asarray(sheet)
