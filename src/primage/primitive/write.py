"""Writing primitives to files: one picture to edit, and each layer on request."""

from __future__ import annotations

from pathlib import Path

from primage.errors import ImageError
from primage.image import write_png
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw


def write_primitive(path: Path, primitive: Primitive, spec: PrimitiveSpec, layers: bool = False) -> list[Path]:
    """Write a primitive as one PNG, as the paper draws it.

    Args:
        path: a .png file. A segmentation becomes a palette PNG (value = label), everything else RGB.
        primitive: the primitive.
        spec: provides the line colour.
        layers: also write each layer: ``name.segments.png``, ``name.edges.png``, ``name.colours.png``.

    Returns:
        The files written.

    Raises:
        ImageError: ``path`` does not end in .png, or cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise ImageError(f"{path}: primitives are PNG files; name it {path.stem}.png")
    parts = list(primitive)
    if len(parts) == 1:
        layer, data = parts[0]
        layer.write(path, data)
    else:
        write_png(path, draw(primitive, spec.line_colour))
    written = [path]
    if layers:
        for layer, data in parts:
            written.append(path.with_name(f"{path.stem}.{layer.name}.png"))
            layer.write(written[-1], data)
    return written
