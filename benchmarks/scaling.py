"""How step time and memory grow with image size, and training time compared with the published method.

``python benchmarks/scaling.py`` (about five minutes)
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
import skimage.data

from primage.api import configure, prepare
from primage.config import Config
from primage.nets.features import FeatureExtractor
from primage.nets.generator import Source
from primage.schedule import plan
from primage.state import fresh_state
from primage.training import train_step
from primage.warp.pair import TrainingPair

SIZES = (128, 256, 512, 1024)
PHOTO = Path(skimage.data.__file__).parent / "astronaut.png"


def step_seconds(config: Config, size: int, rounds: int) -> list[float]:
    """Seconds per step in the last phase, after two warm-up steps; every second step has the perceptual loss."""
    config = config.model_copy(update={"size_px": size, "steps": 100})
    prepared = prepare(PHOTO, config)
    loss = prepared.record.config.loss
    perceptual = FeatureExtractor(loss.perceptual_network, loss.perceptual_layers)
    pair = TrainingPair(prepared.photo, prepared.primitive, prepared.record.spec, 1.0, config.augment)
    stage = plan(config, 100, dict.fromkeys({1.0, *(phase.scale for phase in config.phases)}, pair))[-1]
    state = fresh_state(config, prepared.record.spec, "cpu")
    source = Source(pair.photo, pair.encoded)
    times = []
    for _ in range(rounds + 2):
        begin = time.perf_counter()
        train_step(state, config, stage, source, perceptual, "cpu")
        state.finish_step()
        times.append(time.perf_counter() - begin)
    return times[2:]


def memory(size: int) -> float:
    """Peak memory in GB, measured in a separate process."""
    command = [sys.executable, __file__, "--memory", str(size)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main(name: str) -> None:
    # Measure memory first: a child process starts with the peak of its parent.
    peaks = {str(size): memory(size) for size in (256, 512)}
    standard, draft = configure("standard", "super"), configure("draft", "super")
    steps = {}
    for size in SIZES:
        times = step_seconds(standard, size, 8 if size <= 512 else 4)
        steps[size] = statistics.mean(times)  # not the median, because every second step is more expensive
        print(json.dumps({size: steps[size]}), file=sys.stderr)
    paper = statistics.mean(step_seconds(configure("paper", "super"), 256, 2))
    growth = {b: steps[b] / steps[a] / ((b / a) ** 2) for a, b in itertools.pairwise(SIZES)}
    machine.write(
        name,
        {
            "step_seconds": {str(size): round(seconds, 3) for size, seconds in steps.items()},
            "growth_over_pixels": {str(size): round(value, 3) for size, value in growth.items()},
            "growth_over_pixels_128_to_1024": round(steps[1024] / steps[128] / 64, 3),
            "peak_rss_gb": peaks,
            "paper_step_seconds": round(paper, 2),
            "paper_hours": round(paper * 16_000 / 3600, 1),
            "standard_minutes": standard.minutes,
            "times_less_than_paper": {
                name: round(paper * 16_000 / ((config.minutes or 0) * 60), 1)
                for name, config in (("standard", standard), ("draft", draft))
            },
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", type=int, metavar="SIZE", help="only measure the peak memory at this size")
    parser.add_argument("--name", default="scaling", help="name of the JSON")
    options = parser.parse_args()
    if options.memory is not None:
        step_seconds(configure("standard", "super"), options.memory, 4)
        print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2))
    else:
        main(options.name)
