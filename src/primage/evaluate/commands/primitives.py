"""``primage evaluate primitives``: the same edits through several kinds of primitive."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from primage.edit.records import Edit, read_edits
from primage.errors import PrimitiveError
from primage.evaluate.analyses.primitive_comparison import KINDS, KindResult, compare_primitives
from primage.evaluate.protocol.progress import Event
from primage.evaluate.reports.primitive_report import write_comparison


def read_titled_edits(paths: Sequence[Path]) -> dict[str, tuple[Edit, ...]]:
    """Read files of recorded edits.

    Args:
        paths: JSON files in the format of `primage edit`.

    Returns:
        The edits of each file, by its name without the ending, which is their title.

    Raises:
        PrimitiveError: a file cannot be read, is not a list of edits, or has the name of another one.
    """
    found: dict[str, tuple[Edit, ...]] = {}
    for path in paths:
        if path.stem in found:
            raise PrimitiveError(f"two files of edits are called {path.stem}, which is their title; rename one")
        found[path.stem] = read_edits(path)
    return found


def evaluate_primitives(
    photo: Path,
    edits: Mapping[str, Sequence[Edit]],
    out: Path,
    preset: str = "standard",
    kinds: Sequence[str] = KINDS,
    segments: Path | Sequence[Path] | None = None,
    size_px: int | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    device: str = "cpu",
    inputs: Sequence[Path] = (),
    overwrite: bool = False,
) -> Generator[Event, None, tuple[list[KindResult], Path]]:
    """Compare kinds of primitive on a photo and write the contact sheet.

    Args:
        photo: the photo's file.
        edits: title → edit records.
        out: output folder.
        preset: the preset to train.
        kinds: kinds of primitive.
        segments: label map, or one mask for each label, for the kinds that have labels; extracted if None.
        size_px: short side.
        minutes: duration of each training.
        steps: number of steps of each training, instead of minutes.
        seed: seed of all random sources.
        settings: changes to the preset, as KEY=VALUE.
        device: torch device to compute on.
        inputs: the files that the edits were read from.
        overwrite: allow an output folder that holds other files.

    Yields:
        Progress.

    Returns:
        The results of each kind, and the path of the contact sheet.

    Raises:
        UserError: an input is invalid, or an edit does not apply to a kind; nothing was trained.
        TrainingError, WeightsError: as for `primage.train`.
    """
    compared = yield from compare_primitives(
        *(photo, edits, out, preset, kinds, segments, size_px, minutes, steps, seed, settings, device),
        *(inputs, overwrite),
    )
    return compared, write_comparison(out, compared)
