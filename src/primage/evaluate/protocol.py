"""The paper's protocol (§4.2): train on one frame of a video, paint the others from their primitives, judge them.

`evaluate` is an iterator like `primage.training.training`: it yields how far it is, and closing it stops it. Every
training has a run folder of its own, so the same call goes on where the last one stopped.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from primage.api import check_target, configure
from primage.config import Config
from primage.errors import ConfigError
from primage.evaluate.baselines import Method
from primage.evaluate.drawings import frame_primitive
from primage.evaluate.frames import Clip
from primage.evaluate.metrics import Metric, describe
from primage.evaluate.pixels import Flicker
from primage.evaluate.results import ClipResult, Results, Trained
from primage.evaluate.runs import Event, trained
from primage.image import read_image, resize_image, write_png
from primage.model import Model, load
from primage.primitive.primitive import draw
from primage.tensors import to_image, to_tensor

#: Mean difference, in levels of 255, above which a photo is not the frame that a run was trained on.
_SAME_PHOTO = 3.0


@dataclass(frozen=True)
class Plan:
    """How the methods are trained.

    Attributes:
        kind: of primitive.
        minutes: for each training.
        steps: instead of minutes.
        size_px: short side; the preset's, but no larger than the frame, if None.
        seed: of all randomness.
        device: where to compute.
    """

    kind: str = "super"
    minutes: float | None = None
    steps: int | None = None
    size_px: int | None = None
    seed: int = 0
    device: str = "cpu"

    def config(self, method: Method) -> Config:
        """The settings of a method.

        Raises:
            ConfigError: they contradict each other.
        """
        assert method.preset is not None
        return configure(
            *(method.preset, self.kind, self.size_px, self.minutes, self.steps, self.seed),
            settings=method.settings,
            matcher=method.matcher,
        )


def evaluate(
    clips: Sequence[Clip],
    methods: Sequence[Method],
    plan: Plan,
    folder: Path,
    metrics: Sequence[Metric],
    flicker: Flicker | None = None,
    run: Path | None = None,
) -> Generator[Event, None, Results]:
    """Judge methods on clips.

    Args:
        clips: what to judge on.
        methods: what to judge, ours first.
        plan: how they are trained.
        folder: FOLDER/CLIP/METHOD/run, and the pictures in FOLDER/CLIP/METHOD/*.png.
        metrics: of single pictures; the first sorts frames.
        flicker: if it is to be measured.
        run: a finished run that is judged as the first method, instead of training it.

    Yields:
        Progress.

    Returns:
        All numbers.

    Raises:
        UserError: an input is at fault; what can be checked is checked before the first training.
        TrainingError, WeightsError: as for `primage.train`.
    """
    configs = {method.name: plan.config(method) for method in methods if method.preset is not None}
    names = [clip.name for clip in clips]
    if len(set(names)) < len(names):
        raise ConfigError(f"two clips are called {max(names, key=names.count)}; rename one of the sources")
    for clip in clips:
        for method in methods:
            if method.preset is not None and not (run is not None and method is methods[0]):
                check_target(folder / clip.name / method.name / "run")
    for clip in clips:
        for i, frame in enumerate(clip.judged):  # a broken frame comes out now, not after an hour of training
            yield Event(f"{clip.name}: looking at the frames", i, len(clip.judged))
            read_image(frame.photo)
    found = []
    for clip in clips:
        models: dict[str, Model] = {}
        for method in methods:
            if method.preset is None:
                continue
            where = folder / clip.name / method.name / "run"
            if run is not None and method is methods[0]:
                models[method.name] = _finished(run, clip, plan.device)
            else:
                frame = clip.frames[clip.train]
                models[method.name] = yield from trained(
                    *(frame.photo, configs[method.name], where, f"{clip.name}: training {method.label}"),
                    files=frame.files(plan.kind, train=True),
                    shrink_only=plan.size_px is None,
                    device=plan.device,
                )
        if not models:
            raise ConfigError("nothing is to be trained, so nothing but copies could be judged")
        first = next(iter(models.values()))
        for method in methods:
            yield from _paint(clip, method, models.get(method.name), first, folder / clip.name / method.name)
        described = tuple(_describe(method, models.get(method.name), folder / clip.name, run) for method in methods)
        scores = yield from _score(clip, first, methods, folder / clip.name, metrics, flicker)
        kind = first.record.spec.kind
        judged = tuple(frame.name for frame in clip.judged)
        found.append(ClipResult(clip.name, kind, first.size, clip.frames[clip.train].name, judged, described, scores))
    descriptions = [describe(metric) for metric in metrics] + ([describe(flicker)] if flicker else [])
    return Results(tuple(found), tuple(descriptions))


def _finished(run: Path, clip: Clip, device: str) -> Model:
    model = load(run, device)
    frame = clip.frames[clip.train]
    photo = read_image(frame.photo)
    if model.render_size(photo.shape[:2]) == model.size:
        away = np.abs(resize_image(photo, model.size).astype(int) - model.photo).mean()
    else:
        away = math.inf
    if away > _SAME_PHOTO:
        raise ConfigError(f"{run}: was not trained on frame {clip.train} of {clip.name}; name it with --train-frame")
    return model


def _paint(clip: Clip, method: Method, model: Model | None, first: Model, folder: Path) -> Generator[Event, None, None]:
    """Paint all judged frames into files; the first method's primitives are written beside them."""
    for i, frame in enumerate(clip.judged):
        yield Event(f"{clip.name}: painting {method.label}", i, len(clip.judged))
        if model is None:
            image = first.photo
        else:
            primitive = frame_primitive(model, frame)
            image = to_image(model.paint(primitive).image.cpu())
            if model is first:
                write_png(
                    folder.parent / "primitives" / f"{frame.name}.png", draw(primitive, model.record.spec.line_colour)
                )
                write_png(folder.parent / "truth" / f"{frame.name}.png", _truth(frame.photo, primitive.size))
        write_png(folder / f"{frame.name}.png", image)


def _truth(photo: Path, size: tuple[int, int]) -> np.ndarray:
    return resize_image(read_image(photo), size)


def _score(
    clip: Clip,
    first: Model,
    methods: Sequence[Method],
    folder: Path,
    metrics: Sequence[Metric],
    flicker: Flicker | None,
) -> Generator[Event, None, dict[str, dict[str, tuple[float, ...]]]]:
    """Judge the written pictures: 8 bits a channel, as a user gets them."""
    names = [metric.name for metric in metrics] + ([flicker.name] if flicker else [])
    values: dict[str, dict[str, list[float]]] = {method.name: {name: [] for name in names} for method in methods}
    before: dict[str, Tensor] = {}
    for i, frame in enumerate(clip.judged):
        yield Event(f"{clip.name}: judging", i, len(clip.judged))
        real = to_tensor(read_image(folder / "truth" / f"{frame.name}.png"))
        now = {"": real}
        for method in methods:
            fake = to_tensor(read_image(folder / method.name / f"{frame.name}.png"))
            if fake.shape != real.shape:
                fake = to_tensor(resize_image(to_image(fake), (real.shape[2], real.shape[3])))
            now[method.name] = fake
            with torch.inference_mode():
                for metric in metrics:
                    values[method.name][metric.name].append(float(metric(fake, real)))
                if flicker is not None:
                    known = clip.follows(i) and before[""].shape == real.shape
                    step = flicker(fake, real, before[method.name], before[""]) if known else torch.tensor(math.nan)
                    values[method.name][flicker.name].append(float(step))
        before = now
    return {m: {name: tuple(found) for name, found in metric.items()} for m, metric in values.items()}


def _describe(method: Method, model: Model | None, folder: Path, run: Path | None) -> Trained:
    if model is None:
        return Trained(method.name, method.label)
    record = model.record
    where = run if run is not None and method.name == "ours" else folder / method.name / "run"
    return Trained(
        *(method.name, method.label, record.config.preset, record.config.matcher, record.steps),
        *(round(record.seconds, 1), model.weights_sha256, str(where), method.settings),
    )
