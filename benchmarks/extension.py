"""Canvas extension: a side of a photo is cut off, made again, and compared with what was there.

``python benchmarks/extension.py [--half dev|held-out|both] [--more PHOTO …] [--sheet FILE.png]``

Of each photo, a fifth is cut off on one side, and made again in two ways: from a drawing of the rest, continued beyond
the border, and from the drawing of the whole photo, as if a person had drawn what was there ("drawn"). LPIPS (AlexNet)
is that of the strip and of as much of the photo beside it, so that a step at the border counts. Baselines: the rest
mirrored at the border, and OpenCV's inpainting (Telea). No network is trained. Photos given by ``--more`` are held out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import machine
import numpy as np
import skimage.data
import torch

from primage.api import configure, read_pair
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import read_image, resize_image, working_size, write_png
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw, spec_of
from primage.synthesis.extension import extending
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished
from primage.tensors import to_tensor

SIZE_PX = 256
SHARE = 0.2
HALVES = {"dev": ("astronaut", "coffee"), "held-out": ("chelsea", "rocket")}
SIDES = ("left", "right", "top", "bottom")
METHODS = ("ours", "ours, drawn", "mirrored", "OpenCV, Telea")
_RADIUS_PX = 3


@dataclass(frozen=True)
class Cut:
    """A photo without one side.

    Attributes:
        name: of the photo, and the side.
        truth: (H, W, 3), the whole photo.
        photo: the rest.
        primitive: its drawing.
        spec: of the drawing.
        margins: what was cut off.
        whole: the drawing of the whole photo: what a person would draw who knew what was there.
    """

    name: str
    truth: np.ndarray
    photo: np.ndarray
    primitive: Primitive
    spec: PrimitiveSpec
    margins: Margins
    whole: Primitive


def cuts(name: str, photo: np.ndarray, folder: Path, sides: tuple[str, ...] = SIDES) -> Iterator[Cut]:
    """Cut each side off."""
    truth = resize_image(photo, working_size(photo.shape[:2], SIZE_PX))
    write_png(folder / "whole.png", truth)
    _, whole, _ = read_pair(folder / "whole.png", configure("standard", "super", SIZE_PX, steps=0))
    for side in sides:
        count = round(SHARE * truth.shape[1 if side in ("left", "right") else 0])
        margins = Margins(**{side: count})
        rest = np.ascontiguousarray(truth[margins.photo(truth.shape[:2])])
        file = folder / "rest.png"
        write_png(file, rest)
        config = configure("standard", "super", min(rest.shape[:2]), steps=0)
        working, primitive, spec = read_pair(file, config)
        yield Cut(f"{name}, {side}", truth, working, primitive, spec, margins, whole)


def extended(cut: Cut, drawing: Primitive | None = None) -> np.ndarray:
    """The photo made whole, by the continued drawing or another one of the whole."""
    known, spec = cut.primitive, cut.spec
    if drawing is None:
        drawing = known.extended(cut.margins)
    else:
        known = drawing.cropped(*cut.margins.photo(drawing.size))
        spec = spec_of(known, spec.config)
    hole = cut.margins.mask(drawing.size)
    reference = Reference(cut.photo, known, spec)
    return finished(extending(reference, drawing, mirrored(cut), hole, cut.margins))[0]


def mirrored(cut: Cut) -> np.ndarray:
    """The rest, mirrored at its borders."""
    return np.pad(cut.photo, cut.margins.padding(3), mode="symmetric")


def inpainted(cut: Cut) -> np.ndarray:
    """The rest, continued by OpenCV."""
    hole = cut.margins.mask(cut.truth.shape[:2]).astype(np.uint8)
    return np.asarray(cv2.inpaint(mirrored(cut), hole, _RADIUS_PX, cv2.INPAINT_TELEA))


def distance(metric: LPIPS, picture: np.ndarray, cut: Cut) -> float:
    """LPIPS of the strip and as much of the photo beside it."""
    height, width = cut.truth.shape[:2]
    m = cut.margins
    rows, columns = slice(0, height), slice(0, width)
    if m.left or m.right:
        columns = slice(0, 2 * m.left) if m.left else slice(width - 2 * m.right, width)
    else:
        rows = slice(0, 2 * m.top) if m.top else slice(height - 2 * m.bottom, height)
    with torch.inference_mode():
        return float(metric(to_tensor(picture[rows, columns].copy()), to_tensor(cut.truth[rows, columns].copy())))


def photos(half: str, more: list[Path]) -> dict[str, np.ndarray]:
    """The photos of one half, or of both."""
    found: dict[str, np.ndarray] = {}
    for name, members in HALVES.items():
        if half in (name, "both"):
            found |= {member: getattr(skimage.data, member)() for member in members}
    if half != "dev":
        found |= {path.stem: read_image(path) for path in more}
    return found


def main() -> None:
    """Extend all photos and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("dev", "held-out", "both"), default="both")
    parser.add_argument("--more", type=Path, nargs="*", default=[])
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    metric = LPIPS()
    rows, strips = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for name, photo in photos(given.half, given.more).items():
            for cut in cuts(name, photo, Path(scratch)):
                started = time.process_time()
                ours = extended(cut)
                seconds = time.process_time() - started
                drawn = extended(cut, cut.whole)
                pictures = {
                    "ours": ours,
                    "ours, drawn": drawn,
                    "mirrored": mirrored(cut),
                    "OpenCV, Telea": inpainted(cut),
                }
                scores = {each: round(distance(metric, picture, cut), 4) for each, picture in pictures.items()}
                half = "dev" if name in HALVES["dev"] else "held-out"
                rows.append({"photo": cut.name, "half": half, "processor_sec": round(seconds, 2), **scores})
                print(rows[-1], flush=True)
                drawing = draw(cut.primitive.extended(cut.margins), cut.spec.line_colour)
                strips.append(np.concatenate([cut.truth, drawing, *pictures.values()], axis=1))
    means = {
        half: {
            method: round(float(np.mean([row[method] for row in rows if row["half"] == half])), 4) for method in METHODS
        }
        for half in HALVES
        if any(row["half"] == half for row in rows)
    }
    print(means)
    if given.sheet is not None:
        width = max(strip.shape[1] for strip in strips)
        sheet = [np.pad(strip, ((0, 4), (0, width - strip.shape[1]), (0, 0))) for strip in strips]
        write_png(given.sheet, np.concatenate(sheet))
    if given.half == "both":
        machine.write("extension", {"size_px": SIZE_PX, "share": SHARE, "lpips": means, "cuts": rows})


if __name__ == "__main__":
    main()
