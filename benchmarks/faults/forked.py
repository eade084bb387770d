"""Processes that are killed: forked from one that has loaded everything, so that each takes a fraction of a second."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class End:
    """How a process ended, and the numbers that it told."""

    killed: bool
    code: int
    told: tuple[int, ...]


def forked(work: Callable[[Callable[[int], None]], None], seconds: float | None = None, after: int = 0) -> End:
    """Run work in a fork of this process, and kill it with SIGKILL.

    Args:
        work: is given a function that tells a number.
        seconds: when it is killed; None never. Killed work may have ended before.
        after: how many numbers are waited for before these seconds.
    """
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(read)
        code = 1
        try:
            work(lambda number: os.write(write, number.to_bytes(8, "little")) and None)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write)
    told = b""
    while len(told) < 8 * after and (more := os.read(read, 8)):
        told += more
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    while more := os.read(read, 1 << 16):
        told += more
    os.close(read)
    _, status = os.waitpid(child, 0)
    numbers = tuple(int.from_bytes(told[at : at + 8], "little") for at in range(0, len(told), 8))
    code = os.waitstatus_to_exitcode(status)
    return End(code == -signal.SIGKILL, code, numbers)
