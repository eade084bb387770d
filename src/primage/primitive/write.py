"""Writing primitives to files: one picture to edit, and each layer on request."""

from __future__ import annotations

from pathlib import Path

from primage.errors import ImageError
from primage.image import write_png
from primage.primitive.kinds import layers_of
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw


def check_name(path: Path) -> None:
    """Check that primitives can be written under a name.

    Raises:
        ImageError: it does not end in .png.
    """
    if path.suffix.lower() != ".png":
        raise ImageError(f"{path}: primitives are PNG files; name it {path.stem}.png")


def primitive_files(path: Path, kind: str, layers: bool = False) -> list[Path]:
    """The files that `write_primitive` writes.

    Args:
        path: a .png file.
        kind: kind of the primitive.
        layers: whether each layer is written, too: ``name.segments.png``, ``name.edges.png``, ``name.colours.png``.

    Raises:
        ImageError: ``path`` does not end in .png.

    Example:
        >>> [file.name for file in primitive_files(Path("a.png"), "super", layers=True)]
        ['a.png', 'a.segments.png', 'a.edges.png']
    """
    check_name(path)
    names = [layer.name for layer in layers_of(kind)] if layers else []
    return [path, *(path.with_name(f"{path.stem}.{name}.png") for name in names)]


def write_primitive(path: Path, primitive: Primitive, spec: PrimitiveSpec, layers: bool = False) -> list[Path]:
    """Write a primitive as one PNG, as the paper draws it.

    Args:
        path: a .png file. A segmentation becomes a palette PNG (value = label), everything else RGB.
        primitive: the primitive.
        spec: provides the line colour.
        layers: also write each layer; see `primitive_files`.

    Returns:
        The files written.

    Raises:
        ImageError: ``path`` does not end in .png, or cannot be written.
    """
    written = primitive_files(path, primitive.kind, layers)
    parts = list(primitive)
    if len(parts) == 1:
        layer, data = parts[0]
        layer.write(path, data)
    else:
        write_png(path, draw(primitive, spec.line_colour))
    if layers:
        for file, (layer, data) in zip(written[1:], parts, strict=True):
            layer.write(file, data)
    return written
