"""A checkpoint survives: damage is noticed, writes that fail in turn, kills while saving."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from primage.errors import RunError
from primage.run import Run
from primage.run_folder import CHECKPOINT, PREVIOUS
from primage.tensor_files import load_tensors
from tests.tiny import command, options, write_photo

#: Every seed of this file; the damage is the same every time.
_SEED = 20261129
_DAMAGES, _KILLS = 120, 12


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    assert command("train", write_photo(folder), "-o", folder / "run", "-q", *options(steps=1, size=32)) == 0
    return folder / "run"


def state(number: int) -> dict[str, torch.Tensor]:
    return {"weights": torch.full((300,), float(number)), "step": torch.tensor([number])}


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    """A run with two checkpoints: 1, and 2 after it."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "photo.png", "primitive.png", "segments.png", "edges.png"):
        (folder / name).write_bytes((trained / name).read_bytes())
    found = Run(folder)
    for number in (1, 2):
        found.save_checkpoint(state(number), {"step": number})
    return found


def step_of(run: Run) -> int:
    tensors, meta = run.load_checkpoint()
    assert (tensors["weights"] == meta["step"]).all()
    return int(meta["step"])


def test_all_damage_is_noticed_and_the_checkpoint_before_is_used(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    whole, rng = run.checkpoint_path.read_bytes(), random.Random(_SEED)
    unread = missed = 0
    for number in range(_DAMAGES):
        damaged = bytearray(whole)
        if number % 3 == 0:
            del damaged[rng.randrange(len(whole)) :]
        else:
            place = rng.randrange(len(whole) if number % 3 == 1 else 400)  # the header, too
            damaged[place] ^= 1 << rng.randrange(8)
        run.checkpoint_path.write_bytes(damaged)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            try:
                step = step_of(run)
            except Exception:
                unread += 1
                continue
        # A flip of the header that changes nothing, such as a space, is no damage.
        missed += step == 2 and not harmless(whole, bytes(damaged), run.checkpoint_path)
        assert step == 2 or "the checkpoint before it is used" in caplog.text
    assert (unread, missed) == (0, 0)


def harmless(whole: bytes, damaged: bytes, path: Path) -> bool:
    copy = path.with_name("copy.safetensors")
    copy.write_bytes(whole)
    before, meta = load_tensors(copy)
    copy.write_bytes(damaged)
    after, again = load_tensors(copy)
    copy.unlink()
    # Were it the name of the checksum, what it is of would be whole.
    return (
        meta == {name: again.get(name) for name in meta}
        and before.keys() == after.keys()
        and all(before[n].equal(after[n]) for n in before)
    )


def test_two_damaged_checkpoints_are_one_sentence(run: Run) -> None:
    for name in (CHECKPOINT, PREVIOUS):
        path = run.path / name
        path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(RunError, match="damaged"):
        run.load_checkpoint()


def calls(monkeypatch: pytest.MonkeyPatch, fails: int | None, code: int) -> Callable[[], int]:
    """Count the calls that reach the disk while a checkpoint is saved, and let one of them fail."""
    done = 0

    def wrapped(original: Any) -> Any:
        def call(*given: Any, **more: Any) -> Any:
            nonlocal done
            done += 1
            if done - 1 == fails:
                raise OSError(code, os.strerror(code))
            return original(*given, **more)

        return call

    monkeypatch.setattr("primage.tensor_files.save_file", wrapped(sys.modules["primage.tensor_files"].save_file))
    monkeypatch.setattr("os.fsync", wrapped(os.fsync))
    for name in ("touch", "replace", "hardlink_to", "unlink", "chmod"):
        monkeypatch.setattr(Path, name, wrapped(getattr(Path, name)))
    return lambda: done


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_call_that_fails_leaves_a_checkpoint(run: Run, code: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        count = calls(patch, None, code)
        run.save_checkpoint(state(3), {"step": 3})
        steps = count()
    assert steps >= 6
    for number in range(steps):
        before = step_of(run)
        with pytest.MonkeyPatch.context() as patch:
            calls(patch, number, code)
            with contextlib.suppress(OSError):
                run.save_checkpoint(state(before + 1), {"step": before + 1})
        assert step_of(run) in (before, before + 1)
        assert not list(run.path.glob(".*.partial")) or number >= steps - 2


_SAVING = """
import sys, torch
from pathlib import Path
from primage.run import Run
run = Run(Path(sys.argv[1]))
number = 10
while True:
    number += 1
    run.save_checkpoint({"weights": torch.full((300_000,), float(number))}, {"step": number})
    print(number, flush=True)
"""


def test_a_kill_while_saving_loses_one_interval_at_most(run: Run) -> None:
    """More of them in ``benchmarks/faults/checkpoint_kills.py``."""
    rng = random.Random(_SEED)
    with subprocess.Popen([sys.executable, "-c", _SAVING, str(run.path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(_KILLS):
            last = int(process.stdout.readline())
        time.sleep(rng.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    last = max([last, *map(int, rest)])
    assert step_of(run) in (last, last + 1)
