"""Figure 4: edges to image, compared with a network trained without thin-plate splines.

``python examples/figures/figure4.py [--minutes M] [--out FOLDER]``

The paper compares with pix2pix and BicycleGAN trained on 50,000 shoes, which cannot be shipped. This figure uses the
paper's other baseline: the same network trained on the single image with crop and flip only.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import fitted, options, photo, trained, training_options, write_sheet

import primage
from primage.edit.apply import apply_edits
from primage.edit.records import Ellipse, Scale
from primage.evaluate.protocol.baselines import NO_TPS
from primage.primitive.primitive import draw

EDIT = (Scale(region=Ellipse(centre=(0.485, 0.29), radii=(0.21, 0.27)), factor=0.8),)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train with and without TPS on the same edges and render the same edit."""
    chosen = options(__doc__, arguments)
    model = trained(chosen, "coffee.png", "edges")
    how = training_options(chosen)
    how["settings"] = (*how.get("settings", ()), *NO_TPS)  # type: ignore[misc]
    run = chosen.out / "runs" / f"coffee-edges-no-tps{'-tiny' if chosen.tiny else ''}"
    plain = primage.train(photo("coffee.png"), run, primitive="edges", matcher="none", **how)  # type: ignore[arg-type]
    edited = apply_edits(model.primitive, EDIT)
    row = [model.photo, draw(model.primitive), draw(edited), plain.render(edited), model.render(edited)]
    captions = ["photo", "its edges", "edited", "without TPS", "with TPS"]
    write_sheet(chosen.out / "figure4.png", [[fitted(picture) for picture in row]], [captions])


if __name__ == "__main__":
    main()
