"""The whole workflow on a sample photo, the cat of scikit-image."""

from __future__ import annotations

from pathlib import Path

import skimage.data

from primage.edit.apply import apply_edits
from primage.edit.records import Edit, Ellipse, Move, Scale, edits_to_json
from primage.files import write_atomically
from primage.image import write_png
from primage.model import Model
from primage.primitive.primitive import draw
from primage.primitive.write import write_primitive
from primage.render.files import provenance
from primage.render.original import PROVENANCE
from primage.sheet import contact_sheet

#: The edits. Coordinates are shares of width and height; see `primage.edit.records`.
EDITS: dict[str, tuple[Edit, ...]] = {
    "a larger eye": (Scale(region=Ellipse(centre=(0.381, 0.387), radii=(0.105, 0.14)), factor=1.35),),
    "the nose moved up": (Move(region=Ellipse(centre=(0.588, 0.825), radii=(0.11, 0.12)), by=(0.0, -0.06)),),
}


def sample_photo() -> Path:
    """Path of the photo of the cat Chelsea in scikit-image (CC0, Stéfan van der Walt)."""
    return Path(skimage.data.__file__).parent / "chelsea.png"


def edit_and_render(model: Model, folder: Path) -> Path:
    """Apply the edits to the training primitive, render the results, and make a contact sheet.

    Args:
        model: a model trained on `sample_photo`.
        folder: existing folder for the edits, edited primitives, renders and the contact sheet.

    Returns:
        Path of the contact sheet. Each edit has a row: photo, primitive, edited primitive, result.
    """
    line_colour = model.record.spec.line_colour
    rows, captions = [], []
    for number, (title, edits) in enumerate(EDITS.items(), start=1):
        edited = apply_edits(model.primitive, edits)
        result = model.render(edited)
        write_atomically(folder / f"edit-{number}.json", edits_to_json(edits))
        write_primitive(folder / f"edit-{number}-primitive.png", edited, model.record.spec)
        write_png(folder / f"edit-{number}.png", result, {PROVENANCE: provenance(model)})
        rows.append([model.photo, draw(model.primitive, line_colour), draw(edited, line_colour), result])
        captions.append(["photo", "its super primitive", f"edited: {title}", "result"])
    path = folder / "contact-sheet.png"
    write_png(path, contact_sheet(rows, captions))
    return path
