"""Prerequisites of the browser tests: Chromium, a built editor, a running studio. Scripts and benchmarks use them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
EDITOR = ROOT / "editor"
#: For Chromium in a container, and without its background network requests.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TOKEN = "a-token-for-the-browser-tests-0123456789"
#: The command line, in a process of its own.
COMMAND = "from primage.cli.main import main; main()"
#: Before it: first models stay as they are. Improving one in the background takes seconds for each project.
UNCALIBRATED = """
from functools import partial
from primage.studio.project import services
services.Options = partial(services.Options, calibrate_after_sec=None)
"""


class MissingError(Exception):
    """Something that the tests need is not available; the message says what."""


def chromium() -> str:
    """Path of Chromium; installed from Debian if possible.

    The headless shell is the same engine without the windows around it: a page costs a third of the time.
    """
    known = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    if found := next(filter(None, map(shutil.which, known)), None):
        return found
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingError(f"Chromium is not installed, and installing it needs root: apt-get install {known[0]}")
    with FileLock(Path(tempfile.gettempdir()) / "primage-chromium.lock"):  # several processes run tests
        if shutil.which(known[0]):
            return known[0]
        for command in (["update"], ["install", "-y", "--no-install-recommends", known[0]]):
            done = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr or done.stdout).strip().splitlines()[-1:]
                raise MissingError(f"Chromium cannot be installed here: apt-get {command[0]} said {' '.join(last)!r}")
    if found := shutil.which(known[0]):
        return found
    raise MissingError("apt-get installed no Chromium")


def build_editor() -> None:
    """Build the editor unless it is built."""
    if all((built / "index.html").is_file() for built in (EDITOR / "dist", EDITOR / "web" / "dist")):
        return
    if not (npm := shutil.which("npm")):
        raise MissingError("the editor is not built, and building it needs npm")
    installing = [] if (EDITOR / "node_modules").is_dir() else [["ci", "--no-audit", "--no-fund"]]
    for command in (*installing, ["run", "build"]):
        subprocess.run([npm, *command], cwd=EDITOR, check=True, capture_output=True)


@dataclass
class Studio:
    """A running ``primage studio``."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @property
    def origin(self) -> str:
        """The address without the token."""
        return self.url.split("/?")[0]

    def workers(self) -> dict[int, str]:
        """Its Python child processes: command lines by process id (Linux)."""
        found = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                pid, rest = int(status.parent.name), status.read_text().rsplit(") ", 1)[1].split()
                if int(rest[1]) == self.process.pid:
                    found[pid] = (status.parent / "cmdline").read_text().replace("\0", " ")
        return {pid: line for pid, line in found.items() if "spawn_main" in line}


@contextlib.contextmanager
def running_studio(
    projects: Path, *arguments: str, environment: dict[str, str] | None = None, calibrated: bool = True
) -> Iterator[Studio]:
    """Start ``primage studio`` from the command line, and stop it with Ctrl-C.

    Args:
        projects: folder of the projects.
        arguments: further command-line arguments.
        environment: variables added to those of this process.
        calibrated: whether first models are calibrated in the background, as they are for users.
    """
    code = COMMAND if calibrated else UNCALIBRATED + COMMAND
    command = [sys.executable, "-c", code, "studio", "--no-browser", "--port", "0", "--token", TOKEN]
    with tempfile.NamedTemporaryFile("w+", prefix="studio-", suffix=".log", delete=False) as log:
        process = subprocess.Popen(
            [*command, "--projects", str(projects), *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        if not line.startswith("http"):
            raise RuntimeError(f"the studio did not start: {line!r}\n{Path(log.name).read_text()}")
        yield Studio(process, line, Path(log.name))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        Path(log.name).unlink(missing_ok=True)


@contextlib.contextmanager
def running_browser(flags: Sequence[str] = FLAGS) -> Iterator[Browser]:
    """A headless Chromium."""
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(flags))
        try:
            yield browser
        finally:
            browser.close()


def watch(page: Page) -> list[str]:
    """Collect exceptions and console errors of a page, except for refused requests, which the page itself shows."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"exception: {error}"))

    def console(message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind == "error" and "Failed to load resource" not in text:
            errors.append(f"console: {text}")

    page.on("console", console)
    return errors
