"""The folder of results as a task sees it: itself, or a scratch copy of its part of a folder at a URL."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from primage.batch.locations import Tree, is_url
from primage.errors import OutputError
from primage.files import is_scratch, safetensors_texts, sha256_file
from primage.outputs import MARK, MARK_TEXT, check_folder, mark_folder
from primage.run_folder import LOCK, LOG, RECORD
from primage.seal import state


class Workspace:
    """A local folder laid out like the folder of results.

    Args:
        folder: the local folder.
        tree: the folder at a URL that it is a copy of; None if it is the folder of results itself.
    """

    def __init__(self, folder: Path, tree: Tree | None = None) -> None:
        self.folder = folder
        self._tree = tree
        self._pulled: dict[str, str] = {}

    def exists(self, name: str) -> bool:
        """Whether the folder of results has a file of this name."""
        return (self.folder / name).is_file() if self._tree is None else self._tree.exists(name)

    def pull(self, *names: str) -> None:
        """Download files, or folders with all that is in them; those that do not exist are left out.

        Args:
            names: relative to the folder of results.
        """
        if self._tree is None:
            return
        for name in (found for under in names for found in self._tree.names(under)):
            self._tree.get(name, self.folder / name)
            self._pulled[name] = sha256_file(self.folder / name)

    def pull_run(self, run: str) -> None:
        """Download a run. What an interrupted upload left of one is forgotten, and will be replaced.

        Args:
            run: the run folder, relative to the folder of results.
        """
        self.pull(run)
        folder = self.folder / run
        left = [path for path in folder.rglob("*") if path.is_file()] if self._tree is not None else []
        if not (folder / RECORD).exists() and left and all(map(_is_of_a_run, left)):
            shutil.rmtree(folder)

    def push(self, *last: str) -> None:
        """Upload what is new or was changed.

        Args:
            last: files that say that the rest is complete, in the order in which they are uploaded.

        Raises:
            OutputError: another process has written a file of this name since.
        """
        if self._tree is None:
            return
        found = (path for path in self.folder.rglob("*") if path.is_file())
        paths = {path.relative_to(self.folder).as_posix(): path for path in found if path.name != LOCK}
        order = {name: number for number, name in enumerate(last, 1)}
        for name, path in sorted(paths.items(), key=lambda item: (order.get(item[0], 0), item[0])):
            if is_scratch(path.name) or self._pulled.get(name) == (digest := sha256_file(path)):
                continue
            if name not in self._pulled and self._tree.exists(name):
                raise OutputError(f"{self._tree.url}/{name}: was written by another process; repeat the command")
            self._tree.put(path, name)
            self._pulled[name] = digest


def _is_of_a_run(path: Path) -> bool:
    """Whether a file was written by a training, as far as it can tell."""
    if path.suffix == ".safetensors":
        return "primage" in safetensors_texts(path)
    return path.name == LOG or (path.suffix == ".png" and state(path) == "sealed")


@contextlib.contextmanager
def workspace(out: str) -> Iterator[Workspace]:
    """Open the folder of results; that at a URL through a scratch folder, which is removed afterwards.

    Args:
        out: path or URL; it was made by `make_folder`.

    Yields:
        The workspace.

    Raises:
        OutputError: a folder is not there, as on another machine.
    """
    if is_url(out):
        with tempfile.TemporaryDirectory(prefix="primage-batch-") as scratch:
            yield Workspace(Path(scratch), Tree(out))
        return
    if not (Path(out) / MARK).is_file():
        raise OutputError(f"{out}: is not seen by this machine; choose a folder that all machines share, or a URL")
    yield Workspace(Path(out))


def check_out(out: str, overwrite: bool) -> None:
    """Check that a folder may hold the results.

    Args:
        out: path or URL.
        overwrite: allow a folder that holds other files.

    Raises:
        OutputError: it holds other files, or cannot be used.
    """
    if not is_url(out):
        check_folder(Path(out), overwrite)
        return
    with _reachable(out):
        names = [] if overwrite else Tree(out).names()
        if names and MARK not in names:
            raise OutputError(
                f"{out}: is not empty, and holds no results of Primage (but {names[0]}); choose a new folder, or add "
                "--overwrite"
            )


def make_folder(out: str) -> None:
    """Create the folder of results, and mark it so that the command can be repeated.

    Args:
        out: path or URL; it has passed `check_out`.

    Raises:
        OutputError: it cannot be written to.
    """
    if not is_url(out):
        mark_folder(Path(out))
        return
    with _reachable(out), tempfile.TemporaryDirectory(prefix="primage-batch-") as scratch:
        tree = Tree(out)
        if not tree.exists(MARK):
            (Path(scratch) / MARK).write_text(MARK_TEXT, encoding="utf-8")
            tree.put(Path(scratch) / MARK, MARK)


@contextlib.contextmanager
def _reachable(out: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{out}: cannot be reached or written to ({error}); choose another folder") from error
