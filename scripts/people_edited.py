"""Makes the pictures of edited landmarks in docs/primitives.md: raised brows and a mouth that closes, without training.

python scripts/people_edited.py OUT.jpg
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from picture import main as write_jpeg
from PIL import Image
from skimage import data

import primage
from primage.detection.people import Line
from primage.image import resize_image
from primage.primitive.photo_landmarks import find_landmarks, write_landmarks
from primage.primitive.read import LayerFiles, read_primitive

SIDE = 384
#: How far brows are raised, and how far lips stay open, as shares of the face and of the mouth.
RAISED, OPEN = 0.05, 0.5


def edited(lines: tuple[Line, ...]) -> list[Line]:
    by_name = {line.name: line.points for line in lines}
    height = float(np.ptp(by_name["face 1 face oval"][:, 1]))
    middle = by_name["face 1 inner lips"][:, 1].mean()
    out = []
    for line in lines:
        points = line.points.copy()
        if line.name.endswith("brow"):
            points[:, 1] -= RAISED * height
        elif line.name.endswith("lips"):
            points[:, 1] = middle + OPEN * (points[:, 1] - middle)
        out.append(replace(line, points=points))
    return out


def main(target: Path) -> None:
    photo = resize_image(np.ascontiguousarray(data.astronaut()[20:220, 125:325]), (SIDE, SIDE))
    lines = find_landmarks(photo)
    shown = [photo]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        Image.fromarray(photo).save(folder / "photo.png")
        write_landmarks(folder / "before.csv", lines, (SIDE, SIDE))
        write_landmarks(folder / "after.csv", edited(lines), (SIDE, SIDE))
        points = folder / "before.csv"
        model = primage.train(
            folder / "photo.png", folder / "run", primitive="landmarks", primitive_file=points, size=SIDE, steps=0
        )
        for name in ("before", "after"):
            drawing = read_primitive(LayerFiles(whole=folder / f"{name}.csv"), model.record.spec)
            shown.append(np.repeat(np.where(drawing.edges, 0, 255).astype(np.uint8)[..., None], 3, axis=2))
        shown.append(model.render(folder / "after.csv"))
        Image.fromarray(np.concatenate(shown, axis=1)).save(folder / "edited.png")
        write_jpeg(folder / "edited.png", target, 1536)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
