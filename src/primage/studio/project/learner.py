"""The training of one project, as seen from the server: start, progress, pause, end, crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal

from primage.http.errors import RefusalError
from primage.processes.worker import context, end_process
from primage.studio.schemas import Learning
from primage.studio.workers.learning import (
    LearningEnded,
    LearningFailed,
    LearningMessage,
    LearningProgress,
    Stop,
    learn,
)

#: Time after which a process that does not stop is killed; a step and a model file take seconds.
_STOP_TIMEOUT_SEC = 60.0

_State = Literal["idle", "starting", "running", "pausing", "paused", "stopping", "failed"]


class Learner:
    """Trains one run at a time in a process of its own.

    Args:
        slot: held during training.
        on_change: called after each change of `state`.
        on_published: called when there is a new model.
        state: state of an earlier training.
    """

    def __init__(
        self,
        slot: asyncio.Semaphore,
        on_change: Callable[[], None],
        on_published: Callable[[], None],
        state: Learning,
    ) -> None:
        self.state = state
        self._slot = slot
        self._on_change = on_change
        self._on_published = on_published
        self._task: asyncio.Task[None] | None = None
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._keep = False
        self._has_slot = False
        self._discarded = False
        #: Minutes added during training; they start after the planned ones.
        self._more_minutes = 0.0

    @property
    def active(self) -> bool:
        """Whether it is training, about to start, or about to stop."""
        return self._task is not None and not self._task.done()

    def _is(self, *states: _State) -> bool:
        return self.state.state in states

    def set_state(self, state: Learning) -> None:
        """Change the state and report it.

        Args:
            state: the new one.
        """
        self.state = state
        self._on_change()

    def _set(self, state: _State, message: str | None = None) -> None:
        """Set a state in which nothing is being trained."""
        self.set_state(
            self.state.model_copy(
                update={"state": state, "message": message, "seconds_left": None, "steps_per_second": None}
            )
        )

    def start(self, run: Path, minutes: float | None) -> None:
        """Start, or wait for the slot.

        Args:
            run: the run folder.
            minutes: how long to train; None finishes an interrupted training.

        Raises:
            RefusalError: it is already active and minutes cannot be added.
        """
        if self.active:
            if minutes is None or not self._is("starting", "running"):
                raise RefusalError(409, "busy", "it is already learning; pause or stop it first")
            self._more_minutes += minutes
            seconds_left = None if self.state.seconds_left is None else self.state.seconds_left + 60 * minutes
            self.set_state(self.state.model_copy(update={"seconds_left": seconds_left}))
            return
        if minutes is not None:  # a new plan replaces the rest of the old one
            self._more_minutes = 0.0
        self._discarded = self._has_slot = False
        self._set("starting", "waiting for another project to finish learning" if self._slot.locked() else None)
        self._task = asyncio.create_task(self._learn(run, minutes))

    async def _learn(self, run: Path, minutes: float | None) -> None:
        async with self._slot:
            self._has_slot = True
            if not self._is("starting"):  # stopped while it waited
                self._set("paused" if self._keep else "idle")
                return
            self._set("starting")
            loop = asyncio.get_running_loop()
            # A separate thread, because it is occupied for the whole training.
            with ThreadPoolExecutor(1, thread_name_prefix="learner") as thread:
                try:
                    last = await loop.run_in_executor(thread, self._follow, loop, run, minutes)
                    while self._more_minutes and self._is("running") and _complete(last):
                        minutes, self._more_minutes = self._more_minutes, 0.0
                        last = await loop.run_in_executor(thread, self._follow, loop, run, minutes)
                finally:
                    thread.shutdown(wait=False)
        if self._discarded:
            self._set("idle")
            return
        if isinstance(last, LearningFailed):
            self._set("failed", last.message)
        else:
            paused = self._keep and not last.complete
            if not paused:
                self._more_minutes = 0.0
            self._set("paused" if paused else "idle", last.note)
        self._on_published()

    def _follow(
        self, loop: asyncio.AbstractEventLoop, run: Path, minutes: float | None
    ) -> LearningEnded | LearningFailed:
        """In a thread: start the process and forward its reports, until its last message or its end."""
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=learn, args=(theirs, run, minutes), daemon=True, name="learner")
        process.start()
        self._process = process
        theirs.close()
        # Requested while the process was being started.
        if self._discarded:
            process.kill()
        elif self._is("pausing", "stopping"):
            self._pipe.send(Stop())
        last: LearningEnded | LearningFailed | None = None
        try:
            while last is None:
                wait([self._pipe, process.sentinel])
                if not self._pipe.poll():
                    break
                message: LearningMessage = self._pipe.recv()
                if isinstance(message, LearningProgress):
                    loop.call_soon_threadsafe(self._on_progress, message)
                else:
                    last = message
            process.join(10)
        except (EOFError, OSError):
            process.join(10)
        finally:
            code = process.exitcode
            self._process = None
            self._pipe.close()
            end_process(process)
        return last or LearningFailed(
            f"the learning process ended unexpectedly (exit code {code}); its last checkpoint is kept"
        )

    def _on_progress(self, progress: LearningProgress) -> None:
        left = progress.seconds_left
        self.set_state(
            Learning(
                state="running" if self._is("starting") else self.state.state,
                step=progress.step,
                steps=progress.steps,
                seconds=progress.seconds,
                seconds_left=None if left is None else left + 60 * self._more_minutes,
                steps_per_second=progress.steps_per_second,
                losses=progress.losses,
                preview=progress.step if progress.published else self.state.preview,
                message=progress.note,
            )
        )
        if progress.published:
            self._on_published()

    def stop(self, keep: bool) -> None:
        """Stop after the current step.

        Args:
            keep: whether the training can be resumed later.

        Raises:
            RefusalError: it is not training.
        """
        if not self.active:
            raise RefusalError(409, "busy", "it is not learning at the moment")
        self._keep = keep
        self.set_state(self.state.model_copy(update={"state": "pausing" if keep else "stopping"}))
        if self._pipe is not None and self._process is not None:
            try:
                self._pipe.send(Stop())
            except (OSError, ValueError):  # it has just ended by itself
                return
            asyncio.get_running_loop().call_later(_STOP_TIMEOUT_SEC, self._kill, self._process)

    def _kill(self, process: BaseProcess) -> None:
        if self._process is process:
            process.kill()

    async def close(self, timeout_sec: float = 15.0) -> None:
        """Pause the training, and wait until it is saved.

        Args:
            timeout_sec: time after which the process is killed.
        """
        if not self.active or self._task is None:
            return
        if not self._is("pausing", "stopping"):
            self.stop(keep=True)
        if not self._has_slot:
            self._task.cancel()
            await asyncio.wait([self._task])
            return
        try:
            await asyncio.wait_for(asyncio.shield(self._task), timeout_sec)
        except TimeoutError:
            self._discarded = True
            if self._process is not None:
                self._process.kill()
            await self._task


def _complete(last: LearningEnded | LearningFailed) -> bool:
    return isinstance(last, LearningEnded) and last.complete
