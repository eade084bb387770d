"""The training drawing as a document with layers, to be edited in Krita or GIMP."""

from __future__ import annotations

from pathlib import Path

from primage.errors import PrimageError
from primage.files import atomic_path
from primage.model import Model
from primage.primitive.read import LayerFiles, read_primitive
from primage.render.open_raster import write_drawing
from primage.seal import seal


def export_drawing(model: Model, path: Path) -> None:
    """Write a model's drawing as an OpenRaster file, with the photo as a hidden layer.

    Args:
        model: the model.
        path: the file; its folder exists.

    Raises:
        PrimageError: the file would be read as another drawing, which is an error in Primage; it is not written.
    """
    spec = model.record.spec
    with atomic_path(path) as scratch:
        write_drawing(scratch, model.primitive, model.photo, spec.line_colour)
        read = read_primitive(LayerFiles(whole=scratch), spec)
        if read.sha256() != model.primitive.sha256():
            raise PrimageError(f"{path}: not written, because it would be read as another drawing; please report this")
        seal(scratch)
