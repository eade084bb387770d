"""A written drawing is read again before anyone edits it: its labels must be those that were trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from primage.errors import PrimageError
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.read import LayerFiles, read_primitive


def check_reads_back(path: Path, primitive: Primitive, spec: PrimitiveSpec) -> None:
    """Check that a drawing's file, unedited, gives the labels that it was written from; other layers are not checked.

    Args:
        path: the file, the whole primitive as one picture.
        primitive: what it was written from. Labels under lines cannot be seen in it.
        spec: the model's description of it.

    Raises:
        PrimageError: it gives other labels, which is an error in Primage.
    """
    if primitive.segments is None:
        return
    read = read_primitive(LayerFiles(whole=path, edges=None), spec)
    assert read.segments is not None
    if read.size != primitive.size:
        wrong = np.ones(primitive.size, bool)
    else:
        wrong = read.segments.index != primitive.segments.index
        if primitive.edges is not None:
            wrong &= ~primitive.edges
    if wrong.any():
        y, x = divmod(int(wrong.argmax()), wrong.shape[1])
        raise PrimageError(
            f"{path}: {wrong.sum():,} of its pixels would be read as other labels, the first at (x, y) = ({x}, {y}); "
            "this is an error in Primage, please report it with the label map"
        )
