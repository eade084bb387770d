"""A fresh warp of photo and super primitive, encoded, at several sizes. ``python benchmarks/warp_speed.py``."""

from __future__ import annotations

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

ROUNDS = 60


def main() -> None:
    config = configure("standard", "super", 300)
    photo, primitive, spec = read_pair(sample_photo(), config)
    figures = {}
    for side in (128, 256, 512):
        size = (side, side)
        pair = TrainingPair(resize_image(photo, size), primitive.resized(size), spec, 1.0, config.augment)
        warper = PrimitiveWarper(primitive.resized(size))
        generator = torch.Generator().manual_seed(0)
        rows = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            grid = draw_grid(config.augment, size, generator)
            drawn = time.perf_counter()
            warper.warp(grid)
            resample(pair.photo, grid)
            warped = time.perf_counter()
            pair.draw(1, generator)
            rows.append((drawn - start, warped - drawn, time.perf_counter() - warped))
        grid_ms, apply_ms, all_ms = np.median(rows[5:], axis=0) * 1e3
        figures[f"{side}x{side}"] = {
            "draw_grid_ms": round(float(grid_ms), 2),
            "warp_photo_labels_edges_ms": round(float(apply_ms), 2),
            "drawn_warped_and_encoded_ms": round(float(all_ms), 2),
        }
    machine.write("warp_speed", {"rounds": ROUNDS, "median": figures})


if __name__ == "__main__":
    main()
