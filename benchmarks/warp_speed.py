"""Time of a random warp of photo and super primitive, with encoding, at several sizes.

``python benchmarks/warp_speed.py [--rounds 60]``
"""

from __future__ import annotations

import argparse
import time

import machine
import numpy as np
import torch

from primage.api import configure, read_pair
from primage.demo import sample_photo
from primage.grid import resample
from primage.image import resize_image
from primage.warp.augment import PrimitiveWarper, draw_grid
from primage.warp.pair import TrainingPair


def main(options: argparse.Namespace) -> None:
    config = configure("standard", "super", 300)
    photo, primitive, spec = read_pair(sample_photo(), config)
    medians = {}
    for side in (128, 256, 512):
        size = (side, side)
        pair = TrainingPair(resize_image(photo, size), primitive.resized(size), spec, 1.0, config.augment)
        warper = PrimitiveWarper(primitive.resized(size))
        rng = torch.Generator().manual_seed(0)
        rows = []
        for _ in range(options.rounds):
            start = time.perf_counter()
            grid = draw_grid(config.augment, size, rng)
            grid_done = time.perf_counter()
            warper.warp(grid)
            resample(pair.photo, grid)
            warp_done = time.perf_counter()
            pair.draw(1, rng)
            rows.append((grid_done - start, warp_done - grid_done, time.perf_counter() - warp_done))
        grid_ms, apply_ms, all_ms = np.median(rows[5:], axis=0) * 1e3
        medians[f"{side}x{side}"] = {
            "draw_grid_ms": round(float(grid_ms), 2),
            "warp_photo_labels_edges_ms": round(float(apply_ms), 2),
            "drawn_warped_and_encoded_ms": round(float(all_ms), 2),
        }
    machine.write(options.name, {"rounds": options.rounds, "median": medians})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="warps at each size")
    parser.add_argument("--name", default="warp_speed", help="name of the JSON")
    main(parser.parse_args())
