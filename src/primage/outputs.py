"""The rule for everything that a command writes: nothing of the person's is ever replaced.

1. No output is an input of the same command, under whatever name: not as a link, not in another case.
2. A file of a run is never an output.
3. A file that exists is replaced only if Primage made it (`primage.seal`), or on request.
4. A folder of results is new, empty, or marked by the command that made it; otherwise only on request.

A request (``--overwrite``) never reaches 1 and 2. Every check comes before any work.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from primage._version import __version__
from primage.errors import OutputError
from primage.files import is_scratch, safetensors_texts, write_atomically
from primage.run_folder import INVISIBLE, MODEL, RECORD, run_files, run_of
from primage.seal import state

#: The file in folders of results; its text is for people.
MARK = ".primage"
MARK_TEXT = f"Primage {__version__} made this folder, and replaces its own files in it when a command is repeated.\n"


def check_outputs(outputs: Sequence[Path], inputs: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """Check that files may be written.

    Args:
        outputs: the files; they and their folders need not exist.
        inputs: what the command reads: files, or folders with all that is in them; None counts as not given. Of a run
            folder, the files of the run are read.
        overwrite: allow to replace files that Primage did not make.

    Raises:
        OutputError: one of them may not be written; the message names it and what to do.
    """
    _check_distinct(outputs)
    folders, used = _inputs(inputs)
    for output in outputs:
        check_place(output)
        if (run := run_of(output)) is not None:
            raise OutputError(f"{output}: is a file of the run {run} and would be overwritten; choose another name")
        if used & _identities(output) or (output.exists() and folders & set(output.resolve().parents)):
            raise OutputError(f"{output}: is an input and would be overwritten; choose another name")
        if not overwrite and (reason := _not_ours(output)) is not None:
            raise OutputError(f"{output}: {reason} and would be overwritten; choose another name, or add --overwrite")


def check_model(output: Path) -> None:
    """Check that a model may be written to a file: over no other file than a model, and of a run only over its own.

    Raises:
        OutputError: it may not.
    """
    check_place(output)
    run = run_of(output)
    if run is not None and output.resolve() != (run / MODEL).resolve():
        raise OutputError(f"{output}: is a file of the run {run} and would be overwritten; choose another name")
    if output.exists() and output.stat().st_size and "primage" not in safetensors_texts(output):
        raise OutputError(f"{output}: is no model of Primage and would be overwritten; choose another name")


def check_folder(folder: Path, overwrite: bool = False) -> None:
    """Check that a folder may hold the results of a command.

    Args:
        folder: it need not exist.
        overwrite: allow a folder that holds other files.

    Raises:
        OutputError: it holds other files, is a run, or cannot be created.
    """
    check_parents(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; the results need a folder, so choose another name")
    if (folder / RECORD).is_file() or run_of(folder) is not None:
        raise OutputError(f"{folder}: is the folder of a run; choose another folder for the results")
    if overwrite or not folder.is_dir() or (folder / MARK).is_file():
        return
    found = sorted(path.name for path in folder.iterdir() if path.name not in INVISIBLE and not is_scratch(path.name))
    if found:
        raise OutputError(
            f"{folder}: is not empty, and holds no results of Primage (but {found[0]}); choose a new folder, or add "
            "--overwrite"
        )


def mark_folder(folder: Path) -> None:
    """Create a folder of results, and mark it so that the command can be repeated.

    Args:
        folder: it has passed `check_folder`.

    Raises:
        OutputError: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARK).exists():
            write_atomically(folder / MARK, MARK_TEXT, durable=False)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to ({error.strerror}); choose another folder") from error


def remove_own(files: Iterable[Path]) -> None:
    """Remove the files of an earlier result, except those that somebody has changed since, or that are not Primage's.

    Args:
        files: they need not exist.

    Raises:
        OSError: one of them cannot be removed.
    """
    for file in files:
        if file.is_file() and _not_ours(file) is None:
            file.unlink()


def check_place(output: Path) -> None:
    """Check that there can be a file of this name.

    Raises:
        OutputError: it is a folder or write-protected, or one of its parents is a file.
    """
    check_parents(output)
    if output.is_dir():
        raise OutputError(f"{output}: is a folder; choose another name")
    if output.exists() and not os.access(output, os.W_OK):
        raise OutputError(f"{output}: is write-protected; choose another name")


def check_parents(path: Path) -> None:
    """Check that the folders above a file or folder exist or can be created.

    Raises:
        OutputError: one of them is a file.
    """
    for parent in path.absolute().parents:
        if parent.exists() and not parent.is_dir():
            raise OutputError(f"{path}: cannot be created, because {parent} is a file; choose another folder")


def _check_distinct(outputs: Sequence[Path]) -> None:
    """Names that differ in their case alone are one name on many file systems."""
    seen: dict[str, Path] = {}
    for output in outputs:
        name = unicodedata.normalize("NFC", str(output.resolve())).casefold()
        if name in seen:
            raise OutputError(f"two results would have the same name, {output}; rename one of the inputs")
        seen[name] = output


def _inputs(inputs: Iterable[Path | None]) -> tuple[set[Path], set[object]]:
    """The folders read as a whole, and the identities of the files."""
    folders: set[Path] = set()
    used: set[object] = set()
    for path in inputs:
        if path is None:
            continue
        if not path.is_dir():
            used |= _identities(path)
        elif (path / RECORD).is_file():
            used = used.union(*map(_identities, run_files(path)))
        else:
            folders.add(path.resolve())
    return folders, used


def _identities(path: Path) -> set[object]:
    """What two paths of one file share: where they lead, and the file's number (as `os.path.samefile` compares)."""
    try:
        found = path.stat()
    except OSError:
        return {path.resolve()}
    return {path.resolve(), (found.st_dev, found.st_ino)}


def _not_ours(output: Path) -> str | None:
    """Why a file is not Primage's to replace."""
    if output.is_symlink():
        return "is a link"
    if not output.exists() or not output.stat().st_size:
        return None
    try:
        found = state(output)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if found == "sealed":
        return None
    return "was changed since Primage made it" if found == "changed" else "was not made by Primage"
