"""``primage evaluate video``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, checked_device, comma_separated, print_json, say, set_up
from primage.cli.events import follow_events
from primage.cli.signals import exit_code
from primage.primitive.kinds import KINDS


def command(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE...", help="Videos or folders of frames, or the folder of a data set."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="REPORT", help="Folder of the report. Repeat the command to resume.")
    ],
    train_frame: Annotated[int, typer.Option(help="Number of the frame to train on; it is never evaluated.")] = 0,
    primitive: Annotated[
        str | None, typer.Option("--primitive", "-p", help=f"{', '.join(KINDS)} [default: super].")
    ] = None,
    segments: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Label maps, named like the frames (DIR/CLIP for several clips).")
    ] = None,
    edges: Annotated[Path | None, typer.Option(metavar="DIR", help="Line drawings, likewise.")] = None,
    primitives: Annotated[Path | None, typer.Option(metavar="DIR", help="Whole primitives, likewise.")] = None,
    preset: Annotated[str, typer.Option(help="draft, standard or paper.")] = "standard",
    minutes: Annotated[float | None, typer.Option(help="Duration of each training [default: the preset's].")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of each training, instead of minutes.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Short side in px [default: 256, or the frames' if smaller].")
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="Comma-separated: copy, no-tps, paper, paper-no-tps; '' for none.")
    ] = "copy",
    baseline_steps: Annotated[
        int | None, typer.Option(help="Steps of each baseline's training [default: as long as the evaluated method's].")
    ] = None,
    baseline_size: Annotated[
        int | None, typer.Option(help="Short side of the baselines in px [default: that of the evaluated method].")
    ] = None,
    baseline_settings: Annotated[
        list[str] | None,
        typer.Option("--baseline-set", metavar="KEY=VALUE", help="Any setting of the trained baselines. Repeatable."),
    ] = None,
    run: Annotated[Path | None, typer.Option(metavar="RUN", help="Evaluate this finished run; one clip only.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="cityscapes or lrs2: SOURCE is the folder of this data set.")
    ] = None,
    videos: Annotated[int | None, typer.Option(help="Number of clips of the data set [default: 16 or 5].")] = None,
    frames: Annotated[int | None, typer.Option(help="Maximum number of frames per clip.")] = None,
    every: Annotated[int, typer.Option(help="Interval between frames.")] = 1,
    metrics: Annotated[
        str, typer.Option(help="Comma-separated; the first ranks frames. Also lpips_vgg16, sifid_64, sifid_192 …")
    ] = "lpips,sifid,psnr,ssim,flicker",
    inception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Official Inception-v3 weights file, for SIFID.")
    ] = None,
    matcher: Annotated[str | None, typer.Option(help="universal or none [default: the preset's].")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any setting of the evaluated method. Repeatable."),
    ] = None,
    polish: Annotated[
        bool, typer.Option(help="Synthesise what the photo could not have shown, from the photo's patches.")
    ] = True,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train on one frame of each video, render and evaluate the others, and write a report (paper, §4.2)."""
    set_up(quiet, as_json)
    from primage.evaluate.commands.video import VideoOptions, evaluate_video
    from primage.evaluate.reports.serialize import summary

    video = VideoOptions(
        sources=tuple(sources),
        out=out,
        train_frame=train_frame,
        kind=primitive,
        segments=segments,
        edges=edges,
        primitives=primitives,
        preset=preset,
        minutes=minutes,
        steps=steps,
        size_px=size,
        baselines=comma_separated(baselines),
        baseline_steps=baseline_steps,
        baseline_settings=tuple(baseline_settings or ()),
        baseline_size_px=baseline_size,
        run=run,
        dataset=dataset,
        videos=videos,
        frames=frames,
        every=every,
        metrics=comma_separated(metrics),
        inception=inception,
        matcher=matcher,
        seed=seed,
        settings=tuple(settings or ()),
        polish=polish,
        device=checked_device(device),
        line=("primage", *sys.argv[1:]),
        overwrite=overwrite,
    )
    finished = follow_events(evaluate_video(video), quiet or as_json)
    if finished is None:
        say(f"Stopped. Repeat the command to resume from the runs in {out}.", quiet)
        return exit_code()
    results, page = finished
    if as_json:
        print_json({"report": str(page), **summary(results)})
    else:
        from primage.evaluate.reports.tables import number

        for d in results.metrics:
            values = "   ".join(f"{label} {number(results.mean(m, d.name))}" for m, label in results.methods.items())
            say(f"{d.title:<20} {values}", quiet)
        for fact in (results.stand_ins, results.extent):
            if fact:
                say(f"{fact}.", quiet)
        say(f"Report: {page.resolve()}", quiet)
    return 0
