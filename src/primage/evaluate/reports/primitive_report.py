"""The comparison of primitives as files: a contact sheet in the layout of the paper's figure 2, and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.evaluate.analyses.primitive_comparison import KindResult, comparison_files
from primage.evaluate.metrics.pixels import PSNR, SSIM
from primage.evaluate.reports.serialize import finite, write_json
from primage.image import write_png
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet
from primage.tensors import to_tensor


def write_comparison(folder: Path, compared: Sequence[KindResult]) -> Path:
    """Write primitives.png and primitives.json.

    Args:
        folder: output folder.
        compared: results of at least one kind.

    Returns:
        Path of the contact sheet.
    """
    sheet, numbers = comparison_files(folder)
    write_png(sheet, comparison_sheet(compared))
    write_json(numbers, [_training_facts(each) for each in compared])
    return sheet


def comparison_sheet(compared: Sequence[KindResult]) -> UInt8[np.ndarray, "h w 3"]:
    """A contact sheet with one row per edit: the photo, then primitive and result of each kind.

    Args:
        compared: results of at least one kind.

    Returns:
        (H, W, 3) uint8.
    """
    photo = compared[0].model.photo
    rows, captions = [[photo]], [["photo"]]
    for each in compared:
        primitive = each.model.primitive
        rows[0] += [draw(primitive, each.model.record.spec.line_colour), each.model.render(primitive)]
        captions[0] += [each.kind, "unedited"]
    for title in compared[0].results:
        rows.append([photo])
        captions.append([f"edit: {title}"])
        for each in compared:
            rows[-1] += [each.edited[title], each.results[title]]
            captions[-1] += [f"{each.kind}, edited", "result"]
    return contact_sheet(rows, captions)


def _training_facts(each: KindResult) -> dict[str, object]:
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
