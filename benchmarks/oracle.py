"""How near to the later frames copying can come at all: pixels of the training frame, moved by the true optical flow.

``python benchmarks/oracle.py FOLDER [--every 4] [--sizes 256 480]``

FOLDER is the authors' example video (see face_video.py). The flow (TV-L1) is measured between the true later frame and
the training frame, so it knows what no drawing shows: no method that copies can expect to do better by much. The copy
of the training frame, unmoved, is judged beside it on the same frames.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import machine
import numpy as np
import torch
from skimage.color import rgb2gray
from skimage.registration import optical_flow_tvl1

from primage.tensors import to_tensor
from primage.grid import identity_grid
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import read_image, resize_image
from primage.nets.layers import sample


def main(options: argparse.Namespace) -> None:
    distance = LPIPS("alexnet")
    found = {}
    for size in options.sizes:
        known = resize_image(read_image(options.folder / "train/image.png"), (size, size))
        photo = to_tensor(known)
        rows = []
        for path in sorted((options.folder / "test/image").glob("*.png"))[:: options.every]:
            later = resize_image(read_image(path), (size, size))
            down, right = optical_flow_tvl1(rgb2gray(later), rgb2gray(known), attachment=15, num_warp=8, num_iter=20)
            moved = torch.from_numpy(np.stack([right, down], axis=-1) * (2 / (size - 1)))[None].float()
            grid = identity_grid((size, size)) + moved
            copied = sample(photo, grid, "bicubic")
            with torch.inference_mode():
                pictures = copied.clamp(-1, 1), photo
                rows.append([float(distance(picture, to_tensor(later))) for picture in pictures])
        ours, copy = np.mean(rows, axis=0)
        found[str(size)] = {
            "frames": len(rows),
            "lpips_moved_by_true_flow": round(float(ours), 4),
            "lpips_copy": round(float(copy), 4),
        }
    machine.write("oracle", {"sizes": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=4, help="of how many frames one is judged")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 480])
    main(parser.parse_args())
