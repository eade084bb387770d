"""Milliseconds of a render: primitive file in, array for the PNG out; model with the shipped matcher alone.

``python benchmarks/render_speed.py``
"""

from __future__ import annotations

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

ROUNDS = 15


def main() -> None:
    photo = Path(skimage.data.__file__).parent / "astronaut.png"
    found = {}
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
            for _ in range(ROUNDS + 1):
                begin = time.perf_counter()
                model.render(file, size_px=size)
                times.append(1000 * (time.perf_counter() - begin))
            found[str(size)] = {
                "median_ms": round(statistics.median(times[1:]), 1),
                "least_ms": round(min(times[1:]), 1),
                "first_ms": round(times[0], 1),
                "target_ms": target,
            }
    machine.write("render_speed", {"rounds": ROUNDS, "sizes": found})


if __name__ == "__main__":
    main()
