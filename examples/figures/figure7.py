"""Figure 7: how much of a later frame's primitive training has seen, and where the errors are.

``python examples/figures/figure7.py [--steps N] [--out FOLDER]``; for a run of your own:
``primage evaluate coverage RUN SOURCE -o FOLDER``

The paper's faces are from LRS2, which cannot be shipped; a video of a talking man replaces them. The analysis is about
the network, so its output is shown without patch synthesis.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from training_setup import every, finish, options, publish, talking_face, training_options

import primage
from primage.evaluate.analyses.coverage import coverage
from primage.evaluate.analyses.features import Features, load_features
from primage.evaluate.protocol.frames import read_clip
from primage.evaluate.reports.coverage_report import write_coverage
from primage.image import read_image


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame's edges and analyse the later frames."""
    chosen = options(__doc__, arguments)
    out = chosen.out / "figure7"
    clip = read_clip(talking_face(chosen), out / "frames", every=every(chosen))
    run = chosen.out / "runs" / f"{clip.name}-edges{'-tiny' if chosen.tiny else ''}"
    model = primage.train(clip.frames[0].photo, run, primitive="edges", **training_options(chosen))  # type: ignore[arg-type]
    # A tiny figure is a smoke test and not worth a download of pretrained weights.
    features = Features("pixels", "none", _pixels) if chosen.tiny else load_features()
    result = finish(coverage(model, clip, features, copies=2 if chosen.tiny else 50))
    print(write_coverage(out, result, model))
    publish(chosen, out / "coverage.png", read_image(out / "coverage.png"))


@torch.no_grad()
def _pixels(x: Tensor) -> Tensor:
    return F.pixel_unshuffle(x, 8)


if __name__ == "__main__":
    main()
