"""What a request sends: a drawing, edits, or the parts of a form; each is stored in a file of the request's folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from primage.http.errors import RefusalError
from primage.http.uploads import receive
from primage.serve.schemas import LAYERED, RenderQuery

#: The parts of a form, and what each is.
PARTS: Mapping[str, str] = {
    "drawing": "the edited drawing, a picture or an OpenRaster file",
    "edits": "recorded edits of the training drawing, JSON",
    "origin": "where the drawing's pixels come from, the file that was written beside it",
    "segments": "the label layer, instead of that of the drawing",
    "edges": "the line layer, instead of that of the drawing",
    "photo": "the photo's file, to paint at full size",
    "exclude": "a mask of places that nothing new is copied from",
    "sample": "a mask of the only places that something new is copied from",
}
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


async def received(request: Request, folder: Path, max_bytes: int) -> dict[str, Path]:
    """Store what a request sends.

    Args:
        request: a picture, JSON, or a form.
        folder: an empty folder.
        max_bytes: largest length of all.

    Returns:
        Files by the names in `PARTS`.

    Raises:
        RefusalError: it is too long or empty, a part is unknown or given twice, or parts contradict each other.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise RefusalError(413, "too_large", f"the request is larger than {max_bytes >> 20} MB")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        async with request.form(max_files=len(PARTS), max_fields=len(PARTS), max_part_size=max_bytes) as form:
            given = _parts(form, folder)
    elif media_type == "application/json":
        given = {"edits": folder / "edits.json"}
        await receive(given["edits"], request.stream(), max_bytes)
    elif media_type.startswith("image/") or media_type == "application/octet-stream":
        given = {"drawing": folder / "drawing"}
        await receive(given["drawing"], request.stream(), max_bytes)
    else:
        raise RefusalError(
            415, "media_type", "send a picture (image/png), edits (application/json), or both as multipart/form-data"
        )
    _check(given)
    return given


def check_options(query: RenderQuery, given: Mapping[str, Path]) -> None:
    """Refuse options that would have no effect on what was sent.

    Args:
        query: the options.
        given: the files.

    Raises:
        RefusalError: one has none.
    """
    if "edits" in given:
        named = {"size": query.size is not None, "snap": query.snap, "infer_origin": not query.infer_origin}
        for name in (name for name, used in named.items() if used):
            raise RefusalError(422, "invalid", f"{name} is for drawings, and has no effect on edits; omit it")
    if query.full_size and query.output == "render" and query.format not in LAYERED:
        message = "full_size is for results on the photo; add output=photo or output=patch, or omit full_size"
        raise RefusalError(422, "invalid", message)
    if "photo" in given and not query.full_size:
        raise RefusalError(422, "invalid", "the part “photo” is for full_size; add full_size=true, or omit the part")


def _parts(form: FormData, folder: Path) -> dict[str, Path]:
    given: dict[str, Path] = {}
    for name, part in form.multi_items():
        if name not in PARTS:
            raise RefusalError(422, "invalid", f"there is no part “{name}”; the parts are {', '.join(PARTS)}")
        if name in given:
            raise RefusalError(422, "invalid", f"the part “{name}” is sent twice; send one")
        # Some formats are recognised by their suffix.
        suffix = Path(part.filename or "").suffix.lower() if isinstance(part, UploadFile) else ".json"
        given[name] = folder / f"{name}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        with given[name].open("xb") as target:
            if isinstance(part, UploadFile):
                shutil.copyfileobj(part.file, target)
            else:
                target.write(part.encode())
    return given


def _check(given: Mapping[str, Path]) -> None:
    drawn = [name for name in ("drawing", "segments", "edges") if name in given]
    if "edits" in given and (drawn or "origin" in given):
        raise RefusalError(422, "invalid", "edits are made of the training drawing; send them without a drawing")
    if "edits" not in given and not drawn:
        raise RefusalError(422, "invalid", "there is no drawing; send the part “drawing” or the part “edits”")
