"""Records commit, versions and processor with the numbers of every benchmark."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).parent / "results"


def facts() -> dict[str, Any]:
    """Commit, versions and processor."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), cpu)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "primage": metadata.version("primage"),
    }


def write(name: str, numbers: dict[str, Any]) -> None:
    """Write and print the JSON of a benchmark, named like no other file in the folder of results."""
    path = RESULTS / f"{name}.json"
    if Path(name).name != name:
        raise SystemExit(f"--name is the name of a file in {RESULTS}, not a path: {name}")
    if path.exists() and not path.read_text(encoding="utf-8").startswith('{\n  "benchmark":'):
        raise SystemExit(f"{path}: is no benchmark's JSON and would be overwritten; choose another --name")
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"benchmark": name, "machine": facts(), **numbers}, indent=2)
    # A list of numbers takes one line.
    text = re.sub(r"\[\s+([-+.\de,\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    path.write_text(text + "\n", encoding="utf-8")
    print(text)
