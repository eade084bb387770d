"""One tiny evaluation, shared by all tests that read its output."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from primage.evaluate.commands.video import VideoOptions, evaluate_video
from primage.evaluate.protocol.results import Results
from tests.evaluate.tiny_clips import PIXELS, TINY, write_frames, write_labels_of
from tests.tiny import one_thread

Result = TypeVar("Result")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def finish(events: Generator[object, None, Result], yielded: list[object] | None = None) -> Result:
    """Drive a generator to its end and return its result; append what it yields to ``yielded``."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: Result = end.value
            return result
        if yielded is not None:
            yielded.append(event)


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with walk/ (frames) and labels/."""
    folder = tmp_path_factory.mktemp("walk")
    write_frames(folder / "walk")
    write_labels_of(folder / "labels")
    return folder


def tiny_options(walk: Path, out: Path, **changes: object) -> VideoOptions:
    """Two steps of the draft preset, and its baselines, on `walk`."""
    options: dict[str, object] = {
        "sources": (walk / "walk",),
        "out": out,
        "segments": walk / "labels",
        "preset": "draft",
        "steps": 2,
        "baselines": ("copy", "no-tps"),
        "metrics": PIXELS,
        "settings": TINY,
    }
    return VideoOptions(**options | changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def evaluated(walk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A report folder and its scores; do not modify."""
    out = tmp_path_factory.mktemp("report") / "report"
    results, _ = finish(evaluate_video(tiny_options(walk, out, line=("primage", "evaluate", "video"))))
    return out, results
