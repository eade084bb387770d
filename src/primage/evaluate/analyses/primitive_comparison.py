"""Comparison of primitives (paper, fig. 2): the same edits of one photo through edges, segments and super."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.api import check_target, configure, read_pair
from primage.config import Config
from primage.edit.apply import apply_edits
from primage.edit.records import Edit
from primage.errors import ConfigError, PrimitiveError
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.training_run import train_or_resume
from primage.image import write_png
from primage.model import Model
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
    configs: dict[str, tuple[Config, LayerFiles]] = {}
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"'{kind}' cannot be compared; choose from {', '.join(KINDS)}")
        config = configure(preset, kind, size_px, minutes, steps, seed, settings)
        files = LayerFiles(segments=segments if "segments" in primitive_kinds.KINDS[kind].names else None)
        check_target(folder / kind / "run")
        primitive = read_pair(photo, config, files, shrink_only=size_px is None)[1]
        for title, records in edits.items():
            try:
                apply_edits(primitive, records)
            except PrimitiveError as error:
                raise PrimitiveError(
                    f"the edit '{title}' does not apply to a primitive of kind '{kind}': {error}"
                ) from error
        configs[kind] = config, files
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
            write_png(folder / kind / f"{title}-primitive.png", edited[title])
            write_png(folder / kind / f"{title}.png", results[title])
        compared.append(KindResult(kind, model, edited, results))
    return compared
