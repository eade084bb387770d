"""Primage: train a conditional generator on one photo, edit a simple drawing of it, get the edited photo.

Public names are loaded on first use, so that ``import primage`` and ``primage --help`` are fast.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from primage._version import __version__

if TYPE_CHECKING:
    from primage.api import train
    from primage.config import Config, preset
    from primage.edit.apply import apply_edits
    from primage.errors import PrimageError, UserError
    from primage.model import Model, load
    from primage.primitive.primitive import Primitive

# PyTorch's threads spin while they wait for each other. If another process uses one of the cores, that slows training
# down many times over; sleeping threads lose little. This has an effect only before PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = [
    "Config",
    "Model",
    "PrimageError",
    "Primitive",
    "UserError",
    "__version__",
    "apply_edits",
    "load",
    "preset",
    "train",
]

_HOME = {
    "Config": "primage.config",
    "Model": "primage.model",
    "PrimageError": "primage.errors",
    "Primitive": "primage.primitive.primitive",
    "UserError": "primage.errors",
    "apply_edits": "primage.edit.apply",
    "load": "primage.model",
    "preset": "primage.config",
    "train": "primage.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'primage' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
