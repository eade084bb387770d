"""What `primage evaluate video`, `evaluate coverage` and `risk` do: check what is asked for, run it, write it down."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from primage.errors import ConfigError, ImageError, RunError
from primage.evaluate.baselines import Method, baseline, ours
from primage.evaluate.coverage import Coverage, coverage
from primage.evaluate.coverage_report import write_coverage
from primage.evaluate.datasets import KINDS, read_dataset
from primage.evaluate.frames import Clip, LayerFolders, clip_name, read_clip
from primage.evaluate.metrics import DEFAULT, Metric, build_metrics
from primage.evaluate.pixels import Flicker
from primage.evaluate.protocol import Plan, evaluate
from primage.evaluate.report import write_report
from primage.evaluate.results import Results
from primage.evaluate.risk import Risk, draw_risk, edit_risk
from primage.evaluate.runs import Event
from primage.evaluate.seen import COPIES, check_copies, load_features
from primage.image import write_png
from primage.model import load
from primage.primitive import kinds
from primage.primitive.read import LayerFiles, read_primitive
from primage.run import lock_folder


@dataclass(frozen=True)
class VideoJob:
    """What is asked for; see `primage evaluate video --help`.

    Attributes:
        sources: videos, folders of frames, or the root of a data set.
        out: the report's folder.
        train_frame: number of the frame to train on.
        kind: of primitive; the data set's, or super, if None.
        segments: folder of label maps (with a folder for each clip if there are several).
        edges: folder of line drawings, likewise.
        primitives: folder of whole primitives, likewise.
        preset: draft, standard or paper.
        minutes: of each training.
        steps: instead.
        size_px: short side.
        baselines: names out of `primage.evaluate.baselines.BASELINES`.
        run: a finished run to judge.
        dataset: cityscapes or lrs2.
        videos: how many clips of the data set.
        frames: at most so many frames of a clip.
        every: distance of the frames taken.
        metrics: names out of `primage.evaluate.metrics.METRICS`.
        inception: official weights of Inception-v3.
        matcher: universal or none.
        seed: of all randomness.
        settings: what differs from the preset.
        device: where to compute.
        line: the command line, for the report.
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
    device: str = "cpu"
    line: tuple[str, ...] = ()


def video_job(job: VideoJob) -> Generator[Event, None, tuple[Results, Path]]:
    """Run the video protocol and write its report.

    Args:
        job: what is asked for.

    Yields:
        Progress.

    Returns:
        The numbers, and the page.

    Raises:
        UserError: an input is at fault; then nothing is trained, but frames of a video may have been written.
        TrainingError, WeightsError: as for `primage.train`.
    """
    kind = job.kind or KINDS.get(job.dataset or "", "super")
    name, settings, matcher = job.preset, job.settings, job.matcher
    if job.run is not None:
        record = load(job.run).record
        kind, name = record.spec.kind, record.config.preset
    methods = [
        ours(name, settings, matcher),
        *(baseline(each, name, settings) for each in dict.fromkeys(job.baselines)),
    ]
    plan = Plan(kind, job.minutes, job.steps, job.size_px, job.seed, job.device)
    if job.run is not None:  # baselines are trained as long as the run was, at its size
        record = load(job.run).record
        minutes = job.minutes if job.minutes or job.steps else max(record.seconds / 60, 0.01)
        plan = replace(plan, minutes=minutes, size_px=job.size_px or min(load(job.run).size))
    trained = methods[0 if job.run is None else 1 :]
    with open_job(job, trained, plan) as (clips, plan, metrics, flicker):
        results = yield from evaluate(clips, methods, plan, job.out, metrics, flicker, job.run)
        results = replace(results, command=asdict(job))
        yield Event("writing the report", 0, 0)
        return results, write_report(job.out, results, metrics)


