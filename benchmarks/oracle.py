"""A bound for methods that copy pixels: the training frame warped by the true optical flow to each later frame.

``python benchmarks/oracle.py FOLDER [--every 4] [--sizes 256 480]``

FOLDER is the authors' example video (see face_video.py). The flow (TV-L1) is estimated between the true later frame and
the training frame, so it uses information that no primitive contains; a method that copies pixels cannot do much
better. The unwarped training frame is scored on the same frames as a baseline.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import machine
import numpy as np
import torch
from skimage.color import rgb2gray
from skimage.registration import optical_flow_tvl1

from primage.evaluate.metrics.lpips import LPIPS
from primage.grid import identity_grid
from primage.image import read_image, resize_image
from primage.nets.layers import sample
from primage.tensors import to_tensor


def main(options: argparse.Namespace) -> None:
    distance = LPIPS("alexnet")
    scores = {}
    for size in options.sizes:
        training_frame = resize_image(read_image(options.folder / "train/image.png"), (size, size))
        photo = to_tensor(training_frame)
        rows = []
        for path in sorted((options.folder / "test/image").glob("*.png"))[:: options.every]:
            later = resize_image(read_image(path), (size, size))
            down, right = optical_flow_tvl1(
                *(rgb2gray(later), rgb2gray(training_frame)), attachment=15, num_warp=8, num_iter=20
            )
            flow = torch.from_numpy(np.stack([right, down], axis=-1) * (2 / (size - 1)))[None].float()
            grid = identity_grid((size, size)) + flow
            warped = sample(photo, grid, "bicubic")
            with torch.inference_mode():
                rows.append([float(distance(image, to_tensor(later))) for image in (warped.clamp(-1, 1), photo)])
        by_flow, copy = np.mean(rows, axis=0)
        scores[str(size)] = {
            "frames": len(rows),
            "lpips_moved_by_true_flow": round(float(by_flow), 4),
            "lpips_copy": round(float(copy), 4),
        }
    machine.write(options.name, {"sizes": scores})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=4, help="interval between the frames that are scored")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 480])
    parser.add_argument("--name", default="oracle", help="name of the JSON")
    main(parser.parse_args())
