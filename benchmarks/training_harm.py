"""Does training make an edit worse? Each edit of the truth suite before and after training, against its true picture.

``python benchmarks/training_harm.py FOLDER [--half dev|held-out|both] [--scenes coins,cups] [--steps 200]``
``[--forms drawn+origin] [--name training_harm]``

Models are kept in FOLDER/SCENE-STEPS, and trained only once. ``--steps`` are those of a scene of 256²; larger ones get
fewer in proportion, so that all take the same time (200 steps: 2 minutes on one quiet thread, 1 minute on two). Forms:
the drawing as a person would make it, the one extracted from the true picture, both with the origin that is inferred
from them, as `primage render` paints them, and the first with its recorded origin, as edits made in Primage have it.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import machine
import numpy as np
from truth import renderers
from truth.arrange import KINDS
from truth.cases import cases
from truth.drawings import FORMS
from truth.scenes import HALVES, scene
from truth.scoring import distance_by, scores
from truth.summary import WORSE

from primage.evaluate.metrics.lpips import LPIPS

#: Forms of a drawing: how it is drawn, and the way it is painted.
WAYS = (
    {form: (form, renderers.ours) for form in FORMS}
    | {f"{form}, inferred": (form, renderers.with_inferred_origin) for form in FORMS}
    | {"origin": ("drawn", renderers.with_origin)}
)


def judged(
    name: str, folder: Path, steps: int, forms: Sequence[str], distance: Callable[[np.ndarray, np.ndarray], float]
) -> list[Any]:
    """LPIPS of all edits of a scene, in the boxes of what they change."""
    stage = scene(name)
    count = max(1, round(steps * 256**2 / (stage.size[0] * stage.size[1])))
    models = {
        "0 s": renderers.train(stage, folder / f"{name}-0"),
        "trained": renderers.train(stage, folder / f"{name}-{count}", settings=("preview_sec=100000",), steps=count),
    }
    found = []
    for case in cases(stage, KINDS):
        for form in forms:
            drawn, paint = WAYS[form]
            lpips = {}
            for column, model in models.items():
                image = paint(case, case.drawings[drawn], model)
                score = scores(image, case.base.picture, case.truth.picture, distance)["lpips"]
                lpips[column] = round(score, 4)
            about = {"scene": name, "half": stage.half, "kind": case.edit.kind, "title": case.edit.title, "form": form}
            found.append({**about, "steps": count, "lpips": lpips})
            print(f"{name}, {form}: {case.edit.title}: {lpips}", flush=True)
    return found


def summary(found: Sequence[Any]) -> dict[str, Any]:
    """Means, and what is worse or better than without training."""
    change = np.array([e["lpips"]["trained"] - e["lpips"]["0 s"] for e in found])
    worse = sorted(((x, e) for x, e in zip(change, found, strict=True) if x > WORSE), key=lambda pair: -pair[0])
    return {
        "edits": len(found),
        "mean": {
            column: round(float(np.mean([e["lpips"][column] for e in found])), 4) for column in ("0 s", "trained")
        },
        "worse": len(worse),
        "better": int((change < -WORSE).sum()),
        "largest_change": round(float(change.max()), 4),
        "worse_edits": [f"{e['scene']}: {e['title']}: +{x:.4f}" for x, e in worse],
    }


def main(options: argparse.Namespace) -> None:
    network = LPIPS("alexnet")
    distance = distance_by(network)
    found = []
    for half in HALVES:
        for name in HALVES[half] if options.half in (half, "both") else ():
            if not options.scenes or name in options.scenes:
                found += judged(name, options.folder, options.steps, options.forms, distance)
    halves: dict[str, Any] = {half: {} for half in HALVES}
    for half, form in itertools.product(HALVES, options.forms):
        if those := chosen(found, half, form):
            halves[half][form] = summary(those)
    numbers = {"steps": options.steps, **halves, "all_edits": found, "weights_sha256": network.weights_sha256}
    machine.write(options.name, numbers)


def chosen(found: Sequence[Any], half: str, form: str) -> list[Any]:
    """The edits of a half, painted from one form of the drawing."""
    return [edit for edit in found if (edit["half"], edit["form"]) == (half, form)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", default="both", choices=(*HALVES, "both"))
    parser.add_argument("--scenes", type=lambda text: tuple(text.split(",")), default=())
    parser.add_argument("--forms", type=lambda text: tuple(text.split("+")), default=tuple(WAYS))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--name", default="training_harm")
    main(parser.parse_args())
