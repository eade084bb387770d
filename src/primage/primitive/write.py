"""From a primitive to files: one picture to edit, and each layer if wished."""

from __future__ import annotations

from pathlib import Path

from primage.errors import ImageError
from primage.image import write_png
from primage.labels import write_labels
from primage.primitive.edges import draw_edges
from primage.primitive.primitive import LAYERS, Primitive, PrimitiveSpec, draw


def write_primitive(path: Path, primitive: Primitive, spec: PrimitiveSpec, layers: bool = False) -> list[Path]:
    """Write a primitive as one PNG, as the paper draws it.

    Args:
        path: a .png file. A segmentation becomes a palette PNG (value = label), everything else RGB.
        primitive: what to write.
        spec: says which colour lines have.
        layers: whether to write each layer beside it: ``name.segments.png``, ``name.edges.png``, ``name.colours.png``.

    Returns:
        The files written.

    Raises:
        ImageError: ``path`` does not end in .png, or cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise ImageError(f"{path}: primitives are PNG files; name it {path.stem}.png")
    if primitive.kind == "segments" and primitive.segments is not None:
        write_labels(path, primitive.segments)
    else:
        write_png(path, draw(primitive, spec.line_colour))
    written = [path]
    if layers:
        for name in LAYERS[primitive.kind]:
            file = path.with_name(f"{path.stem}.{name}.png")
            write_layer(file, primitive, name)
            written.append(file)
    return written


def write_layer(path: Path, primitive: Primitive, name: str) -> None:
    """Write one layer as a PNG: labels with their palette, lines black on white, colours as they are.

    Args:
        path: where to.
        primitive: whose layer.
        name: segments, edges or colours; one that the primitive has.
    """
    if name == "segments" and primitive.segments is not None:
        write_labels(path, primitive.segments)
    elif name == "edges" and primitive.edges is not None:
        write_png(path, draw_edges(primitive.edges))
    elif primitive.colours is not None:
        write_png(path, primitive.colours)
