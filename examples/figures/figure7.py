"""Figure 7: how much of a later drawing the training has seen, and where the errors are.

``python examples/figures/figure7.py [--minutes M] [--out FOLDER]``; for a run of your own:
``primage evaluate coverage RUN SOURCE -o FOLDER``

The paper's faces are of LRS2, which may not be shipped; a talking man out of a package stands in for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from making import options, talking_face, training_options
from primage.evaluate.seen import Features, load_features
from torch import Tensor

import primage
from primage.evaluate.analyses.coverage import coverage
from primage.evaluate.protocol.frames import read_clip
from primage.evaluate.reports.coverage_report import write_coverage


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame's edges, compare the later ones."""
    chosen = options(__doc__, arguments)
    out = chosen.out / "figure7"
    clip = read_clip(talking_face(chosen), out / "frames", every=1 if chosen.tiny else 8)
    run = chosen.out / "runs" / f"{clip.name}-edges{'-tiny' if chosen.tiny else ''}"
    model = primage.train(clip.frames[0].photo, run, primitive="edges", **training_options(chosen))  # type: ignore[arg-type]
    # Pretrained features are worth a download only for a figure that means something.
    features = Features("pixels", "none", _pixels) if chosen.tiny else load_features()
    events = coverage(model, clip, features, copies=2 if chosen.tiny else 50)
    while True:
        try:
            next(events)
        except StopIteration as end:
            print(write_coverage(out, end.value, model))
            break
    print(out / "coverage.png")


@torch.no_grad()
def _pixels(x: Tensor) -> Tensor:
    return F.pixel_unshuffle(x, 8)


if __name__ == "__main__":
    main()
