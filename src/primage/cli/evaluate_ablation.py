"""``primage evaluate ablation``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, checked_device, comma_separated, print_json, say, set_up
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Videos or folders of frames.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder. Repeat the command to resume.")
    ],
    tps: Annotated[str, typer.Option(help="TPS probabilities; the first is the reference.")] = "0.99,0.5,0",
    rotation: Annotated[str, typer.Option(help="Maximum rotations in degrees; 0 is off.")] = "0,10",
    shear: Annotated[str, typer.Option(help="Maximum shears; 0 is off.")] = "0,0.3",
    cutmix: Annotated[str, typer.Option(help="Cutmix probabilities; 0 is off.")] = "0,0.5",
    canny_sigma: Annotated[str, typer.Option(help="Canny σ: 0 as in extraction, 1 random from 1.2 to 3.")] = "0,1",
    full: Annotated[bool, typer.Option("--full", help="All combinations instead of one factor at a time.")] = False,
    train_frame: Annotated[int, typer.Option(help="Number of the frame to train on.")] = 0,
    primitive: Annotated[str, typer.Option("--primitive", "-p", help="edges, segments or super.")] = "edges",
    segments: Annotated[Path | None, typer.Option(metavar="DIR", help="Label maps, named like the frames.")] = None,
    preset: Annotated[str, typer.Option(help="draft, standard or paper.")] = "standard",
    minutes: Annotated[float | None, typer.Option(help="Duration of each training [default: the preset's].")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of each training, instead of minutes.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Short side in px [default: 256, or the frames' if smaller].")
    ] = None,
    frames: Annotated[int | None, typer.Option(help="Maximum number of frames per clip.")] = None,
    every: Annotated[int, typer.Option(help="Interval between frames.")] = 1,
    metrics: Annotated[str, typer.Option(help="Comma-separated metrics.")] = "lpips,sifid",
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting. Repeatable.")
    ] = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train with varied augmentation and evaluate on the other frames: the effect of each warp in one table."""
    set_up(quiet, as_json)
    from primage.evaluate.analyses.ablation import parse_levels
    from primage.evaluate.commands.ablation import evaluate_ablation
    from primage.evaluate.commands.video import VideoOptions

    video = VideoOptions(
        *(tuple(sources), out, train_frame, primitive, segments),
        preset=preset,
        minutes=minutes,
        steps=steps,
        size_px=size,
        baselines=(),
        frames=frames,
        every=every,
        metrics=comma_separated(metrics),
        seed=seed,
        settings=tuple(settings or ()),
        device=checked_device(device),
        line=("primage", *sys.argv[1:]),
        overwrite=overwrite,
    )
    words = {"tps": tps, "rotation": rotation, "shear": shear, "cutmix": cutmix, "canny_sigma": canny_sigma}
    levels = {factor: parse_levels(factor, text) for factor, text in words.items()}
    finished = follow_events(evaluate_ablation(video, levels, full), quiet or as_json)
    if finished is None:
        say(f"Stopped. Repeat the command to resume from the runs in {out}.", quiet)
        return exit_code()
    results, page = finished
    if as_json:
        from primage.evaluate.reports.serialize import summary

        print_json({"page": str(page), **summary(results)})
    else:
        say(f"Report: {page.resolve()}", quiet)
    return 0
