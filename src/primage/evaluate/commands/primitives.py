"""``primage evaluate primitives``: the same edits through several kinds of primitive."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from primage.edit.records import Edit, edits_from_json
from primage.errors import UserError
from primage.evaluate.analyses.primitive_comparison import KINDS, KindResult, compare_primitives
from primage.evaluate.protocol.progress import Event
from primage.evaluate.reports.primitive_report import write_comparison


def read_edits(path: Path) -> tuple[Edit, ...]:
    """Read recorded edits from a file.

    Args:
        path: a JSON list, in the format of `primage edit`.

    Returns:
        The edits in order.

    Raises:
        UserError: the file cannot be read, or is not such a list.
    """
    try:
        return edits_from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error


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

    Yields:
        Progress.

    Returns:
        The results of each kind, and the path of the contact sheet.

    Raises:
        UserError: an input is invalid, or an edit does not apply to a kind; nothing was trained.
        TrainingError, WeightsError: as for `primage.train`.
    """
    compared = yield from compare_primitives(
        *(photo, edits, out, preset, kinds, segments, size_px, minutes, steps, seed, settings, device)
    )
    return compared, write_comparison(out, compared)
