"""Figure 8: the distance between a cat's eyes and nose grows, and the network fills the gap.

``python examples/figures/figure8.py [--steps N] [--out FOLDER]``; for a run of your own:
``primage evaluate gaps RUN --region ellipse:CX,CY,RX,RY --towards X,Y -o FOLDER``

The paper's cat is its authors' photo, in which the nose moves down; this one is scikit-image's. Its nose moves down,
too, but only by a tenth of the height, to the bottom of the photo. For larger gaps, a second series moves the eyes up.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import finish, fitted, options, publish, sheet, trained

from primage.edit.records import Ellipse
from primage.evaluate.analyses.features import load_features
from primage.evaluate.analyses.gap_filling import gap_series
from primage.evaluate.metrics.pixels import SSIM
from primage.evaluate.metrics.registry import Metric, build_metrics
from primage.evaluate.reports.gap_report import write_gaps
from primage.primitive.primitive import draw

#: Region and the displacement of the last step, in shares of width and height.
SERIES = {
    "nose": (Ellipse(centre=(0.588, 0.815), radii=(0.075, 0.085)), (0.0, 0.1)),
    "eyes": (Ellipse(centre=(0.54, 0.42), radii=(0.33, 0.2)), (0.0, -0.2)),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the cat and widen the gap step by step."""
    chosen = options(__doc__, arguments)
    model = trained(chosen, "chelsea.png", "edges")
    metric: Metric = SSIM() if chosen.tiny else build_metrics(["sifid"])[0][0]
    features = None if chosen.tiny else load_features()
    pictures, captions = [], []
    for name, (region, towards) in SERIES.items():
        series = finish(gap_series(model, region, towards, 2 if chosen.tiny else 6, metric, features))
        print(write_gaps(chosen.out / "figure8" / name, series, model, metric))
        moved = series[1:]
        pictures += [[draw(model.primitive), *(s.drawing for s in moved)], [model.photo, *(s.result for s in moved)]]
        captions += [
            ["training edges", *(f"{name}: gap {s.gap:.0%}" for s in moved)],
            ["photo", *["result"] * len(moved)],
        ]
    rows = [[fitted(picture) for picture in row] for row in pictures]
    publish(chosen, chosen.out / "figure8.png", sheet(rows, captions))


if __name__ == "__main__":
    main()
