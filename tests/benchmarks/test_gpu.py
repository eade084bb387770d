"""benchmarks/gpu.py runs on the CPU, too, and says in one sentence that there is no GPU."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.tiny import SETTINGS, one_thread

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    with one_thread():
        yield importlib.import_module("gpu")


@pytest.mark.parametrize("preset", ["standard", "paper"])
def test_the_same_code_runs_on_the_cpu(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, preset: str) -> None:
    written: list[dict[str, Any]] = []
    monkeypatch.setattr(gpu.machine, "write", lambda _name, numbers: written.append(numbers))
    gpu.main(
        argparse.Namespace(
            device="cpu", presets=[preset], sizes=[32], rounds=1, settings=SETTINGS[preset], name="nothing"
        )
    )
    (row,) = written[0]["rows"]
    assert set(row) == {"preset", "size_px", "steps_per_second_float32", "render_ms"}
    assert row["steps_per_second_float32"] > 0
    assert row["render_ms"] > 0


@pytest.mark.parametrize(("name", "says"), [(None, "--device cpu"), ("cuda:99", "cannot be used")])
def test_without_a_gpu_one_sentence_says_so(
    gpu: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str | None,
    says: str,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(SystemExit) as left:
        gpu.chosen(name)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
