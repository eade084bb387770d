"""The same edits of one photo through edges, segments and super primitives (the paper's figure 2)."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.api import check_target, configure, read_pair
from primage.config import Config
from primage.edit.apply import apply_edits
from primage.edit.records import Edit, edits_from_json
from primage.errors import ConfigError, PrimitiveError, UserError
from primage.evaluate.pixels import PSNR, SSIM
from primage.evaluate.results import finite, write_json
from primage.evaluate.runs import Event, trained
from primage.image import write_png
from primage.model import Model
from primage.primitive.primitive import draw
from primage.primitive.read import LayerFiles
from primage.sheet import contact_sheet
from primage.tensors import to_tensor

KINDS = ("edges", "segments", "super")


@dataclass(frozen=True)
class Compared:
    """One kind of primitive, trained and tried.

    Attributes:
        kind: of primitive.
        model: trained on it.
        edited: title → (H, W, 3) uint8 edited drawing.
        results: title → (H, W, 3) uint8 render.
    """

    kind: str
    model: Model
    edited: dict[str, UInt8[np.ndarray, "h w 3"]]
    results: dict[str, UInt8[np.ndarray, "h w 3"]]


def read_edits(path: Path) -> tuple[Edit, ...]:
    """Read recorded edits from a file.

    Args:
        path: a JSON list, as `primage edit` reads it.

    Returns:
        The edits in order.

    Raises:
        UserError: the file cannot be read, or is no such list.
    """
    try:
        return edits_from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error


def compare_primitives(
    photo: Path,
    edits: Mapping[str, Sequence[Edit]],
    folder: Path,
    preset: str = "standard",
    kinds: Sequence[str] = KINDS,
    segments: Path | None = None,
    size_px: int | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    device: str = "cpu",
) -> Generator[Event, None, list[Compared]]:
    """Train each kind of primitive on a photo, and render the same edits with each.

    Args:
        photo: the photo's file.
        edits: title → records.
        folder: FOLDER/KIND/run and FOLDER/KIND/*.png, FOLDER/primitives.png, FOLDER/primitives.json.
        preset: what is trained.
        kinds: of primitives.
        segments: the label layer, for the kinds that have one; extracted if None.
        size_px: short side.
        minutes: of each training.
        steps: instead.
        seed: of all randomness.
        settings: what differs from the preset.
        device: where to compute.

    Yields:
        Progress.

    Returns:
        What became of each kind.

    Raises:
        UserError: an input is at fault, or an edit does not fit a kind; nothing was trained.
        TrainingError, WeightsError: as for `primage.train`.
    """
    if not edits:
        raise ConfigError("there is nothing to compare without an edit")
    configs: dict[str, tuple[Config, LayerFiles]] = {}
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"'{kind}' cannot be compared; choose of {', '.join(KINDS)}")
        config = configure(preset, kind, size_px, minutes, steps, seed, settings)
        files = LayerFiles(segments=segments if kind != "edges" else None)
        check_target(folder / kind / "run")
        primitive = read_pair(photo, config, files, shrink_only=size_px is None)[1]
        for title, records in edits.items():
            try:
                apply_edits(primitive, records)
            except PrimitiveError as error:
                raise PrimitiveError(
                    f"the edit '{title}' does not fit a primitive of kind '{kind}': {error}"
                ) from error
        configs[kind] = config, files
    found = []
    for kind, (config, files) in configs.items():
        where = folder / kind / "run"
        model = yield from trained(photo, config, where, f"training {kind}", files, size_px is None, device)
        edited, results = {}, {}
        for i, (title, records) in enumerate(edits.items()):
            yield Event(f"painting {kind}", i, len(edits))
            drawing = apply_edits(model.primitive, records)
            edited[title] = draw(drawing, model.record.spec.line_colour)
            results[title] = model.render(drawing)
            write_png(folder / kind / f"{title}-primitive.png", edited[title])
            write_png(folder / kind / f"{title}.png", results[title])
        found.append(Compared(kind, model, edited, results))
    write_png(folder / "primitives.png", compared_sheet(found))
    write_json(folder / "primitives.json", [_facts(each) for each in found])
    return found


def compared_sheet(found: Sequence[Compared]) -> UInt8[np.ndarray, "h w 3"]:
    """The layout of the paper's figure 2: the photo, then drawing and result of each kind; a row an edit.

    Args:
        found: at least one kind.

    Returns:
        The sheet.
    """
    first = found[0].model
    rows, captions = [], []
    rows.append([first.photo])
    captions.append(["photo"])
    for each in found:
        rows[0] += [
            draw(each.model.primitive, each.model.record.spec.line_colour),
            each.model.render(each.model.primitive),
        ]
        captions[0] += [each.kind, "unedited"]
    for title in found[0].results:
        rows.append([first.photo])
        captions.append([f"edit: {title}"])
        for each in found:
            rows[-1] += [each.edited[title], each.results[title]]
            captions[-1] += [f"{each.kind}, edited", "result"]
    return contact_sheet(rows, captions)


def _facts(each: Compared) -> dict[str, object]:
    unedited, photo = to_tensor(each.model.render(each.model.primitive)), to_tensor(each.model.photo)
    record = each.model.record
    return {
        "kind": each.kind,
        "preset": record.config.preset,
        "steps": record.steps,
        "seconds": round(record.seconds, 1),
        "weights_sha256": each.model.weights_sha256,
        "unedited_psnr": finite(float(PSNR()(unedited, photo))),
        "unedited_ssim": finite(float(SSIM()(unedited, photo))),
        "edits": list(each.results),
    }
