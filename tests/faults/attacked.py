"""Runs command lines on hostile files in a process of its own: ``python attacked.py TRIALS.json``.

Each trial is a folder and the arguments of ``primage``. Writes a line of JSON for each: the exit code, what was said,
and what Python itself saw of started programs, connections, and writes outside the folder and that of temporary files.
What happens below Python, ``strace`` sees.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

#: Events of Python's audit hooks that start programs or open connections.
STARTS = ("os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn", "webbrowser.open")
CONNECTS = ("socket.connect", "socket.bind", "socket.sendto", "urllib.Request", "ftplib.connect", "smtplib.connect")
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
#: A folder that is made when everything is loaded.
BEGIN = "hostile-files-begin"
#: Folder of compiled code in that of the package.
COMPILED = f"{os.sep}__pycache__"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Remembers what was done outside a folder."""

    def __init__(self) -> None:
        self.inside: tuple[str, ...] = ()
        self.kept = ""
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.inside:
            return
        if event in STARTS or event in CONNECTS:
            self.seen.append(f"{event} {arguments!r}"[:200])
        elif event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING):
            paths = [os.fspath(each) for each in arguments[:2] if isinstance(each, str | os.PathLike)]
            paths = paths[:1] if event == "open" else paths
            self.seen += [f"{event} {path}" for path in paths if not self._is_inside(path)]

    def _is_inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        if real.startswith(self.kept) and COMPILED in real:
            return True
        return any(real == folder or real.startswith(folder + os.sep) for folder in self.inside)


def main(trials: Path) -> None:
    import primage
    from primage.cli.main import run

    watch = Watch()
    sys.addaudithook(watch)
    # What is temporary, or compiled and kept for the next time, is no harm.
    scratch = os.path.realpath(tempfile.gettempdir())
    watch.kept = os.path.dirname(os.path.realpath(primage.__file__))
    allowed = (os.devnull, scratch)
    # What strace sees before this is the start of Python.
    os.mkdir(os.path.join(scratch, BEGIN))
    for folder, arguments in json.loads(trials.read_text(encoding="utf-8")):
        os.chdir(folder)
        said, begin = io.StringIO(), time.perf_counter()
        watch.seen, watch.inside = [], (os.path.realpath(folder), *allowed)
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = run(arguments)
        watch.inside = ()
        found = {"code": code, "said": said.getvalue(), "seen": watch.seen, "seconds": time.perf_counter() - begin}
        sys.__stdout__.write(json.dumps(found) + "\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
