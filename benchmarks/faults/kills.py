"""SIGKILL at random moments of trainings and of saves: what is resumed equals what was never interrupted.

``python benchmarks/faults/kills.py [--resumed 200] [--saved 500]``. Two trainings of a second: the painter on one photo
with every augmentation, and the paper's network on three pairs. Each kill is followed by the same training without
one, whose networks, optimisers, moving average and random generator must have the hashes of the uninterrupted
training. Negative controls put the fresh state of one of them into the checkpoint: the hash must become another one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "faults")]

from forked import forked  # noqa: E402
from tests.tiny import SETTINGS, picture, write_photo  # noqa: E402

from primage import training  # noqa: E402
from primage.api import Prepared, configure, opened_run, prepare  # noqa: E402
from primage.config import Config  # noqa: E402
from primage.errors import RunError  # noqa: E402
from primage.files import is_scratch  # noqa: E402
from primage.nets.weights import content_sha256  # noqa: E402
from primage.run import Run  # noqa: E402
from primage.run_folder import lock_folder  # noqa: E402
from primage.state import fresh_state  # noqa: E402
from primage.tensor_files import load_tensors, save_tensors  # noqa: E402

STEPS = 16
#: Of a checkpoint's tensors, by the beginnings of their names; all draws of warps and pairs come from one generator.
PARTS = {
    "networks": ("generator/", "discriminator/"),
    "optimisers": ("optimiser_G/", "optimiser_D/"),
    "moving average": ("ema/",),
    "random generator": ("rng",),
}
AUGMENTATIONS = ("tps", "flip", "rotation", "crop", "shear", "translation", "cutmix", "canny_sigma", "parts", "redraw")
TRAININGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "painter": (
        "draft",
        (
            *SETTINGS["draft"],
            *("discriminator.start=0.3", "loss.lambda_feat=1", "discriminator.num_D=2"),
            *(f"augment.{name}=true" for name in AUGMENTATIONS),
        ),
    ),
    "paper, three pairs": ("paper", (*SETTINGS["paper"], "optim.ema=0.9")),
}


def inputs(name: str, folder: Path) -> tuple[Prepared, Config]:
    """What a training learns from, in a folder of its own, and its settings."""
    preset, settings = TRAININGS[name]
    kind = "super" if preset == "draft" else "segments"
    # Checkpoints come after every few steps, so that most kills lose some.
    config = configure(preset, kind, 32, steps=STEPS, settings=(*settings, "checkpoint_sec=0.05"))
    folder.mkdir()
    if preset == "draft":
        return prepare(write_photo(folder), config), config
    for seed, colour in enumerate(((200, 30, 30), (30, 180, 40), (30, 60, 200))):
        Image.fromarray(picture(seed, (32, 48))).save(folder / f"{seed}.png")
        drawing = np.full((32, 48, 3), (230, 210, 150), np.uint8)
        drawing[8:24, 10:30] = colour
        Image.fromarray(drawing).save(folder / f"{seed}.drawing.png")
    return prepare(folder, config), config


def train(folder: Path, prepared: Prepared, stop_at: int | None = None) -> None:
    """Train to the end, or to a step."""
    training._LOG_SEC, training._REST, training._FIRST_PREVIEWS_SEC = 0.0, 0, ()  # type: ignore[misc,assignment]
    with opened_run(folder, prepared) as run, closing(training.training(run)) as steps:
        for progress in steps:
            if progress.step == stop_at:
                return


def hashes(run: Path) -> dict[str, str]:
    """The hash of each part of a run's checkpoint, and of its model."""
    tensors, meta = load_tensors(run / "checkpoint.safetensors")
    found = {
        part: content_sha256({name: of for name, of in tensors.items() if name.startswith(names)})
        for part, names in PARTS.items()
    }
    # Were a part's name wrong, its hash would be that of nothing.
    assert all(any(name.startswith(names) for name in tensors) for names in PARTS.values())
    return found | {"step": str(meta["step"]), "model": content_sha256(load_tensors(run / "model.safetensors")[0])}


def step_of(run: Path) -> int:
    """Of a run's checkpoint, 0 without one."""
    return int(Run(run).checkpoint_record()["step"]) if (run / "checkpoint.safetensors").exists() else 0


def resumed(folder: Path, prepared: Prepared, kills: int, rng: random.Random) -> dict[str, Any]:
    """Kill a training and resume it, and compare it with one that was not killed."""
    whole, run = folder / "whole", folder / "run"
    forked(lambda _: train(whole, prepared))
    times = []
    for _ in range(3):
        begin = time.monotonic()
        end = forked(lambda _: train(run, prepared))
        times.append(time.monotonic() - begin)
        assert not end.code, "the training failed"
        shutil.rmtree(run)
    expected, seconds = hashes(whole), statistics.median(times)
    equal, found, without_checkpoint = 0, [], 0
    steps: list[int] = []
    while len(steps) < kills:
        if not forked(lambda _: train(run, prepared), rng.uniform(0, seconds)).killed:
            shutil.rmtree(run)
            continue
        at = step_of(run)
        without_checkpoint += not (run / "checkpoint.safetensors").exists()
        steps.append(at)
        end = forked(lambda _: train(run, prepared))
        same = not end.code and hashes(run) == expected
        equal += same
        if not same:
            found.append({"step": at, "code": end.code})
        shutil.rmtree(run)
    return {
        "kills": len(steps),
        "equal": equal,
        "before_the_first_checkpoint": without_checkpoint,
        "steps": [min(steps), statistics.median(steps), max(steps)],
        "seconds": round(seconds, 2),
        "found": found,
    }


