"""OpenRaster documents with the layers of a drawing, as Krita, GIMP and MyPaint save them after an edit."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from primage.decoding.decode import decode
from primage.decoding.kinds import HEAD_BYTES, OPEN_RASTER, kind_of
from primage.decoding.pillow import MAX_PIXELS, pillow
from primage.decoding.zipped import packed_png
from primage.image import write_png
from primage.primitive.line_layer import EXACT_KEY

#: What layers of a drawing are called in documents.
TITLES = {"segments": "Labels", "edges": "Lines", "colours": "Painting"}
_SOLID = 128  # of 255: a pixel at least half opaque counts
_MAX_STACK_BYTES = 1 << 24


def write_layers(path: Path, names: Iterable[str], folder: Path, thinned: bool = True) -> dict[str, Path]:
    """Write the layers of a drawing in an OpenRaster document to files of their own.

    Hidden layers count as well. Pixels outside a layer's own picture are transparent, as editors crop layers.

    Args:
        path: a file of any kind.
        names: the layers of the kind of drawing.
        folder: where the files are written to.
        thinned: whether lines are thinned to one pixel; otherwise they count as they are.

    Returns:
        A PNG for each layer; empty if the document does not have all of them, or is none.

    Raises:
        ImageError: the document is damaged, or a layer is too large.
    """
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        if kind_of(file.read(HEAD_BYTES)) is not OPEN_RASTER:
            return {}
    with pillow(str(path), OPEN_RASTER.name), zipfile.ZipFile(path) as document:
        if "stack.xml" not in document.namelist():  # its merged picture may still be a drawing
            return {}
        with document.open("stack.xml") as stack:
            image = ElementTree.fromstring(stack.read(_MAX_STACK_BYTES))
        size = int(image.attrib["h"]), int(image.attrib["w"])
        found = {layer.attrib.get("name"): layer for layer in image.iter("layer")}
        titles = {name: TITLES.get(name, "") for name in names}
        if not all(title in found for title in titles.values()) or not 0 < size[0] * size[1] <= MAX_PIXELS:
            return {}
        pictures = {name: _picture(document, found[title], size, path) for name, title in titles.items()}
    files = {name: folder / f"{TITLES[name]} of {path.stem}.png" for name in pictures}
    for name, picture in pictures.items():
        _write(files[name], picture, name == "edges", thinned)
    return files


def _picture(document: zipfile.ZipFile, layer: ElementTree.Element, size: tuple[int, int], path: Path) -> np.ndarray:
    """A layer on a transparent canvas, (H, W, 4) uint8."""
    member = layer.attrib["src"]
    picture = decode(f"{path}/{member}", packed_png(document, member, str(path))).image.convert("RGBA")
    canvas = Image.new("RGBA", (size[1], size[0]))
    canvas.paste(picture, (int(layer.attrib.get("x", 0)), int(layer.attrib.get("y", 0))))
    return np.asarray(canvas)


def _write(path: Path, picture: np.ndarray, lines: bool, thinned: bool) -> None:
    from primage.primitive.edges import draw_edges, thin

    solid = picture[..., 3] >= _SOLID
    if lines:
        # Thin lines are exactly what was written, or drawn with a pencil of one pixel; others are thinned when read.
        exact = not thinned or np.array_equal(thin(solid), solid)
        write_png(path, draw_edges(solid), {EXACT_KEY: "black"} if exact else None)
    elif solid.all():
        write_png(path, np.ascontiguousarray(picture[..., :3]))
    else:
        Image.fromarray(picture).save(path)
