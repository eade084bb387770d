"""Edits that a smooth warp cannot produce, on photos from installed packages: one training and contact sheet per photo.

``python benchmarks/edits.py [--minutes M | --steps N] [--matcher universal|none] [--wheels FOLDER] [--only PHOTO]``

Each row of a sheet shows the edited primitive, the photo cut and pasted with the same edit (what the edit means, with
hard seams and smeared holes), ours without training on the photo, and ours after M minutes or N steps; each from the
drawing alone, and with the origin of its pixels, as `primage edit` and the studio record it. The JSON records LPIPS to
the pasted photo inside the bounding box of the edit's changes. This is not a ground truth: uncovered areas have none,
and with an origin, the same pixels are copied. But it detects a copied part that is missing. Inspect the images, too.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import numpy as np
import skimage.data
import torch
from packaged_video import read_video
from scoring import train_with_snapshots

from primage.api import configure, prepare
from primage.edit.apply import apply_edits, edited
from primage.edit.records import Edit, edits_from_json
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import write_png
from primage.model import Model, load
from primage.primitive.primitive import Primitive, draw
from primage.render.files import training_drawing
from primage.sheet import contact_sheet
from primage.tensors import to_tensor

HERE = Path(__file__).parent
SUITE = HERE / "edits" / "suite.json"
BIKES_FRAME = 120
_MARGIN_PX = 8
#: LPIPS needs images with sides of at least this size.
_MIN_SIDE_PX = 64


def photo_file(name: str, folder: Path, wheels: Path | None) -> Path:
    if name != "bikes":
        return next(Path(skimage.data.__file__).parent.glob(f"{name}.*"))
    path = folder / "bikes.png"
    write_png(path, read_video(wheels, "bikes.mp4")[BIKES_FRAME])
    return path


def changed_box(before: Primitive, after: Primitive) -> tuple[slice, slice]:
    """Bounding box (rows, columns) of the changes to a primitive, with a margin."""
    rows, columns = np.nonzero(before.differs(after))
    box = []
    for positions, side in ((rows, before.size[0]), (columns, before.size[1])):
        margin = max(_MARGIN_PX, (_MIN_SIDE_PX - int(positions.max() - positions.min())) // 2)
        first = min(max(0, int(positions.min()) - margin), side - _MIN_SIDE_PX)
        box.append(slice(max(0, first), int(positions.max()) + margin + 1))
    return box[0], box[1]


def sheets(name: str, entries: Sequence[dict[str, Any]], options: argparse.Namespace) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        photo = photo_file(name, folder, options.wheels)
        # The suite was made for regions without names.
        settings = ("primitive.segments.semantic=off",)
        arguments = {
            "preset_name": "standard",
            "kind": "super",
            "size_px": 256,
            "matcher": options.matcher,
            "settings": settings,
        }
        zero = load(train_with_snapshots(prepare(photo, configure(steps=0, **arguments)), folder / "zero")[-1])
        models: dict[str, Model] = {"0 s": zero}
        if options.steps or options.minutes:
            length = {"steps": options.steps} if options.steps else {"minutes": options.minutes}
            label = f"{options.steps} steps" if options.steps else f"{options.minutes:g} min"
            prepared = prepare(photo, configure(**length, **arguments))
            models[label] = load(train_with_snapshots(prepared, folder / "run")[-1])
        distance = LPIPS("alexnet")
        line_colour = zero.record.spec.line_colour
        original = draw(zero.primitive, line_colour)
        rows, captions, found = [[zero.photo, original]], [[name, "its primitive"]], []
        for label, model in models.items():
            rows[0].append(model.render(model.primitive))
            captions[0].append(f"unedited, {label}")
            rows[0].append(zero.photo)
            captions[0].append("photo")
        for entry in entries:
            edits: tuple[Edit, ...] = edits_from_json(json.dumps(entry["edits"]), entry["title"])
            drawing = edited(training_drawing(zero), edits)
            pasted = apply_edits(Primitive("manual", colours=zero.photo), edits).colours
            assert pasted is not None
            box = changed_box(zero.primitive, drawing.primitive)
            row, caption = [draw(drawing.primitive, line_colour), pasted], [entry["title"], "cut and pasted"]
            scores = {}
            for (label, model), origin in itertools.product(models.items(), (None, drawing.origin)):
                image = model.picture(drawing.primitive, origin=origin)
                with torch.inference_mode():
                    score = float(distance(to_tensor(image[box]), to_tensor(pasted[box])))
                column = label if origin is None else f"{label}, origin"
                scores[column] = round(score, 4)
                row.append(image)
                caption.append(f"{column} ({score:.3f})")
            rows.append(row)
            captions.append(caption)
            found.append({"photo": name, "kind": entry["kind"], "title": entry["title"], "lpips_to_pasted": scores})
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        write_png(options.sheets / f"{name}.png", contact_sheet(rows, captions))
        for number, row in enumerate(rows[1:], start=1):  # photo, edited primitive, last render
            write_png(options.sheets / f"{name}-{number}.png", np.concatenate([zero.photo, row[0], row[-1]], axis=1))
    return found


def main(options: argparse.Namespace) -> None:
    suite = json.loads(SUITE.read_text(encoding="utf-8"))
    names = [options.only] if options.only else list(dict.fromkeys(entry["photo"] for entry in suite))
    found = []
    for name in names:
        found += sheets(name, [entry for entry in suite if entry["photo"] == name], options)
    labels = found[0]["lpips_to_pasted"]
    means = {label: round(float(np.mean([f["lpips_to_pasted"][label] for f in found])), 4) for label in labels}
    settings = {
        "minutes": None if options.steps else options.minutes,
        "steps": options.steps,
        "matcher": options.matcher,
        "photos": names,
    }
    machine.write(options.name, {**settings, "mean_lpips_to_pasted": means, "edits": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--steps", type=int, help="number of steps, in place of minutes")
    parser.add_argument("--matcher", default="universal", choices=("universal", "none"))
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--only", help="run only this photo of the suite")
    parser.add_argument("--sheets", type=Path, default=HERE / "edits" / "sheets", help="folder of the contact sheets")
    parser.add_argument("--name", default="edits", help="name of the JSON")
    main(parser.parse_args())
