"""The paper's protocol (§4.2): train on one frame of a video, render the others from their primitives, score them.

`evaluate` is an iterator like `primage.training.training`: it yields progress, and closing it stops it. Every
training has its own run folder, so repeating the call resumes where the last one stopped.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from primage.api import configure
from primage.config import Config
from primage.errors import ConfigError
from primage.evaluate.metrics.pixels import Flicker
from primage.evaluate.metrics.registry import Metric, describe
from primage.evaluate.protocol.baselines import Method
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Clip
from primage.evaluate.protocol.landmark_track import with_landmarks
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.results import ClipResult, MethodRecord, Results
from primage.evaluate.protocol.training_run import check_run, train_or_resume
from primage.image import read_image, resize_image, write_png
from primage.model import Model, load
from primage.outputs import check_outputs
from primage.primitive.primitive import draw
from primage.synthesis.options import RenderOptions
from primage.tensors import to_image, to_tensor

#: Greatest mean absolute difference, in grey levels of 255, between a run's photo and the frame it was trained on.
_SAME_PHOTO = 3.0


@dataclass(frozen=True)
class TrainingPlan:
    """How the methods are trained.

    Attributes:
        kind: kind of primitive.
        minutes: duration of each training.
        steps: number of steps of each training, instead of minutes.
        size_px: short side; None for the preset's, but no larger than the frame.
        seed: seed of all random sources.
        device: torch device to compute on.
        baseline_steps: number of steps of each baseline's training, if it differs.
        baseline_size_px: short side of the baselines, if it differs.
    """

    kind: str = "super"
    minutes: float | None = None
    steps: int | None = None
    size_px: int | None = None
    seed: int = 0
    device: str = "cpu"
    baseline_steps: int | None = None
    baseline_size_px: int | None = None

    def config(self, method: Method) -> Config:
        """The training settings of a method.

        Args:
            method: one that has a preset.

        Returns:
            The settings.

        Raises:
            ConfigError: settings are invalid or contradict each other.
        """
        assert method.preset is not None
        own_steps = method.is_baseline and self.baseline_steps is not None
        minutes, steps = (None, self.baseline_steps) if own_steps else (self.minutes, self.steps)
        return configure(
            *(method.preset, self.kind, self.size_of(method) or method.size_px, minutes, steps, self.seed),
            settings=method.settings,
            matcher=method.matcher,
        )

    def size_of(self, method: Method) -> int | None:
        """The short side requested for a method; None for the preset's, but no larger than the frame."""
        return (self.baseline_size_px if method.is_baseline else None) or self.size_px


def evaluate(
    clips: Sequence[Clip],
    methods: Sequence[Method],
    plan: TrainingPlan,
    folder: Path,
    metrics: Sequence[Metric],
    flicker: Flicker | None = None,
    run: Path | None = None,
    polish: bool = True,
) -> Generator[Event, None, Results]:
    """Evaluate methods on clips.

    Args:
        clips: the clips to evaluate on.
        methods: the methods to evaluate, ours first.
        plan: how they are trained.
        folder: output folder; runs go to FOLDER/CLIP/METHOD/run, rendered frames to FOLDER/CLIP/METHOD/*.png.
        metrics: single-image metrics; the first one ranks frames.
        flicker: the flicker metric, if requested.
        run: a finished run to evaluate as the first method, instead of training it.
        polish: whether incoherent parts of the renders are synthesised (`primage.synthesis`).

    Yields:
        Progress.

    Returns:
        All scores.

    Raises:
        UserError: an input is invalid; as far as possible this is checked before the first training.
        TrainingError, WeightsError: as for `primage.train`.
    """
    configs = {method.name: plan.config(method) for method in methods if method.preset is not None}
    check_names([clip.name for clip in clips])
    for clip in clips:
        _check_pictures(folder / clip.name, clip, methods, run)
        for method in methods:
            if method.preset is not None and not (run is not None and method is methods[0]):
                check_run(folder / clip.name / method.name / "run", configs[method.name])
    for clip in clips:
        for i, frame in enumerate(clip.test_frames):  # report a damaged frame now, not after an hour of training
            yield Event(f"{clip.name}: checking the frames", i, len(clip.test_frames))
            read_image(frame.photo)
    if (plan.kind if run is None else load(run).record.spec.kind) == "landmarks":
        tracked = []
        for clip in clips:
            tracked.append((yield from with_landmarks(clip, folder / clip.name / "landmarks")))
        clips = tracked
    results = []
    for clip in clips:
        models: dict[str, Model] = {}
        for method in methods:
            if method.preset is None:
                continue
            run_folder = folder / clip.name / method.name / "run"
            if run is not None and method is methods[0]:
                models[method.name] = _load_finished(run, clip, plan.device)
            else:
                frame = clip.frames[clip.train]
                models[method.name] = yield from train_or_resume(
                    *(frame.photo, configs[method.name], run_folder, f"{clip.name}: training {method.label}"),
                    files=frame.files(plan.kind, train=True),
                    shrink_only=plan.size_of(method) is None,
                    device=plan.device,
                )
        if not models:
            raise ConfigError("no method to train: there is nothing to evaluate except copies of the training frame")
        first = next(iter(models.values()))
        for method in methods:
            yield from _render(clip, method, models.get(method.name), first, folder / clip.name / method.name, polish)
        records = tuple(_record(method, models.get(method.name), folder / clip.name, run) for method in methods)
        scores = yield from _score(clip, methods, folder / clip.name, metrics, flicker)
        kind = first.record.spec.kind
        frames = tuple(frame.name for frame in clip.test_frames)
        results.append(ClipResult(clip.name, kind, first.size, clip.frames[clip.train].name, frames, records, scores))
    descriptions = [describe(metric) for metric in metrics] + ([describe(flicker)] if flicker else [])
    return Results(tuple(results), tuple(descriptions))


