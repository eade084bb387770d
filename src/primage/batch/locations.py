"""Where files are: paths, and URLs of any kind that fsspec reads (s3://, gs://, https:// …)."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from primage.errors import ConfigError, ImageError
from primage.files import atomic_path

_MAGIC = frozenset("*?[")


def is_url(location: str) -> bool:
    r"""Whether a location is a URL and no path.

    Example:
        >>> is_url("s3://photos/cat.png"), is_url("photos/cat.png"), is_url(r"C:\photos\cat.png")
        (True, False, False)
    """
    return "://" in location


def is_pattern(location: str) -> bool:
    """Whether a location stands for all files that match it."""
    return not _MAGIC.isdisjoint(location)


def check_protocol(location: str) -> None:
    """Check that a URL's protocol is known and its package is installed; paths always pass.

    Raises:
        ConfigError: it is not; the message names the package.
    """
    if not is_url(location):
        return
    protocol = location.partition("://")[0].rpartition("::")[2]
    try:
        fsspec.get_filesystem_class(protocol)
    except ValueError as error:
        raise ConfigError(
            f"{location}: there is no protocol '{protocol}'; give a path, or a URL such as s3://…"
        ) from error
    except ImportError as error:
        raise ConfigError(f"{location}: {protocol}:// is not available ({error})") from error


def absolute(location: str, base: str) -> str:
    """A location that does not depend on the current folder.

    Args:
        location: a path or a URL.
        base: the folder or URL that relative paths start from.

    Example:
        >>> absolute("a.png", "s3://photos/2026"), absolute("https://host/a.png", "here")
        ('s3://photos/2026/a.png', 'https://host/a.png')
    """
    if is_url(location):
        return location
    if is_url(base):
        return child(base, location)
    return str((Path(base) / Path(location).expanduser()).absolute())


def child(folder: str, name: str) -> str:
    """The location of a file in a folder.

    Args:
        folder: a path or a URL.
        name: relative to it, with slashes.
    """
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder) / name)


def parent(location: str) -> str:
    """The folder of a file."""
    return location.rpartition("/")[0] if is_url(location) else str(Path(location).absolute().parent)


def name_of(location: str) -> str:
    """The name of a file, without its folder."""
    return PurePosixPath(location.partition("?")[0]).name if is_url(location) else Path(location).name


def matching(pattern: str) -> list[str]:
    """The files that match a pattern, sorted; folders are left out.

    Args:
        pattern: a path or a URL with ``*``, ``**``, ``?`` or ``[…]``.

    Raises:
        ConfigError: the place cannot be listed.
    """
    with _readable(pattern, ConfigError):
        files, path = fsspec.core.url_to_fs(pattern)
        found = [name for name, facts in files.glob(path, detail=True).items() if facts["type"] == "file"]
    return sorted(str(files.unstrip_protocol(name)) if is_url(pattern) else name for name in found)


def read_text(location: str) -> str:
    """Read a text file, with or without a byte order mark.

    Raises:
        ConfigError: it is missing, cannot be read, or is no UTF-8.
    """
    with _readable(location, ConfigError):
        try:
            with fsspec.open(location, "rt", encoding="utf-8-sig", newline="") as file:
                return str(file.read())
        except UnicodeDecodeError as error:
            raise ConfigError(f"{location}: is not a text file (UTF-8); save it as one") from error


def fetched(location: str, folder: Path) -> Path:
    """A file as a local one.

    Args:
        location: a path, which stays where it is, or a URL.
        folder: where a download goes.

    Returns:
        The file, under its own name.

    Raises:
        ImageError: there is no such file, or it may not be read.
        OSError: the connection failed.
    """
    if not is_url(location):
        return Path(location)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name_of(location)
    with _readable(location, ImageError):
        files, path = fsspec.core.url_to_fs(location)
        files.get_file(path, str(target))
    return target


def fingerprint(location: str) -> str | None:
    """What changes when a file does, without reading it: its size, time of change, tag, or what its server says.

    Returns:
        A hash; None if the file is missing or nothing is known of it.
    """
    try:
        files, path = fsspec.core.url_to_fs(location)
        return str(files.ukey(path))
    except (OSError, NotImplementedError, ValueError):
        return None


class Tree:
    """The files of a folder at a URL.

    Args:
        url: the folder; it need not exist.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._files, self._path = fsspec.core.url_to_fs(url)

    def names(self, under: str = "") -> list[str]:
        """The names of all files in it or in one of its folders, relative to it; a file's own name for a file."""
        start = self._at(under)
        self._files.invalidate_cache()
        try:
            found: list[str] = self._files.find(start)
        except FileNotFoundError:
            return []
        root = self._path.rstrip("/") + "/"
        return sorted(str(name).removeprefix(root).lstrip("/") for name in found)

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        self._files.invalidate_cache()
        return bool(self._files.exists(self._at(name)))

    def get(self, name: str, target: Path) -> None:
        """Download a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(self._at(name), str(target))

    def put(self, source: Path, name: str) -> None:
        """Upload a file. As on object stores, others see it whole or not at all."""
        at = self._at(name)
        with contextlib.suppress(FileExistsError, NotImplementedError):  # object stores have no folders
            self._files.makedirs(at.rpartition("/")[0], exist_ok=True)
        if isinstance(self._files, LocalFileSystem):
            with atomic_path(at) as scratch:
                shutil.copyfile(source, scratch)
        else:
            self._files.put_file(str(source), at)

    def _at(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}".rstrip("/")


@contextlib.contextmanager
def _readable(location: str, error: type[ConfigError] | type[ImageError]) -> Iterator[Any]:
    """What a person did wrong becomes an error of theirs; a failed connection remains an OSError."""
    check_protocol(location)
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as cause:
        raise error(f"{location}: there is no such file; check its name") from cause
    except (PermissionError, IsADirectoryError) as cause:
        raise error(f"{location}: cannot be read ({cause.strerror or cause}); a readable file is needed") from cause
