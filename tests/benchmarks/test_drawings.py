"""Drawings of benchmarks/faults/drawings.py: right or refused, the same by the command line and the studio."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tiny import command, one_thread, options, write_photo

FILE = Path(__file__).parents[2] / "benchmarks/faults/drawings.py"


@pytest.fixture(scope="module")
def drawings() -> ModuleType:
    spec = importlib.util.spec_from_file_location("drawings", FILE)
    assert spec is not None
    assert spec.loader is not None
    module, path = importlib.util.module_from_spec(spec), list(sys.path)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def test_both_ways_of_reading_agree(drawings: ModuleType, tmp_path: Path) -> None:
    with one_thread():
        assert command("train", write_photo(tmp_path), "-o", tmp_path / "run", *options(steps=0), "--quiet") == 0
        found = drawings.tried(tmp_path / "run", 10, 0, tmp_path)
    assert [each for each in found if not each["agree"]] == []
    assert {each["command_line"] for each in found} <= drawings.GOOD
    assert {each["studio"] for each in found} <= drawings.GOOD
