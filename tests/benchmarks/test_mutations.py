"""The mutated pictures of benchmarks/faults/mutations.py."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "faults" / "mutations.py"


@pytest.fixture(scope="module")
def mutations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", FILE)
    assert spec is not None
    assert spec.loader is not None
    module, path = importlib.util.module_from_spec(spec), list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def test_the_originals_are_read_and_a_number_is_always_the_same_file(mutations: ModuleType, tmp_path: Path) -> None:
    files = mutations.originals()
    for kind, data in files.items():
        (tmp_path / "a.png").write_bytes(data)
        mutations.read(tmp_path / "a.png")  # what is loaded late takes time
        assert mutations.read(tmp_path / "a.png") == {"outcome": "read", "told": ""}, kind
    time.sleep(2)  # no file may depend on the time
    again = mutations.originals()
    for number in range(2 * len(files)):
        kind, name, data = mutations.mutated(files, 5, number)
        assert (kind, name, data) == mutations.mutated(again, 5, number)
        assert data != files[kind]
    assert mutations.mutated(files, 6, 0)[2] != mutations.mutated(files, 5, 0)[2]


def test_checksums_are_made_right_again(mutations: ModuleType) -> None:
    whole = mutations.originals()["png"]
    data = bytearray(whole)
    data[29:33] = b"\0\0\0\0"
    mutations.checksums(data)
    assert data == whole


def test_what_a_child_process_finds(mutations: ModuleType, tmp_path: Path) -> None:
    outcomes = mutations.run(0, 7, time.monotonic() + 60, tmp_path, most=9)
    assert [found["number"] for found in outcomes] == list(range(7, 16))
    assert {found["outcome"] for found in outcomes} <= {"read", "refused"}


def test_a_crash_is_an_outcome(mutations: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutations.sys, "executable", "/bin/false")
    (crash,) = mutations.run(0, 7, time.monotonic() + 60, tmp_path)
    assert (crash["number"], crash["outcome"], crash["told"]) == (7, "crash", "exit code 1")
