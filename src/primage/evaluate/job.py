"""`primage evaluate video` without its command line: checks what is asked for, runs the protocol, writes the report."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from primage.errors import ConfigError, RunError
from primage.evaluate.baselines import baseline, ours
from primage.evaluate.datasets import KINDS, read_dataset
from primage.evaluate.frames import Clip, LayerFolders, read_clip
from primage.evaluate.metrics import DEFAULT, build_metrics
from primage.evaluate.protocol import Event, Plan, evaluate
from primage.evaluate.report import write_report
from primage.evaluate.results import Results
from primage.model import load
from primage.primitive.primitive import LAYERS
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
    if job.out.exists() and not job.out.is_dir():
        raise RunError(f"{job.out}: is a file; a report needs a folder")
    kind = job.kind or (KINDS.get(job.dataset or "", "super"))
    name, settings, matcher = job.preset, job.settings, job.matcher
    if job.run is not None:
        record = load(job.run).record
        kind, name = record.spec.kind, record.config.preset
    if kind not in LAYERS:
        raise ConfigError(f"there is no primitive '{kind}'; choose one of {', '.join(LAYERS)}")
    methods = [
        ours(name, settings, matcher),
        *(baseline(each, name, settings) for each in dict.fromkeys(job.baselines)),
    ]
    plan = Plan(kind, job.minutes, job.steps, job.size_px, job.seed, job.device)
    if job.run is not None:  # baselines are trained as long as the run was, at its size
        record = load(job.run).record
        minutes = job.minutes if job.minutes or job.steps else max(record.seconds / 60, 0.01)
        plan = replace(plan, minutes=minutes, size_px=job.size_px or min(load(job.run).size))
    for method in methods[0 if job.run is None else 1 :]:
        if method.preset is not None:
            plan.config(method)
    with lock_folder(job.out):
        yield Event("reading frames", 0, 0)
        clips = read_clips(job)
        if job.run is not None and len(clips) > 1:
            raise ConfigError("a run was trained on one clip; judge it on that one")
        metrics, flicker = build_metrics(job.metrics, job.inception)
        if not metrics:
            raise ConfigError("flicker alone sorts no frames; ask for another metric, too")
        results = yield from evaluate(clips, methods, plan, job.out, metrics, flicker, job.run)
        results = replace(results, command={"line": job.line} | asdict(replace(job, line=())))
        yield Event("writing the report", 0, 0)
        page = write_report(job.out, results, metrics)
    return results, page


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
        own = source.stem if source.is_file() else source.resolve().name

        def beside(folder: Path | None, own: str = own) -> Path | None:
            return folder / own if folder is not None and len(job.sources) > 1 else folder

        folders = LayerFolders(beside(job.segments), beside(job.edges), beside(job.primitives))
        scratch = job.out / own / "frames"
        clips.append(read_clip(source, scratch, job.train_frame, folders, job.frames, job.every))
    return clips
