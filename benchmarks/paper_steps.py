"""Time and memory of a few steps of the published configuration (the first is a warm-up).

``python benchmarks/paper_steps.py [--size 256] [--steps 3]``
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import tempfile
from pathlib import Path

import machine
import skimage.data

from primage.api import configure, opened_run, prepare
from primage.training import training


def main(options: argparse.Namespace) -> None:
    photo = Path(skimage.data.__file__).parent / "astronaut.png"  # a square photo (NASA, public domain)
    config = configure("paper", "super", options.size, steps=options.steps)
    with tempfile.TemporaryDirectory() as scratch:
        prepared = prepare(photo, config)
        with opened_run(Path(scratch) / "run", prepared) as run:
            for progress in training(run):
                print(progress)
            log = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    seconds = [log[0]["seconds"], *(b["seconds"] - a["seconds"] for a, b in itertools.pairwise(log))]
    machine.write(
        options.name,
        {
            "size": prepared.record.config.size_px,
            "working_size": list(prepared.photo.shape[:2]),
            "perceptual_network": prepared.record.config.loss.perceptual_network,
            "seconds_a_step": [round(s, 2) for s in seconds],
            "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
            "losses": {k: v for k, v in log[-1].items() if k not in ("step", "seconds")},
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--name", default="paper_steps", help="name of the JSON")
    main(parser.parse_args())
