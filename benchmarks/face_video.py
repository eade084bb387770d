"""LPIPS on 20 later frames of a video of a talking face, trained on one frame.

``python benchmarks/face_video.py FOLDER [--preset P] [--minutes M] [--matcher universal|none] [--size N] [--no-tps]``

FOLDER contains train/{image,segments}.png and test/{image,segments}/*.png (the authors' example, not part of the
project). The primitive is super: their segmentation with our Canny edges. A copy of the training frame is scored as a
baseline. ``--minutes 0`` evaluates the shipped matcher without training. ``--no-tps`` is the paper's baseline: crop and
flip only, no matcher.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import machine
from scoring import Frame, train_with_snapshots, training_scores

from primage.api import configure, prepare
from primage.evaluate.protocol.baselines import NO_TPS
from primage.image import read_image, resize_image
from primage.model import Model, load
from primage.primitive.read import LayerFiles, read_primitive
from primage.tensors import to_tensor


def frames_of(folder: Path, model: Model) -> list[Frame]:
    """The test frames: our edges, the authors' segmentation."""
    frames = []
    for path in sorted((folder / "test/image").glob("*.png")):
        real = to_tensor(resize_image(read_image(path), model.size))
        layers = LayerFiles(segments=folder / "test/segments" / path.name, edges_from=path)
        frames.append(Frame(real, read_primitive(layers, model.record.spec, model.render_size)))
    return frames


def main(options: argparse.Namespace) -> None:
    matcher = "none" if options.no_tps or options.preset == "paper" else options.matcher
    config = configure(
        options.preset,
        "super",
        options.size,
        minutes=options.minutes or None,
        steps=0 if options.minutes == 0 else None,
        seed=options.seed,
        settings=(*(NO_TPS if options.no_tps else ()), "preview_sec=30", *options.set),
        matcher=matcher,
    )
    folder: Path = options.folder
    files = LayerFiles(segments=folder / "train/segments.png")
    with tempfile.TemporaryDirectory() as scratch:
        prepared = prepare(folder / "train/image.png", config, files)
        models = train_with_snapshots(prepared, Path(scratch))
        found = training_scores(models, frames_of(folder, load(models[-1])))
    parts = ["face_video", options.preset, "zero" if options.minutes == 0 else f"{config.minutes or 0:g}min"]
    parts += [f"{options.size}px"] if options.size != 256 else []
    parts += ["no_tps"] if options.no_tps else ["no_matcher"] if matcher == "none" else []
    settings = {"preset": options.preset, "size": options.size, "minutes": options.minutes, "matcher": matcher}
    machine.write(options.name or "_".join(parts), {**settings, "no_tps": options.no_tps, **found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--matcher", default="universal", choices=("universal", "none"))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-tps", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--name", help="name of the JSON")
    main(parser.parse_args())
