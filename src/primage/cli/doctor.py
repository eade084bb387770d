"""``primage doctor``."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from typing import Any

from rich.markup import escape
from rich.table import Table

from primage._version import __version__
from primage.cli.console import Json, Quiet, out, print_json, set_up

#: Packages that not everybody needs, and the extra that installs each.
_OPTIONAL = {
    "tensorboard": "tensorboard",
    "av": "video",
    "pillow-heif": "heic",
    "pillow-jxl-plugin": "jxl",
    "ai-edge-litert": "detect",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "ray": "ray",
    "fastapi": "studio",
    "uvicorn": "studio",
    "websockets": "studio",
    "prometheus-client": "serve",
    "python-multipart": "serve",
}
_PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "pillow", "pydantic", "safetensors", *_OPTIONAL)


def command(as_json: Json = False, quiet: Quiet = False) -> int:
    """Check this machine: packages, devices, disk space, pretrained weights."""
    set_up(quiet, as_json)
    checks = _checks()
    good = all(check["ok"] for check in checks if check["needed"])
    if as_json:
        print_json({"ok": good, "version": __version__, "checks": checks})
    elif not quiet:
        table = Table(show_header=False, box=None)
        for check in checks:
            sign = "[green]✓[/]" if check["ok"] else "[red]✗[/]" if check["needed"] else "[yellow]–[/]"
            table.add_row(sign, check["name"], escape(check["found"]))
        out.print(table)
    return 0 if good else 1


def _checks() -> list[dict[str, Any]]:
    import torch

    from primage.detection.weights import models_status
    from primage.downloads import weights_folder
    from primage.nets.weights import weights_status

    checks: list[dict[str, Any]] = []

    def add(name: str, ok: bool, found: str, needed: bool = True) -> None:
        checks.append({"name": name, "ok": ok, "found": found, "needed": needed})

    version = ".".join(map(str, sys.version_info[:3]))
    add("python", sys.version_info >= (3, 11), f"{version} on {platform.platform()}")
    for package in _PACKAGES:
        try:
            add(package, True, metadata.version(package), package not in _OPTIONAL)
        except metadata.PackageNotFoundError:
            extra = _OPTIONAL.get(package)
            found = f"not installed (pip install 'primage[{extra}]')" if extra else "not installed"
            add(package, False, found, extra is None)
    add("cores", True, f"{os.cpu_count()}, PyTorch uses {torch.get_num_threads()} threads")
    add(
        "cuda",
        torch.cuda.is_available(),
        "available" if torch.cuda.is_available() else "not available; the CPU is used",
        False,
    )
    free_gb = shutil.disk_usage(os.getcwd()).free / 1e9
    add("disk", free_gb > 1, f"{free_gb:.0f} GB free in the current folder")
    folder = weights_folder()
    for entry in (*weights_status(), *models_status()):
        found = f"{folder}, {entry.source}" if entry.verified else "not downloaded yet (primage weights --fetch)"
        if entry.present and not entry.verified:
            found = f"{entry.path} is damaged (primage weights --fetch says what to do)"
        add(f"weights: {entry.name}", entry.present and entry.verified, found, needed=False)
    return checks
