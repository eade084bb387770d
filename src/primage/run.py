"""A run: its record, training pair, log, checkpoint and model, in a folder (`primage.run_folder`)."""

from __future__ import annotations

import contextlib
import json
import logging
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from jaxtyping import UInt8
from pydantic import Field, ValidationError
from torch import Tensor

from primage._version import __version__
from primage.config import Config
from primage.deviations import HasDeviations
from primage.errors import RunError
from primage.files import append_line, parse_json, write_atomically
from primage.image import read_image, write_png
from primage.outputs import check_outputs, check_parents
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw
from primage.primitive.read_back import check_reads_back
from primage.run_folder import CHECKPOINT, LOG, MODEL, PAIR, PHOTO, PREVIOUS, PRIMITIVE, RECORD, check_free
from primage.stored_pairs import (
    FurtherPair,
    PairRecord,
    check_pair,
    folder_of,
    pair_sha256,
    read_pair,
    write_pair,
    write_pairs,
)
from primage.tensor_files import load_tensors, read_meta, save_tensors

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class RunRecord(HasDeviations):
    """Settings and inputs of a run. ``requested`` is compared when the command is repeated.

    ``pair_sha256`` has the hash of each file of the training pair; it is empty in runs of earlier versions.
    ``more_pairs`` are the others, if there are several: this one is edited, all are learned.
    """

    version: str = __version__
    requested: Config
    config: Config
    spec: PrimitiveSpec
    photo_sha256: str
    layers_sha256: dict[str, str] = Field(default_factory=dict)
    pair_sha256: dict[str, str] = Field(default_factory=dict)
    more_pairs: tuple[PairRecord, ...] = ()


