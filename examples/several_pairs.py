"""The paper's network trained on many pairs, as its dataset-trained baseline (Fig. 4): drawn boxes instead of shoes.

``python examples/several_pairs.py [--out FOLDER] [--tiny]`` (about half an hour; --tiny: seconds)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from primage.cli.main import run
from primage.image import write_png

SIDE_PX = 64
PAIRS = 6


def drawn_box(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo of a shaded box on a ground, and its outline in black on white."""
    top, left = rng.integers(8, 24, 2)
    bottom, right = rng.integers(36, 56, 2)
    photo = np.full((SIDE_PX, SIDE_PX, 3), (190, 180, 160), np.uint8)
    photo += rng.integers(0, 12, photo.shape, np.uint8)
    light = np.linspace(1, 0.5, right - left)[None, :, None]
    photo[top:bottom, left:right] = (np.array([200, 80, 60]) * light).astype(np.uint8)
    edges = np.full((SIDE_PX, SIDE_PX), 255, np.uint8)
    edges[top:bottom, [left, right - 1]] = 0
    edges[[top, bottom - 1], left:right] = 0
    return photo, edges


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("boxes"), help="folder of the pairs and the results")
    parser.add_argument("--tiny", action="store_true", help="two steps of a tiny network, to see that it runs")
    options = parser.parse_args(arguments)
    out, rng = options.out, np.random.default_rng(0)
    for number in range(PAIRS):
        photo, edges = drawn_box(rng)
        write_png(out / "pairs" / f"{number}.png", photo)
        write_png(out / "pairs" / f"{number}.edges.png", edges)
    write_png(out / "new.png", drawn_box(rng)[1])
    training = ["--steps", "2" if options.tiny else "3000", "--set", "loss.lambda_perc=0"]
    if options.tiny:
        for setting in ("generator.ngf=2", "generator.n_blocks=1", "discriminator.ndf=2"):
            training += ["--set", setting]
    commands = (
        ["train", str(out / "pairs"), "-o", str(out / "run"), "--preset", "paper", "-p", "edges", *training],
        ["render", str(out / "run"), str(out / "new.png"), "-o", str(out / "painted.png")],
    )
    return next((code for code in map(run, commands) if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
