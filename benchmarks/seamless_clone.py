"""Moved and duplicated things of the truth suite beside Poisson cloning: LPIPS to the true picture.

``python benchmarks/seamless_clone.py [--half dev|held-out|both] [--sheets FOLDER]``

OpenCV's seamlessClone (Pérez, Gangnet & Blake 2003) gets the thing's true outline, as ours does, or the outline grown
by 4 px, as a person would draw around it; what a thing leaves is filled by OpenCV's inpainting (Telea), or by ours.
Without training.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import machine
import numpy as np
from scipy import ndimage
from truth.cases import Case, cases
from truth.renderers import pasted, train, with_origin
from truth.scenes import HALVES, names_of, scene
from truth.scoring import distance_by, scores

from primage.edit.apply import emptied
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import write_png
from primage.model import Model
from primage.render.files import training_drawing
from primage.sheet import contact_sheet

KINDS = ("duplicate", "move far")
GROWTH_PX = 4


def places(case: Case) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """(H, W) what is empty after the edit, (H, W) what came from elsewhere, and by how far, as (y, x) in pixels."""
    origin = case.drawings["drawn"].origin
    assert origin is not None
    empty = np.isnan(origin[..., 0])
    shifts = np.moveaxis(np.indices(empty.shape), 0, -1) - origin
    moved = ~empty & (shifts != 0).any(axis=-1)
    y, x = np.rint(np.median(shifts[moved], axis=0)).astype(int)
    return empty, moved, (int(y), int(x))


def cloned(case: Case, ground: np.ndarray, growth_px: int, mode: int) -> np.ndarray:
    """The thing, cloned from the photo onto a ground."""
    _, moved, shift = places(case)
    mask = ndimage.binary_dilation(moved, iterations=growth_px) if growth_px else moved
    # OpenCV leaves out masks that reach the border.
    mask[[0, -1]] = mask[:, [0, -1]] = False
    source = np.roll(case.base.picture, shift, axis=(0, 1))
    # It puts the middle of the mask's box at a point, which only is a pixel if the sides are odd.
    for axis in (0, 1):
        if len(np.flatnonzero(mask.any(axis=1 - axis))) % 2 == 0:
            mask |= np.roll(mask, 1, axis)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    centre = (int(columns[0] + columns[-1]) // 2, int(rows[0] + rows[-1]) // 2)
    return np.asarray(cv2.seamlessClone(source, ground, mask.astype(np.uint8) * 255, centre, mode))


def methods(case: Case, model: Model) -> dict[str, np.ndarray]:
    """The pictures of all methods."""
    photo = case.base.picture
    empty, _, _ = places(case)
    filled, kept = photo, photo
    if empty.any():
        hole = ndimage.binary_dilation(empty, iterations=3)
        filled = cv2.inpaint(photo, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        drawing = emptied(training_drawing(model), empty)
        kept = model.picture(drawing.primitive, origin=drawing.origin)
    drawn = case.drawings["drawn"]
    return {
        "ours": with_origin(case, drawn, model),
        "seamlessClone": cloned(case, filled, 0, cv2.NORMAL_CLONE),
        "seamlessClone, grown": cloned(case, filled, GROWTH_PX, cv2.NORMAL_CLONE),
        "seamlessClone, grown, mixed": cloned(case, filled, GROWTH_PX, cv2.MIXED_CLONE),
        "seamlessClone, grown, our ground": cloned(case, kept, GROWTH_PX, cv2.NORMAL_CLONE),
        "pasted": pasted(case, drawn, model),
    }


def main() -> None:
    """Paint all edits and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", default="both", choices=[*HALVES, "both"])
    parser.add_argument("--sheets", type=Path, help="folder for a sheet of each edit, beside the true picture")
    given = parser.parse_args()
    distance = distance_by(LPIPS("alexnet"))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names_of(given.half):
            stage = scene(name)
            model = train(stage, Path(scratch) / name)
            for case in cases(stage, KINDS):
                images = methods(case, model)
                found = {
                    key: round(scores(image, case.base.picture, case.truth.picture, distance)["lpips"], 4)
                    for key, image in images.items()
                }
                row = {"scene": name, "half": stage.half, "kind": case.edit.kind, "title": case.edit.title}
                rows.append({**row, "lpips": found})
                print(rows[-1], flush=True)
                if given.sheets is not None:
                    sheet = contact_sheet([[case.truth.picture, *images.values()]], [[case.edit.title, *images]])
                    write_png(given.sheets / f"{name} {case.edit.kind}.png", sheet)
    means = {
        half: {
            kind: {
                method: round(float(np.mean([row["lpips"][method] for row in chosen])), 4)
                for method in rows[0]["lpips"]
            }
            for kind in KINDS
            if (chosen := [row for row in rows if row["half"] == half and row["kind"] == kind])
        }
        for half in dict.fromkeys(row["half"] for row in rows)
    }
    machine.write("seamless_clone", {"growth_px": GROWTH_PX, "mean_lpips": means, "edits": rows})


if __name__ == "__main__":
    main()
