"""The files that an annotation program exports together: a folder or a zip, read in the same way."""

from __future__ import annotations

import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from primage.decoding.decode import MAX_FILE_BYTES
from primage.errors import LabelError
from primage.files import is_system_file
from primage.labels.formats.raw import PhotoFacts

_MAX_MEMBERS = 10_000
_MAX_MEMBER_BYTES = 256 << 20
_MAX_TEXT_BYTES = 1 << 20
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


@dataclass(frozen=True)
class Export:
    """A folder or a zip.

    Attributes:
        path: of the folder or the zip.
        names: of its files, with ``/``, in their order; without those that operating systems add.
        load: reads the bytes of a file, given its name and their greatest number.
    """

    path: Path
    names: tuple[str, ...]
    load: Callable[[str, int], bytes]

    def where(self, name: str) -> str:
        """Name of a file, for messages."""
        return str(self.path / name)

    def read(self, name: str) -> bytes:
        """Read a picture or an annotation.

        Raises:
            LabelError: it is too large.
        """
        data = self.load(name, _MAX_MEMBER_BYTES)
        if len(data) > _MAX_MEMBER_BYTES:
            raise LabelError(f"{self.where(name)} is larger than {_MAX_MEMBER_BYTES >> 20} MB, which is too large")
        return data

    def text(self, name: str) -> str:
        """Read a list of labels.

        Raises:
            LabelError: it is too large, or not UTF-8.
        """
        return text_of(self.load(name, _MAX_TEXT_BYTES), self.where(name))

    def pictures(self, wanted: Callable[[PurePosixPath], bool] = lambda _: True) -> list[str]:
        """The names of its pictures, sorted; only those for which ``wanted`` is true."""
        found = (name for name in self.names if name.lower().endswith(PICTURE_SUFFIXES))
        return sorted(name for name in found if wanted(PurePosixPath(name)))

    def pick(self, names: Sequence[str], requested: str, photo: PhotoFacts, what: str) -> str:
        """Choose one of several files.

        Args:
            names: to choose from; at least one.
            requested: what the user named; empty for nothing.
            photo: the photo whose name the file may have.
            what: the files in the plural, for messages.

        Raises:
            LabelError: there is no such file, or it is not clear which one is meant.
        """
        if requested:
            exact = [n for n in names if n == requested] or [n for n in names if PurePosixPath(n).name == requested]
            if not exact:
                raise LabelError(f"{self.path} has no {requested} among its {what}; name {self.path / names[0]}")
            return exact[0]
        if len(names) == 1:
            return names[0]
        alike = [n for n in names if PurePosixPath(n).stem == PurePosixPath(photo.name).stem]
        if len(alike) == 1:
            return alike[0]
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise LabelError(f"{self.path} contains {len(names)} {what} ({some}); name one, as in {self.path}/{names[0]}")


@contextmanager
def opened(path: Path) -> Iterator[Export]:
    """Open a folder or a zip. Nothing is unpacked, so that no name in a zip can lead outside a folder.

    Args:
        path: the folder or the zip.

    Yields:
        Its files.

    Raises:
        LabelError: it is damaged or encrypted, or has too many or unsafe names.
    """
    if path.is_dir():
        found = list(itertools.islice((file for file in path.rglob("*") if file.is_file()), _MAX_MEMBERS + 1))
        names = sorted(file.relative_to(path).as_posix() for file in found)
        yield Export(path, _checked(path, names), lambda name, limit: _head(path / name, limit))
        return
    if path.stat().st_size > MAX_FILE_BYTES:
        raise LabelError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MB; export fewer frames")
    try:
        with zipfile.ZipFile(path) as zipped:
            names = [info.filename for info in zipped.infolist() if not info.is_dir()]
            yield Export(path, _checked(path, names), lambda name, limit: _member(zipped, name, limit))
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
        raise LabelError(f"{path} is a damaged or encrypted zip ({error}); export it again") from error


def read_text(path: Path) -> str:
    """Read a list of labels.

    Raises:
        LabelError: it cannot be read, is too large, or not UTF-8.
    """
    return text_of(_head(path, _MAX_TEXT_BYTES), str(path))


def text_of(data: bytes, where: str) -> str:
    """Decode a list of labels.

    Raises:
        LabelError: it is too large, or not UTF-8.
    """
    if len(data) > _MAX_TEXT_BYTES:
        raise LabelError(f"{where} is larger than {_MAX_TEXT_BYTES >> 20} MB, too large for a list of labels")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(f"{where} is not UTF-8 text; save it as UTF-8") from error


def _checked(path: Path, names: list[str]) -> tuple[str, ...]:
    if len(names) > _MAX_MEMBERS:
        count = f"more than {_MAX_MEMBERS}" if path.is_dir() else str(len(names))
        raise LabelError(f"{path} contains {count} files; at most {_MAX_MEMBERS} are supported")
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or (":" in parts[0] and not path.is_dir()):
            raise LabelError(f"{path} contains the unsafe name {name!r}; export it again")
    return tuple(dict.fromkeys(name for name in names if not is_system_file(name)))


def _head(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise LabelError(f"{path} cannot be read ({error.strerror}); a readable file is needed") from error


def _member(zipped: zipfile.ZipFile, name: str, limit: int) -> bytes:
    # The sizes in the zip's directory may be false, hence the second bound.
    if zipped.getinfo(name).file_size > limit:
        size = f"{limit >> 20} MB"
        raise LabelError(f"{zipped.filename}: {name} is larger than {size} unpacked, which is too large")
    with zipped.open(name) as member:
        return member.read(limit + 1)
