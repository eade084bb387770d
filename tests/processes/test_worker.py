"""Worker processes with jobs that misbehave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from primage.errors import ConfigError, PrimageError, TrainingError
from primage.processes.errors import SupersededError, WorkerDiedError
from primage.processes.jobs import Job
from primage.processes.worker import Worker, _answer, _Refused
from tests.processes.misbehaving import Exit, Sleep, WarmUp
from tests.tiny import run_alone


@pytest.mark.parametrize(("error", "status"), [(ConfigError("no"), 422), (TrainingError("no"), 500)])
def test_only_what_the_user_can_mend_is_his(error: PrimageError, status: int) -> None:
    class Failing(Job[None]):
        def perform(self) -> None:
            raise error

    answer = _answer(Failing())
    assert isinstance(answer, _Refused)
    assert (answer.status, answer.message) == (status, "no")


def test_a_job_is_ended_with_its_process_and_the_next_one_has_another() -> None:
    async def ask() -> None:
        worker = Worker("tests.processes.misbehaving", "the worker", WarmUp())
        deaths: list[WorkerDiedError] = []
        worker.on_death = deaths.append
        try:
            assert not worker.alive
            first = await worker._run(Sleep(0))
            assert worker.alive
            job = Sleep(60)
            running = asyncio.create_task(worker._run(job))
            while worker._running is not job:
                await asyncio.sleep(0.01)
            worker.end(job)
            with pytest.raises(WorkerDiedError):
                await running
            assert await worker._run(Sleep(0)) != first
            assert deaths == [], "it was ended, and did not die"
            with pytest.raises(WorkerDiedError, match="exit code 3"):
                await worker._run(Exit(3))
            while not deaths:
                await asyncio.sleep(0.01)
            await worker._run(Sleep(0))
        finally:
            await worker.close()

    run_alone(ask())


def test_jobs_that_wait_when_a_worker_is_closed_start_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> int:
        worker = Worker("tests.processes.misbehaving", "the worker", WarmUp())
        await worker._run(Sleep(0))
        job, started, start = Sleep(60), 0, worker._start

        def counted(*given: Any) -> Any:
            nonlocal started
            started += 1
            return start(*given)

        monkeypatch.setattr(worker, "_start", counted)
        jobs = [asyncio.create_task(worker._run(each)) for each in (job, Sleep(0), Sleep(0))]
        while worker._running is not job:
            await asyncio.sleep(0.01)
        await worker.close()
        ends = await asyncio.gather(*jobs, return_exceptions=True)
        assert [type(end) for end in ends] == [WorkerDiedError, SupersededError, SupersededError]
        return started

    assert run_alone(ask()) == 0
