"""Comparison of primitives (paper, fig. 2): the same edits of one photo through edges, segments and super."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.api import configure, read_pair
from primage.config import Config
from primage.edit.apply import apply_edits
from primage.edit.records import Edit
from primage.errors import ConfigError, PrimitiveError
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.training_run import check_run, train_or_resume
from primage.image import write_png
from primage.model import Model
from primage.outputs import check_folder, check_outputs, mark_folder
from primage.primitive import kinds as primitive_kinds
from primage.primitive.primitive import draw
from primage.primitive.read import LayerFiles

KINDS = ("edges", "segments", "super")


@dataclass(frozen=True)
class KindResult:
    """The results of one kind of primitive.

    Attributes:
        kind: kind of primitive.
        model: the model trained on it.
        edited: title → (H, W, 3) uint8, the rendered edited primitive.
        results: title → (H, W, 3) uint8, the generator's output.
    """

    kind: str
    model: Model
    edited: dict[str, UInt8[np.ndarray, "h w 3"]]
    results: dict[str, UInt8[np.ndarray, "h w 3"]]


def compare_primitives(
    photo: Path,
    edits: Mapping[str, Sequence[Edit]],
    folder: Path,
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
) -> Generator[Event, None, list[KindResult]]:
    """Train a model on each kind of primitive of a photo, and render the same edits with each.

    Args:
        photo: the photo's file.
        edits: title → edit records.
        folder: output folder; writes FOLDER/KIND/run and FOLDER/KIND/*.png.
        preset: the preset to train.
        kinds: kinds of primitive.
        segments: label map, or one mask for each label, for the kinds that have labels; extracted if None.
        size_px: short side.
        minutes: duration of each training.
        steps: number of steps of each training, instead of minutes.
        seed: seed of all random sources.
        settings: changes to the preset, as KEY=VALUE.
        device: torch device to compute on.
        inputs: files that are read besides the photo and the label map.
        overwrite: allow an output folder that holds other files.

    Yields:
        Progress.

    Returns:
        The results of each kind.

    Raises:
        UserError: an input is invalid, or an edit does not apply to a kind; nothing was trained.
        TrainingError, WeightsError: as for `primage.train`.
    """
    if not edits:
        raise ConfigError("a comparison needs at least one edit")
    check_folder(folder, overwrite)
    pictures = [path for kind in kinds for title in edits for path in _pictures(folder, kind, title)]
    given = [photo, *LayerFiles(segments=segments).given().values(), *inputs]
    check_outputs([*pictures, *comparison_files(folder)], given, overwrite=True)
    configs: dict[str, tuple[Config, LayerFiles]] = {}
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"'{kind}' cannot be compared; choose from {', '.join(KINDS)}")
        config = configure(preset, kind, size_px, minutes, steps, seed, settings)
        files = LayerFiles(segments=segments if "segments" in primitive_kinds.KINDS[kind].names else None)
        check_run(folder / kind / "run", config)
        primitive = read_pair(photo, config, files, shrink_only=size_px is None)[1]
        for title, records in edits.items():
            try:
                apply_edits(primitive, records)
            except PrimitiveError as error:
                raise PrimitiveError(
                    f"the edit '{title}' does not apply to a primitive of kind '{kind}': {error}"
                ) from error
        configs[kind] = config, files
    mark_folder(folder)
    compared = []
    for kind, (config, files) in configs.items():
        run = folder / kind / "run"
        model = yield from train_or_resume(photo, config, run, f"training {kind}", files, size_px is None, device)
        edited, results = {}, {}
        for i, (title, records) in enumerate(edits.items()):
            yield Event(f"rendering {kind}", i, len(edits))
            primitive = apply_edits(model.primitive, records)
            edited[title] = draw(primitive, model.record.spec.line_colour)
            results[title] = model.render(primitive)
            for path, picture in zip(_pictures(folder, kind, title), (edited[title], results[title]), strict=True):
                write_png(path, picture)
        compared.append(KindResult(kind, model, edited, results))
    return compared


def comparison_files(folder: Path) -> list[Path]:
    """The contact sheet of a comparison, and its numbers."""
    return [folder / "primitives.png", folder / "primitives.json"]


def _pictures(folder: Path, kind: str, title: str) -> list[Path]:
    """The files of an edited primitive, and of its render."""
    return [folder / kind / f"{title}-primitive.png", folder / kind / f"{title}.png"]
