"""What is read back from drawings saved as JPEG: the share of labels, and how well lines agree up to a pixel.

``python benchmarks/jpeg_drawings.py [--half tuned|held-out|both] [--qualities 75 85 90 95] [--name jpeg_drawings]``

Drawings are extracted from scikit-image's photos at 256 px with the default settings, as they are and with a square
copied elsewhere, and saved with chroma at full and at half resolution. The half "tuned" was looked at during
development, "held-out" was only judged, though one threshold was set after that. The truth is what is read from the
same drawing saved as PNG.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import machine
import numpy as np
import skimage
from PIL import Image
from scipy import ndimage

from primage.image import read_image, working_size, write_png
from primage.primitive.config import PrimitiveConfig
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.read import LayerFiles, read_primitive, training_primitive
from primage.primitive.write import write_primitive

HALVES = {
    "tuned": ("astronaut.png", "coffee.png", "motorcycle_left.png", "ihc.png", "camera.png"),
    "held-out": ("chelsea.png", "rocket.jpg", "retina.jpg", "coins.png", "motorcycle_right.png"),
}
SUBSAMPLINGS = {"4:4:4": 0, "4:2:0": 2}


def edited(drawing: np.ndarray) -> np.ndarray:
    """A square of the drawing copied to another corner."""
    out = drawing.copy()
    side = min(drawing.shape[:2]) // 4
    out[-side - 9 : -9, -side - 9 : -9] = drawing[side : 2 * side, side + 3 : 2 * side + 3]
    return out


def agreement(lines: np.ndarray, others: np.ndarray) -> float:
    """F1 of lines that lie within a pixel of each other."""
    near = [
        ndimage.binary_dilation(each, np.ones((3, 3)))[other].mean()
        for each, other in ((lines, others), (others, lines))
    ]
    return float(2 * near[0] * near[1] / max(sum(near), 1e-9))


def scores(
    picture: np.ndarray, spec: PrimitiveSpec, quality: int, subsampling: int, folder: Path
) -> tuple[float, float]:
    """Share of labels, and F1 of lines, of a drawing saved as JPEG."""
    write_png(folder / "a.png", picture)
    Image.fromarray(picture).save(folder / "a.jpg", quality=quality, subsampling=subsampling)
    truth, found = (read_primitive(LayerFiles(whole=folder / name), spec) for name in ("a.png", "a.jpg"))
    assert truth.segments is not None
    assert found.segments is not None
    share = float((truth.segments.index == found.segments.index).mean())
    return share, 1.0 if truth.edges is None or found.edges is None else agreement(truth.edges, found.edges)


def drawing_of(name: str, kind: str, folder: Path) -> tuple[np.ndarray, PrimitiveSpec]:
    """The drawing of a photo as a run keeps it."""
    photo = read_image(Path(skimage.__file__).parent / "data" / name)
    primitive: Primitive
    primitive, spec = training_primitive(photo, working_size(photo.shape[:2], 256), PrimitiveConfig(kind=kind))
    write_primitive(folder / "primitive.png", primitive, spec)
    return read_image(folder / "primitive.png"), spec


def main(options: argparse.Namespace) -> None:
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for half in HALVES if options.half == "both" else (options.half,):
            for kind in ("super", "segments"):
                for name in HALVES[half]:
                    drawing, spec = drawing_of(name, kind, Path(scratch))
                    for quality in options.qualities:
                        for chroma, subsampling in SUBSAMPLINGS.items():
                            for picture in (drawing, edited(drawing)):
                                row = found.setdefault(f"{half}, {kind}, quality {quality}, {chroma}", {})
                                share, f1 = scores(picture, spec, quality, subsampling, Path(scratch))
                                row.setdefault("labels", []).append(share)
                                row.setdefault("lines_f1", []).append(f1)
    table = {
        key: {
            f"{name}_{what.__name__}": round(float(what(values)), 4)
            for name, values in row.items()
            for what in (min, np.mean)
        }
        for key, row in found.items()
    }
    for key, row in table.items():
        print(key, row)
    machine.write(options.name, table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuned", "held-out", "both"), default="both")
    parser.add_argument("--qualities", type=int, nargs="+", default=[75, 85, 90, 95])
    parser.add_argument("--name", default="jpeg_drawings", help="name of the JSON")
    main(parser.parse_args())
