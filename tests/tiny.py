"""The smallest things that can be trained: a photo of 48 × 64 px, networks of a few channels, and commands on them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from PIL import Image

from primage.cli.main import run as run_command
from primage.nets.weights import weights_available

Result = TypeVar("Result")

#: Makes any preset's step a matter of milliseconds; the perceptual loss needs pretrained weights, so it is off.
SETTINGS: dict[str, tuple[str, ...]] = {
    "draft": (
        "loss.lambda_perc=0",
        "loss.lambda_GAN=0.1",  # so that the discriminator is tested, too
        "matcher=none",  # it fits the presets' widths only
        "generator.embedding=4",
        "generator.widths=[8,8,8,8]",
        "generator.blocks=[0,0,0,1]",
        "generator.refine_widths=[8,8,8]",
        "discriminator.ndf=4",
    ),
    "paper": (
        "loss.lambda_perc=0",
        "generator.ngf=4",
        "generator.n_blocks=1",
        "discriminator.ndf=4",
    ),
}
SETTINGS["standard"] = SETTINGS["draft"]


def picture(seed: int = 0, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """A blue box and a red disc on sand, with a little noise."""
    y, x = np.mgrid[: size[0], : size[1]] / min(size)
    image = np.full((*size, 3), (200, 180, 90), dtype=np.int16)
    image[(y > 0.2) & (y < 0.7) & (x > 0.15) & (x < 0.6)] = (30, 60, 160)
    image[(y - 0.5) ** 2 + (x - 0.95) ** 2 < 0.05] = (180, 40, 50)
    image += np.random.default_rng(seed).integers(-6, 7, image.shape, dtype=np.int16)
    return image.clip(0, 255).astype(np.uint8)


def write_photo(folder: Path, seed: int = 0, name: str = "photo.png") -> Path:
    """`picture` as a file."""
    path = folder / name
    Image.fromarray(picture(seed)).save(path)
    return path


def options(preset: str = "draft", settings: Sequence[str] = (), **others: object) -> list[str]:
    """The command line that trains a preset with networks of a few channels."""
    found = ["--preset", preset]
    for name, value in others.items():
        found += [f"--{name.replace('_', '-')}", str(value)]
    for setting in (*SETTINGS[preset], *settings):
        found += ["--set", setting]
    return found


def command(*arguments: object) -> int:
    """Run a command line in this process; what it does to the logger is undone."""
    logger = logging.getLogger("primage")
    before = logger.handlers, logger.propagate, logger.level
    try:
        return run_command([str(argument) for argument in arguments])
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start a command line in a process of its own, on one core."""
    return subprocess.Popen(
        [sys.executable, "-m", "primage.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core: tiny layers are a hundred times slower on two while somebody else uses one of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run_alone(coroutine: Coroutine[None, None, Result]) -> Result:
    """Run in an event loop of its own, in a thread: the browser tests may have left one running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def lock_holder(path: Path) -> subprocess.Popen[str]:
    """A process that holds a lock file until it is killed."""
    script = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held'); input()"
    holder = subprocess.Popen(
        [sys.executable, "-u", "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def contents(folder: Path) -> dict[str, str]:
    """Every file and folder below, with the hash of what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def need_weights(name: str) -> None:
    """Skip the test where pretrained weights would have to be downloaded."""
    if not weights_available(name):
        pytest.skip(f"the weights '{name}' are not on this machine (primage weights --fetch)")