def check_names(clips: Sequence[str]) -> None:
    """Check that no two clips have the same folder, on any file system.

    Args:
        clips: the names of the clips.

    Raises:
        ConfigError: two have the same name.
    """
    names = [name.casefold() for name in clips]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"two clips are called {max(clips, key=lambda name: names.count(name.casefold()))}; "
            "rename one of the sources"
        )


def _check_pictures(folder: Path, clip: Clip, methods: Sequence[Method], run: Path | None) -> None:
    """Refuse to replace what is read: frames, layers, and a finished run. The rest of the folder is this command's."""
    inputs = [file for frame in clip.frames for file in (frame.photo, frame.primitive, *frame.layers.values())]
    folders = (*(method.name for method in methods), "primitives", "truth")
    outputs = [folder / name / f"{frame.name}.png" for name in folders for frame in clip.test_frames]
    check_outputs(outputs, [*inputs, run], overwrite=True)


def _load_finished(run: Path, clip: Clip, device: str) -> Model:
    model = load(run, device)
    frame = clip.frames[clip.train]
    photo = read_image(frame.photo)
    if model.render_size(photo.shape[:2]) == model.size:
        difference = np.abs(resize_image(photo, model.size).astype(int) - model.photo).mean()
    else:
        difference = math.inf
    if difference > _SAME_PHOTO:
        raise ConfigError(
            f"{run}: was not trained on frame {clip.train} of {clip.name}; set the frame with --train-frame"
        )
    return model


def _render(
    clip: Clip, method: Method, model: Model | None, first: Model, folder: Path, polish: bool
) -> Generator[Event, None, None]:
    """Render all test frames to files; with the first method, also write the primitives and the ground truth."""
    for i, frame in enumerate(clip.test_frames):
        yield Event(f"{clip.name}: rendering {method.label}", i, len(clip.test_frames))
        if model is None:
            image = first.photo
        else:
            primitive = frame_primitive(model, frame)
            image = model.picture(primitive, RenderOptions(polish=polish))
            if model is first:
                write_png(
                    folder.parent / "primitives" / f"{frame.name}.png", draw(primitive, model.record.spec.line_colour)
                )
                truth = resize_image(read_image(frame.photo), primitive.size)
                write_png(folder.parent / "truth" / f"{frame.name}.png", truth)
        write_png(folder / f"{frame.name}.png", image)


def _score(
    clip: Clip,
    methods: Sequence[Method],
    folder: Path,
    metrics: Sequence[Metric],
    flicker: Flicker | None,
) -> Generator[Event, None, dict[str, dict[str, tuple[float, ...]]]]:
    """Score the images as written, with 8 bits per channel, which is what a user gets."""
    names = [metric.name for metric in metrics] + ([flicker.name] if flicker else [])
    values: dict[str, dict[str, list[float]]] = {method.name: {name: [] for name in names} for method in methods}
    previous: dict[str, Tensor] = {}
    for i, frame in enumerate(clip.test_frames):
        yield Event(f"{clip.name}: scoring", i, len(clip.test_frames))
        real = to_tensor(read_image(folder / "truth" / f"{frame.name}.png"))
        current = {"": real}
        for method in methods:
            fake = to_tensor(read_image(folder / method.name / f"{frame.name}.png"))
            if fake.shape != real.shape:
                fake = to_tensor(resize_image(to_image(fake), (real.shape[2], real.shape[3])))
            current[method.name] = fake
            with torch.inference_mode():
                for metric in metrics:
                    values[method.name][metric.name].append(float(metric(fake, real)))
                if flicker is not None:
                    defined = clip.follows(i) and previous[""].shape == real.shape
                    score = math.nan
                    if defined:
                        score = float(flicker(fake, real, previous[method.name], previous[""]))
                    values[method.name][flicker.name].append(score)
        previous = current
    return {m: {name: tuple(scores) for name, scores in metric.items()} for m, metric in values.items()}


def _record(method: Method, model: Model | None, folder: Path, run: Path | None) -> MethodRecord:
    if model is None:
        return MethodRecord(method.name, method.label)
    record = model.record
    run_folder = run if run is not None and method.name == "ours" else folder / method.name / "run"
    return MethodRecord(
        *(method.name, method.label, record.config.preset, record.config.matcher, record.steps),
        *(round(record.seconds, 1), model.weights_sha256, str(run_folder), method.settings),
    )
