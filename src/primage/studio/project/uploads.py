"""Files received from browsers, which are deleted when they have been read."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from primage.http.errors import RefusalError
from primage.http.uploads import receive
from primage.studio.project.store import new_id

#: Longest name of a file: some of them have an ending that says what they are.
_MAX_NAME = 60


@contextlib.asynccontextmanager
async def received(root: Path, stream: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[Path]:
    """Store the body of a request in a file.

    Args:
        root: the folder of all projects.
        stream: the body.
        max_bytes: largest length.

    Raises:
        RefusalError: it is longer, or empty.
    """
    file = root / f".upload-{new_id()}"
    try:
        await receive(file, stream, max_bytes)
        yield file
    finally:
        file.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def received_files(
    root: Path, stream: AsyncIterator[bytes], max_bytes: int, names: Sequence[str], sizes: Sequence[int]
) -> AsyncIterator[tuple[Path, ...]]:
    """Store the body of a request in files of a folder of their own, under names like those of their owner.

    Args:
        root: the folder of all projects.
        stream: the body: one file after the other.
        max_bytes: largest length of all.
        names: of the files.
        sizes: their lengths in bytes; not needed for one file.

    Raises:
        RefusalError: they are longer, or empty, or the lengths do not fit.
    """
    folder = root / f".upload-{new_id()}"
    async with received(root, stream, max_bytes) as body:
        try:
            yield await asyncio.to_thread(_split, body, folder, names, sizes)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _split(body: Path, folder: Path, names: Sequence[str], sizes: Sequence[int]) -> tuple[Path, ...]:
    """Write the files that a body holds into a new folder."""
    folder.mkdir()
    length = body.stat().st_size
    lengths = list(sizes) or [length]
    if len(lengths) != len(names) or sum(lengths) != length:
        raise RefusalError(422, "invalid", "the lengths of the files do not fit the message")
    files: list[Path] = []
    with body.open("rb") as source:
        for name, count in zip(names, lengths, strict=True):
            file = folder / safe_name(name)
            if file in files:
                raise RefusalError(422, "invalid", f"two of the files are named {file.name}; rename one")
            file.write_bytes(source.read(count))
            files.append(file)
    return tuple(files)


def safe_name(name: str) -> str:
    r"""A file name of letters, digits, spaces and ._- made from any text; what it ends in is kept.

    Args:
        name: sent by a browser as the name of a file.

    Example:
        >>> safe_name(r"..\..\a/b: c?.png"), safe_name("../.bashrc"), safe_name("..")
        ('b- c-.png', 'bashrc', 'file')
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    safe = "".join(c if c.isalnum() or c in "._- " else "-" for c in base)
    return safe[-_MAX_NAME:].lstrip(". ").rstrip() or "file"
