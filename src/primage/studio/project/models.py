"""The current model of one project, and its training."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import Protocol, runtime_checkable

from safetensors import SafetensorError, safe_open

from primage.errors import PrimageError
from primage.files import parse_json
from primage.http.errors import RefusalError
from primage.processes.errors import WorkerDiedError
from primage.studio.project.learner import Learner
from primage.studio.project.services import Services
from primage.studio.schemas import Learning, ModelInfo
from primage.studio.workers.painter import (
    Calibrate,
    ForgetModel,
    GetModelInfo,
    Painter,
    PrepareModel,
    PublishInitialModel,
)

#: Maximum time that a request to learn waits for the first model.
_FIRST_MODEL_TIMEOUT_SEC = 60.0


@runtime_checkable
class ModelOwner(Protocol):
    """The interface of a project that `ModelManager` uses."""

    @property
    def run(self) -> Path:
        """The run folder."""

    def start(self, job: Coroutine[object, object, None]) -> None:
        """Start a background job, which is cancelled when the project is closed."""

    def model_changed(self) -> None:
        """Called when there is a newer model."""

    def learning_changed(self) -> None:
        """Called when the training has progressed."""

    def report(self, error: PrimageError) -> None:
        """Called when something failed in the background."""


class ModelManager:
    """The newest model of a project, and its training.

    Args:
        services: services shared by all projects.
        owner: the project.
        learning: state of the training when the project was closed.
    """

    def __init__(self, services: Services, owner: ModelOwner, learning: Learning) -> None:
        self._services = services
        self._owner = owner
        self.info: ModelInfo | None = None
        self._calibrator: Painter | None = None
        self._published = asyncio.Event()
        self._learner = Learner(services.training_slot, owner.learning_changed, self._on_published, learning)

    @property
    def learning(self) -> Learning:
        """The state of the training."""
        return self._learner.state

    @property
    def active(self) -> bool:
        """Whether it is training or about to start."""
        return self._learner.active

    def reset(self) -> None:
        """Discard the model and the training, because the drawing was replaced."""
        self.info = None
        self._published.clear()
        self._learner.state = Learning()

    async def publish(self, old_run: Path | None = None) -> None:
        """Publish the first model of a new run, or load the newest model of an existing one.

        Args:
            old_run: the replaced run folder, which is deleted.
        """
        run, painter = self._owner.run, self._services.painter
        try:
            if old_run is not None:
                await painter.run(ForgetModel(old_run))
                await asyncio.to_thread(shutil.rmtree, old_run, ignore_errors=True)
            await painter.run(PublishInitialModel(run))
            if run == self._owner.run:
                self._published.set()
            await self._update_info(run)
            await self._calibrate(run)
        except PrimageError as error:
            self._owner.report(error)

    async def _calibrate(self, run: Path) -> None:
        """Improve the first model in a process of its own, because the user may already be drawing."""
        delay_sec = self._services.options.calibrate_after_sec
        if (run / "checkpoint.safetensors").exists() or delay_sec is None or self.learning.state == "paused":
            return
        # After a delay, because the drawing is replaced every second while sliders are moved.
        await asyncio.sleep(delay_sec)
        async with self._services.calibration_slot:
            if run != self._owner.run or self.active:
                return
            worker = self._calibrator = Painter("the calibrating worker")
            try:
                await worker.run(Calibrate(run))
                await self._update_info(run)
            except WorkerDiedError:
                if self._calibrator is worker:  # not stopped by `stop_calibration`
                    raise
            finally:
                await self.stop_calibration()

    async def stop_calibration(self) -> None:
        """Stop the calibration, because training starts or the drawing was replaced."""
        worker, self._calibrator = self._calibrator, None
        if worker is not None:
            await worker.close()

    async def _update_info(self, run: Path) -> None:
        info = await self._services.painter.run(GetModelInfo(run))
        if run == self._owner.run:
            self.info = info
            self._owner.model_changed()
            await self._services.painter.run(PrepareModel(run))

    def _on_published(self) -> None:
        async def update() -> None:
            try:
                await self._update_info(self._owner.run)
            except PrimageError as error:
                self._owner.report(error)

        self._owner.start(update())

    async def learn(self, minutes: float) -> Learning:
        """Train for a number of minutes, or extend the current training by them.

        Args:
            minutes: number of minutes.

        Raises:
            RefusalError: the training is being stopped, or there is no first model yet.
        """
        return await self._start(minutes)

    async def resume(self) -> Learning:
        """Finish a training after a pause or a crash.

        Raises:
            RefusalError: there is nothing to resume, or no first model yet.
        """
        if not self.active and self.learning.state not in ("paused", "failed"):
            raise RefusalError(409, "busy", "there is no training to resume; add more minutes")
        return await self._start(None)

    async def _start(self, minutes: float | None) -> Learning:
        try:  # learning may be requested right after an upload
            await asyncio.wait_for(self._published.wait(), _FIRST_MODEL_TIMEOUT_SEC)
        except TimeoutError as error:
            raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds") from error
        await self.stop_calibration()
        self._learner.start(self._owner.run, minutes)
        return self.learning

    def stop(self, keep: bool) -> Learning:
        """Stop after the current step.

        Args:
            keep: whether the training can be resumed later.

        Raises:
            RefusalError: it is not training.
        """
        if not keep and self.learning.state in ("paused", "failed"):
            self._learner.set_state(self.learning.model_copy(update={"state": "idle", "message": None}))
        else:
            self._learner.stop(keep)
        return self.learning

    async def discard_learning(self) -> None:
        """End the training without saving it, because the drawing is replaced or the project deleted."""
        await self._learner.close(timeout_sec=0.0)
        await self.stop_calibration()

    async def close(self) -> None:
        """Pause the training and wait until it is saved."""
        await self._learner.close()
        await self.stop_calibration()


def saved_learning(run: Path, steps: int, unfinished: bool) -> Learning:
    """State of a run's training when its project was closed. Does not need PyTorch.

    Args:
        run: the run folder.
        steps: training steps of its model.
        unfinished: whether the training was interrupted.
    """
    learned = Learning(step=steps, seconds=_seconds_learned(run))
    if unfinished:
        learned = learned.model_copy(update={"state": "paused", "steps": max(steps, _planned_steps(run))})
    return learned


def _seconds_learned(run: Path) -> float:
    """Training time of a run's model; 0 without a model."""
    try:
        with safe_open(run / "model.safetensors", framework="numpy") as file:
            return float(parse_json(file.metadata()["primage"])["seconds"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return 0.0


def _planned_steps(run: Path) -> int:
    """Planned number of steps of a run; 0 if it has not been determined yet."""
    try:
        return int(parse_json((run / "run.json").read_bytes())["config"]["steps"] or 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0
