"""Removals of the truth suite, filled by Primage and by inpainting libraries: LPIPS to the true picture, and time.

``python benchmarks/peers.py --peers PYTHON [--half dev|held-out] [--sheets FOLDER]``

PYTHON is the interpreter of an environment with ``pypatchmatch`` and ``opencv-python-headless``, which Primage does not
need. All methods get the photo and the same hole: the pixels in which the true pictures differ, grown by 3 px. The
rest of the picture is the photo's. Columns of ours: the matcher's field alone (``copied``), the same with the synthesis
(``ours``), and the synthesis alone, without matcher and guides (``ours, no guides``), which is what GPNN does. Models
are the shipped matcher without training.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
from scipy import ndimage
from truth.cases import Case, cases
from truth.renderers import primitive, train
from truth.scenes import HALVES, scene
from truth.scoring import changed, distance_by, scores

from primage.evaluate.metrics.lpips import LPIPS
from primage.image import write_png
from primage.model import Model
from primage.sheet import contact_sheet
from primage.synthesis.polish import Render, polishing
from primage.synthesis.sources import photo_plane
from primage.synthesis.steps import finished
from primage.synthesis.synthesise import SynthesisConfig, Target, synthesising
from primage.tensors import to_image

_GROWTH_PX = 3
_ROUNDS = 3


def hole_of(case: Case) -> np.ndarray:
    return ndimage.binary_dilation(changed(case.base.picture, case.truth.picture), iterations=_GROWTH_PX)


def inside(hole: np.ndarray, image: np.ndarray, photo: np.ndarray) -> np.ndarray:
    return np.where(hole[..., None], image, photo)


def copied(case: Case, hole: np.ndarray, model: Model) -> np.ndarray:
    painted = model.paint(primitive(case.drawings["drawn"], model))
    return inside(hole, to_image(painted.image), case.base.picture)


def ours(case: Case, hole: np.ndarray, model: Model) -> np.ndarray:
    drawn = primitive(case.drawings["drawn"], model)
    render = model.unpolished(drawn, model.paint(drawn))
    assert render is not None
    identity = np.moveaxis(np.indices(hole.shape, np.float32), 0, -1)
    field = np.where(hole[..., None], render.field, identity)
    kept = Render(drawn, inside(hole, render.image, case.base.picture), field, np.where(hole, render.confidence, 1))
    return finished(polishing(model.reference(drawn.size), kept, within=hole, forbidden=hole, unknown=hole)).image


def unguided(case: Case, hole: np.ndarray, model: Model) -> np.ndarray:
    del model
    photo, size = case.base.picture, hole.shape
    nothing = np.zeros((*size, 1), np.float32)
    config = SynthesisConfig(pull=0.0)
    target = Target(
        picture=photo,
        guides=nothing,
        prior=np.moveaxis(np.indices(size, np.float32), 0, -1),
        plane=np.zeros(size, np.int32),
        trust=np.zeros(size, np.float32),
        hole=hole,
        unknown=hole,
    )
    return finished(synthesising([photo_plane(photo, nothing, ~hole, config.multiple)], target, config))[0]


METHODS: dict[str, Callable[[Case, np.ndarray, Model], np.ndarray]] = {
    "copied": copied,
    "ours": ours,
    "ours, no guides": unguided,
}


def timed(method: Callable[[], np.ndarray]) -> tuple[np.ndarray, list[float]]:
    """A picture, and the medians of wall-clock and processor time; the first round, which compiles, is left out."""
    image, rounds = method(), []
    for _ in range(_ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        image = method()
        rounds.append((time.perf_counter() - wall, time.process_time() - processor))
    return image, [statistics.median(kind) for kind in zip(*rounds, strict=True)]


def main(options: argparse.Namespace) -> None:
    distance = distance_by(LPIPS("alexnet"))
    todo, pictures, seconds = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in HALVES[options.half]:
            stage = scene(name)
            model = None
            for case in cases(stage, ("remove",)):
                model = model or train(stage, folder / name, 0)
                hole = hole_of(case)
                results = {key: timed(lambda m=m, c=case, h=hole, n=model: m(c, h, n)) for key, m in METHODS.items()}
                todo.append((name, case, hole))
                pictures.append({key: image for key, (image, _) in results.items()})
                seconds.append({key: times for key, (_, times) in results.items()})
        if options.peers:
            jobs = {f"image_{i}": case.base.picture for i, (_, case, _) in enumerate(todo)}
            jobs |= {f"hole_{i}": hole for i, (_, _, hole) in enumerate(todo)}
            np.savez(folder / "jobs.npz", **jobs)
            script = Path(__file__).with_name("peers_fill.py")
            subprocess.run(
                [options.peers, str(script), str(folder / "jobs.npz"), str(folder / "results.npz")], check=True
            )
            for key, value in np.load(folder / "results.npz").items():
                kind, number, name = key.split("_", 2)
                (pictures if kind == "image" else seconds)[int(number)][name] = value
    entries = []
    for (name, case, hole), images, times in zip(todo, pictures, seconds, strict=True):
        found = {key: scores(image, case.base.picture, case.truth.picture, distance) for key, image in images.items()}
        entries.append(
            {
                "scene": name,
                "title": case.edit.title,
                "size": hole.shape,
                "hole": round(float(hole.mean()), 4),
                "lpips": {key: each["lpips"] for key, each in found.items()},
                "seconds": {key: [round(float(t), 3) for t in each] for key, each in times.items()},
            }
        )
    keys = list(pictures[0])
    summary = {
        key: {
            "lpips": round(statistics.mean(each["lpips"][key] for each in entries), 4),
            "wall_sec": round(statistics.median(each["seconds"][key][0] for each in entries), 3),
            "processor_sec": round(statistics.median(each["seconds"][key][1] for each in entries), 3),
        }
        for key in keys
    }
    machine.write(options.name, {"half": options.half, "rounds": _ROUNDS, "mean": summary, "edits": entries})
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        for (name, case, hole), images in zip(todo, pictures, strict=True):
            marked = inside(hole, np.uint8([[[255, 0, 255]]]), case.base.picture)
            row = [case.base.picture, marked, case.truth.picture, *images.values()]
            captions = [case.edit.title, "hole", "truth", *images]
            write_png(options.sheets / f"{name}.png", contact_sheet([row], [captions]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="Python with pypatchmatch and opencv-python-headless")
    parser.add_argument("--half", default="dev", choices=HALVES)
    parser.add_argument("--sheets", type=Path, help="folder for a contact sheet per edit")
    parser.add_argument("--name", default="peers", help="name of the JSON")
    main(parser.parse_args())
