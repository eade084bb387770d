"""Writing files atomically (a crash leaves the old file or the new one), and their checksums."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from primage.errors import ImageError

_SUFFIX = ".partial"
#: Number of characters of the file's name in a scratch name, as most file systems limit names to 255 bytes.
_NAME_CHARACTERS = 50
#: Of a safetensors file; that of a large network has some 100 kB.
_MAX_HEAD_BYTES = 1 << 24
_SCRATCH_NAME = re.compile(rf"\.(?P<name>.+)\.[0-9a-f]{{16}}{re.escape(_SUFFIX)}")


@contextlib.contextmanager
def atomic_path(path: str | Path, durable: bool = True) -> Iterator[Path]:
    """Write a file of any kind through a scratch file that replaces it at the end of the block.

    The scratch file is in the same folder, since a rename is atomic only within one file system. Its name is unique,
    so several processes may write the same file: the last one wins. It is removed if the block raises.

    Args:
        path: the file to write; its folder exists.
        durable: flush the data to the disk before the rename, so that the file also survives a power failure.

    Yields:
        The path of the empty scratch file. The new file gets the permissions that the umask grants, even if the block
        changes those of the scratch file.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> with atomic_path("notes.txt") as scratch:
        ...     _ = scratch.write_text("all or nothing")
        >>> Path("notes.txt").read_text()
        'all or nothing'
    """
    path = Path(path)
    scratch = path.with_name(f".{path.name[:_NAME_CHARACTERS]}.{secrets.token_hex(8)}{_SUFFIX}")
    scratch.touch(exist_ok=False)
    try:
        mode = scratch.stat().st_mode
        yield scratch
        scratch.chmod(mode)  # some writers, safetensors among them, make their files private
        if durable:
            with scratch.open("rb+") as file:
                os.fsync(file.fileno())
        scratch.replace(path)
        if durable:
            _flush_folder(path.parent)
    except BaseException:  # including Ctrl-C: an incomplete checkpoint must not fill the disk
        scratch.unlink(missing_ok=True)
        raise


def write_atomically(path: str | Path, data: str | bytes, durable: bool = True) -> None:
    """Write a file as a whole: a crash leaves the old file or the new one.

    Args:
        path: the file; its folder exists.
        data: its new content; text is encoded as UTF-8, without translating line ends.
        durable: flush it to the disk before returning, so that it also survives a power failure.

    Raises:
        OSError: the file cannot be written; the old one is unchanged.

    Example:
        >>> write_atomically("settings.json", "{}")
        >>> Path("settings.json").read_text()
        '{}'
    """
    with atomic_path(path, durable) as scratch:
        scratch.write_bytes(data.encode() if isinstance(data, str) else data)


def append_line(path: str | Path, text: str) -> None:
    """Append a line to a file, or nothing: half a line on a full disk would take the next one with it.

    Args:
        path: the file; it is created if it does not exist.
        text: the line, encoded as UTF-8.

    Raises:
        OSError: it cannot be written.
    """
    with Path(path).open("ab", buffering=0) as file:
        size, line = file.tell(), f"{text}\n".encode()
        if file.write(line) != len(line):
            file.truncate(size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _flush_folder(folder: Path) -> None:
    """Flush the rename itself, if the operating system supports that."""
    with contextlib.suppress(OSError):  # Windows does not
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_scratch_files(folder: str | Path, name: str | None = None) -> None:
    """Remove the scratch files that killed processes left in a folder; all other files are kept.

    Args:
        folder: the folder. No other process must be writing to it.
        name: name of the file that they would have replaced; None for all files, in a folder that Primage owns.

    Raises:
        OSError: a scratch file cannot be removed.
    """
    name = None if name is None else name[:_NAME_CHARACTERS]
    for path in Path(folder).iterdir():
        scratch = _SCRATCH_NAME.fullmatch(path.name)
        if scratch is not None and name in (None, scratch["name"]):
            path.unlink(missing_ok=True)


def is_system_file(path: str | PurePath) -> bool:
    """Whether a file was added by an operating system, as macOS does to folders and zips.

    Args:
        path: the file, or its name in a zip.

    Returns:
        Whether its name starts with a dot, or it lies in ``__MACOSX``, or is a thumbnail list of Windows.

    Example:
        >>> [name for name in ("a.png", "._a.png", "__MACOSX/m/._a.png", ".DS_Store") if not is_system_file(name)]
        ['a.png']
    """
    path = PurePosixPath(path)
    return path.name.startswith(".") or "__MACOSX" in path.parts or path.name.lower() in ("thumbs.db", "desktop.ini")


def is_scratch(name: str) -> bool:
    """Whether a file's name is one that `atomic_path` makes up.

    Example:
        >>> is_scratch(".run.json.0123456789abcdef.partial"), is_scratch("thesis.partial")
        (True, False)
    """
    return _SCRATCH_NAME.fullmatch(name) is not None


def sha256_file(path: str | Path) -> str:
    """Compute the SHA-256 of a file's bytes, in hexadecimal.

    Args:
        path: the file.

    Raises:
        ImageError: the file cannot be read.

    Example:
        >>> Path("empty").touch()
        >>> sha256_file("empty")[:8]
        'e3b0c442'
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"{path} cannot be read ({error.strerror}); a file is needed") from error


def parse_json(text: str | bytes) -> Any:
    """Parse JSON that may come from anywhere.

    Args:
        text: the text.

    Raises:
        ValueError: it is no JSON, or nested too deeply, or has a number of thousands of digits.

    Example:
        >>> parse_json("[" * 100_000)
        Traceback (most recent call last):
        ValueError: it is nested too deeply
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def safetensors_texts(path: str | Path) -> dict[str, Any]:
    """The texts that a safetensors file holds beside its tensors, even if these are damaged.

    Args:
        path: a file of any kind.

    Returns:
        Empty if it is none, or has none, or its head is damaged.
    """
    try:
        with Path(path).open("rb") as file:
            head = parse_json(file.read(min(int.from_bytes(file.read(8), "little"), _MAX_HEAD_BYTES)))
        return dict(head["__metadata__"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}
