"""A full disk: a training loses nothing that can be saved. A real disk of a megabyte, where one may be mounted."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from primage import training
from primage.errors import shortage
from primage.files import append_line, is_scratch
from primage.model import load
from primage.run import Run
from primage.tensor_files import load_tensors, save_tensors
from tests.tiny import command, one_thread, options, write_photo


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode:
        pytest.skip("file systems may not be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_checkpoint_that_does_not_fit_is_an_error_and_the_one_before_stays(small_disk: Path) -> None:
    path = small_disk / "checkpoint.safetensors"
    save_tensors(path, {"weights": torch.ones(50_000)}, {"step": 1})
    with pytest.raises(OSError, match="No space left") as error:
        save_tensors(path, {"weights": torch.ones(500_000)}, {"step": 2})
    assert error.value.errno == errno.ENOSPC
    assert shortage(error.value) == f"the disk is full: there is no space for {path}; free some and repeat the command"
    assert load_tensors(path)[1] == {"step": 1}
    assert not any(is_scratch(each.name) for each in small_disk.iterdir())


def test_a_disk_that_is_too_small_for_a_run_is_one_sentence_and_its_checkpoint_stays(
    small_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, run = write_photo(tmp_path), small_disk / "run"
    line = ("train", photo, "-o", run, *options(size=32), "-q")
    assert command(*line, "--steps", 1) == 0
    before = (run / "checkpoint.safetensors").read_bytes()
    free = os.statvfs(small_disk)
    (small_disk / "other").write_bytes(bytes(free.f_bavail * free.f_frsize))
    assert command("train", "--continue", "-o", run, "--steps", 1, "-q") != 0
    (line_of_error,) = capsys.readouterr().err.splitlines()
    assert "the disk is full" in line_of_error or "No space left" in line_of_error
    assert (run / "checkpoint.safetensors").read_bytes() == before
    (small_disk / "other").unlink()
    assert command("train", "--continue", "-o", run, "-q", "--steps", 1) == 0


def test_half_a_line_is_taken_back(small_disk: Path) -> None:
    log, lines = small_disk / "log.jsonl", 0
    free = os.statvfs(small_disk)
    (small_disk / "other").write_bytes(bytes(free.f_bavail * free.f_frsize - free.f_frsize))
    with contextlib.suppress(OSError):
        for lines in range(10**6):
            append_line(log, json.dumps({"step": lines, "text": "x" * 300}))
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [*range(lines)]
    assert 5 < lines < 10**5


@pytest.mark.parametrize("place", ["log", "save_checkpoint", "previews"])
def test_what_cannot_be_written_for_a_while_does_not_end_the_training(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = []

    def for_a_while(true: Any) -> Any:
        def call(*given: Any) -> Any:
            if len(failed) == 2:
                return true(*given)
            failed.append(True)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return call

    monkeypatch.setattr(training, "_LOG_SEC", 0.0)
    monkeypatch.setattr(training, "_REST", 0)
    monkeypatch.setattr(training, "_FIRST_PREVIEWS_SEC", ())
    if place == "previews":
        monkeypatch.setattr(training, "write_preview", for_a_while(training.write_preview))
    else:
        monkeypatch.setattr(Run, place, for_a_while(getattr(Run, place)))
    settings = ("checkpoint_sec=0.000001", "preview_sec=0.000001")
    line = ("train", write_photo(tmp_path), "-o", tmp_path / "run", *options(steps=4, size=32, settings=settings))
    assert command(*line) == 0
    said = capsys.readouterr().err
    assert (
        said.count("the disk is full: there is no space; free some and repeat the command; the training goes on") == 1
    )
    assert len(failed) == 2
    assert load(tmp_path / "run").record.steps == Run(tmp_path / "run").load_checkpoint()[1]["step"] == 4


def test_a_model_is_written_even_if_the_last_checkpoint_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_given: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Run, "save_checkpoint", full)
    line = ("train", write_photo(tmp_path), "-o", tmp_path / "run", *options(steps=2, size=32), "-q")
    assert command(*line) == 1
    assert capsys.readouterr().err == "primage: the disk is full: there is no space; free some and repeat the command\n"
    assert load(tmp_path / "run").record.steps == 2
