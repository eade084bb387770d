"""``primage train``."""

from __future__ import annotations

import contextlib
import math
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from primage.cli.console import (
    Device,
    Edges,
    Json,
    LineColour,
    Quiet,
    Segments,
    checked_device,
    err,
    print_json,
    say,
    set_up,
)
from primage.cli.signals import exit_code, stoppable
from primage.cli.weights import download_bar
from primage.primitive.kinds import KINDS_HELP

if TYPE_CHECKING:
    from primage import training
    from primage.run import Run


def command(
    photo: Annotated[
        Path | None,
        typer.Argument(
            help="The photo, or several with drawings: a folder or a CSV or JSON list. Omit it with --continue.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="RUN", help="The run folder. Repeat the command to resume.", show_default=False
        ),
    ] = None,
    primitive: Annotated[str, typer.Option("--primitive", "-p", help=KINDS_HELP)] = "super",
    primitive_file: Annotated[
        Path | None,
        typer.Option(
            "--primitive-file", metavar="FILE", help="Read the primitive from a file; missing layers are extracted."
        ),
    ] = None,
    segments: Segments = None,
    edges: Edges = None,
    line_colour: LineColour = None,
    preset: Annotated[str, typer.Option(help="draft (1 min), standard (10 min) or paper (the published model).")] = (
        "standard"
    ),
    size: Annotated[
        int | None,
        typer.Option(help="Length of the short side in px [default: the photo's, at most 256 px except for paper]."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Training time in minutes [default: the preset's].")] = None,
    steps: Annotated[
        int | None, typer.Option(help="Number of training steps, instead of --minutes; 0 gives a model at once.")
    ] = None,
    add: Annotated[
        bool,
        typer.Option(
            "--continue",
            help="Train an existing run for --minutes or --steps more; without these, to the end if it was stopped.",
        ),
    ] = False,
    matcher: Annotated[
        str | None,
        typer.Option(help="universal: start from the bundled pretrained matcher; none: learn from the one photo only."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting, for example augment.cutmix=true. Repeatable."
        ),
    ] = None,
    device: Device = "cpu",
    tensorboard: Annotated[
        bool, typer.Option(help="Also log to RUN/tensorboard (needs the extra 'tensorboard').")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train on one photo. After Ctrl-C the model is usable, and the same command resumes.

    To train a finished run longer: primage train --continue --out RUN --minutes 5
    """
    set_up(quiet, as_json)
    from primage.api import configure, continued_run, opened_run, prepare
    from primage.errors import ConfigError
    from primage.model import load
    from primage.primitive.read import LayerFiles
    from primage.run import check_target
    from primage.training import training

    if out is None:
        raise ConfigError("no run folder given; add --out RUN")
    if photo is None and not add:
        raise ConfigError("no photo given; name one, or use --continue to train an existing run longer")
    config = configure(preset, primitive, size, minutes, steps, seed, settings or [], matcher)
    files = LayerFiles(whole=primitive_file, segments=segments, edges=edges, line_colour=line_colour)
    device = checked_device(device)
    check_target(out, [path for path in (photo, *files.given().values()) if path is not None])
    if tensorboard:
        _check_tensorboard()
    opened: contextlib.AbstractContextManager[Run]
    if add:
        opened = continued_run(out, minutes, steps)
    else:
        assert photo is not None
        with download_bar(quiet or as_json) as on_download:
            prepared = prepare(photo, config, files, shrink_only=size is None, progress=on_download)
        opened = opened_run(out, prepared)
    with (
        opened as run,
        _writer(run.path if tensorboard else None) as write,
        stoppable(quiet or as_json) as stopped,
        # Closed before the lock is released, since closing saves the checkpoint.
        contextlib.closing(training(run, device)) as progress,
    ):
        stop_early = follow(run, progress, stopped, quiet or as_json, write)
    model = load(out)
    facts = {
        "run": str(out),
        "model": str(run.model_path),
        "steps": model.record.steps,
        "of": model.record.config.steps,
        "seconds": model.record.seconds,
        "weights_sha256": model.weights_sha256,
        "stopped": stop_early,
    }
    if as_json:
        print_json(facts)
    elif stop_early:
        # Repeating --continue with minutes would add those minutes again.
        how = "go on with" if add else "repeat the command to resume, or go on with"
        run_name = shlex.quote(str(out))
        say(
            f"Stopped after {model.record.steps} of {model.record.config.steps} steps; {how}: "
            f"primage train --continue -o {run_name}. Render with: primage render {run_name} …",
            quiet,
        )
    else:
        say(f"{model.record.steps} steps in {model.record.seconds:.0f} s: {run.model_path}", quiet)
    return exit_code() if stop_early else 0


def _check_tensorboard() -> None:
    from primage.errors import ConfigError

    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise ConfigError("TensorBoard is not installed; pip install 'primage[tensorboard]'") from error


@contextlib.contextmanager
def _writer(folder: Path | None) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """A function that logs losses to TensorBoard; it does nothing if ``folder`` is None."""
    if folder is None:
        yield lambda _step, _values: None
        return
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder / "tensorboard"))

    def write(step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    try:
        yield write
    finally:
        writer.close()


def follow(
    run: Run,
    steps: Iterator[training.Progress],
    stopped: Callable[[], bool],
    quiet: bool,
    write: Callable[[int, dict[str, float]], None] = lambda _step, _values: None,
) -> bool:
    """Run a training and show its progress.

    Args:
        run: the run.
        steps: its training.
        stopped: returns whether a stop was requested.
        quiet: show no progress.
        write: called with each step's number and losses.

    Returns:
        Whether the training was stopped before its end.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[left]}"),
        TextColumn("[dim]{task.fields[numbers]}"),
    )
    plain = not err.is_terminal
    last_line = float("-inf")
    with Progress(*columns, console=err, disable=quiet or plain, transient=False) as bar:
        task = bar.add_task(f"training {escape(run.path.name)}", total=None, left="", numbers="timing a few steps …")
        if plain and not quiet:
            err.print(f"training {escape(str(run.path))} ({run.record.config.preset})")
        for progress in steps:
            write(progress.step, progress.losses)
            losses = " ".join(f"{name} {value:.3g}" for name, value in progress.losses.items())
            left = f"{_duration(progress.seconds_left)} left"
            numbers = f"{progress.steps_per_second:.1f} steps/s  {losses}"
            bar.update(task, total=progress.steps, completed=progress.step, left=left, numbers=numbers)
            finished = progress.step == progress.steps
            # Without a terminal there is no progress bar: print a line every ten seconds.
            if plain and not quiet and (progress.seconds - last_line >= 10 or finished) and progress.losses:
                last_line = progress.seconds
                err.print(f"step {progress.step}/{progress.steps}  {left}  {numbers}")
            if stopped() and not finished:
                return True
    return False


def _duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
