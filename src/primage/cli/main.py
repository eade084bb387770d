"""The command ``primage``: its subcommands; errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from primage._version import __version__
from primage.cli import (
    animate,
    batch,
    demo,
    doctor,
    edit,
    evaluate,
    export,
    info,
    primitive,
    propagate,
    remove,
    render,
    retarget,
    risk,
    serve,
    studio,
    train,
    vary,
    weights,
)
from primage.cli.console import err
from primage.cli.signals import StoppedError, end_silently, ending_signals, exit_code
from primage.errors import PrimageError, shortage

app = typer.Typer(
    name="primage",
    help="Train a generator on one photo, edit a simple drawing of it, get the edited photo.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 failure, 2 invalid input or command line, 130 Ctrl-C, 143 SIGTERM.",
)
app.command("train")(train.command)
app.command("render")(render.command)
app.command("remove")(remove.command)
app.command("animate")(animate.command)
app.command("propagate")(propagate.command)
app.command("retarget")(retarget.command)
app.command("vary")(vary.command)
app.command("primitive")(primitive.command)
app.command("edit")(edit.command)
app.command("risk")(risk.command)
app.command("studio")(studio.command)
app.command("serve")(serve.command)
app.command("batch")(batch.command)
app.command("demo")(demo.command)
app.command("export")(export.command)
app.command("info")(info.command)
app.command("weights")(weights.command)
app.command("doctor")(doctor.command)
app.add_typer(evaluate.app, name="evaluate")

#: Building the parser takes longer than most mistakes take to be found; a process may run many command lines.
_parser = cache(typer.main.get_command)


def _version(requested: bool) -> bool:
    if requested:
        typer.echo(f"primage {__version__}")
        raise typer.Exit
    return requested


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def _print_error(message: str) -> None:
    one_line = " ".join(message.split())
    err.print(f"[bold red]primage:[/] {escape(one_line)}")


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: the arguments after the program name.

    Returns:
        The exit code: 0 success, 1 failure, 2 invalid input or command line, 130 stopped with Ctrl-C, 143 with SIGTERM,
        129 because the terminal was closed.
    """
    with ending_signals():
        try:
            if not arguments:
                arguments = ["--help"]
            result = _parser(app)(list(arguments), prog_name="primage", standalone_mode=False)
            return result if isinstance(result, int) else 0
        except PrimageError as error:
            _print_error(str(error))
            return error.exit_code
        except TyperException as error:  # the command line itself
            _print_error(f"{error.format_message().rstrip('.')} (see primage --help)")
            return 2
        except (StoppedError, KeyboardInterrupt, typer.Abort):
            _print_error("stopped; repeat the command to go on")
            return exit_code()
        except BrokenPipeError:  # `primage … | head`
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
            return 1
        except Exception as error:
            if os.environ.get("PRIMAGE_DEBUG"):
                raise
            _print_error(shortage(error) or f"{type(error).__name__}: {error} (set PRIMAGE_DEBUG=1 for a traceback)")
            return 1


def main() -> None:
    """Entry point of the console command."""
    code = run(sys.argv[1:])
    end_silently()
    sys.exit(code)


if __name__ == "__main__":
    main()