class Run:
    """An existing run folder.

    Args:
        path: the folder.

    Raises:
        RunError: it is not a run folder, or its version cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.record = self._read_record()

    def _read_record(self) -> RunRecord:
        file = self.path / RECORD
        try:
            record = RunRecord.model_validate_json(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(
                f"{self.path}: is not a run folder (there is no run.json in it); give one that primage train made"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{file}: cannot be read ({error})") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"]))
            raise RunError(
                f"{file}: cannot be read by Primage {__version__} ({field}: {first['msg']}); use the version that made "
                "it, or train a new run in another folder"
            ) from error
        requested, loss = record.requested.loss.lambda_perc, record.config.loss
        if requested > 0 and loss.lambda_perc == 0:
            # Earlier versions stored a weight of 0 in runs that were trained without the loss network once.
            loss = loss.model_copy(update={"lambda_perc": requested})
            record = record.model_copy(update={"config": record.config.model_copy(update={"loss": loss})})
        return record

    @classmethod
    def create(
        cls,
        path: str | Path,
        record: RunRecord,
        photo: UInt8[np.ndarray, "h w 3"],
        primitive: Primitive,
        more: Sequence[FurtherPair] = (),
    ) -> Run:
        """Create a run folder with the training pair. The record is written last: without it, a folder is not a run.

        Args:
            path: a folder that does not exist or is empty.
            record: settings and inputs of the run; the hashes of the training pair are added.
            photo: (H, W, 3) uint8 at the working size.
            primitive: the training primitive, of the same size.
            more: further training pairs.

        Returns:
            The run.

        Raises:
            RunError: the folder holds other files, or cannot be written to.
            PrimageError: the drawing that is to be edited would be read as another one.
        """
        folder = Path(path)
        check_free(folder)
        try:
            (folder / "previews").mkdir(parents=True, exist_ok=True)
            write_png(folder / PRIMITIVE, draw(primitive, record.spec.line_colour))
            check_reads_back(folder / PRIMITIVE, primitive, record.spec)
            hashes = {"pair_sha256": write_pair(folder, photo, primitive), "more_pairs": write_pairs(folder, more)}
            record = record.model_copy(update=hashes)
            write_atomically(folder / RECORD, record.model_dump_json(indent=2))
        except OSError as error:
            raise RunError(f"{folder}: cannot be written to ({error.strerror}); choose another folder") from error
        return cls(folder)

    def pair(self) -> tuple[UInt8[np.ndarray, "h w 3"], Primitive]:
        """The training pair at the working size, exactly as it was when the run was created.

        Raises:
            RunError: one of its files was changed since.
        """
        check_pair(self.path, self.record.pair_sha256)
        return read_pair(self.path, self.record.spec.kind)

    def further_pair(self, index: int) -> tuple[UInt8[np.ndarray, "h w 3"], Primitive]:
        """One of the further training pairs, as `pair`; `check_pair` checks them.

        Args:
            index: which one, from 0.
        """
        return read_pair(folder_of(self.path, index + 1), self.record.spec.kind)

    def check_pair(self) -> None:
        """Check that the training pairs are those that the run was made with.

        Raises:
            RunError: a file is missing or was changed; the message names it.
        """
        check_pair(self.path, self.record.pair_sha256)
        for number, pair in enumerate(self.record.more_pairs, 1):
            check_pair(folder_of(self.path, number), pair.pair_sha256)

    def amend(self, config: Config) -> None:
        """Store settings determined after the run was created: the number of steps, or added minutes.

        Args:
            config: replaces that of the record.
        """
        changes: dict[str, object] = {"config": config}
        if not self.record.pair_sha256:  # a run of an earlier version
            changes["pair_sha256"] = pair_sha256(self.path, self.record.spec.kind)
        self.record = self.record.model_copy(update=changes)
        write_atomically(self.path / RECORD, self.record.model_dump_json(indent=2))

    def save_checkpoint(self, tensors: Mapping[str, Tensor], meta: Mapping[str, object]) -> None:
        """Write the checkpoint, which says which training pair it belongs to.

        Args:
            tensors: the state of the training.
            meta: its record.
        """
        previous = self.path / PREVIOUS
        if self.checkpoint_path.exists():
            previous.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not every file system has hard links
                previous.hardlink_to(self.checkpoint_path)
        save_tensors(self.checkpoint_path, tensors, {**meta, "pair": self._pair})

    def load_checkpoint(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Read what `save_checkpoint` wrote: the checkpoint before, if the last one is damaged, with a warning.

        Returns:
            The tensors and the record.

        Raises:
            RunError: both are damaged, or belong to a run with another training pair.
        """
        tensors, meta = self._sound(load_tensors)
        self._check_pair_of(meta)
        return tensors, meta

    def checkpoint_record(self) -> dict[str, Any]:
        """Read the record of the checkpoint, without the tensors.

        Raises:
            RunError: there is none, or it cannot be read.
        """
        return self._sound(read_meta)

    def _sound(self, read: Callable[[Path], Result]) -> Result:
        try:
            return read(self.checkpoint_path)
        except RunError as error:
            previous = self.path / PREVIOUS
            if not previous.exists():
                raise
            log.warning("%s; the checkpoint before it is used", str(error).split("; ")[0])
            return read(previous)

    def check_checkpoint(self) -> None:
        """Check that the checkpoint, if there is one, belongs to the run; those of earlier versions do not say.

        Raises:
            RunError: it does not, or it cannot be read.
        """
        if self.checkpoint_path.exists():
            self._check_pair_of(self._sound(self._record_of_pair))

    def _record_of_pair(self, path: Path) -> dict[str, Any]:
        """The record of a checkpoint that belongs to the run: of a damaged one, it may say anything."""
        meta = read_meta(path)
        if path != self.path / PREVIOUS:
            self._check_pair_of(meta)
        return meta

    def _check_pair_of(self, meta: Mapping[str, Any]) -> None:
        if meta.get("pair", self._pair) != self._pair:
            raise RunError(
                f"{self.checkpoint_path}: belongs to a run with another training pair; put the run's own file back, or "
                "delete it to train from the start"
            )

    @property
    def _pair(self) -> dict[str, object]:
        """What identifies the training pairs."""
        more = {"more": [pair.content for pair in self.record.more_pairs]} if self.record.more_pairs else {}
        return {"photo": self.record.photo_sha256, **self.record.layers_sha256, **more}

    @property
    def model_path(self) -> Path:
        """Path of the model file."""
        return self.path / MODEL

    @property
    def checkpoint_path(self) -> Path:
        """Path of the checkpoint."""
        return self.path / CHECKPOINT

    def log(self, entry: Mapping[str, object]) -> None:
        """Append one line to log.jsonl, or nothing, if the disk is full."""
        append_line(self.path / LOG, json.dumps(entry))

    def cut_log(self, step: int) -> None:
        """Delete the log entries after ``step``, because a resumed run repeats those steps."""
        path = self.path / LOG
        if not path.exists():
            return
        kept = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                if parse_json(line)["step"] <= step:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):  # a line left incomplete by a killed process
                continue
        write_atomically(path, "".join(line + "\n" for line in kept))


