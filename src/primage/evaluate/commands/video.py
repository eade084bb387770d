"""``primage evaluate video``: the paper's video protocol (§4.2)."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.metrics.pixels import Flicker
from primage.evaluate.metrics.registry import DEFAULT, Metric, build_metrics
from primage.evaluate.protocol.baselines import Method, baseline, ours
from primage.evaluate.protocol.datasets import DATASET_KINDS, extent, read_dataset
from primage.evaluate.protocol.evaluation import TrainingPlan, check_names, evaluate
from primage.evaluate.protocol.frames import PRIMITIVE, Clip, clip_name, read_clip
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.video_report import write_report
from primage.model import load
from primage.outputs import check_folder, mark_folder
from primage.primitive.kinds import KINDS
from primage.run_folder import lock_folder


@dataclass(frozen=True)
class VideoOptions:
    """Options of a video evaluation; see `primage evaluate video --help`.

    Attributes:
        sources: videos, folders of frames, or the root of a data set.
        out: folder of the report.
        train_frame: number of the frame to train on.
        kind: kind of primitive; by default that of the data set, otherwise super.
        segments: folder of label maps (with a sub-folder per clip if there are several clips).
        edges: folder of line drawings, likewise.
        primitives: folder of whole primitives, likewise.
        preset: draft, standard or paper.
        minutes: duration of each training.
        steps: number of steps of each training, instead of minutes.
        size_px: short side.
        baselines: names from `primage.evaluate.protocol.baselines.BASELINES`.
        baseline_steps: number of steps of each baseline's training; by default as long as the evaluated method's.
        baseline_size_px: short side of the baselines; by default that of the evaluated method.
        baseline_settings: changes to the settings of every trained baseline, as KEY=VALUE.
        run: a finished run to evaluate.
        dataset: cityscapes or lrs2.
        videos: number of clips of the data set.
        frames: maximum number of frames per clip.
        every: interval between frames.
        metrics: names from `primage.evaluate.metrics.registry.METRICS`.
        inception: an official Inception-v3 weights file.
        matcher: universal or none.
        seed: seed of all random sources.
        settings: changes to the preset, as KEY=VALUE.
        polish: whether incoherent parts of the renders are synthesised (`primage.synthesis`).
        device: torch device to compute on.
        line: the command line, shown in the report.
        overwrite: whether ``out`` may hold other files.
    """

    sources: tuple[Path, ...]
    out: Path
    train_frame: int = 0
    kind: str | None = None
    segments: Path | None = None
    edges: Path | None = None
    primitives: Path | None = None
    preset: str = "standard"
    minutes: float | None = None
    steps: int | None = None
    size_px: int | None = None
    baselines: tuple[str, ...] = ("copy",)
    baseline_steps: int | None = None
    baseline_size_px: int | None = None
    baseline_settings: tuple[str, ...] = ()
    run: Path | None = None
    dataset: str | None = None
    videos: int | None = None
    frames: int | None = None
    every: int = 1
    metrics: tuple[str, ...] = DEFAULT
    inception: Path | None = None
    matcher: str | None = None
    seed: int = 0
    settings: tuple[str, ...] = ()
    polish: bool = True
    device: str = "cpu"
    line: tuple[str, ...] = ()
    overwrite: bool = False


def evaluate_video(options: VideoOptions) -> Generator[Event, None, tuple[Results, Path]]:
    """Run the video protocol and write its report.

    Args:
        options: clips, methods, metrics and output folder.

    Yields:
        Progress.

    Returns:
        The scores, and the path of the page.

    Raises:
        UserError: an input is invalid; nothing was trained, though frames of a video may have been written.
        TrainingError, WeightsError: as for `primage.train`.
    """
    kind = options.kind or DATASET_KINDS.get(options.dataset or "", "super")
    name, settings, matcher = options.preset, options.settings, options.matcher
    if options.run is not None:
        record = load(options.run).record
        kind, name = record.spec.kind, record.config.preset
    methods = [
        ours(name, settings, matcher),
        *(
            baseline(each, name, settings).changed(options.baseline_settings)
            for each in dict.fromkeys(options.baselines)
        ),
    ]
    plan = training_plan(options, kind)
    if options.run is not None:  # train the baselines for as long as the run was trained, at its size
        record = load(options.run).record
        minutes = options.minutes if options.minutes or options.steps else max(record.seconds / 60, 0.01)
        plan = replace(plan, minutes=minutes, size_px=options.size_px or min(load(options.run).size))
    trained = methods[0 if options.run is None else 1 :]
    with open_evaluation(options, trained, plan) as (clips, plan, metrics, flicker):
        found = None if options.dataset is None else extent(options.dataset, clips)
        if found is not None:  # before hours of training
            yield Event(f"{options.dataset}: {found}", 0, 0)
        results = yield from evaluate(clips, methods, plan, options.out, metrics, flicker, options.run, options.polish)
        results = replace(results, command=asdict(options), extent=found)
        yield Event("writing the report", 0, 0)
        return results, write_report(options.out, results, metrics)


def training_plan(options: VideoOptions, kind: str) -> TrainingPlan:
    """How the methods are trained, as the options say.

    Args:
        options: of the evaluation.
        kind: kind of primitive.

    Returns:
        The plan.
    """
    return TrainingPlan(
        *(kind, options.minutes, options.steps, options.size_px, options.seed, options.device),
        *(options.baseline_steps, options.baseline_size_px),
    )


@contextlib.contextmanager
def open_evaluation(
    options: VideoOptions, methods: Sequence[Method], plan: TrainingPlan | None = None
) -> Iterator[tuple[list[Clip], TrainingPlan, list[Metric], Flicker | None]]:
    """Validate the options, lock the report folder, and load clips and metrics.

    Args:
        options: clips, metrics and output folder.
        methods: the methods to train.
        plan: how they are trained; by default as the options say.

    Yields:
        Clips, training plan, metrics, and flicker if requested.

    Raises:
        UserError: an input is invalid.
        WeightsError: a metric's weights are not available.
    """
    check_folder(options.out, options.overwrite)
    kind = options.kind or DATASET_KINDS.get(options.dataset or "", "super")
    if kind not in KINDS:
        raise ConfigError(f"there is no primitive '{kind}'; choose one of {', '.join(KINDS)}")
    plan = plan or training_plan(options, kind)
    for method in methods:
        if method.preset is not None:
            plan.config(method)
    for source in options.sources:
        if not source.exists():
            raise ConfigError(f"{source}: there is no such video or folder of frames")
    with lock_folder(options.out):
        mark_folder(options.out)
        clips = read_clips(options)
        if options.run is not None and len(clips) > 1:
            raise ConfigError("a run is trained on a single clip; evaluate it on that clip only")
        metrics, flicker = build_metrics(options.metrics, options.inception)
        if not metrics:
            raise ConfigError("flicker alone cannot rank frames; add another metric")
        yield clips, plan, metrics, flicker


def read_clips(options: VideoOptions) -> list[Clip]:
    """Find the clips to evaluate on.

    Args:
        options: sources, or data set and its root.

    Returns:
        The clips.

    Raises:
        ConfigError: there are none, or a layer is missing.
    """
    if options.dataset is not None:
        if len(options.sources) > 1:
            raise ConfigError("--dataset takes exactly one source, the folder of the data set")
        return read_dataset(
            options.dataset, options.sources[0], options.out, options.videos, options.frames, options.train_frame
        )
    names = [clip_name(source) for source in options.sources]
    check_names(names)  # before frames of two videos are written to one folder
    clips = []
    for name, source in zip(names, options.sources, strict=True):

        def of_clip(folder: Path | None, name: str = name) -> Path | None:
            return folder / name if folder is not None and len(options.sources) > 1 else folder

        given = {"segments": options.segments, "edges": options.edges, PRIMITIVE: options.primitives}
        folders = {name: of_clip(folder) for name, folder in given.items()}
        scratch = options.out / name / "frames"
        clips.append(read_clip(source, scratch, options.train_frame, folders, options.frames, options.every))
    return clips
