"""All scenes by name, each with a fixed seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from truth import scenes_dev, scenes_held_out
from truth.arrange import Scene

_BUILDERS: dict[str, Callable[[np.random.Generator], Scene]] = {
    build.__name__: build for build in (*scenes_dev.SCENES, *scenes_held_out.SCENES)
}
#: Scene names by half. What is judged is never tuned on: settings are chosen on "dev" alone.
HALVES: dict[str, tuple[str, ...]] = {
    "dev": tuple(build.__name__ for build in scenes_dev.SCENES),
    "held-out": tuple(build.__name__ for build in scenes_held_out.SCENES),
}


def names_of(half: str) -> tuple[str, ...]:
    """The names of the scenes of a half, or of "both"."""
    return tuple(name for each, names in HALVES.items() if half in (each, "both") for name in names)


def scene(name: str) -> Scene:
    """Build a scene; the same pixels every time."""
    return _BUILDERS[name](np.random.default_rng(zlib.crc32(name.encode())))
