"""The worker processes, and the bounded queue before them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Iterator
from typing import TypeVar

from primage.http.errors import RefusalError
from primage.processes.errors import WorkerDiedError
from primage.serve.metrics import Metrics
from primage.serve.options import Options
from primage.serve.renderer import LoadModels, Renderer, RenderingJob, Served, WarmUp
from primage.serve.schemas import Health, ModelInfo

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Time that a render has to finish after its client hung up: to end its process would cost more than most renders.
_PATIENCE_SEC = 5.0
#: Weight of the newest render in the mean time that clients are told to wait for.
_NEWEST = 0.2
_LOADING_SEC = 5


class Pool:
    """Worker processes with a bounded queue.

    Args:
        options: of the server.
        metrics: what is counted.
    """

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self.served = Served.by(options)
        self._workers = [Renderer(self.served, number + 1) for number in range(options.workers)]
        self._idle: asyncio.Queue[Renderer] = asyncio.Queue()
        self._accepted = 0
        self._running = 0
        self._mean_sec = 1.0
        self._empty = asyncio.Event()
        self._empty.set()
        self._others: asyncio.Future[list[None]] | None = None
        self.stopping = False
        #: The models, once they are loaded.
        self.models: dict[str, ModelInfo] = {}
        metrics.queue.set(options.queue)
        for worker in self._workers:
            worker.on_death = lambda _error: metrics.deaths.inc()

    async def start(self) -> None:
        """Load the models: in one process first, so that what is wrong with them is said once.

        Raises:
            RefusalError: one of them cannot be loaded, or a photo is of none of them.
        """
        first, *others = self._workers
        models = await first.run(LoadModels(self.served))
        self.models = {model.name: model for model in models}
        self._idle.put_nowait(first)
        self._others = asyncio.gather(*map(self._join, others))

    async def _join(self, worker: Renderer) -> None:
        with contextlib.suppress(RefusalError):  # a dead process is started again with its first job
            await worker.run(LoadModels(self.served))
        self._idle.put_nowait(worker)

    def loaded(self) -> dict[str, ModelInfo]:
        """All models by their names.

        Raises:
            RefusalError: they are not loaded yet.
        """
        if not self.models:
            raise RefusalError(503, "loading", "the models are being loaded; try again in a moment", _LOADING_SEC)
        return self.models

    def model(self, name: str) -> ModelInfo:
        """A model by its name.

        Args:
            name: from the request.

        Raises:
            RefusalError: there is none, or they are not loaded yet.
        """
        models = self.loaded()
        if name not in models:
            known = ", ".join(models)
            raise RefusalError(404, "no_such_model", f"there is no model {name}; this server has {known}")
        return models[name]

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place among the requests that are received, wait or run. It is taken before anything is received.

        Raises:
            RefusalError: all places are taken, or the server is stopping.
        """
        if self.stopping:
            raise RefusalError(503, "stopping", "the server is stopping; try again later or elsewhere", _LOADING_SEC)
        if self._accepted >= self._options.workers + self._options.queue:
            seconds = math.ceil(max(1.0, self._mean_sec * self._accepted / self._options.workers))
            raise RefusalError(429, "busy", f"all workers are busy, and {self.waiting} requests wait", seconds)
        self._accepted += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._accepted -= 1
            if not self._accepted:
                self._empty.set()

    @property
    def waiting(self) -> int:
        """Number of requests that are received or wait for a worker."""
        return self._accepted - self._running

    async def run(self, job: RenderingJob[Result], model: str) -> Result:
        """Run a job on the next idle worker. If it is cancelled, the worker is free again soon.

        Args:
            job: the job.
            model: name of its model.

        Returns:
            Its result.

        Raises:
            RefusalError: the job was refused, took too long, or ended its worker. It is not repeated.
        """
        asked = time.monotonic()
        worker = await self._idle.get()
        try:
            # The limit is for renders: a process that replaces another one is warm before its first job counts.
            with contextlib.suppress(RefusalError):
                await worker.run(WarmUp(self.served))
            started = time.monotonic()
            self._metrics.waiting_seconds.observe(started - asked)
            self._running += 1
            try:
                result = await self._limited(worker, job)
            finally:
                self._running -= 1
        finally:
            self._idle.put_nowait(worker)
        seconds = time.monotonic() - started
        self._metrics.render_seconds.labels(model).observe(seconds)
        self._mean_sec += _NEWEST * (seconds - self._mean_sec)
        return result

    async def _limited(self, worker: Renderer, job: RenderingJob[Result]) -> Result:
        task = asyncio.create_task(worker.run(job))
        try:
            async with asyncio.timeout(self._options.time_limit_sec):
                return await asyncio.shield(task)
        except TimeoutError:
            await _end(worker, job, task)
            limit = self._options.time_limit_sec
            message = f"the render took longer than {limit:g} s and was ended; ask for a smaller picture"
            raise RefusalError(504, "time_limit", message) from None
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=_PATIENCE_SEC)
            await _end(worker, job, task)
            raise
        except WorkerDiedError as error:
            _log.error("a request ended %s", error)
            message = "the render ended its process, perhaps for lack of memory; it is not repeated"
            raise RefusalError(500, "worker_died", message) from error

    def health(self) -> Health:
        """Whether requests are accepted, and how many there are."""
        alive = sum(worker.alive for worker in self._workers)
        self._metrics.workers.set(alive)
        self._metrics.waiting.set(self.waiting)
        self._metrics.running.set(self._running)
        status = "stopping" if self.stopping else "ok" if self.models else "loading"
        return Health(status=status, workers=alive, waiting=self.waiting, running=self._running)

    async def drained(self, timeout_sec: float) -> None:
        """Refuse new requests, and wait until those accepted are done.

        Args:
            timeout_sec: longest time to wait.
        """
        self.stopping = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), timeout_sec)

    async def close(self) -> None:
        """End all processes, even in the middle of a render."""
        self.stopping = True
        if self._others is not None:
            self._others.cancel()
        await asyncio.gather(*(worker.close() for worker in self._workers))


async def _end(worker: Renderer, job: RenderingJob[Result], task: asyncio.Task[Result]) -> None:
    """End a job, unless it is done: a process that is just being started is ended a moment later."""
    while not task.done():
        worker.end(job)
        await asyncio.wait({task}, timeout=0.2)
    if not task.cancelled():
        task.exception()  # marks it as retrieved