def check_target(path: str | Path, inputs: Sequence[Path] = ()) -> None:
    """Check that a folder can hold a run, before any long computation.

    Args:
        path: the run folder; it need not exist.
        inputs: the files that the run is made from.

    Raises:
        OutputError: a parent of the path is a file, or the run would replace one of the inputs.
        RunError: the folder is not empty and not a run, or its run cannot be read.
    """
    folder = Path(path)
    check_parents(folder)
    if (folder / RECORD).exists():
        Run(folder)
    else:
        check_free(folder)
        check_outputs([folder / name for name in PAIR], inputs)


def open_or_create(
    path: str | Path,
    record: RunRecord,
    photo: UInt8[np.ndarray, "h w 3"],
    primitive: Primitive,
    more: Sequence[FurtherPair] = (),
) -> Run:
    """Open the run that the same command started before, or create it.

    Args:
        path: the run folder.
        record: the requested run; its ``config`` may lack the number of steps.
        photo: the training photo at the working size.
        primitive: the training primitive.
        more: further training pairs.

    Returns:
        The run; an existing one keeps its own record.

    Raises:
        RunError: the folder holds other files, or a run with other settings or of another photo; or the training pair
            in it was changed.
    """
    folder = Path(path)
    if not (folder / RECORD).exists():
        return Run.create(folder, record, photo, primitive, more)
    run = Run(folder)
    run.check_pair()
    old = run.record
    differences = differences_between(old.requested.model_dump(), record.requested.model_dump())
    if old.photo_sha256 != record.photo_sha256:
        differences.insert(0, "another photo")
    if not differences and (size := read_image(folder / PHOTO).shape) != photo.shape:
        # Limiting the size to the photo's and requesting that size explicitly give the same settings.
        differences.append(f"working size was {size[1]}×{size[0]} px, now {photo.shape[1]}×{photo.shape[0]} px")
    if old.layers_sha256 != record.layers_sha256 and not _same_but_for_colours(run.pair()[1], primitive):
        differences.append("another primitive")
    if [pair.content for pair in old.more_pairs] != [pair.record.content for pair in more]:
        differences.append("other pairs")
    if differences:
        way = "repeat the command as it was, or choose another folder"
        if all(difference.startswith(("minutes ", "steps ")) for difference in differences):
            way = f"to train it longer: primage train --continue -o {_quoted(folder)} {_longer(old, record)}"
        elif differences == ["another primitive"]:  # of changed files, or extracted with detectors that come or go
            way = (
                f"to go on with the run's own: primage train --continue -o {_quoted(folder)}; or choose another folder"
            )
        raise RunError(f"{folder}: was started with other settings ({differences[0]}); {way}")
    return run


def _quoted(path: Path) -> str:
    """A path as a word of a command line."""
    return shlex.quote(str(path))


def _longer(old: RunRecord, new: RunRecord) -> str:
    """The option that adds what a new request asks for beyond what a run was asked for."""
    steps = new.requested.steps
    if steps is None:
        return f"--minutes {new.requested.minutes:g}"
    more = steps - (old.config.steps or 0)
    return f"--steps {more}" if more > 0 else "--steps N"


def _same_but_for_colours(old: Primitive, new: Primitive) -> bool:
    """Whether two drawings of one file differ in the colours that show their labels at most.

    Earlier versions showed ids in the colours of greys, and labels of one colour in that colour.
    """
    if old.kind != new.kind or old.size != new.size or old.segments is None or new.segments is None:
        return False
    before, after = old.segments.palette, new.segments.palette
    if before.source != after.source or len(before.labels) != len(after.labels) or old.differs(new).any():
        return False
    return all(
        (a.id, a.name) == (b.id, b.name) and a.colour in (b.colour, b.file_colour)
        for a, b in zip(before.labels, after.labels, strict=True)
    )


def differences_between(old: Mapping[str, object], new: Mapping[str, object], prefix: str = "") -> list[str]:
    """What differs between two records of settings, each as "NAME was A, now B".

    Args:
        old: the settings of a run.
        new: those that are requested.
        prefix: of the names.

    Example:
        >>> differences_between({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})
        ['b.c was 2, now 3']
    """
    found = []
    for name in sorted(old.keys() | new.keys()):
        a, b = old.get(name), new.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += differences_between(a, b, f"{prefix}{name}.")
        elif a != b:
            found.append(f"{prefix}{name} was {a}, now {b}")
    return found
