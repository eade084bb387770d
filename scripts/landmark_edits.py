"""Makes the picture of edited landmarks in docs/primitives.md: the same edits of two portraits, without any training.

    python scripts/landmark_edits.py WHEELS OUT.jpg

WHEELS is a folder with matplotlib's wheel, as for `people_picture.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from people_picture import hopper
from picture import main as write_jpeg
from PIL import Image
from skimage import data

import primage
from primage.edit.files import edited_drawing
from primage.edit.records import Edit, Landmarks
from primage.image import resize_image

SIDE = 384
EDITS: tuple[tuple[Edit, ...], ...] = (
    (Landmarks(part="brows", by=(0, -0.06)),),
    (Landmarks(part="lips", open=0), Landmarks(part="lips", scale=(0.9, 1))),
    (Landmarks(part="lips", scale=(1.25, 1)),),
    (Landmarks(part="eyes", open=0),),
    (Landmarks(part="face", yaw=14, pitch=4),),
)


def main(wheels: Path, target: Path) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, photo in (("astronaut", data.astronaut()[0:240, 105:345]), ("hopper", hopper(wheels))):
            file = Path(scratch) / f"{name}.png"
            Image.fromarray(resize_image(np.ascontiguousarray(photo), (SIDE, SIDE))).save(file)
            model = primage.train(file, Path(scratch) / name, size=SIDE, steps=0)
            drawings = [edited_drawing(model, edits) for edits in EDITS]
            pictures = [model.render(each.primitive, origin=each.origin) for each in drawings]
            rows.append(np.concatenate([model.photo, *pictures], axis=1))
        Image.fromarray(np.concatenate(rows)).save(Path(scratch) / "edits.png")
        write_jpeg(Path(scratch) / "edits.png", target, 1536)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
