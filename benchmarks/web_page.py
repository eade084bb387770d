"""How far the pictures of an exported page are from those of the studio, and how large the page is.

python benchmarks/web_page.py RUN -o result.json [--pictures FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.launch import running_browser
from tests.browser.static_page import PageWorker, export_alone, served, studio_pictures, without_network

from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, Erase, Move, Paint, Rectangle
from primage.image import write_png
from primage.origin.plane import Origin
from primage.render.blending import blend
from primage.studio.workers.loaded_model import LoadedModel

AREA = Rectangle(top_left=(0.3, 0.3), bottom_right=(0.55, 0.6))
EDITS: dict[str, tuple[Edit, ...]] = {
    "drawn": (Paint(points=((0.2, 0.5), (0.5, 0.45))), Paint(points=((0.75, 0.3),), label=0, radius=0.05)),
    "moved": (Move(region=AREA, by=(0.15, 0.05)),),
    "removed": (Erase(region=AREA),),
}


def difference(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Mean and largest difference, in levels of 255."""
    levels = np.abs(one.astype(int) - other)
    return {"mean": round(float(levels.mean()), 4), "max": int(levels.max())}


def main() -> None:
    """Export a run, and render the edits both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="folder for the pictures")
    given = parser.parse_args()
    loaded = LoadedModel(given.run, (0, 0))
    model = loaded.model
    start = Edited(model.primitive, Origin.unmoved(model.size))
    found: dict[str, Any] = {"size": list(model.size), "preset": model.record.config.preset, "edits": {}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "page"
        export_alone(given.run, folder)
        found["bytes"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        with served(folder) as address, running_browser() as browser:
            context = browser.new_context()
            without_network(context, address)
            page = context.new_page()
            page.goto(f"{address}README.txt")
            worker = PageWorker(page, folder, model)
            found["unedited_max"] = worker.ready["difference"]
            for name, edits in EDITS.items():
                drawing = edited(start, edits)
                network, composed = studio_pictures(loaded, drawing)
                before = time.perf_counter()
                shown = worker.pictures(drawing)
                seconds = time.perf_counter() - before
                facts: dict[str, Any] = {"composed": difference(shown[0], composed), "seconds": round(seconds, 1)}
                if not drawing.origin.moves:
                    raw = worker.pictures(drawing, keepOriginal=False, synthesis=False)[0]
                    facts["network"] = difference(raw, network)
                synthesised = model.picture(drawing.primitive, origin=drawing.origin if drawing.origin.moves else None)
                changed = (shown[0] != model.photo).any(axis=2)
                final = blend(model.photo, synthesised, changed.astype(np.float32))
                facts["synthesised"] = difference(shown[-1], final)
                found["edits"][name] = facts
                if given.pictures:
                    given.pictures.mkdir(parents=True, exist_ok=True)
                    row = np.concatenate([composed, shown[0], final, shown[-1]], axis=1)
                    write_png(given.pictures / f"{name}.png", row)
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
