"""The command ``primage``: gathers the verbs and turns errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from primage._version import __version__
from primage.cli import demo, doctor, edit, evaluate, info, primitive, render, risk, studio, train, weights
from primage.cli.console import err
from primage.errors import PrimageError

app = typer.Typer(
    name="primage",
    help="Train a generator on one photo, edit a simple drawing of it, get the edited photo.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 the input or the command is at fault, 130 stopped with Ctrl-C.",
)
app.command("train")(train.command)
app.command("render")(render.command)
app.command("primitive")(primitive.command)
app.command("edit")(edit.command)
app.command("risk")(risk.command)
app.command("studio")(studio.command)
app.command("demo")(demo.command)
app.command("info")(info.command)
app.command("weights")(weights.command)
app.command("doctor")(doctor.command)
app.add_typer(evaluate.app, name="evaluate")


def _version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"primage {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def _complain(message: str) -> None:
    one_line = " ".join(message.split())
    err.print(f"[bold red]primage:[/] {escape(one_line)}")


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: without the program's name.

    Returns:
        The exit code: 0 done, 1 failed, 2 the input or the command is at fault, 130 stopped with Ctrl-C.
    """
    try:
        if not arguments:
            arguments = ["--help"]
        result = app(list(arguments), prog_name="primage", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except PrimageError as error:
        _complain(str(error))
        return error.exit_code
    except TyperException as error:  # the command line itself
        _complain(f"{error.format_message().rstrip('.')} (see primage --help)")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        _complain("stopped")
        return 130
    except BrokenPipeError:  # `primage … | head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 1
    except Exception as error:
        if os.environ.get("PRIMAGE_DEBUG"):
            raise
        _complain(f"{type(error).__name__}: {error} (PRIMAGE_DEBUG=1 shows where)")
        return 1


def main() -> None:
    """Entry point of the console command."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