def controls(folder: Path, prepared: Prepared, config: Config) -> dict[str, list[str]]:
    """What differs in the end if one part of the checkpoint is replaced by that of a fresh state.

    Resuming must not notice it by itself: what is replaced fits.
    """
    whole, stopped, run = folder / "whole", folder / "stopped", folder / "control"
    if not whole.exists():
        train(whole, prepared)
    train(stopped, prepared, STEPS // 2)
    fresh, _ = fresh_state(config, prepared.record.spec, "cpu").dump()
    different = {}
    for part, names in {"nothing": (), **PARTS}.items():
        shutil.copytree(stopped, run)
        path = run / "checkpoint.safetensors"
        tensors, meta = load_tensors(path)
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(names)}
        old = {name: tensor for name, tensor in fresh.items() if name.startswith(names)}
        assert part == "nothing" or kept.keys() != tensors.keys()
        save_tensors(path, {**kept, **old}, meta)
        train(run, prepared)
        now, expected = hashes(run), hashes(whole)
        different[part] = [name for name in now if now[name] != expected[name]]
        shutil.rmtree(run)
    shutil.rmtree(stopped)
    return different


def numbered(number: int) -> tuple[Mapping[str, torch.Tensor], Mapping[str, object]]:
    """A checkpoint of 1.2 MB that holds its own number."""
    return {"weights": torch.full((300_000,), float(number))}, {"step": number}


def saved(folder: Path, prepared: Prepared, kills: int, rng: random.Random) -> dict[str, Any]:
    """Kill a process that saves one checkpoint after the other."""
    run = folder / "saving"
    train(run, prepared, 1)

    def save(tell: Callable[[int], None]) -> None:
        opened = Run(run)
        opened.save_checkpoint(*numbered(0))
        for number in range(1, 1 << 30):
            tell(number - 1)
            opened.save_checkpoint(*numbered(number))

    begin = time.monotonic()
    told = forked(save, 1.0, after=1).told
    seconds = (time.monotonic() - begin) / len(told)  # of a save
    unreadable = older = left = orphans = 0
    for _ in range(kills):
        end = forked(save, rng.uniform(0, 2 * seconds), after=1 + rng.randrange(3))
        assert end.killed, "the process ended"
        orphans += any(is_scratch(path.name) for path in run.iterdir())
        try:
            tensors, meta = Run(run).load_checkpoint()
            older += not (meta["step"] >= end.told[-1] and bool((tensors["weights"] == meta["step"]).all()))
        except RunError:
            unreadable += 1
        with lock_folder(run):  # as the next training does
            left += sum(is_scratch(path.name) for path in run.iterdir())
    return {
        "kills": kills,
        "unreadable": unreadable,
        "older_than_one_interval": older,
        "left_unfinished_files": orphans,
        "unfinished_files_after_the_next_start": left,
        "ms_per_save": round(1000 * seconds, 1),
    }


def tried(kills: int, saves: int, seed: int, names: tuple[str, ...] = tuple(TRAININGS)) -> dict[str, Any]:
    """All figures."""
    torch.set_num_threads(1)
    rng = random.Random(seed)
    figures: dict[str, Any] = {"seed": seed, "resumed": {}, "controls": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for at, name in enumerate(names):
            folder = Path(temporary) / str(at)
            folder.mkdir()
            prepared, config = inputs(name, folder / "inputs")
            train(folder / "warm", prepared)  # loads what is loaded late, for all forks
            share = kills * (at + 1) // len(names) - kills * at // len(names)
            figures["resumed"][name] = resumed(folder, prepared, share, rng)
            figures["controls"][name] = controls(folder, prepared, config)
            if not at:
                figures["saved"] = saved(folder, prepared, saves, rng)
    return figures


def wrong(figures: Mapping[str, Any]) -> list[str]:
    """What is not as it was promised."""
    found = [f"resumed: {name}" for name, of in figures["resumed"].items() if of["equal"] != of["kills"]]
    for name, of in figures["controls"].items():
        found += [f"control: {name}, {part}" for part, names in of.items() if ("model" in names) == (part == "nothing")]
    bad = ("unreadable", "older_than_one_interval", "unfinished_files_after_the_next_start")
    return found + [f"saved: {name}" for name in bad if figures["saved"][name]]


def main(options: argparse.Namespace) -> None:
    import machine

    figures = tried(options.resumed, options.saved, options.seed)
    machine.write(options.name, {**figures, "wrong": wrong(figures)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resumed", type=int, default=200, help="kills of trainings")
    parser.add_argument("--saved", type=int, default=500, help="kills while saving")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--name", default="kills", help="name of the JSON")
    main(parser.parse_args())
