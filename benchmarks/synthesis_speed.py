"""Time of the synthesis after a render, with a quarter of the picture to synthesise, and of a stroke's own redo.

``python benchmarks/synthesis_speed.py [--rounds 7] [--threads 1 2]``

The drawing is a label map, of which every pixel is synthesised, with a scaled part in the box. A stroke then moves
something smaller in another place, and redoes what depends on it. Processor time is that of all threads together; on a
busy machine, it tells more than the time that passed. ``load_average`` says how many processes were running.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import skimage.data
import torch

from primage.api import configure, opened_run, prepare
from primage.edit.apply import apply_edits
from primage.edit.records import edits_from_json
from primage.model import Model, load
from primage.primitive.primitive import Primitive
from primage.synthesis.incoherence import incoherence
from primage.synthesis.polish import Previous, Render, polish
from primage.training import training

OFF = ("primitive.segments.semantic=off",)
PHOTO = Path(skimage.data.__file__).parent / "astronaut.png"
EDITS = [{"op": "scale", "region": {"shape": "ellipse", "centre": [0.44, 0.25], "radii": [0.16, 0.2]}, "factor": 1.35}]
STROKE = [
    {"op": "move", "region": {"shape": "ellipse", "centre": [0.75, 0.7], "radii": [0.05, 0.05]}, "by": [0.06, 0.03]}
]
#: First row and column, as shares of the sides.
CORNER = (0.02, 0.2)
#: Milliseconds, on two quiet cores.
TARGETS = {256: {"first picture": 150, "synthesis": 800}, 512: {"first picture": 350, "synthesis": 2500, "stroke": 300}}


def box(size: tuple[int, int], share: float) -> np.ndarray:
    """A mask of a box with this share of the sides."""
    mask = np.zeros(size, bool)
    (top, left), (height, width) = (
        (round(s * c) for s, c in zip(size, by, strict=True)) for by in (CORNER, (share,) * 2)
    )
    mask[top : top + height, left : left + width] = True
    return mask


def measured(work: Callable[[], object], rounds: int) -> dict[str, float]:
    work()  # compiles
    wall, processor = [], []
    for _ in range(rounds):
        begin = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - begin[0]))
        processor.append(1000 * (time.process_time() - begin[1]))
    return {
        "median_ms": round(statistics.median(wall), 1),
        "least_ms": round(min(wall), 1),
        "processor_median_ms": round(statistics.median(processor), 1),
        "processor_least_ms": round(min(processor), 1),
    }


def model_of(folder: Path, size_px: int) -> Model:
    with opened_run(folder, prepare(PHOTO, configure("standard", "segments", size_px, steps=0, settings=OFF))) as run:
        list(training(run))
    return load(folder)


def painted(model: Model, drawing: Primitive) -> Render:
    render = model.unpolished(drawing, model.paint(drawing))
    assert render is not None
    return render


def main(options: argparse.Namespace) -> None:
    sizes: dict[str, object] = {}
    for size_px, targets in TARGETS.items():
        with tempfile.TemporaryDirectory() as scratch:
            model = model_of(Path(scratch) / "run", size_px)
        drawn = apply_edits(model.primitive, edits_from_json(json.dumps(EDITS), "edits"))
        render = painted(model, drawn)
        later = painted(model, apply_edits(drawn, edits_from_json(json.dumps(STROKE), "stroke")))
        reference = model.reference(drawn.size)
        before = Previous(render, polish(reference, render))
        quarter = box(model.size, 0.5)
        share = float(polish(reference, render, quarter).synthesised.mean())
        work: dict[str, Callable[[], object]] = {
            "first picture": lambda m=model, d=drawn: m.paint(d),
            "incoherence": lambda f=reference, r=render: incoherence(r.image, f.patches, r.field),
            "synthesis": lambda f=reference, r=render, q=quarter: polish(f, r, q),
            "stroke": lambda f=reference, r=later, p=before: polish(f, r, previous=p),
        }
        times = {}
        for threads in options.threads:
            torch.set_num_threads(threads)
            times[f"{threads} threads"] = {name: measured(each, options.rounds) for name, each in work.items()}
        sizes[str(size_px)] = {"synthesised": round(share, 3), "targets_ms": targets, "times": times}
    load_average = round(os.getloadavg()[0], 1)
    machine.write(options.name, {"rounds": options.rounds, "load_average": load_average, "sizes": sizes})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--name", default="synthesis_speed", help="name of the JSON")
    main(parser.parse_args())
