"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, which says that the terminal was closed."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from primage.cli.console import say

_ENDING = (signal.SIGINT, signal.SIGTERM)
_HANGUP = getattr(signal, "SIGHUP", None)  # not on Windows
#: Of shells: the exit code of a program that a signal ended is this and the signal's number.
_SHELL = 128
#: The first signal that this command received.
_received: list[int] = []


class StoppedError(BaseException):
    """A signal ended the command. Nothing that handles errors handles it, nor Typer, which is silent after Ctrl-C."""


def exit_code(number: int | None = None) -> int:
    """The exit code of a command that a signal stopped: 130 for Ctrl-C, 143 for SIGTERM, 129 for a closed terminal.

    Args:
        number: of the signal, if another handler received it.
    """
    return _SHELL + (_received[0] if _received else number or signal.SIGINT)


@contextlib.contextmanager
def ending_signals() -> Iterator[None]:
    """Let signals end the command as Ctrl-C does, so that it removes what is incomplete and says a sentence."""
    _received.clear()

    def end(number: int, _frame: FrameType | None) -> None:
        _received.append(number)
        raise StoppedError

    def hang_up(number: int, _frame: FrameType | None) -> None:
        _received.append(number)
        _leave_terminal()
        signal.raise_signal(signal.SIGTERM)  # for whatever handles it now

    with _handlers(end), contextlib.ExitStack() as stack:
        # It stays ignored where it is, as with nohup.
        if _HANGUP is not None and _main_thread() and signal.getsignal(_HANGUP) is signal.SIG_DFL:
            stack.callback(signal.signal, _HANGUP, signal.signal(_HANGUP, hang_up))
        yield


@contextlib.contextmanager
def stoppable(quiet: bool) -> Iterator[Callable[[], bool]]:
    """Make a signal request a stop after the current step; a second one stops at once.

    Args:
        quiet: print no message.

    Yields:
        A function that returns whether a stop was requested.
    """
    requested = False

    def request(number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        _received.append(number)
        if requested:
            raise StoppedError
        requested = True
        say("stopping after this step …", quiet)

    with _handlers(request):
        yield lambda: requested


def end_silently() -> None:
    """From here on, a signal ends the process without a word: what it is told to do, it does already."""
    if _main_thread():
        for number in (*_ENDING, *([] if _HANGUP is None else [_HANGUP])):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def _handlers(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if not _main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in _ENDING}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before if before is not None else signal.SIG_DFL)


def _main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave_terminal() -> None:
    """Write to nothing from here on what would go to a terminal that is gone, and fail."""
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(descriptor).st_mode):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, descriptor)
                os.close(nothing)
