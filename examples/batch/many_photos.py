"""Train on four photos and edit each, as a batch.

``python examples/batch/many_photos.py [--out FOLDER] [--workers N] [--tiny]`` (about five minutes; --tiny: seconds)
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import skimage.data

from primage.cli.main import run

#: The photo, and what is changed in it; coordinates are shares of the width and the height.
PHOTOS = {
    "chelsea.png": [
        {"op": "move", "region": {"shape": "ellipse", "centre": [0.47, 0.61], "radii": [0.09, 0.13]}, "by": [0, 0.06]}
    ],
    "coffee.png": [
        {"op": "copy", "region": {"shape": "ellipse", "centre": [0.29, 0.5], "radii": [0.1, 0.2]}, "by": [0.5, 0.1]}
    ],
    "rocket.jpg": [
        {"op": "erase", "region": {"shape": "rectangle", "top_left": [0.6, 0.1], "bottom_right": [0.72, 0.7]}}
    ],
    "astronaut.png": [
        {"op": "scale", "region": {"shape": "ellipse", "centre": [0.43, 0.22], "radii": [0.12, 0.18]}, "factor": 1.2}
    ],
}


def write_manifest(folder: Path) -> Path:
    """Copy the photos, and write the edits and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed, (photo, edits) in enumerate(PHOTOS.items()):
        name = Path(photo).stem
        shutil.copyfile(Path(skimage.data.__file__).parent / photo, folder / photo)
        (folder / f"{name}.edits.json").write_text(json.dumps(edits, indent=1), encoding="utf-8")
        rows.append({"photo": photo, "edits": f"{name}.edits.json", "seed": seed})
    with (folder / "photos.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["photo", "edits", "seed"])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "photos.csv"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("batch"), help="folder of the photos and the results")
    parser.add_argument("--workers", type=int, help="photos at a time, on Ray; without it, one after the other")
    parser.add_argument("--tiny", action="store_true", help="no training and tiny pictures, to see that it runs")
    options = parser.parse_args(arguments)
    manifest = write_manifest(options.out)
    command = ["batch", str(manifest), "-o", str(options.out / "results"), "--preset", "draft"]
    command += ["--size", "48", "--steps", "0"] if options.tiny else ["--minutes", "1"]
    command += ["--serial"] if options.workers is None else ["--workers", str(options.workers)]
    code = run(command)
    print(options.out / "results" / "summary.html")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
