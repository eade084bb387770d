"""Render time from primitive file to image array, with the shipped matcher and no training on the photo.

``python benchmarks/render_speed.py [--rounds 15]``
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import machine
import skimage.data

from primage.api import configure, opened_run, prepare
from primage.model import load
from primage.primitive.write import write_primitive
from primage.training import training


def main(options: argparse.Namespace) -> None:
    photo = Path(skimage.data.__file__).parent / "astronaut.png"
    sizes = {}
    for size, target in ((256, 150), (512, 400)):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            prepared = prepare(photo, configure("standard", "super", size, steps=0))
            with opened_run(folder / "run", prepared) as run:
                list(training(run))
            file = folder / "primitive.png"
            write_primitive(file, prepared.primitive, prepared.record.spec)
            model = load(folder / "run")
            times = []
            for _ in range(options.rounds + 1):
                begin = time.perf_counter()
                model.render(file, size_px=size)
                times.append(1000 * (time.perf_counter() - begin))
            sizes[str(size)] = {
                "median_ms": round(statistics.median(times[1:]), 1),
                "least_ms": round(min(times[1:]), 1),
                "first_ms": round(times[0], 1),
                "target_ms": target,
            }
    machine.write(options.name, {"rounds": options.rounds, "sizes": sizes})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="renders at each size")
    parser.add_argument("--name", default="render_speed", help="name of the JSON")
    main(parser.parse_args())
