"""Files of origins: a 16-bit PNG of piece numbers, whose text holds the pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from primage.decoding.decode import decode
from primage.errors import ImageError, PrimitiveError
from primage.files import sha256_file
from primage.image import write_png
from primage.origin.plane import MAX_PIECES, Origin
from primage.origin.transforms import Piece
from primage.primitive.margins import NO_MARGINS, Margins
from primage.settings import Frozen

#: Key of the PNG's text.
TEXT = "primage-origin"
_SUFFIX = ".origin.png"


_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Record(Frozen):
    photo_sha256: _Sha256
    drawing_sha256: _Sha256 | None = None  # files of earlier versions do not have it
    margins: Margins = NO_MARGINS  # only drawings larger than the photo have some
    pieces: Annotated[tuple[Piece, ...], Field(max_length=MAX_PIECES)]


def origin_path(drawing: Path) -> Path:
    """The file beside a drawing in which its origin is stored.

    Args:
        drawing: the drawing's file.

    Example:
        >>> origin_path(Path("edited.png")).name
        'edited.origin.png'
    """
    return drawing.with_suffix(_SUFFIX)


def write_origin(path: str | Path, origin: Origin, photo_sha256: str, drawing: Path | None = None) -> None:
    """Write the origin of a drawing, atomically.

    Args:
        path: the PNG file.
        origin: the origin.
        photo_sha256: hash of the photo that it refers to.
        drawing: the drawing's file, so that it is known later whether that was changed; None if there is none.

    Raises:
        ImageError: the file cannot be written.
    """
    drawing_sha256 = None if drawing is None else sha256_file(drawing)
    record = _Record(
        photo_sha256=photo_sha256, drawing_sha256=drawing_sha256, pieces=origin.pieces, margins=origin.margins
    )
    left_out = set() if origin.margins.any else {"margins"}
    write_png(path, origin.index, text={TEXT: record.model_dump_json(exclude=left_out)})


def is_origin(path: Path) -> bool:
    """Whether a file, which need not exist, is the origin of a drawing, and not a drawing; told by name and content."""
    if not path.name.lower().endswith(_SUFFIX) or not path.is_file():
        return False
    try:
        return TEXT in decode(path).text
    except ImageError:
        return False


def read_origin(path: str | Path, photo_sha256: str, drawing: Path | None = None) -> Origin:
    """Read a file written by `write_origin`.

    Args:
        path: the PNG file.
        photo_sha256: hash of the photo that it must refer to.
        drawing: the drawing's file, which must not have changed since; None not to check that.

    Returns:
        The origin, at the size of the drawing it was written with.

    Raises:
        ImageError: the file is not a picture.
        PrimitiveError: it is not an origin, or that of another drawing or of a drawing of another photo.
    """
    decoded = decode(path)
    text = decoded.text.get(TEXT)
    if text is None or decoded.samples is None or decoded.samples.shape[2] != 1:
        raise PrimitiveError(
            f"{path}: is not an origin; `primage edit` and the studio write one beside the drawing (NAME.origin.png)"
        )
    try:
        record = _Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "list of pieces"
        raise PrimitiveError(f"{path}: {field}: {first['msg']}; write the drawing and its origin again") from error
    if record.photo_sha256 != photo_sha256:
        raise PrimitiveError(f"{path}: belongs to a drawing of another photo; use the run it was made with")
    if drawing is not None and record.drawing_sha256 not in (None, sha256_file(drawing)):
        raise PrimitiveError(f"{path}: {drawing.name} was changed since; add --origin to use it nevertheless")
    try:
        return Origin(np.ascontiguousarray(decoded.samples[..., 0]), record.pieces, record.margins)
    except PrimitiveError as error:
        raise PrimitiveError(f"{path}: {error}; write the drawing and its origin again") from error
