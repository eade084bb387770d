"""Moving parts of the truth suite: what is behind them, with and without a clean plate.

``python benchmarks/clean_plate.py [--half dev|held-out|both] [--frames 5] [--sheets FOLDER]``

Each edit of the kind "move far" is made in equal steps, without training. Flicker is the mean absolute change from
frame to frame where something was removed in both, as a share of full scale: the true background stands still.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import machine
import numpy as np
from truth.cases import Case, cases
from truth.renderers import primitive, train
from truth.scenes import HALVES, names_of, scene
from truth.scoring import distance_by, scores

from primage.edit.apply import Edited
from primage.edit.morphing import morphed
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import write_png
from primage.model import Model
from primage.origin.inference import inferred_if_edited
from primage.origin.plane import Origin
from primage.render.files import training_drawing
from primage.render.plates import clean_plate, without
from primage.render.variants import pictures
from primage.sheet import contact_sheet
from primage.synthesis.options import DEFAULT_OPTIONS

METHODS = ("frame by frame", "clean plate")


def on_the_way(case: Case, model: Model, count: int) -> list[Edited]:
    """The drawings from the first arrangement to the second, without the first."""
    first, last = training_drawing(model), primitive(case.drawings["drawn"], model)
    way = inferred_if_edited(last, first.primitive)
    way = Origin.unmoved(model.size) if way is None else way
    return [morphed(first, Edited(last, way), way, number / count) for number in range(1, count + 1)]


def painted(model: Model, drawings: list[Edited]) -> dict[str, list[np.ndarray]]:
    """The frames by method."""
    removed = np.logical_or.reduce([drawing.origin.removed for drawing in drawings])
    background = without(model, removed)
    plate = None if background is None else clean_plate(model, background, DEFAULT_OPTIONS)
    found: dict[str, list[np.ndarray]] = {}
    for method, used in zip(METHODS, (None, plate), strict=True):
        found[method] = [
            next(pictures(model, each.primitive, [DEFAULT_OPTIONS], each.origin, plate=used))[0] for each in drawings
        ]
    return found


def flicker(images: list[np.ndarray], removed: list[np.ndarray]) -> float:
    """Mean change from frame to frame where something was removed in both, in [0, 1]."""
    changes = [
        np.abs(images[i][both].astype(float) - images[i - 1][both]).mean() / 255
        for i in range(1, len(images))
        if (both := removed[i] & removed[i - 1]).any()
    ]
    return float(np.mean(changes)) if changes else 0.0


def main() -> None:
    """Paint all moves and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", default="both", choices=[*HALVES, "both"])
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--sheets", type=Path, help="folder for a sheet of each move, the methods above each other")
    given = parser.parse_args()
    distance = distance_by(LPIPS("alexnet"))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names_of(given.half):
            stage = scene(name)
            for case in cases(stage, ("move far",)):
                model = train(stage, Path(scratch) / name)
                drawings = on_the_way(case, model, given.frames)
                removed = [drawing.origin.removed for drawing in drawings]
                frames = painted(model, drawings)
                row: dict[str, object] = {"scene": name, "half": stage.half, "title": case.edit.title}
                for method, images in frames.items():
                    last = scores(images[-1], case.base.picture, case.truth.picture, distance)["lpips"]
                    row[method] = {"flicker": round(flicker(images, removed), 4), "lpips_last": round(last, 4)}
                if given.sheets is not None:
                    captions = [f"{number + 1}" for number in range(given.frames)]
                    sheet = contact_sheet(list(frames.values()), [captions] * len(METHODS))
                    write_png(given.sheets / f"{name}.png", sheet)
                rows.append(row)
                print(row, flush=True)
    means = {
        half: {
            method: {
                key: round(float(np.mean([row[method][key] for row in rows if row["half"] == half])), 4)  # type: ignore[index]
                for key in ("flicker", "lpips_last")
            }
            for method in METHODS
        }
        for half in dict.fromkeys(row["half"] for row in rows)
    }
    machine.write("clean_plate", {"frames": given.frames, "mean": means, "moves": rows})


if __name__ == "__main__":
    main()
