"""Training steps per second and render times on a GPU (CUDA, or MPS on a Mac).

``python benchmarks/gpu.py [--device cuda] [--presets standard paper] [--sizes 256 512]``

Each preset is trained and rendered plainly and, on a GPU, again in bfloat16 (autocast) and, rendering on CUDA, compiled
by ``torch.compile``. Without a GPU, ``--device cpu`` runs the same code plainly: it shows that this works.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import skimage.data
import torch

from primage.api import configure, opened_run, prepare
from primage.model import Model, load
from primage.nets.generator import Source
from primage.primitive.primitive import encode
from primage.schedule import plan
from primage.state import fresh_state
from primage.tensors import to_tensor
from primage.training import train_step, training
from primage.warp.pair import TrainingPair

#: Without the perceptual loss, whose weights may not be there.
PLAIN = ("loss.lambda_perc=0",)


def chosen(name: str | None) -> str:
    """The device to measure; exits with 2 if there is none."""
    found = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
    if name is None and found is None:
        print("there is no GPU that PyTorch can use; --device cpu runs the same code on the CPU", file=sys.stderr)
        raise SystemExit(2)
    device = name or found or "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        print(f"--device {device} cannot be used ({str(error).splitlines()[0]}); try --device cpu", file=sys.stderr)
        raise SystemExit(2) from error
    return device


def wait(device: str) -> None:
    """Wait until everything that was asked of a GPU is done."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def step_ms(preset: str, size: int, device: str, precision: str, rounds: int, settings: Sequence[str]) -> float:
    """Median time of a training step at full size, warps included."""
    config = configure(preset, "super", size, steps=1, settings=[*PLAIN, *settings, f"optim.precision={precision}"])
    prepared = prepare(Path(skimage.data.__file__).parent / "astronaut.png", config)
    spec = prepared.record.spec
    pairs = {
        scale: TrainingPair(prepared.photo, prepared.primitive, spec, scale, config.augment)
        for scale in {1.0, *(phase.scale for phase in config.phases)}
    }
    stage = plan(config, 10_000, pairs)[-1]
    source = Source(stage.pair.photo, stage.pair.encoded).to(device)
    state, times = fresh_state(config, spec, device), []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        train_step(state, config, stage, source, None, device)
        state.finish_step()
        wait(device)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times[1:])


def render_ms(model: Model, device: str, autocast: bool, compiled: bool, rounds: int) -> float:
    """Median time of the network, drawing in, picture out; without synthesis, which runs on the CPU."""
    primitive, spec = model.primitive, model.record.spec
    network = torch.compile(model.generator) if compiled else model.generator
    precision = torch.autocast(torch.device(device).type, torch.bfloat16) if autocast else contextlib.nullcontext()
    times = []
    with torch.inference_mode(), precision:
        source = model.generator.prepared(Source(to_tensor(model.photo), encode(primitive, spec)).to(device))
        for _ in range(rounds + 2):
            begin = time.perf_counter()
            network(encode(primitive, spec).to(device), source).image.cpu()
            times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times[2:])


def measured(preset: str, size: int, device: str, rounds: int, settings: Sequence[str]) -> dict[str, Any]:
    gpu, kind = device != "cpu", torch.device(device).type
    row: dict[str, Any] = {"preset": preset, "size_px": size}
    for precision in ("float32", "bfloat16") if gpu else ("float32",):
        milliseconds = step_ms(preset, size, device, precision, rounds, settings)
        row[f"steps_per_second_{precision}"] = round(1000 / milliseconds, 2)
    with tempfile.TemporaryDirectory() as scratch:
        config = configure(preset, "super", size, steps=0, settings=[*PLAIN, *settings])
        photo = Path(skimage.data.__file__).parent / "astronaut.png"
        with opened_run(Path(scratch) / "run", prepare(photo, config)) as run:
            list(training(run))
        model = load(Path(scratch) / "run", device)
    row["render_ms"] = round(render_ms(model, device, False, False, rounds), 1)
    if gpu:
        row["render_ms_bfloat16"] = round(render_ms(model, device, True, False, rounds), 1)
    if kind == "cuda":
        row["render_ms_compiled"] = round(render_ms(model, device, False, True, rounds), 1)
        row["peak_memory_gb"] = round(torch.cuda.max_memory_allocated(device) / 1e9, 2)
    return row


def main(options: argparse.Namespace) -> None:
    device = chosen(options.device)
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    rows = [
        measured(preset, size, device, options.rounds, options.settings)
        for preset in options.presets
        for size in options.sizes
    ]
    machine.write(options.name, {"device": name, "rounds": options.rounds, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="cuda, cuda:1, mps or cpu [default: the GPU]")
    parser.add_argument("--presets", nargs="+", default=["standard", "paper"], help="presets to measure")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="short sides in px")
    parser.add_argument("--rounds", type=int, default=20, help="steps and renders that are timed")
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="settings, as for primage train")
    parser.add_argument("--name", default="gpu", help="name of the JSON")
    main(parser.parse_args())
