"""Photos shrunk to half the size and enlarged again: PSNR and LPIPS to the truth, against bicubic interpolation.

``python benchmarks/super_resolution.py [--size PX] [--steps N]``

The photos come with scikit-image; the middle of each is taken. Steps, learning rate and crops were tried on the
development half only.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import machine
import numpy as np
import skimage.data
from torch.nn import functional as F

from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.metrics.pixels import PSNR
from primage.image import write_png
from primage.render.super_resolution import STEPS, as_channels, learning, shrunk, upscaled
from primage.synthesis.steps import finished
from primage.tensors import to_tensor

SCALE = 2
HALVES = {"dev": ("coffee", "chelsea"), "held-out": ("astronaut", "rocket", "camera")}


def middle(name: str, size: int) -> np.ndarray:
    """The middle of a photo, whose sides the scale divides."""
    photo = getattr(skimage.data, name)()
    photo = photo if photo.ndim == 3 else np.stack([photo] * 3, axis=2)
    sides = [min(side, size) // SCALE * SCALE for side in photo.shape[:2]]
    first = [(length - side) // 2 for length, side in zip(photo.shape[:2], sides, strict=True)]
    return np.ascontiguousarray(photo[first[0] : first[0] + sides[0], first[1] : first[1] + sides[1]])


def to_bytes(x: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of (1, 3, H, W) in [0, 1]."""
    return np.ascontiguousarray(np.rint(x[0].clip(0, 1).transpose(1, 2, 0) * 255).astype(np.uint8))


def main() -> None:
    """Enlarge all photos and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--sheet", type=Path, help="write bicubic, ours and the truth side by side")
    given = parser.parse_args()
    lpips = LPIPS()
    rows, pictures = [], []
    for half, names in HALVES.items():
        for name in names:
            truth = middle(name, given.size)
            small = to_bytes(shrunk(as_channels(truth), SCALE).numpy())
            plain = F.interpolate(as_channels(small), truth.shape[:2], mode="bicubic", align_corners=False)
            began = time.process_time()
            network = finished(learning(small, SCALE, given.steps))
            results = {"bicubic": to_bytes(plain.numpy()), "ours": upscaled(network, small)}
            seconds = time.process_time() - began
            scores = {
                method: {
                    "psnr": round(float(PSNR()(to_tensor(image), to_tensor(truth))), 2),
                    "lpips": round(float(lpips(to_tensor(image), to_tensor(truth))), 4),
                }
                for method, image in results.items()
            }
            rows.append({"photo": name, "half": half, **scores, "processor_seconds": round(seconds, 1)})
            print(rows[-1], flush=True)
            pictures.append(np.concatenate([*results.values(), truth], axis=1))
    machine.write("super_resolution", {"scale": SCALE, "size_px": given.size, "steps": given.steps, "photos": rows})
    if given.sheet is not None:
        width = max(picture.shape[1] for picture in pictures)
        padded = [np.pad(x, ((0, 0), (0, width - x.shape[1]), (0, 0))) for x in pictures]
        write_png(given.sheet, np.concatenate(padded))


if __name__ == "__main__":
    main()
