"""``primage batch``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from primage.cli.batch_table import follow_batch
from primage.cli.console import Device, Json, LineColour, Overwrite, Quiet, checked_device, print_json, say, set_up
from primage.cli.signals import exit_code, stoppable
from primage.cli.weights import download_bar
from primage.primitive.kinds import KINDS_HELP

if TYPE_CHECKING:
    from primage.batch.plan import Job


def command(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="MANIFEST|GLOB...", help="One CSV or JSON lines file; or photos, or 'photos/*.jpg'."),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR", help="Folder of the results. Repeat the command to resume.")
    ],
    primitive: Annotated[str, typer.Option("--primitive", "-p", help=KINDS_HELP)] = "super",
    line_colour: LineColour = None,
    preset: Annotated[str, typer.Option(help="draft (1 min), standard (10 min) or paper (the published model).")] = (
        "standard"
    ),
    size: Annotated[
        int | None,
        typer.Option(help="Length of the short side in px [default: the photo's, at most 256 px except for paper]."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Training time of each photo [default: the preset's].")] = None,
    steps: Annotated[
        int | None, typer.Option(help="Training steps of each photo, instead of --minutes; equal on every machine.")
    ] = None,
    matcher: Annotated[str | None, typer.Option(help="universal or none [default: the preset's].")] = None,
    seed: Annotated[int, typer.Option(help="Random seed of each photo.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting. Repeatable.")
    ] = None,
    edits: Annotated[
        str | None, typer.Option(metavar="FILE", help="Apply recorded edits (JSON) to each drawing, and render it.")
    ] = None,
    full_size: Annotated[bool, typer.Option("--full-size", help="Render at each photo's own size.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Largest number of photos at a time [default: as many as there is room for].")
    ] = None,
    threads: Annotated[int, typer.Option(help="Number of threads, and processors, of each photo.")] = 1,
    memory: Annotated[
        float | None,
        typer.Option(metavar="GB", help="Memory that each photo reserves and may take [default: no limit]."),
    ] = None,
    retries: Annotated[
        int, typer.Option(help="How often a photo is tried again after a failure of a machine or of the network.")
    ] = 2,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="An existing Ray cluster [default: one on this machine].")
    ] = None,
    serial: Annotated[bool, typer.Option("--serial", help="One photo after the other, without Ray.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and list what would be done.")] = False,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train on many photos, one task each, and render their edits. Repeat the command to resume.

    Exit code 0 if all photos are done, 1 if some failed.
    """
    set_up(quiet, as_json)
    from primage.batch.manifest import Row
    from primage.batch.plan import Options, planned
    from primage.batch.running import backend, check, run_batch

    chosen = tuple(settings or ())
    defaults = Row(
        photo="-", line_colour=line_colour, edits=edits, full_size=full_size, primitive=primitive, preset=preset,
        size=size, minutes=minutes, steps=steps, matcher=matcher, seed=seed, settings=chosen,
    )  # fmt: skip
    options = Options(out, defaults, checked_device(device, here=address is None), threads, memory, retries, overwrite)
    jobs = planned(sources, options)
    with download_bar(quiet or as_json) as on_download:
        check(jobs, on_download)
    if dry_run:
        return _list(jobs, as_json, quiet)
    line = ("primage", *sys.argv[1:])
    with backend(jobs, serial, address, workers) as work, stoppable(quiet or as_json) as stopped:
        summary = follow_batch(run_batch(jobs, work, stopped, line), len(jobs), quiet or as_json)
    counts = summary.counts()
    if as_json:
        print_json(summary.facts())
    else:
        failed = f", {counts['failed']} failed" if counts["failed"] else ""
        say(f"{counts['done']} of {counts['photos']} done{failed}: {jobs[0].options.location('summary.html')}", quiet)
    if counts["stopped"]:
        say(f"Stopped with {counts['stopped']} photos to do; repeat the command to go on.", quiet or as_json)
        return exit_code()
    return 1 if counts["failed"] else 0


def _list(jobs: list[Job], as_json: bool, quiet: bool) -> int:
    from primage.batch.running import states

    found = list(states(jobs))
    if as_json:
        print_json({"photos": [{"name": job.name, "photo": job.photo, "state": state} for job, state in found]})
    elif not quiet:
        for job, state in found:
            typer.echo(f"{state}\t{job.name}\t{job.photo}")
        say(f"{sum(state == 'done' for _, state in found)} of {len(found)} photos are done")
    return 0
