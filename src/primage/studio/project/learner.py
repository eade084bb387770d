"""One project's training as the server sees it: start, progress, pause, end, crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from primage.studio.errors import RefusalError
from primage.studio.schemas import Learning
from primage.studio.workers.learning import learn
from primage.studio.workers.process import context, end_process

#: A step and a model file take seconds; who asks for a stop and waits longer than this gets a kill.
_PATIENCE_SEC = 60.0


class Learner:
    """Trains one run at a time in a process of its own.

    Args:
        turn: held while it trains; trainings beside each other would only slow each other down.
        changed: is told of every change of `state`.
        published: is told when there is a new model.
    """

    def __init__(self, turn: asyncio.Semaphore, changed: Callable[[], None], published: Callable[[], None]) -> None:
        self.state = Learning()
        self._turn = turn
        self._changed = changed
        self._published = published
        self._task: asyncio.Task[None] | None = None
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._keep = False
        self._has_turn = False
        self._unwanted = False
        #: Added while it learns; begun when what was planned is done.
        self._more_minutes = 0.0

    @property
    def pid(self) -> int | None:
        """The process' number, if it runs."""
        return self._process.pid if self._process is not None else None

    @property
    def active(self) -> bool:
        """Whether it trains, or is about to, or is about to stop."""
        return self._task is not None and not self._task.done()

    def _is(self, *states: str) -> bool:
        return self.state.state in states

    def set(self, **changes: Any) -> None:
        """Change the state and tell of it."""
        self.state = self.state.model_copy(update=changes)
        self._changed()

    def start(self, run: Path, minutes: float | None) -> None:
        """Begin, or wait for the turn.

        Args:
            run: the run folder.
            minutes: how long; None does what was left undone.

        Raises:
            RefusalError: it is at it already, and is not given more minutes.
        """
        if self.active:
            if minutes is None or not self._is("starting", "running"):
                raise RefusalError(409, "busy", "it is learning already; pause or stop it first")
            self._more_minutes += minutes
            self.set(seconds_left=None if self.state.seconds_left is None else self.state.seconds_left + 60 * minutes)
            return
        if minutes is not None:  # a new plan replaces what was left of the old one
            self._more_minutes = 0.0
        waiting = "waits until another project has learned" if self._turn.locked() else None
        self._unwanted = self._has_turn = False
        self.set(state="starting", message=waiting, seconds_left=None, steps_per_second=None)
        self._task = asyncio.create_task(self._learn(run, minutes))

    async def _learn(self, run: Path, minutes: float | None) -> None:
        async with self._turn:
            self._has_turn = True
            if self.state.state != "starting":  # stopped while it waited
                self.set(state="paused" if self._keep else "idle")
                return
            self.set(message=None)
            loop = asyncio.get_running_loop()
            # A thread of its own: it waits for the whole training.
            with ThreadPoolExecutor(1, thread_name_prefix="learner") as thread:
                try:
                    last = await loop.run_in_executor(thread, self._follow, loop, run, minutes)
                    while self._more_minutes and last[0] == "ended" and last[1] and self._is("running"):
                        minutes, self._more_minutes = self._more_minutes, 0.0
                        last = await loop.run_in_executor(thread, self._follow, loop, run, minutes)
                finally:
                    thread.shutdown(wait=False)
        if self._unwanted:
            self.set(state="idle", message=None)
            return
        left = {"seconds_left": None, "steps_per_second": None}
        if last[0] == "ended":
            paused = not last[1] and self._keep
            if not paused:
                self._more_minutes = 0.0
            self.set(state="paused" if paused else "idle", message=last[2], **left)
        else:
            self.set(state="failed", message=last[1], **left)
        self._published()

    def _follow(self, loop: asyncio.AbstractEventLoop, run: Path, minutes: float | None) -> tuple[Any, ...]:
        """Runs in a thread: start the process and pass on what it says, until its last word or its end."""
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=learn, args=(theirs, run, minutes), daemon=True, name="learner")
        process.start()
        self._process = process
        theirs.close()
        # Asked for while the process was being started, when there was nobody to ask yet.
        if self._unwanted:
            process.kill()
        elif self.state.state in ("pausing", "stopping"):
            self._pipe.send("stop")
        last: tuple[Any, ...] | None = None
        try:
            while last is None:
                wait([self._pipe, process.sentinel])
                if not self._pipe.poll():
                    break
                message = self._pipe.recv()
                if message[0] == "progress":
                    loop.call_soon_threadsafe(self._progress, *message[1:])
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
        if last is not None:
            return last
        return "failed", f"the learning process ended unexpectedly (exit code {code}); what it saved last is kept"

    def _progress(self, facts: dict[str, Any], published: bool, note: str | None) -> None:
        state = "running" if self.state.state == "starting" else self.state.state
        if facts["seconds_left"] is not None:
            facts["seconds_left"] += 60 * self._more_minutes
        preview = facts["step"] if published else self.state.preview
        self.set(state=state, preview=preview, message=note, **facts)
        if published:
            self._published()

    def stop(self, keep: bool) -> None:
        """Ask for a stop after the step at hand.

        Args:
            keep: whether the rest is to be done later.

        Raises:
            RefusalError: it does not learn.
        """
        if not self.active:
            raise RefusalError(409, "busy", "it is not learning at the moment")
        self._keep = keep
        state: Literal["pausing", "stopping"] = "pausing" if keep else "stopping"
        self.set(state=state)
        if self._pipe is not None and self._process is not None:
            try:
                self._pipe.send("stop")
            except (OSError, ValueError):  # it has just ended by itself
                return
            asyncio.get_running_loop().call_later(_PATIENCE_SEC, self._kill, self._process)

    def _kill(self, process: BaseProcess) -> None:
        if self._process is process:
            process.kill()

    async def close(self, patience_sec: float = 15.0) -> None:
        """Stop, keep the rest, and wait for it.

        Args:
            patience_sec: after which the process is ended in the middle of things.
        """
        if not self.active or self._task is None:
            return
        if self.state.state not in ("pausing", "stopping"):
            self.stop(keep=True)
        if not self._has_turn:
            self._task.cancel()
            await asyncio.wait([self._task])
            return
        try:
            await asyncio.wait_for(asyncio.shield(self._task), patience_sec)
        except TimeoutError:
            self._unwanted = True
            if self._process is not None:
                self._process.kill()
            await self._task
