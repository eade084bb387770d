"""Fills holes with other libraries' inpainting; `peers.py` runs it with a Python that has them installed.

``PYTHON benchmarks/peers_fill.py JOBS.npz RESULTS.npz``: arrays ``image_N`` (H, W, 3) uint8 and ``hole_N`` (H, W) bool;
``image_N_PEER`` and ``seconds_N_PEER`` (wall-clock and processor time) for each peer.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]
_ROUNDS = 3
_OPENCV_RADIUS_PX = 3


def fills() -> dict[str, Fill]:
    """The peers by name. PyPatchMatch's radius is that of its examples; its default, 15, is far slower."""
    import cv2
    import patchmatch

    def opencv(method: int) -> Fill:
        return lambda image, hole: cv2.inpaint(image, hole.astype(np.uint8), _OPENCV_RADIUS_PX, method)

    return {
        "PyPatchMatch, 7×7": lambda image, hole: patchmatch.inpaint(image, hole, patch_size=3),
        "OpenCV, Telea": opencv(cv2.INPAINT_TELEA),
        "OpenCV, Navier-Stokes": opencv(cv2.INPAINT_NS),
    }


def main(jobs: str, results: str) -> None:
    given, out = np.load(jobs), {}
    for number in range(len(given.files) // 2):
        image, hole = given[f"image_{number}"], given[f"hole_{number}"]
        for name, fill in fills().items():
            seconds = []
            for _ in range(_ROUNDS):
                wall, processor = time.perf_counter(), time.process_time()
                out[f"image_{number}_{name}"] = fill(image, hole)
                seconds.append((time.perf_counter() - wall, time.process_time() - processor))
            out[f"seconds_{number}_{name}"] = np.array([statistics.median(kind) for kind in zip(*seconds, strict=True)])
    np.savez(results, **out)


if __name__ == "__main__":
    main(*sys.argv[1:])