@contextlib.contextmanager
def open_job(
    job: VideoJob, methods: Sequence[Method], plan: Plan | None = None
) -> Iterator[tuple[list[Clip], Plan, list[Metric], Flicker | None]]:
    """Check what is asked for, hold the report's folder, and find frames and metrics.

    Args:
        job: what is asked for.
        methods: what will be trained.
        plan: how; the job's if None.

    Yields:
        Clips, plan, metrics, and flicker if it is asked for.

    Raises:
        UserError: an input is at fault.
        WeightsError: a metric's weights cannot be had.
    """
    if job.out.exists() and not job.out.is_dir():
        raise RunError(f"{job.out}: is a file; a report needs a folder")
    kind = job.kind or KINDS.get(job.dataset or "", "super")
    if kind not in kinds.KINDS:
        raise ConfigError(f"there is no primitive '{kind}'; choose one of {', '.join(kinds.KINDS)}")
    plan = plan or Plan(kind, job.minutes, job.steps, job.size_px, job.seed, job.device)
    for method in methods:
        if method.preset is not None:
            plan.config(method)
    for source in job.sources:
        if not source.exists():
            raise ConfigError(f"{source}: there is no such video or folder of frames")
    with lock_folder(job.out):
        clips = read_clips(job)
        if job.run is not None and len(clips) > 1:
            raise ConfigError("a run was trained on one clip; judge it on that one")
        metrics, flicker = build_metrics(job.metrics, job.inception)
        if not metrics:
            raise ConfigError("flicker alone sorts no frames; ask for another metric, too")
        yield clips, plan, metrics, flicker


def read_clips(job: VideoJob) -> list[Clip]:
    """Find the clips that a job is about.

    Args:
        job: its sources, or the data set's root.

    Returns:
        The clips.

    Raises:
        ConfigError: there are none, or a layer is missing.
    """
    if job.dataset is not None:
        if len(job.sources) > 1:
            raise ConfigError("a data set has one folder; name that")
        return read_dataset(job.dataset, job.sources[0], job.out, job.videos, job.frames, job.train_frame)
    clips = []
    for source in job.sources:
        own = clip_name(source)

        def beside(folder: Path | None, own: str = own) -> Path | None:
            return folder / own if folder is not None and len(job.sources) > 1 else folder

        folders = LayerFolders(beside(job.segments), beside(job.edges), beside(job.primitives))
        scratch = job.out / own / "frames"
        clips.append(read_clip(source, scratch, job.train_frame, folders, job.frames, job.every))
    return clips


def coverage_job(
    run: Path,
    source: Path,
    out: Path,
    train_frame: int = 0,
    folders: LayerFolders = LayerFolders(),  # noqa: B008  (frozen)
    frames: int | None = None,
    every: int = 1,
    copies: int = COPIES,
    features: str = "auto",
    resnet: Path | None = None,
    seed: int = 0,
    device: str = "cpu",
    line: tuple[str, ...] = (),
) -> Generator[Event, None, tuple[Coverage, Path]]:
    """Run the coverage analysis and write its figure.

    Args:
        run: trained on a frame of ``source``.
        source: video, or folder of frames.
        out: where figure, numbers and page go.
        train_frame: which frame that was.
        folders: given layers.
        frames: at most so many.
        every: distance of the frames taken.
        copies: TPS copies of the training drawing.
        features: resnet50, vgg16 or auto.
        resnet: official ResNet50 weights.
        seed: of the warps.
        device: where to paint.
        line: the command line, for the page.

    Yields:
        Progress.

    Returns:
        The analysis, and the page.

    Raises:
        UserError: an input is at fault.
        WeightsError: the features' weights cannot be had.
    """
    check_copies(copies)
    model = load(run, device)
    clip = read_clip(source, out / "frames", train_frame, folders, frames, every)
    found = yield from coverage(model, clip, load_features(features, resnet), copies, seed)
    return found, write_coverage(out, found, model, line)


def risk_job(
    path: Path,
    files: LayerFiles,
    out: Path | None = None,
    snap: bool = False,
    copies: int = COPIES,
    features: str = "auto",
    resnet: Path | None = None,
    device: str = "cpu",
) -> Generator[Event, None, Risk]:
    """Measure an edited drawing's risk, and draw its map.

    Args:
        path: a run folder or a model file.
        files: the edited drawing.
        out: the map's PNG, if it is wanted.
        snap: give unknown colours to the nearest label.
        copies: how many warps of the training drawing count as seen.
        features: resnet50, vgg16 or auto.
        resnet: official ResNet50 weights.
        device: where to compute.

    Yields:
        Progress.

    Returns:
        The risk.

    Raises:
        UserError: an input is at fault; nothing was written.
        WeightsError: the features' weights cannot be had.
    """
    check_copies(copies)
    if out is not None and out.suffix.lower() != ".png":
        raise ImageError(f"{out}: the map is a PNG file; name it {out.stem}.png")
    if out is not None and any(p.resolve() == out.resolve() for p in files.given().values()):
        raise ImageError(f"{out}: is the drawing itself, and would be overwritten; name another file")
    model = load(path, device)
    drawing = read_primitive(files, model.record.spec, model.render_size, snap)
    found = yield from edit_risk(model, drawing, load_features(features, resnet), copies)
    if out is not None:
        write_png(out, draw_risk(found, drawing, model))
    return found
