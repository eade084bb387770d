"""Worker processes: started when needed, one job at a time, a crash reported, gone when the server is."""

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
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from primage.errors import PrimageError
from primage.studio.errors import RefusalError, WorkerDiedError

_log = logging.getLogger(__name__)

#: "spawn": a fork of a process that has threads and sockets inherits them in a state nobody knows.
context = multiprocessing.get_context("spawn")
#: How long a worker may go on once the server is gone.
_GRACE_SEC = 20.0
#: A process that did not live longer than this is not started again before it is needed.
_SHORT_LIFE_SEC = 10.0


class Worker:
    """One process that does jobs, as the event loop sees it.

    Args:
        module: whose ``JOBS`` (functions by name) the process offers.
        what: how a person would call it.
    """

    def __init__(self, module: str, what: str) -> None:
        self._module = module
        self._what = what
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=what.replace(" ", "-"))
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False
        #: Told when the process ended by itself, whether or not it was at a job.
        self.on_death: Callable[[WorkerDiedError], None] = lambda _error: None

    @property
    def pid(self) -> int | None:
        """The process' number, if it runs."""
        return self._process.pid if self._process is not None else None

    async def call(self, job: str, **arguments: object) -> Any:
        """Have a job done, after those that were asked for before.

        Args:
            job: one of the module's ``JOBS``.
            arguments: can be pickled.

        Returns:
            What the job gives.

        Raises:
            RefusalError: the job refused, or failed.
            WorkerDiedError: the process ended meanwhile; the next call starts another.
        """
        task = asyncio.ensure_future(self._call(job, arguments))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        # Whoever asked may go away; the answer must still be taken out of the pipe.
        return await asyncio.shield(task)

    async def _call(self, job: str, arguments: dict[str, object]) -> Any:
        async with self._turn:
            loop = asyncio.get_running_loop()
            kind, *result = await loop.run_in_executor(self._thread, self._exchange, loop, job, arguments)
        if kind == "done":
            return result[0]
        status, code, message = result
        raise RefusalError(status, code, message)

    def _exchange(self, loop: asyncio.AbstractEventLoop, job: str, arguments: dict[str, object]) -> tuple[Any, ...]:
        if self._process is None or not self._process.is_alive():
            self._start(loop)
        assert self._process is not None
        assert self._pipe is not None
        try:
            self._pipe.send((job, arguments))
            wait([self._pipe, self._process.sentinel])
            if self._pipe.poll():
                answer: tuple[Any, ...] = self._pipe.recv()
                return answer
        except (EOFError, OSError):
            pass
        self._process.join(5)
        code = self._process.exitcode
        self._end()
        raise WorkerDiedError(self._what, code)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._end()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._module), daemon=True, name=self._what)
        self._process.start()
        theirs.close()
        threading.Thread(target=self._watch, args=(self._process, loop), daemon=True).start()

    def _watch(self, process: BaseProcess, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in a thread of its own, as long as the process does."""
        begun = time.monotonic()
        wait([process.sentinel])
        lived = time.monotonic() - begun
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            loop.call_soon_threadsafe(self._mourn, process.exitcode, lived)

    def _mourn(self, code: int | None, lived_sec: float) -> None:
        if self._closing:
            return
        error = WorkerDiedError(self._what, code)
        _log.warning("%s", error)
        self.on_death(error)
        if lived_sec > _SHORT_LIFE_SEC:  # else it would die again
            task = asyncio.ensure_future(self._call("warm_up", {}))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits for it any more

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            end_process(self._process)
        self._process = self._pipe = None

    async def close(self) -> None:
        """End the process, whatever it does."""
        self._closing = True
        if self._process is not None:
            self._process.kill()
        for task in list(self._tasks):
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()


def end_process(process: BaseProcess) -> None:
    """Make sure that a process is gone.

    It is not closed: somebody may be waiting for its end at this moment.
    """
    if process.is_alive():
        process.kill()
    process.join(5)


def serve(pipe: Connection, module: str) -> None:
    """What a worker process does: jobs, until the server has no more.

    Args:
        pipe: where jobs come from, and answers go to.
        module: whose ``JOBS`` it offers.
    """
    obey_the_server()
    jobs = import_module(module).JOBS
    while True:
        try:
            job, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(jobs[job], arguments))


def _answer(job: Any, arguments: dict[str, Any]) -> tuple[Any, ...]:
    try:
        return "done", job(**arguments)
    except RefusalError as error:
        return "refused", error.status, error.code, str(error)
    except PrimageError as error:
        return "refused", 422, "invalid", str(error)
    except MemoryError:
        return "refused", 507, "full", "there is not enough memory for a drawing of this size"
    except Exception as error:
        _log.exception("a job failed")
        return "refused", 500, "failed", f"{type(error).__name__}: {error}"


def obey_the_server(asked_to_stop: threading.Event | None = None) -> None:
    """In a worker process: leave Ctrl-C to the server, and do not outlive it.

    Args:
        asked_to_stop: is set when the server is gone; who takes none ends at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is None:
            return
        parent.join()
        if asked_to_stop is not None:
            asked_to_stop.set()
            time.sleep(_GRACE_SEC)
        os._exit(1)

    threading.Thread(target=follow, daemon=True, name="server").start()
