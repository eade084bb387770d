"""The network of one project: its models one after the other, and its training."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from primage.errors import PrimageError
from primage.studio.errors import RefusalError, WorkerDiedError
from primage.studio.project.learner import Learner
from primage.studio.schemas import Learning, LearningChanged, ModelInfo
from primage.studio.workers.process import Worker

if TYPE_CHECKING:
    from primage.studio.project.live import LiveProject


#: How long a request to learn waits for the first model.
_PATIENCE_SEC = 60.0


class Network:
    """The newest model, and what is learning.

    Args:
        project: whose.
    """

    def __init__(self, project: LiveProject) -> None:
        self._project = project
        self.info: ModelInfo | None = None
        self._settler: Worker | None = None
        self._first = asyncio.Event()
        self.learner = Learner(project.services.turn, self._learning_changed, self._model_published)
        record = project.record
        learned = Learning(step=record.steps, seconds=_seconds_learned(project.run))
        if record.unfinished:
            steps = max(record.steps, _planned_steps(project.run))
            learned = learned.model_copy(update={"state": "paused", "steps": steps})
        self.learner.state = learned

    def forget(self) -> None:
        """The drawing was extracted anew: nothing has been learned of it yet."""
        self.info = None
        self._first.clear()
        self.learner.state = Learning()

    async def make(self, old: Path | None = None) -> None:
        """Make the model of a new run, or find out about that of an old one.

        Args:
            old: an earlier run, whose folder goes.
        """
        run, painter = self._project.run, self._project.services.painter
        try:
            if old is not None:
                await painter.call("forget", run=old)
                await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)
            await painter.call("publish_at_once", run=run)
            if run == self._project.run:
                self._first.set()
            await self._look_at_model(run)
            await self._settle(run)
        except PrimageError as error:
            self._project.trouble(error)

    async def _settle(self, run: Path) -> None:
        """Make the first model better, beside everything else: a person draws meanwhile."""
        services = self._project.services
        if (run / "checkpoint.safetensors").exists() or services.options.settle_sec is None:
            return
        # Not at once: whoever tries sliders begins anew every second.
        await asyncio.sleep(services.options.settle_sec)
        async with services.settling:
            if run != self._project.run or self.learner.active:
                return
            worker = self._settler = Worker("primage.studio.workers.painting", "the settling worker")
            try:
                await worker.call("settle", run=run)
                await self._look_at_model(run)
            except WorkerDiedError:
                if self._settler is worker:  # not ended by us
                    raise
            finally:
                await self.stop_settling()

    async def stop_settling(self) -> None:
        """End it, for something better begins or the drawing is another one."""
        worker, self._settler = self._settler, None
        if worker is not None:
            await worker.close()

    async def _look_at_model(self, run: Path) -> None:
        info = ModelInfo.model_validate(await self._project.services.painter.call("model_info", run=run))
        if run == self._project.run and not self._project.deleted:
            self.info = info
            self._project.update(steps=info.steps, updated=self._project.record.updated)
            self._project.rendering.ask()
            await self._project.services.painter.call("prepare", run=run)

    def _model_published(self) -> None:
        async def look() -> None:
            try:
                await self._look_at_model(self._project.run)
            except PrimageError as error:
                self._project.trouble(error)

        self._project.start(look())

    def _learning_changed(self) -> None:
        learning = self.learner.state
        self._project.clients.send(LearningChanged(learning=learning))
        # Left true while it learns, for the day the server is killed.
        unfinished = learning.state not in ("idle", "stopping")
        if unfinished != self._project.record.unfinished:
            try:
                self._project.update(unfinished=unfinished)
            except PrimageError as error:
                self._project.trouble(error)

    async def learn(self, minutes: float) -> Learning:
        """Train for some minutes more.

        Args:
            minutes: how many.
        """
        return await self._learn(minutes)

    async def resume(self) -> Learning:
        """Do what was left undone."""
        if not self.learner.active and self.learner.state.state not in ("paused", "failed"):
            raise RefusalError(409, "busy", "there is nothing left to learn; give it more minutes")
        return await self._learn(None)

    async def _learn(self, minutes: float | None) -> Learning:
        try:  # who has just dropped a photo need not wait to ask for it
            await asyncio.wait_for(self._first.wait(), _PATIENCE_SEC)
        except TimeoutError as error:
            raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds") from error
        await self.stop_settling()
        self.learner.start(self._project.run, minutes)
        return self.learner.state

    def stop(self, keep: bool) -> Learning:
        """Stop after the step at hand.

        Args:
            keep: whether the rest is to be done later.
        """
        if not keep and self.learner.state.state in ("paused", "failed"):
            self.learner.set(state="idle", message=None)
        else:
            self.learner.stop(keep)
        return self.learner.state


def _seconds_learned(run: Path) -> float:
    """How long a run has been trained, from its model's metadata (no PyTorch needed); 0 without a model."""
    try:
        with safe_open(run / "model.safetensors", framework="numpy") as file:
            return float(json.loads(file.metadata()["primage"])["seconds"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return 0.0


def _planned_steps(run: Path) -> int:
    """How far a training was to go, from its record; 0 if it was not timed yet."""
    try:
        return int(json.loads((run / "run.json").read_bytes())["config"]["steps"] or 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0
