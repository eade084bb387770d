"""Makes the picture of detected landmarks and named regions in docs/primitives.md.

    python scripts/people_picture.py WHEELS OUT.jpg

WHEELS is a folder with matplotlib's wheel, whose photo of Grace Hopper (US Navy, public domain) is used beside
scikit-image's of an astronaut (NASA, public domain).
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from picture import main as write_jpeg
from PIL import Image
from skimage import data

from primage.image import resize_image, working_size
from primage.labels.label_map import LabelMap, colourise
from primage.primitive.extraction_config import SegmentsConfig
from primage.primitive.photo_landmarks import extract_landmarks
from primage.primitive.semantic import extract_labels

SIDE, WIDTH = 320, 1200


def hopper(wheels: Path) -> np.ndarray:
    with zipfile.ZipFile(next(wheels.glob("matplotlib-*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith("grace_hopper.jpg"))
        photo = Image.open(io.BytesIO(wheel.read(name))).convert("RGB")
    return np.asarray(photo.crop((60, 0, 512, 452)))


def shown(labels: LabelMap, photo: np.ndarray) -> np.ndarray:
    return (0.3 * photo + 0.7 * colourise(labels)).round().astype(np.uint8)


def main(wheels: Path, target: Path) -> None:
    rows = []
    for photo in (data.astronaut()[:300, 70:370], hopper(wheels)):
        size = working_size((photo.shape[0], photo.shape[1]), SIDE)
        small = resize_image(np.ascontiguousarray(photo), size)
        lines = small.copy()
        lines[extract_landmarks(small)] = (0, 255, 0)
        labels = extract_labels(np.ascontiguousarray(photo), size, SegmentsConfig(regions=8))
        rows.append(np.concatenate([small, lines, shown(labels, small)], axis=1))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "people.png"
        Image.fromarray(np.concatenate(rows)).save(file)
        write_jpeg(file, target, WIDTH)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
