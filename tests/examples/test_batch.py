"""The example of a batch runs with --tiny."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from tests.tiny import one_thread

EXAMPLE = Path(__file__).parents[2] / "examples" / "batch"


def test_four_photos_are_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    with one_thread():
        assert importlib.import_module("many_photos").main(["--tiny", "--out", str(tmp_path)]) == 0
    results = tmp_path / "results"
    assert str(results / "summary.html") in capsys.readouterr().out
    assert json.loads((results / "summary.json").read_text())["counts"]["done"] == 4
    assert sorted(path.stem for path in (results / "renders").iterdir()) == ["astronaut", "chelsea", "coffee", "rocket"]
