"""Figure 8: a cat's nose moves away from its eyes, and the network fills the gap.

``python examples/figures/figure8.py [--minutes M] [--out FOLDER]``; for a run of your own:
``primage evaluate gaps RUN --region ellipse:CX,CY,RX,RY --towards X,Y -o FOLDER``

The paper's cat is its authors' photo; this one is scikit-image's.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import finish, options, trained

from primage.edit.records import Ellipse
from primage.evaluate.analyses.features import load_features
from primage.evaluate.analyses.gap_filling import gap_series
from primage.evaluate.metrics.pixels import SSIM
from primage.evaluate.metrics.registry import Metric, build_metrics
from primage.evaluate.reports.gap_report import write_gaps

NOSE = Ellipse(centre=(0.588, 0.8), radii=(0.13, 0.16))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the cat and widen the gap step by step."""
    chosen = options(__doc__, arguments)
    model = trained(chosen, "chelsea.png", "edges")
    metric: Metric = SSIM() if chosen.tiny else build_metrics(["sifid"])[0][0]
    features = None if chosen.tiny else load_features()
    series = finish(gap_series(model, NOSE, (0.0, -0.3), 2 if chosen.tiny else 6, metric, features))
    print(write_gaps(chosen.out / "figure8", series, model, metric))
    print(chosen.out / "figure8" / "gaps.png")


if __name__ == "__main__":
    main()
