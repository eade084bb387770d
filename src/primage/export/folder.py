"""A folder with a model and its card, as model hubs have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from primage.export.generator import Check, export_onnx
from primage.export.metadata import describe
from primage.files import atomic_path
from primage.image import write_png
from primage.model import Model
from primage.outputs import check_folder, check_model, check_outputs, mark_folder
from primage.primitive.primitive import draw
from primage.seal import BLANK, KEY, seal
from primage.sheet import contact_sheet
from primage.tensors import to_image

CARD, CONFIG, MODEL, PREVIEW, NETWORK = "README.md", "config.json", "model.safetensors", "preview.png", "network.onnx"


def check_model_folder(folder: Path, source: Path, with_onnx: bool, overwrite: bool) -> None:
    """Check that a model's folder may be written.

    Args:
        folder: it need not exist.
        source: the run folder or model file that is exported.
        with_onnx: whether it will have the network as an ONNX file.
        overwrite: allow to replace files that Primage did not make.

    Raises:
        OutputError: it may not.
    """
    check_folder(folder, overwrite)
    written = [folder / name for name in (CARD, CONFIG, PREVIEW, *([NETWORK] if with_onnx else []))]
    check_outputs(written, [source], overwrite)
    check_outputs([folder / MODEL], [source], overwrite=True)
    check_model(folder / MODEL)


def export_folder(model: Model, folder: Path, with_onnx: bool = False) -> tuple[tuple[Path, ...], tuple[Check, ...]]:
    """Write a model's folder; `primage.load` reads it.

    Args:
        model: the model.
        folder: it has passed `check_model_folder`.
        with_onnx: also write the network as an ONNX file.

    Returns:
        The files, and the checks of the ONNX file.
    """
    mark_folder(folder)
    facts = describe(model)
    model.save(folder / MODEL)
    preview = [model.photo, draw(model.primitive, model.record.spec.line_colour), to_image(_painted(model))]
    write_png(folder / PREVIEW, contact_sheet([preview], [["photo", "drawing", "network"]]))
    checks = export_onnx(model, folder / NETWORK) if with_onnx else ()
    _write_sealed(folder / CONFIG, json.dumps(facts | {"training": _training(model)} | BLANK, indent=2) + "\n")
    _write_sealed(folder / CARD, card(model, facts, checks))
    names = [CARD, CONFIG, MODEL, PREVIEW, *([NETWORK] if with_onnx else [])]
    return tuple(folder / name for name in names), checks


def _painted(model: Model) -> Any:
    return model.paint(model.primitive).image.cpu()


def _training(model: Model) -> dict[str, Any]:
    return model.record.config.model_dump(mode="json")


def _write_sealed(path: Path, text: str) -> None:
    """Write a text with a blank seal in it, sealed."""
    with atomic_path(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
        seal(scratch)


def card(model: Model, facts: dict[str, Any], checks: Sequence[Check] = ()) -> str:
    """The model card: for people in Markdown, for hubs in the YAML before it.

    Args:
        model: the model.
        facts: what `primage.export.metadata.describe` says about it.
        checks: of its ONNX file; empty if it has none.
    """
    height, width = model.size
    labels = [label["name"] for label in (facts["palette"] or {"labels": []})["labels"]]
    named = ", ".join(name for name in labels if name)
    record = model.record
    lines = [
        "---",
        "license: other",
        "license_name: photo-of-its-owner-and-apache-2.0",
        "library_name: primage",
        "pipeline_tag: image-to-image",
        "tags:",
        *(f"- {tag}" for tag in ("primage", "image-editing", "single-image", facts["primitive"], *_onnx_tag(checks))),
        "---",
        f"<!-- {KEY}: {BLANK[KEY]} -->",
        "",
        "# A generator of one photo",
        "",
        "It was trained on one photo and a simplified drawing of it, and paints edited drawings back into a photo.",
        "",
        f"![The photo, its drawing, and what the network makes of it]({PREVIEW})",
        "",
        "## Use",
        "",
        "```python",
        "import primage",
        "",
        'model = primage.load("this folder")',
        'picture = model.render("edited-drawing.png")  # (H, W, 3) uint8',
        "```",
        "",
        "`primage render FOLDER edited-drawing.png -o picture.png` does the same. Edit a copy of the drawing that",
        "`primage edit` or the studio writes, so that the labels keep their colours.",
        "",
        "## The model",
        "",
        "| | |",
        "|---|---|",
        f"| drawing | {facts['primitive']}: {', '.join(facts['layers'])} |",
        f"| labels | {len(labels)}{f': {named}' if named else ''} |",
        f"| working size | {width}×{height} px |",
        f"| network | {facts['architecture']}, preset {facts['preset']} |",
        f"| training | {record.steps} steps, {record.seconds:.0f} s, on this photo alone |",
        f"| hash of the weights | `{facts['weights_sha256']}` |",
        f"| hash of the photo's file | `{record.photo_sha256}` |",
        "",
        *(f"- Differs from the paper: {text}." for text in facts["deviations"]),
        "",
        "The settings of the training, the palette and the channels of an encoded drawing are in `config.json`.",
        *_onnx_section(facts, checks),
        "",
        "## Limits",
        "",
        "It knows one photo: it moves, copies, bends and removes what is in it, and paints nothing that is not. Edited",
        "pictures look like photos without being any; say that they were edited when you publish them.",
        "",
        "## Licence",
        "",
        facts["licence"],
        "",
    ]
    return "\n".join(lines)


def _onnx_tag(checks: Sequence[Check]) -> tuple[str, ...]:
    return ("onnx",) if checks else ()


def _onnx_section(facts: dict[str, Any], checks: Sequence[Check]) -> list[str]:
    if not checks:
        return []
    error = max(check.error for check in checks)
    return [
        "",
        "## The network alone",
        "",
        f"`{NETWORK}` has the network for any height and width; its metadata describe it. ONNX Runtime's",
        f"pictures differ from PyTorch's by {error:.1e} at most, of values from -1 to 1. Not part of it:",
        "",
        *(f"- {text}" for text in facts["not_included"]),
    ]
