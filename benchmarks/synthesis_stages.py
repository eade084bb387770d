"""The stages of a hard edit as one picture.

``python benchmarks/synthesis_stages.py [--out docs/images/synthesis-stages.jpg]``

A second cup is added to scikit-image's photo of a cup; the network is the shipped matcher, without training.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

import primage
from primage.edit.apply import apply_edits
from primage.edit.records import Copy, Ellipse
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet
from primage.synthesis.guides import disagreement, guide_channels

EDIT = (Copy(region=Ellipse(centre=(0.45, 0.5), radii=(0.36, 0.5)), by=(0.45, 0.03)),)


def levels(values: np.ndarray, white: float) -> np.ndarray:
    grey = np.clip(255 * values / white, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def main(options: argparse.Namespace) -> None:
    photo = Path(skimage.data.__file__).parent / "coffee.png"
    with tempfile.TemporaryDirectory() as scratch:
        model = primage.train(photo, Path(scratch) / "run", primitive="super", steps=0)
    drawing = apply_edits(model.primitive, EDIT)
    painted = model.paint(drawing)
    render, reference = model.unpolished(drawing, painted), model.reference(drawing.size).suited_to(drawing)
    polished = model.polish(drawing, painted)
    assert render is not None
    assert polished is not None
    wrong = disagreement(
        guide_channels(drawing, model.record.spec, reference.config.guides), reference.guides, render.field
    )
    marked = render.image.copy()
    marked[polished.synthesised] = marked[polished.synthesised] // 2 + np.array([128, 0, 0], np.uint8)
    rows = [
        [model.photo, draw(drawing, model.record.spec.line_colour), render.image, polished.image],
        [levels(polished.incoherence, 0.05), levels(wrong, 2.0), marked],
    ]
    captions = [
        ["photo", "edited drawing", "render", "result"],
        ["incoherence of the render", "disagreement of the drawings", "what is synthesised"],
    ]
    Image.fromarray(contact_sheet(rows, captions)).save(options.out, quality=55, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images/synthesis-stages.jpg"))
    main(parser.parse_args())
