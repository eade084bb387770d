"""One tiny evaluation for all tests that look at what it left."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from primage.evaluate.job import VideoJob, video_job
from primage.evaluate.results import Results
from tests.evaluate.clips import PIXELS, TINY, write_frames, write_labels_of
from tests.tiny import one_thread

Result = TypeVar("Result")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def finish(events: Generator[object, None, Result], seen: list[object] | None = None) -> Result:
    """Drive a generator to its end; what it yields is put into ``seen``."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: Result = end.value
            return result
        if seen is not None:
            seen.append(event)


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """walk/ (frames) and labels/."""
    folder = tmp_path_factory.mktemp("walk")
    write_frames(folder / "walk")
    write_labels_of(folder / "labels")
    return folder


def tiny_job(walk: Path, out: Path, **changes: object) -> VideoJob:
    """Two steps of a draft, and its baselines, on `walk`."""
    known: dict[str, object] = {
        "sources": (walk / "walk",),
        "out": out,
        "segments": walk / "labels",
        "preset": "draft",
        "steps": 2,
        "baselines": ("copy", "no-tps"),
        "metrics": PIXELS,
        "settings": TINY,
    }
    return VideoJob(**known | changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def evaluated(walk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A report folder and its numbers; not to be changed."""
    out = tmp_path_factory.mktemp("report") / "report"
    results, _ = finish(video_job(tiny_job(walk, out, line=("primage", "evaluate", "video"))))
    return out, results
