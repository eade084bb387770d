"""A spoon that wanders, as keyframes; and an edit of one frame that is carried to a whole video.

``python examples/moving_pictures.py [--out FOLDER] [--tiny]`` (about two minutes; --tiny: seconds)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import skimage.data

from primage.cli.main import run
from primage.image import write_png

SPOON = {"shape": "ellipse", "centre": [0.605, 0.71], "radii": [0.085, 0.12]}
AWAY = {"op": "move", "region": SPOON, "by": [-0.3, -0.05]}
#: There and back.
KEYS = {"fps": 8, "keys": [{"at": 0}, {"at": 1, "edits": [AWAY]}, {"at": 2}]}


def write_frames(folder: Path, count: int, size: tuple[int, int]) -> Path:
    """A video of its own: a window that pans over a photo. Returns the folder of its frames."""
    photo = skimage.data.coffee()
    height, width = size
    for number in range(count):
        x = 4 * number
        write_png(folder / f"{number:03d}.png", np.ascontiguousarray(photo[60 : 60 + height, 90 + x : 90 + x + width]))
    return folder


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("moving"), help="folder of the photos and the results")
    parser.add_argument("--tiny", action="store_true", help="tiny pictures, to see that it runs")
    options = parser.parse_args(arguments)
    out = options.out
    (out / "frames").mkdir(parents=True, exist_ok=True)
    write_png(out / "coffee.png", skimage.data.coffee())
    keys = KEYS | {"fps": 2} if options.tiny else KEYS
    (out / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    frames = write_frames(out / "frames", 2 if options.tiny else 12, (288, 384))
    (out / "edit.json").write_text(
        json.dumps([{"op": "erase", "region": {"shape": "ellipse", "centre": [0.66, 0.72], "radii": [0.1, 0.16]}}]),
        encoding="utf-8",
    )
    train = ["--steps", "0", *(["--preset", "draft", "--size", "64"] if options.tiny else [])]
    commands = (
        ["train", str(out / "coffee.png"), "-o", str(out / "coffee"), *train],
        ["animate", str(out / "coffee"), str(out / "keys.json"), "-o", str(out / "spoon.webp")],
        ["train", str(frames / "000.png"), "-o", str(out / "frame"), *train],
        ["propagate", str(out / "frame"), str(frames), str(out / "edit.json"), "-o", str(out / "edited.mp4")],
    )
    return next((code for code in map(run, commands) if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
