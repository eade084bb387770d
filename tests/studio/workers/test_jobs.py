from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import primage.studio.workers.painting
import primage.studio.workers.polishing
import primage.studio.workers.reading  # noqa: F401  (they register what the worker processes do)
from primage.errors import ConfigError
from primage.http.errors import RefusalError
from primage.processes.errors import SupersededError
from primage.processes.jobs import Job, _handlers
from primage.studio.drawing import Drawing
from primage.studio.project.extraction import default_settings, run_config
from primage.studio.schemas import ExtractSettings
from primage.studio.workers import painter, polisher, reader
from primage.studio.workers.painter import Painter
from primage.studio.workers.polisher import Polisher
from primage.studio.workers.reader import Configure, InspectPhoto, Reader
from tests.tiny import run_alone, write_photo


def subclasses(kind: type[Job]) -> set[type[Job]]:  # type: ignore[type-arg]
    return {job for job in kind.__subclasses__() if job.__module__.startswith("primage.")}


@pytest.mark.parametrize("kind", [reader.ReadingJob, painter.PaintingJob, polisher.PolishingJob])
def test_each_job_is_handled(kind: type[Job]) -> None:  # type: ignore[type-arg]
    assert subclasses(kind)
    assert subclasses(kind) - set(_handlers) == set()


def test_a_worker_returns_the_result_type_of_the_job(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)

    async def ask() -> None:
        worker = Reader()
        try:
            size = await worker.run(InspectPhoto(photo, 10_000))
            assert (size.width, size.height) == (64, 48)
            with pytest.raises(RefusalError, match="megapixels"):
                await worker.run(InspectPhoto(photo, 100))
            with pytest.raises(RefusalError, match="no such setting"):
                await worker.run(Configure("draft", ("primitive.colour=1",)))
        finally:
            await worker.close()

    run_alone(ask())


def test_a_job_is_refused_by_the_wrong_worker(tmp_path: Path) -> None:
    async def ask() -> None:
        worker = Reader()
        try:
            with pytest.raises(RefusalError, match="KeyError"):
                await worker._run(painter.GetModelInfo(tmp_path))
        finally:
            await worker.close()

    run_alone(ask())


def test_a_job_that_waits_can_be_stopped(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)

    async def ask() -> None:
        worker = Reader()
        try:
            jobs = [InspectPhoto(photo, 10_000) for _ in range(3)]
            answers = [asyncio.create_task(worker.run(job)) for job in jobs]
            await asyncio.sleep(0)
            worker.stop(jobs[1])
            results = await asyncio.gather(*answers, return_exceptions=True)
            assert isinstance(results[1], SupersededError)
            assert results[0] == results[2]
            worker.stop(jobs[0])  # done, so nothing happens
            assert await worker.run(jobs[0]) == results[0]
        finally:
            await worker.close()

    run_alone(ask())


@pytest.mark.parametrize("make", [Reader, Painter, Polisher])
def test_a_worker_that_was_never_used_closes(make: Callable[[], Reader | Painter | Polisher]) -> None:
    async def close() -> None:
        worker = make()
        assert worker.pid is None
        await worker.close()

    run_alone(close())


def test_jobs_are_pickled_with_their_drawing() -> None:
    drawing = Drawing({"edges": np.eye(4, dtype=np.uint8)})
    job = pickle.loads(pickle.dumps(painter.RenderDrawing(Path("run"), drawing, True)))
    np.testing.assert_array_equal(job.drawing.layers["edges"], drawing.layers["edges"])


def test_settings_of_the_extraction_become_those_of_the_run() -> None:
    given = ("primitive.segments.regions=5", "primitive.paint.strokes=100", "primitive.kind=edges", "size_px=128")
    config = Configure("draft", given).perform()
    assert default_settings(config) == ExtractSettings(regions=5, people=True, kind="edges", size_px=128)
    for setting in ("primitive.kind=manual", "size_px=2000"):
        with pytest.raises(RefusalError, match="--set"):
            default_settings(Configure("draft", (setting,)).perform())
    chosen = ExtractSettings(kind="paint", size_px=128, edge_sigma=3, edge_low=0.1, edge_high=0.2, paint_colours=9)
    found = run_config(config, chosen)
    assert (found.size_px, found.steps, found.primitive.kind) == (128, 0, "paint")
    edges = found.primitive.edges
    assert (edges.sigma, edges.low, edges.high, edges.min_length_px) == (3, 0.1, 0.2, 14)
    assert (found.primitive.segments.regions, found.primitive.paint.colours) == (12, 9)
    assert found.primitive.paint.strokes == 100
    with pytest.raises(ConfigError):
        Configure("draft", ("steps=-1",)).perform()
