"""Worker processes: started when needed, running one job at a time; crashes are reported; they end with the server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic

from primage.errors import PrimageError, UserError, shortage
from primage.http.errors import RefusalError
from primage.processes.errors import SupersededError, WorkerDiedError
from primage.processes.jobs import Job, Result

_log = logging.getLogger(__name__)

#: "spawn": a forked process would inherit threads and sockets in an undefined state.
context = multiprocessing.get_context("spawn")
#: Time that a worker has to finish after the server has ended.
_GRACE_SEC = 20.0
#: A process that ended sooner than this is not restarted before it is needed.
_SHORT_LIFE_SEC = 10.0


@dataclass(frozen=True)
class _Done(Generic[Result]):
    result: Result


@dataclass(frozen=True)
class _Refused:
    status: int
    code: str
    message: str


class Worker:
    """A process that runs jobs, as seen from the event loop.

    Each kind of worker has a method ``run`` that takes its own kind of jobs, and returns the result of the job. It
    raises `RefusalError` if the job was refused, stopped or failed, and `WorkerDiedError` if the process ended
    meanwhile; the next job starts another.

    Args:
        module: module that registers the functions for the jobs; only the process imports it.
        name: name in messages.
        warm_up: first job of a process that replaces one that has died.
        niceness: how much the process leaves the CPU to others (Unix).
    """

    def __init__(self, module: str, name: str, warm_up: Job[None], niceness: int = 0) -> None:
        self._module = module
        self._name = name
        self._warm_up = warm_up
        self._niceness = niceness
        #: Jobs that wait or run, and those of them that are no longer wanted, by identity.
        self._unfinished: dict[int, Job[Any]] = {}
        self._unwanted: set[int] = set()
        self._running: Job[Any] | None = None
        #: In shared memory: whether the job that runs is no longer wanted.
        self._stop = context.RawValue("b", 0)
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name.replace(" ", "-"))
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False
        #: The process that `end` ended last.
        self._ended: BaseProcess | None = None
        #: Called when the process has ended unexpectedly, whether or not it was running a job.
        self.on_death: Callable[[WorkerDiedError], None] = lambda _error: None

    @property
    def pid(self) -> int | None:
        """The process' id, if it runs."""
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    async def _run(self, job: Job[Result]) -> Result:
        """Run a job after those requested before it.

        Args:
            job: the job.

        Returns:
            Its result.

        Raises:
            RefusalError: the job was refused, stopped (`superseded`), or failed.
            WorkerDiedError: the process ended meanwhile; the next job starts another.
        """
        # If the caller is cancelled, the result still has to be read from the pipe.
        return await asyncio.shield(self._start_task(job))

    def _start_task(self, job: Job[Result]) -> asyncio.Task[Result]:
        self._unfinished[id(job)] = job
        task = asyncio.create_task(self._exchange_in_turn(job))
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    async def _exchange_in_turn(self, job: Job[Result]) -> Result:
        try:
            async with self._lock:
                if self._closing or id(job) in self._unwanted:
                    raise SupersededError
                self._running, self._stop.value = job, 0
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._thread, self._exchange, loop, job)
        finally:
            self._unfinished.pop(id(job), None)
            self._unwanted.discard(id(job))
        if isinstance(answer, _Refused):
            raise RefusalError(answer.status, answer.code, answer.message)
        return answer.result

    def stop(self, job: Job[Any]) -> None:
        """End a job that is no longer wanted. It is refused as superseded if it still waits, or if it asks `stopping`.

        Args:
            job: the object given to `run`; nothing happens if it is done.
        """
        if id(job) in self._unfinished:
            self._unwanted.add(id(job))
            if self._running is job:
                self._stop.value = 1

    def end(self, job: Job[Any]) -> None:
        """End a job that is no longer wanted, whatever it does: its process is ended and another one started.

        Args:
            job: as for `stop`; if it runs, `WorkerDiedError` is raised for it.
        """
        self.stop(job)
        if id(job) in self._unfinished and self._running is job and self._process is not None:
            self._ended = self._process
            self._process.kill()

    def _exchange(self, loop: asyncio.AbstractEventLoop, job: Job[Result]) -> _Done[Result] | _Refused:
        process, pipe = self._process, self._pipe
        if process is None or pipe is None or not process.is_alive():
            process, pipe = self._start(loop)
        try:
            pipe.send(job)
            wait([pipe, process.sentinel])
            if pipe.poll():
                answer: _Done[Result] | _Refused = pipe.recv()
                return answer
        except (EOFError, OSError):
            pass
        process.join(5)
        code = process.exitcode
        self._end()
        raise WorkerDiedError(self._name, code)

    def _start(self, loop: asyncio.AbstractEventLoop) -> tuple[BaseProcess, Connection]:
        self._end()
        pipe, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self._module, self._stop, self._niceness), daemon=True, name=self._name
        )
        process.start()
        theirs.close()
        self._process, self._pipe = process, pipe
        if self._closing:  # meanwhile
            process.kill()
        threading.Thread(target=self._watch, args=(process, loop), daemon=True).start()
        return process, pipe

    def _watch(self, process: BaseProcess, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for the end of the process, in a thread of its own."""
        started = time.monotonic()
        wait([process.sentinel])
        lived_sec = time.monotonic() - started
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(self._on_exit, process, lived_sec)

    def _on_exit(self, process: BaseProcess, lived_sec: float) -> None:
        if self._closing:
            return
        if process is not self._ended:
            error = WorkerDiedError(self._name, process.exitcode)
            _log.warning("%s", error)
            self.on_death(error)
        if process is self._ended or lived_sec > _SHORT_LIFE_SEC:  # otherwise it would die again
            self._start_task(self._warm_up)

    def _on_done(self, task: asyncio.Task[Result]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved, in case the caller was cancelled

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            end_process(self._process)
        self._process = self._pipe = None

    async def close(self) -> None:
        """End the process, even in the middle of a job."""
        self._closing = True
        if self._process is not None:
            self._process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()


def end_process(process: BaseProcess) -> None:
    """Kill a process if it still runs, and wait for its end.

    Args:
        process: the process; it is not closed, because another thread may be waiting for its end.
    """
    if process.is_alive():
        process.kill()
    process.join(5)


#: In a worker process: a shared value that the server sets if the job that runs is no longer wanted.
_stops: list[Any] = []


def stopping() -> bool:
    """In a worker process: whether the job that runs is no longer wanted; if so, it should raise `SupersededError`."""
    return any(stop.value for stop in _stops)


def serve(pipe: Connection, module: str, stop: Any, niceness: int) -> None:
    """The main loop of a worker process: runs jobs until the server closes the pipe.

    Args:
        pipe: receives jobs and sends results.
        module: module that registers the functions for the jobs.
        stop: a shared value, for `stopping`.
        niceness: added to that of the process (Unix).
    """
    die_with_parent()
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    _stops.append(stop)
    import_module(module)
    while True:
        try:
            job: Job[object] = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(job))


def _answer(job: Job[Result]) -> _Done[Result] | _Refused:
    try:
        return _Done(job.perform())
    except RefusalError as error:
        return _Refused(error.status, error.code, str(error))
    except UserError as error:
        return _Refused(422, "invalid", str(error))
    except PrimageError as error:
        return _Refused(500, "failed", str(error))
    except Exception as error:
        if (short := shortage(error)) is not None:
            return _Refused(507, "full", short)
        _log.exception("a job failed")
        return _Refused(500, "failed", f"{type(error).__name__}: {error}")


def die_with_parent(stop: threading.Event | None = None) -> None:
    """In a worker process: ignore Ctrl-C, which the server handles, and exit when the server has ended.

    Args:
        stop: set when the server has ended, after which the process has a few seconds to finish; without it, the
            process exits immediately.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is None:
            return
        parent.join()
        if stop is not None:
            stop.set()
            time.sleep(_GRACE_SEC)
        os._exit(1)

    threading.Thread(target=follow, daemon=True, name="server").start()
