"""What classic methods did to a photo, each as a command: removal, rearrangement, retargeting, variations, enlarging.

``python examples/classics.py [--out FOLDER] [--tiny]`` (about five minutes; --tiny: one)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import skimage.data
from PIL import Image, ImageDraw

from primage.cli.main import run
from primage.image import write_png

CUP = {"shape": "ellipse", "centre": [0.48, 0.36], "radii": [0.22, 0.34]}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("classics"), help="folder of the photo and the results")
    parser.add_argument("--tiny", action="store_true", help="tiny pictures, to see that it runs")
    options = parser.parse_args(arguments)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    photo, run_folder, drawing = out / "coffee.png", out / "coffee", out / "moved.png"
    write_png(photo, skimage.data.coffee())
    mask = Image.new("L", (600, 400))
    ImageDraw.Draw(mask).ellipse((310, 235, 415, 335), fill=255)
    mask.save(out / "spoon.png")
    (out / "move.json").write_text(json.dumps([{"op": "move", "region": CUP, "by": [0.12, 0]}]), encoding="utf-8")
    size = ["--preset", "draft", "--size", "64"] if options.tiny else []
    commands = (
        ["train", str(photo), "-o", str(run_folder), "--steps", "0", *size],
        ["remove", str(run_folder), "--mask", str(out / "spoon.png"), "-o", str(out / "removed.png")],
        ["edit", str(run_folder), str(out / "move.json"), "-o", str(drawing)],
        ["render", str(run_folder), str(drawing), "-o", str(out / "rearranged.png")],
        ["retarget", str(run_folder), "--size", "60%x100%", "-o", str(out / "narrow.png")],
        ["vary", str(run_folder), "-n", "2" if options.tiny else "8", "-o", str(out / "variations")],
        ["render", str(run_folder), str(drawing), "--scale", "2", "-o", str(out / "large.png")],
    )
    return next((code for code in map(run, commands) if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
