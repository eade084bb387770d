"""The batch: works through the photos, tries again what may succeed, and writes the summary."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from primage.batch.cluster import connected
from primage.batch.outcome import Outcome, Update
from primage.batch.photo import finished
from primage.batch.plan import Job
from primage.batch.queue import Attempt, Queue
from primage.batch.serial import serially
from primage.batch.summary import Entry, Summary, write_summary
from primage.batch.workspace import check_out, make_folder, workspace
from primage.downloads import Progress as WeightsProgress
from primage.errors import ConfigError, PrimageError
from primage.nets.weights import load_weights

#: Works through a queue until it is told to stop.
Backend = Callable[[Queue, Callable[[], bool]], Iterator[Update]]


def check(jobs: Sequence[Job], progress: WeightsProgress | None = None) -> None:
    """Check the folder of results, and fetch the weights that trainings need.

    Args:
        jobs: the photos of a batch.
        progress: called with the progress of a weights download.

    Raises:
        OutputError: the folder holds other files.
        WeightsError: a network is not available.
    """
    options = jobs[0].options
    check_out(options.out, options.overwrite)
    losses = {
        job.config.loss.perceptual_network for job in jobs if job.config.loss.lambda_perc and job.config.steps != 0
    }
    for network in sorted(losses - {"vgg19"}):  # which VGG16 replaces where it is missing
        load_weights(network, progress=progress)


def states(jobs: Sequence[Job]) -> Iterator[tuple[Job, str]]:
    """What a batch would do with each photo, without doing it.

    Args:
        jobs: the photos of a batch.

    Yields:
        Each photo and "done" (nothing is to be done), "open", or what is in its way.
    """
    with contextlib.ExitStack() as stack:
        try:
            place = stack.enter_context(workspace(jobs[0].options.out))
        except PrimageError:  # the folder does not exist yet
            place = None
        for job in jobs:
            try:
                yield job, "done" if place is not None and finished(job, place) is not None else "open"
            except PrimageError as error:
                yield job, str(error)


@contextlib.contextmanager
def backend(
    jobs: Sequence[Job], serial: bool, address: str | None = None, workers: int | None = None
) -> Iterator[Backend]:
    """What a batch runs on. It is opened before handlers of signals are set, since Ray sets its own.

    Args:
        jobs: the photos of the batch.
        serial: use the plain loop.
        address: of an existing Ray cluster; None for one on this machine.
        workers: largest number of photos at a time; None for as many as there is room for.

    Yields:
        The backend.

    Raises:
        ConfigError: the options contradict each other, or no photo fits on this machine.
        PrimageError: the cluster cannot be reached or started.
    """
    options = jobs[0].options
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers is 1 or more, not {workers}")
    if serial:
        if address is not None or workers not in (None, 1):
            raise ConfigError(
                "--serial runs one photo after the other in this process; leave out --workers and --address"
            )
        yield serially
        return
    locations = [options.out, *(location for job in jobs for location in job.inputs.values())]
    if private := next((location for location in locations if location.startswith("memory://")), None):
        raise ConfigError(f"{private}: is the memory of one process; use --serial, or another place")
    with connected(address, workers, jobs[0]) as cluster:
        yield cluster.work


def run_batch(
    jobs: Sequence[Job],
    work: Backend,
    stopped: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
) -> Generator[Update, None, Summary]:
    """Work through a batch.

    Args:
        jobs: the photos, from `primage.batch.plan.planned`; they have passed `check`.
        work: what it runs on, from `backend`.
        stopped: returns whether to stop: trainings save their state, and the same batch goes on later.
        command: the command line, for the report.

    Yields:
        News of the photos.

    Returns:
        What became of all of them. It is also in summary.json, summary.csv and summary.html, even if this is closed.

    Raises:
        OutputError: the folder of results cannot be written to.
    """
    begin, out = time.monotonic(), jobs[0].options.out
    make_folder(out)
    queue = Queue(jobs, jobs[0].options.retries)
    entries: dict[int, Entry] = {}

    def summarised() -> Summary:
        waiting = (Entry(job, 0, Outcome("stopped")) for job in jobs if job.number not in entries)
        full = sorted([*entries.values(), *waiting], key=lambda entry: entry.job.number)
        return Summary(tuple(full), round(time.monotonic() - begin, 2), tuple(command))

    try:
        for update in work(queue, stopped):
            if update.outcome is None:
                yield update
                continue
            again = not stopped() and queue.put_back(Attempt(update.job, update.attempt), update.outcome)
            if not again:
                entries[update.job.number] = Entry(update.job, update.attempt, update.outcome)
            yield Update(update.job, update.attempt, None, update.outcome, again)
    finally:
        write_summary(out, summarised())
    return summarised()
