"""Where files are: paths, and URLs of any kind that fsspec reads (s3://, gs://, https:// …)."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from primage.errors import ConfigError, ImageError, PrimageError, UserError
from primage.files import atomic_path

_MAGIC = frozenset("*?[")
#: What file systems tell that is not of the content; redirected addresses and times of access change by themselves.
_NOT_OF_CONTENT = frozenset(("name", "type", "url", "mimetype", "last_accessed_on"))
#: Answers of HTTP servers that another attempt does not change.
_FORBIDDEN, _MISSING = (401, 403), (404, 410)


def is_url(location: str) -> bool:
    r"""Whether a location is a URL and no path.

    Example:
        >>> is_url("s3://photos/cat.png"), is_url("photos/cat.png"), is_url(r"C:\photos\cat.png")
        (True, False, False)
    """
    return "://" in location


def is_pattern(location: str) -> bool:
    """Whether a location stands for all files that match it.

    Args:
        location: a path or a URL.

    Returns:
        Whether it has ``*``, ``?`` or ``[``.
    """
    return not _MAGIC.isdisjoint(location)


def check_protocol(location: str) -> None:
    """Check that a URL's protocol is known and its package is installed; paths always pass.

    Args:
        location: a path or a URL.

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
    """The folder of a file.

    Args:
        location: a path or a URL.

    Returns:
        The folder, as a URL or an absolute path.
    """
    return location.rpartition("/")[0] if is_url(location) else str(Path(location).absolute().parent)


def name_of(location: str) -> str:
    """The name of a file, without its folder.

    Args:
        location: a path or a URL.

    Returns:
        The name with its ending, without the query of a URL.
    """
    return PurePosixPath(location.partition("?")[0]).name if is_url(location) else Path(location).name


def matching(pattern: str) -> list[str]:
    """The files that match a pattern, sorted; folders are left out.

    Args:
        pattern: a path or a URL with ``*``, ``**``, ``?`` or ``[…]``.

    Returns:
        Their locations, as URLs if the pattern is one.

    Raises:
        ConfigError: the place cannot be listed.
        OSError: the connection failed.
    """
    with _readable(pattern, ConfigError):
        files, path = fsspec.core.url_to_fs(pattern)
        found = [name for name, facts in files.glob(path, detail=True).items() if facts["type"] == "file"]
    return sorted(str(files.unstrip_protocol(name)) if is_url(pattern) else name for name in found)


def read_text(location: str) -> str:
    """Read a text file, with or without a byte order mark.

    Args:
        location: a path or a URL.

    Returns:
        The text, with its ends of lines as they are.

    Raises:
        ConfigError: it is missing, cannot be read, or is no UTF-8.
        OSError: the connection failed.
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

    Args:
        location: a path or a URL.

    Returns:
        A hash; None if the file is missing or nothing is known of it.
    """
    # Not fsspec's own `ukey`, which for HTTP is a hash of the URL alone.
    try:
        with _readable(location, ImageError):
            files, path = fsspec.core.url_to_fs(location)
            files.invalidate_cache()
            facts = files.info(path)
    except (UserError, OSError, NotImplementedError, ValueError):
        return None
    known = sorted((key, str(value)) for key, value in facts.items() if value is not None)
    known = [(key, value) for key, value in known if key not in _NOT_OF_CONTENT]
    return hashlib.sha256(repr(known).encode()).hexdigest() if known else None


class Tree:
    """The files of a folder at a URL.

    Args:
        url: the folder; it need not exist.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._files, self._path = fsspec.core.url_to_fs(url)

    def names(self, under: str = "") -> list[str]:
        """The names of all files in it or in one of its folders.

        Args:
            under: a folder or a file, relative to it; all of it if empty.

        Returns:
            The names, relative to it and sorted; a file's own name for a file, and none for what does not exist.

        Raises:
            OSError: the connection failed.
        """
        start = self._at(under)
        self._files.invalidate_cache()
        try:
            found: list[str] = self._files.find(start)
        except FileNotFoundError:
            return []
        root = self._path.rstrip("/") + "/"
        return sorted(str(name).removeprefix(root).lstrip("/") for name in found)

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name.

        Args:
            name: relative to the folder.

        Returns:
            Whether it is there now.

        Raises:
            OSError: the connection failed.
        """
        self._files.invalidate_cache()
        return bool(self._files.exists(self._at(name)))

    def get(self, name: str, target: Path) -> None:
        """Download a file.

        Args:
            name: relative to the folder.
            target: where it goes; missing folders are created.

        Raises:
            OSError: there is no such file, or the connection failed.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(self._at(name), str(target))

    def put(self, source: Path, name: str) -> None:
        """Upload a file. As on object stores, others see it whole or not at all.

        Args:
            source: the file.
            name: relative to the folder; what is there is replaced.

        Raises:
            OSError: it cannot be written, or the connection failed.
        """
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
    except (PrimageError, OSError):
        raise
    except Exception as cause:
        if type(cause).__module__ == "builtins":
            raise
        # HTTP clients have errors of their own, with or without a status.
        codes = (getattr(cause, name, None) for name in ("status", "status_code", "code"))
        status = next((code for code in codes if isinstance(code, int)), None)
        if status in _MISSING:
            raise error(f"{location}: there is no such file (HTTP {status}); check its name") from cause
        if status in _FORBIDDEN:
            raise error(f"{location}: may not be read (HTTP {status}); check your rights and the address") from cause
        raise OSError(f"{location}: {type(cause).__name__}: {cause}") from cause
