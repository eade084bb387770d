"""Parts of drawings that come from other pictures than the photo."""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.errors import ImageError
from primage.origin.pictures import Picture, load_picture, picture_path
from primage.render.pasted import Pasted, pasted_parts
from primage.studio.drawing import Drawing
from primage.studio.workers.loaded_model import origin_of
from primage.synthesis.options import RenderOptions

_log = logging.getLogger(__name__)

#: Beside the run folders.
_FOLDER = "pictures"
#: Pictures that are not needed at the moment are kept in memory up to this size.
_MAX_KEPT_BYTES = 256 << 20

_kept: OrderedDict[Path, Picture] = OrderedDict()


def parts_of(
    drawing: Drawing, run: Path, image: UInt8[np.ndarray, "h w 3"], options: RenderOptions
) -> tuple[Pasted, ...]:
    """The parts of a drawing that come from pictures. A picture that cannot be read is left out: the photo shows there.

    Args:
        drawing: its layers.
        run: the run folder of its project.
        image: the result without them, at the size of the drawing.
        options: how it is rendered.
    """
    origin = origin_of(drawing)
    if origin is None or not origin.pasted_values:
        return ()
    folder = run.parent / _FOLDER
    names = {origin.piece(value).picture for value in origin.pasted_values}
    pictures = {name: found for name in sorted(filter(None, names)) if (found := _loaded(folder, name)) is not None}
    _drop_unused(set(map(id, pictures.values())))
    parts = pasted_parts(origin, pictures)
    return tuple(part.fitted(image) for part in parts) if options.fit_light else parts


def _loaded(folder: Path, name: str) -> Picture | None:
    path = picture_path(folder, name)
    if path not in _kept:
        try:
            _kept[path] = load_picture(folder, name)
        except ImageError as error:
            _log.warning("%s", error)
            return None
    _kept.move_to_end(path)
    return _kept[path]


def _drop_unused(used: set[int]) -> None:
    size = sum(picture.pixels.nbytes for picture in _kept.values())
    for path, picture in list(_kept.items()):
        if size > _MAX_KEPT_BYTES and id(picture) not in used:
            size -= picture.pixels.nbytes
            del _kept[path]
