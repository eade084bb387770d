"""A few of the kills of benchmarks/faults/kills.py, and its negative controls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parents[2] / "benchmarks" / "faults"
NAME = "paper, three pairs"
#: In a process of its own, since it forks.
SCRIPT = f"import json, kills; f = kills.tried(3, 6, 1, ({NAME!r},)); print(json.dumps([f, kills.wrong(f)]))"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_is_killed_is_resumed_exactly_and_dropped_parts_are_noticed() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")])}
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=False)
    assert not found.returncode, found.stderr
    figures, wrong = json.loads(found.stdout)
    assert wrong == []
    assert figures["resumed"][NAME]["equal"] == 3
    assert figures["controls"][NAME]["nothing"] == []
    assert all("model" in names for part, names in figures["controls"][NAME].items() if part != "nothing")
    assert figures["saved"]["kills"] == 6
