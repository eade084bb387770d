"""Training pairs as files of a run folder, with their hashes. Further pairs lie in pairs/0001, pairs/0002 and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from primage.errors import RunError
from primage.files import sha256_file
from primage.image import read_image, write_png
from primage.primitive.kinds import layers_of
from primage.primitive.primitive import Primitive
from primage.run_folder import PAIRS, PHOTO
from primage.settings import Frozen


class PairRecord(Frozen):
    """A further training pair of a run.

    Attributes:
        name: of the photo's file.
        photo_sha256: of the photo's file.
        layers_sha256: of the drawing's layers.
        pair_sha256: of the files in the run folder.
    """

    name: str
    photo_sha256: str
    layers_sha256: dict[str, str]
    pair_sha256: dict[str, str] = Field(default_factory=dict)

    @property
    def content(self) -> dict[str, str]:
        """What identifies the pair."""
        return {"photo": self.photo_sha256, **self.layers_sha256}


@dataclass(frozen=True)
class FurtherPair:
    """A further training pair, at its working size.

    Attributes:
        record: what identifies it.
        photo: (H, W, 3) uint8.
        primitive: its primitive, of the same size.
    """

    record: PairRecord
    photo: UInt8[np.ndarray, "h w 3"]
    primitive: Primitive


def folder_of(run: Path, number: int) -> Path:
    """The folder of a further pair.

    Args:
        run: the run folder.
        number: which one, from 1.
    """
    return run / PAIRS / f"{number:04d}"


def write_pair(folder: Path, photo: UInt8[np.ndarray, "h w 3"], primitive: Primitive) -> dict[str, str]:
    """Write a pair.

    Args:
        folder: an existing folder.
        photo: (H, W, 3) uint8.
        primitive: its primitive.

    Returns:
        The hashes of the files by their names.
    """
    write_png(folder / PHOTO, photo)
    for layer, data in primitive:
        layer.write(folder / f"{layer.name}.png", data)
    return pair_sha256(folder, primitive.kind)


def write_pairs(run: Path, pairs: Sequence[FurtherPair]) -> tuple[PairRecord, ...]:
    """Write further pairs.

    Args:
        run: the run folder.
        pairs: what to write.

    Returns:
        What identifies them, with the hashes of their files.
    """
    records = []
    for number, pair in enumerate(pairs, 1):
        folder = folder_of(run, number)
        folder.mkdir(parents=True, exist_ok=True)
        hashes = write_pair(folder, pair.photo, pair.primitive)
        records.append(pair.record.model_copy(update={"pair_sha256": hashes}))
    return tuple(records)


def pair_sha256(folder: Path, kind: str) -> dict[str, str]:
    """The hashes of a pair's files.

    Args:
        folder: where they are.
        kind: kind of primitive.
    """
    names = (PHOTO, *(f"{layer.name}.png" for layer in layers_of(kind)))
    return {name: sha256_file(folder / name) for name in names}


def read_pair(folder: Path, kind: str) -> tuple[UInt8[np.ndarray, "h w 3"], Primitive]:
    """Read what `write_pair` wrote.

    Args:
        folder: where it is.
        kind: kind of primitive.
    """
    layers = {layer.name: layer.load(folder / f"{layer.name}.png") for layer in layers_of(kind)}
    return read_image(folder / PHOTO), Primitive(kind, **layers)


def check_pair(folder: Path, hashes: Mapping[str, str]) -> None:
    """Check that the files of a pair are those that were written.

    Args:
        folder: where they are.
        hashes: by name.

    Raises:
        RunError: a file is missing or was changed; the message names it.
    """
    for name, expected in hashes.items():
        file = folder / name
        if not file.is_file() or sha256_file(file) != expected:
            what = "was changed since the run was made" if file.exists() else "is missing"
            raise RunError(f"{file}: {what}; put the run's own file back, or train a new run in another folder")
