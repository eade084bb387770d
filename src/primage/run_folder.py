"""The run folder: which files belong to a run, which folders can become one, and one writer at a time.

run.json                 the requested settings, and those determined at the start (`primage.run.RunRecord`)
photo.png segments.png   the training pair at the working size; also edges.png, colours.png
checkpoint.safetensors   everything needed to resume the training
checkpoint.previous.…    the one before, should the last one be damaged
model.safetensors        the model that `primage render` uses
pairs/0001/ …            further training pairs, if there are several
log.jsonl  previews/     losses every second or so; preview pictures
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from primage.errors import BusyError, RunError
from primage.files import is_scratch, remove_scratch_files
from primage.primitive.kinds import all_layer_names
from primage.seal import state

RECORD, CHECKPOINT, MODEL = "run.json", "checkpoint.safetensors", "model.safetensors"
#: The checkpoint before the last one, which is used if the last one is damaged.
PREVIOUS = "checkpoint.previous.safetensors"
PHOTO, PRIMITIVE, LOCK, LOG = "photo.png", "primitive.png", ".lock", "log.jsonl"
PAIRS = "pairs"
#: The number of a further pair.
_PAIR_FOLDER = re.compile(r"[0-9]{4}")
#: What a training learns from, or shows of it. It is written before the record, and left if that is prevented.
PAIR = (PHOTO, PRIMITIVE, *(f"{name}.png" for name in all_layer_names()))
#: The names in a run folder, whatever their case, that belong to the run.
_NAMES = frozenset((*PAIR, RECORD, CHECKPOINT, PREVIOUS, MODEL, LOG, LOCK, PAIRS, "previews", "tensorboard"))
#: What file managers leave in folders that people take for empty.
INVISIBLE = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))


def run_of(path: Path) -> Path | None:
    """The run that a file belongs to: its record, training pair, model, checkpoint, log, or what its folders hold.

    Args:
        path: a file or a folder, which need not exist. Links count as what they are and as where they lead.

    Returns:
        The run folder; None for a file of no run, such as a render under another name in a run folder.

    Example:
        >>> run_of(Path("photo.png")) is None
        True
    """
    for found in (path.parent.resolve() / path.name, path.resolve()):
        child = found
        for folder in found.parents:
            if child.name.casefold() in _NAMES and (folder / RECORD).is_file():
                return folder
            child = folder
    return None


def run_files(folder: Path) -> list[Path]:
    """The files of a run, apart from previews and TensorBoard's.

    Args:
        folder: the run folder.
    """
    return [folder / name for name in sorted(_NAMES) if (folder / name).is_file()]


def check_free(folder: Path) -> None:
    """Check that a folder can become a run: it is new or empty, or the creation of a run in it was killed.

    Raises:
        RunError: the path is a file, or the folder holds other files.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file; a run needs a folder, so choose another name")
    if (run := run_of(folder)) is not None:
        raise RunError(f"{folder}: belongs to the run {run}; choose another folder")
    other = foreign_name(folder)
    if other is not None:
        raise RunError(f"{folder}: is not empty and not a run (it contains {other}); choose a new or empty folder")


def foreign_name(folder: Path) -> str | None:
    """The name of a file in a folder that the creation of a run cannot have left there.

    Args:
        folder: it need not exist.
    """
    # A creation locks the folder first; without the lock, even pictures by Primage are there for another reason.
    locked = (folder / LOCK).is_file()

    def is_pair_file(path: Path) -> bool:
        return path.name in PAIR and path.is_file() and not path.is_symlink() and state(path) == "sealed"

    def is_pair(folder: Path) -> bool:
        if not (folder.is_dir() and _PAIR_FOLDER.fullmatch(folder.name)) or folder.is_symlink():
            return folder.name in INVISIBLE
        return all(is_pair_file(path) or path.name in INVISIBLE or is_scratch(path.name) for path in folder.iterdir())

    def is_left(path: Path) -> bool:
        if path.name in INVISIBLE or path.name == f"{RECORD}.partial" or is_scratch(path.name):
            return True
        if path.name == "previews" and path.is_dir() and not path.is_symlink():
            return all(file.name in INVISIBLE or is_scratch(file.name) for file in path.iterdir())
        if path.name == LOCK:
            return path.is_file() and not path.stat().st_size
        if path.name == PAIRS and path.is_dir() and not path.is_symlink():
            return locked and all(map(is_pair, path.iterdir()))
        return locked and is_pair_file(path)

    found = sorted(path.name for path in folder.iterdir() if not is_left(path)) if folder.is_dir() else []
    return found[0] if found else None


def name_of(model: Path) -> str:
    """What a model is called.

    Args:
        model: a run folder, the model file in it, or another model file.

    Example:
        >>> name_of(Path("runs/cat/model.safetensors")), name_of(Path("dog.safetensors"))
        ('cat', 'dog')
    """
    folder = model.parent if model.name == MODEL else model
    return folder.resolve().name.removesuffix(".safetensors")


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for one writer; it is created if necessary.

    Raises:
        BusyError: another process holds the lock.
        RunError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise BusyError(f"{folder}: another process is training here; wait for it or choose another folder") from error
    except OSError as error:
        raise RunError(f"{folder}: cannot be written to ({error.strerror}); choose another folder") from error
    try:
        with contextlib.suppress(OSError):  # leftover files do not prevent a training
            _remove_leftovers(folder)
        yield
    finally:
        lock.release()


def _remove_leftovers(folder: Path) -> None:
    """Remove incomplete files left by a killed process; those of checkpoints can take gigabytes."""
    for name in (CHECKPOINT, PREVIOUS, MODEL, RECORD, LOG):
        remove_scratch_files(folder, name)
        (folder / f"{name}.partial").unlink(missing_ok=True)  # the scratch name of runs made before files.py
    if (folder / "previews").is_dir():
        remove_scratch_files(folder / "previews")
