"""Figure 4: edges to image, compared with networks trained without thin-plate splines.

``python examples/figures/figure4.py [--steps N] [--out FOLDER]``

The paper compares with pix2pix and BicycleGAN trained on 50,000 shoes, which cannot be shipped. This figure uses the
paper's other baseline: the same network trained on the single image with crop and flip only.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import COMPARED, compared, fitted, options, publish, sheet, trained

from primage.edit.apply import apply_edits
from primage.edit.records import Edit, Ellipse, Scale
from primage.evaluate.protocol.baselines import NO_TPS
from primage.primitive.primitive import draw

EDITS: dict[str, tuple[Edit, ...]] = {
    "coffee.png": (Scale(region=Ellipse(centre=(0.485, 0.29), radii=(0.21, 0.27)), factor=0.8),),
    "chelsea.png": (Scale(region=Ellipse(centre=(0.381, 0.387), radii=(0.105, 0.14)), factor=1.3),),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train with and without TPS on the same edges of two photos, and render the same edits."""
    chosen = options(__doc__, arguments)
    pictures = []
    for name, edits in EDITS.items():
        model = trained(chosen, name, "edges")
        plain = trained(chosen, name, "edges", "-no-tps", NO_TPS, matcher="none")
        edited = apply_edits(model.primitive, edits)
        row = [draw(model.primitive), model.photo, draw(edited), *compared(plain, model, edited)]
        pictures.append([fitted(picture) for picture in row])
    captions = ["edges", "photo", "edited edges", *COMPARED]
    publish(chosen, chosen.out / "figure4.png", sheet(pictures, [captions] * len(pictures)))


if __name__ == "__main__":
    main()
