"""The same photos on a Ray cluster: one on this machine, or an existing one."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from primage.batch.board import Board
from primage.batch.outcome import Outcome, Update
from primage.batch.photo import attempted
from primage.batch.plan import Job
from primage.batch.queue import Attempt, Queue
from primage.errors import ConfigError, PrimageError

if TYPE_CHECKING:
    from ray import ObjectRef

_log = logging.getLogger(__name__)
#: How often the driver looks for news, and how long it waits for tasks to save their state when it is stopped.
_POLL_SEC, _GRACE_SEC = 0.2, 120.0
#: Little is passed around, so Ray's store of objects has its smallest size.
_STORE_BYTES = 100_000_000
#: No statistics of use; and what a warning asks for otherwise.
_ALWAYS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
#: For a cluster of one machine. Its processes listen on the loopback interface only, as Ray does by itself where it has
#: no clusters of several machines, and know each other by a secret. Without these, they listen on the network.
_OWN = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _task(job: Job, board: Any) -> Outcome:
    """Runs in a worker."""
    import ray

    with contextlib.closing(attempted(job)) as stages:
        while True:
            try:
                stage = next(stages)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            if ray.get(board.report.remote(job.number, stage)):
                return Outcome("stopped")


class Cluster:
    """A connected Ray cluster; see `connected`.

    Args:
        workers: largest number of photos at a time; None for as many as there is room for.
    """

    def __init__(self, workers: int | None) -> None:
        import ray

        self._workers = workers
        # With the driver, which needs it; tasks of other machines reach it from there.
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=True
        )
        board = ray.remote(Board).options(
            num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here, max_concurrency=1
        )
        self._board = board.remote()

    def work(self, queue: Queue, stopped: Callable[[], bool]) -> Iterator[Update]:
        """Work through a queue.

        Args:
            queue: the photos; a failed one may be put back while this runs.
            stopped: returns whether to stop.

        Yields:
            News of the photos, the outcome of each attempt among them.
        """
        import ray

        task = ray.remote(_task)
        running: dict[ObjectRef[Any], Attempt] = {}
        deadline: float | None = None
        while running or (len(queue) and not stopped()):
            if stopped() and deadline is None:
                deadline = time.monotonic() + _GRACE_SEC
            while deadline is None and len(running) < self._capacity(queue) and (attempt := queue.take()) is not None:
                running[task.options(**_resources(attempt.job)).remote(attempt.job, self._board)] = attempt
            if not running:
                time.sleep(_POLL_SEC)
                continue
            ready, _ = ray.wait(list(running), num_returns=len(running), timeout=_POLL_SEC)
            news = ray.get(self._board.look.remote(deadline is not None))
            by_number = {attempt.job.number: attempt for attempt in running.values()}
            for number, stage in news.items():
                if (known := by_number.get(number)) is not None:
                    yield Update(known.job, known.number, stage)
            for reference in ready:
                attempt = running.pop(reference)
                yield Update(attempt.job, attempt.number, outcome=_result(reference))
            if deadline is not None and time.monotonic() > deadline:
                for reference, attempt in running.items():
                    ray.cancel(reference, force=True)
                    yield Update(attempt.job, attempt.number, outcome=Outcome("stopped"))
                return

    def _capacity(self, queue: Queue) -> int:
        """How many photos may be under way: as many as fit, and one more, so that an autoscaler sees the demand."""
        if self._workers is not None:
            return self._workers
        import ray

        job = queue.next_job()
        if job is None:
            return 0
        needed = _resources(job)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        return 1 + sum(_room(node, needed) for node in nodes)


def _resources(job: Job) -> dict[str, Any]:
    """What a task reserves, by the names of Ray's options. Retries are the queue's, which counts and reports them."""
    options = job.options
    found: dict[str, Any] = {"num_cpus": options.threads, "max_retries": 0}
    if options.memory_gb is not None:
        found["memory"] = int(options.memory_gb * 1e9)
    if options.device.startswith("cuda"):
        found["num_gpus"] = 1
    return found


def _room(node: dict[str, float], needed: dict[str, Any]) -> int:
    """How many tasks fit on an idle machine."""
    names = {"CPU": "num_cpus", "memory": "memory", "GPU": "num_gpus"}
    return int(min(node.get(name, 0) // needed[option] for name, option in names.items() if option in needed))


def _check_room(job: Job, address: str | None) -> None:
    """A cluster of this machine does not grow, so what does not fit would wait for ever; others may."""
    import ray

    needed, nodes = _resources(job), [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(_room(node, needed) for node in nodes):
        return
    wanted = f"{job.options.threads} threads" if job.options.threads > 1 else "1 thread"
    if job.options.memory_gb is not None:
        wanted += f", {job.options.memory_gb:g} GB of memory"
    if "num_gpus" in needed:
        wanted += ", a GPU"
    if address is not None:
        _log.warning("no machine of the cluster at %s has what a photo needs (%s); it waits for one", address, wanted)
        return
    cpus, memory, gpus = (max((node.get(name, 0) for node in nodes), default=0) for name in ("CPU", "memory", "GPU"))
    raise ConfigError(
        f"a photo needs {wanted}, but Ray has {cpus:g} processors, {memory / 1e9:.1f} GB and {gpus:g} GPUs on this "
        "machine; choose less --memory or another --device, or use --serial"
    )


def _result(reference: ObjectRef[Any]) -> Outcome:
    """How a task ended, whose process may have died."""
    import ray

    try:
        outcome: Outcome = ray.get(reference)
        return outcome
    except ray.exceptions.RayTaskError as error:  # the task could not even start, for example without Primage there
        return Outcome("failed", reason=f"the task cannot run: {_first_line(error.cause)}")
    except ray.exceptions.OutOfMemoryError:
        reason = "its machine ran out of memory; a smaller size, or --memory, which reserves some for each task, helps"
        return Outcome("failed", reason=reason, transient=True)
    except ray.exceptions.RayError as error:
        return Outcome("failed", reason=f"its process or machine died ({type(error).__name__})", transient=True)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason given'}"


@contextlib.contextmanager
def connected(address: str | None, workers: int | None, job: Job) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, which only this machine can reach.

    Importing Ray replaces the handler of SIGTERM, so handlers of one's own are set inside.

    Args:
        address: of an existing cluster, HOST:PORT; None to start one, which ends with the block.
        workers: largest number of photos at a time; None for as many as there is room for.
        job: a photo, whose needs are those of all others.

    Yields:
        The cluster.

    Raises:
        ConfigError: Ray is not installed, or no photo fits on this machine.
        PrimageError: the cluster cannot be reached or started.
    """
    for name, value in {**_ALWAYS, **(_OWN if address is None else {})}.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ConfigError("Ray is not installed; pip install 'primage[ray]', or use --serial") from error
    threads = job.options.threads
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with contextlib.ExitStack() as stack:
        if address is None:
            count = workers if workers is not None else max(1, (os.cpu_count() or 1) // threads)
            place = None if sys.platform == "win32" else "/tmp"  # the names of sockets in it have a limit
            scratch = tempfile.TemporaryDirectory(prefix="primage-ray-", dir=place, ignore_cleanup_errors=True)
            options |= {"num_cpus": count * threads, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
            options["_temp_dir"] = stack.enter_context(scratch)
        stack.callback(ray.shutdown)
        try:
            ray.init(address=address or "local", **options)
        except Exception as error:  # Ray raises errors of every kind, a plain Exception among them
            if address is None:
                raise PrimageError(
                    f"Ray cannot be started on this machine ({_first_line(error)}); use --serial"
                ) from error
            raise PrimageError(
                f"the Ray cluster at {address} cannot be reached ({_first_line(error)}); check the address, and set "
                "RAY_AUTH_MODE=token if the cluster asks for a token"
            ) from error
        _check_room(job, address)
        yield Cluster(workers)
