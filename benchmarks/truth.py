"""Hard edits with a true picture: scenes composed of known objects over a known background, in two arrangements.

``python benchmarks/truth.py [--half dev|held-out|both] [--kinds "swap,remove"] [--scenes coins,cups] [--minutes 0 2]``
``[--set KEY=VALUE] [--against CHECKOUT] [--sheet FILE] [--pictures FOLDER] [--name truth]``

A model is trained on each scene's photo and drawing (0 minutes: the shipped matcher as it is) and paints every edit
from two drawings: one extracted from the true picture, and one made from the training drawing by moving its objects, as
a person would. For the latter, the columns "origin" also use where its pixels come from, as the editor records it.
``--against`` also renders with the code of another checkout, in a process of its own. Baselines: a copy of the photo,
and the photo cut and pasted. Settings are chosen on the half "dev" alone; "held-out" is only judged.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import machine
import numpy as np
from PIL import Image
from truth import renderers
from truth.arrange import KINDS
from truth.cases import Case, cases
from truth.checkout import Checkout
from truth.drawings import FORMS
from truth.scenes import HALVES, scene
from truth.scoring import distance_by, scores
from truth.sheet import row, sheet
from truth.summary import FIGURES, comparisons, listed, summary, table

try:
    from primage.evaluate.metrics.lpips import LPIPS
except ImportError:  # commits up to 0.1
    from primage.evaluate.lpips import LPIPS


def painted(case: Case, models: dict[str, Any], others: dict[str, Checkout]) -> Iterator[tuple[str, np.ndarray]]:
    """The pictures of a case by column."""
    for name, baseline in renderers.BASELINES.items():
        yield name, baseline(case, case.drawings["drawn"], None)
    for label, model in models.items():
        for form in FORMS:
            drawing = case.drawings[form]
            for name, renderer in renderers.RENDERERS.items():
                yield f"{name}, {label}, {form}", renderer(case, drawing, model)
            for name, renderer in renderers.ORIGIN_RENDERERS.items() if drawing.origin is not None else ():
                yield f"{name}, {label}, {form}", renderer(case, drawing, model)
            for name, checkout in others.items():
                yield f"{name}, {label}, {form}", checkout.render(case, form, label)


def main(options: argparse.Namespace) -> None:
    network = LPIPS("alexnet")
    distance = distance_by(network)
    halves = [half for half in HALVES if options.half in (half, "both")]
    names = [name for half in halves for name in HALVES[half] if not options.scenes or name in options.scenes]
    found, shown = [], []
    with tempfile.TemporaryDirectory() as scratch:
        others = {"old": Checkout(options.against, Path(scratch) / "old", options.set)} if options.against else {}
        for name in names:
            stage = scene(name)
            models = {}
            for minutes in options.minutes:
                label = f"{minutes:g} min" if minutes else "0 s"
                models[label] = renderers.train(stage, Path(scratch) / f"{name}-{minutes:g}", minutes, options.set)
                for checkout in others.values():
                    checkout.train(name, minutes, label)
            for case in cases(stage, options.kinds):
                pictures = dict(painted(case, models, others))
                entry = {
                    "scene": name,
                    "half": stage.half,
                    "kind": case.edit.kind,
                    "title": case.edit.title,
                    "primitive": stage.primitive,
                    "scores": {
                        column: listed(scores(image, case.base.picture, case.truth.picture, distance))
                        for column, image in pictures.items()
                    },
                }
                found.append(entry)
                figures = {column: f"{each[0]:.3f}" for column, each in entry["scores"].items()}
                print(f"{name}: {case.edit.kind}: {case.edit.title}: {figures}", flush=True)
                if options.pictures:
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    number = sum(each["scene"] == name for each in found)
                    path = options.pictures / f"{name}-{number}.png"
                    Image.fromarray(row(case, pictures)).save(path, compress_level=1)
                if options.sheet:
                    shown.append((case, pictures))
    means = summary(found)
    print(table(means))
    if options.sheet:
        sheet(shown, options.sheet)
    for pair, halves_of in comparisons(found).items():
        print(f"{pair}: {halves_of}")
    settings = {"minutes": options.minutes, "settings": options.set, "half": options.half}
    commits = {name: checkout.commit for name, checkout in others.items()}
    machine.write(
        options.name,
        {
            **settings,
            "commits": commits,
            "figures": FIGURES[: len(found[0]["scores"]["copy"])],
            "mean": means,
            "compared": comparisons(found),
            "edits": found,
            "weights_sha256": network.weights_sha256,
        },
    )


def names_of(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", default="both", choices=(*HALVES, "both"))
    parser.add_argument("--kinds", type=names_of, default=KINDS, help="comma-separated kinds of edits")
    parser.add_argument("--scenes", type=names_of, default=(), help="comma-separated scenes")
    parser.add_argument("--minutes", type=float, nargs="+", default=[0.0], help="durations of training, each a column")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; repeatable")
    parser.add_argument("--against", type=Path, help="checkout to compare with")
    parser.add_argument("--sheet", type=Path, help="contact sheet, one edit of each kind and half (.jpg)")
    parser.add_argument("--pictures", type=Path, help="folder for a full-size row of pictures per edit")
    parser.add_argument("--name", default="truth", help="name of the JSON")
    main(parser.parse_args())
