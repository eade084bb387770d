"""Ablations of the synthesis: one component changed at a time, on the truth suite's development half, without training.

``python benchmarks/synthesis_ablations.py [--form drawn|extracted] [--scenes NAMES] [--only PREFIX]``

Each edit is rendered once by the shipped matcher; the variants differ only in what is synthesised from it, and how.
LPIPS to the truth in the boxes of the edit (see truth.py), the mean over all edits and over the removals among them.
Rows already in the JSON are skipped. The patch size is a constant that kernels are compiled with, so other sizes run
in a process of their own (``--radius``), which compiles them without touching the cache.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

SEARCH = "primage.synthesis.search"


def use_radius(radius: int) -> None:
    """Load the search with another patch size, before anything imports it."""
    spec = importlib.util.find_spec(SEARCH)
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin)
    text, shipped = path.read_text(encoding="utf-8"), "\nRADIUS = 3\n"
    assert text.count(shipped) == 1
    module = importlib.util.module_from_spec(spec)
    sys.modules[SEARCH] = module
    exec(compile(text.replace(shipped, f"\nRADIUS = {radius}\n"), path, "exec"), module.__dict__)


if "--radius" in sys.argv:
    use_radius(int(sys.argv[sys.argv.index("--radius") + 1]))

import machine  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from scipy import ndimage  # noqa: E402
from truth.arrange import KINDS  # noqa: E402
from truth.cases import cases  # noqa: E402
from truth.drawings import FORMS  # noqa: E402
from truth.renderers import primitive, train  # noqa: E402
from truth.scenes import HALVES, scene  # noqa: E402
from truth.scoring import boxes, changed  # noqa: E402

from primage.evaluate.metrics.lpips import LPIPS  # noqa: E402
from primage.synthesis import polish as stage  # noqa: E402
from primage.synthesis.guides import GuideWeights  # noqa: E402
from primage.synthesis.polish import Render, polish  # noqa: E402
from primage.synthesis.reference import Reference  # noqa: E402
from primage.synthesis.synthesise import DEFAULTS, SynthesisConfig  # noqa: E402
from primage.tensors import to_tensor  # noqa: E402

_UNSURE = 0.5
_GROWTH_PX = 8


@dataclass(frozen=True)
class Variant:
    """One row.

    Attributes:
        config: of the synthesis.
        patches: replaced attributes of modules of `primage.synthesis`.
        exclude: whether places from which something was erased are forbidden as sources.
    """

    config: SynthesisConfig = DEFAULTS
    patches: tuple[tuple[str, Callable[..., object]], ...] = ()
    exclude: bool = False


def _nothing_closed(drawing: Any, reference: object) -> np.ndarray:
    del reference
    return np.zeros(drawing.size, bool)


def _everywhere(drawing: object, image: object, incoherence: np.ndarray, disagreement: object) -> np.ndarray:
    del drawing, image, disagreement
    return np.ones(incoherence.shape, bool)


def _incoherent_only(
    drawing: object, image: np.ndarray, incoherence: np.ndarray, disagreement: np.ndarray
) -> np.ndarray:
    return REGIONS(drawing, image, incoherence, np.zeros_like(disagreement))


REGIONS = stage.regions
VARIANTS: dict[str, Variant] = {
    "as shipped": Variant(),
    "guides: none": Variant(SynthesisConfig(guides=GuideWeights(labels=0, lines=0))),
    "guides: labels only": Variant(SynthesisConfig(guides=GuideWeights(lines=0))),
    "guides: lines only": Variant(SynthesisConfig(guides=GuideWeights(labels=0))),
    "guides: lines weaker, as for drawings of other pictures": Variant(SynthesisConfig(guides=GuideWeights(lines=0.5))),
    "guides: lines as strong as labels": Variant(SynthesisConfig(guides=GuideWeights(lines=2.8))),
    "no pull to the matcher's field": Variant(SynthesisConfig(pull=0.0)),
    "scales: the photo only, no transformed planes": Variant(
        patches=(
            ("polish.transforms", lambda field, hole, seed: ([], np.zeros(hole.shape, np.int32))),
            ("polish.resizings", lambda labels, before, hole: ([], np.zeros(hole.shape, bool))),
        )
    ),
    "exclusion: nothing is copied from where something was erased": Variant(exclude=True),
    "closed places: treated like others": Variant(patches=(("polish.closed", _nothing_closed),)),
    "closed places: filled with any label": Variant(patches=(("polish.source_penalty", lambda *rest: None),)),
    "closed places: votes alike at any distance from the border": Variant(SynthesisConfig(falloff=0.0)),
    "closed places: no additional levels": Variant(SynthesisConfig(unknown_patches=float("inf"))),
    "seams: no offsets": Variant(patches=(("synthesise.without_seams", lambda image, *rest: image),)),
    "levels: 3": Variant(SynthesisConfig(levels=3)),
    "levels: 5": Variant(SynthesisConfig(levels=5)),
    "mask: everything is synthesised": Variant(patches=(("polish.regions", _everywhere),)),
    "mask: by incoherence alone, without disagreement": Variant(patches=(("polish.regions", _incoherent_only),)),
    "mask: by the network's confidence": Variant(),  # see `images`
    "patches: 5 × 5": Variant(),
    "patches: 9 × 9": Variant(),
}
RADII = {"patches: 5 × 5": 2, "patches: 9 × 9": 4}
BY_CONFIDENCE = "mask: by the network's confidence"


@dataclass(frozen=True)
class Task:
    """An edit, rendered by the matcher."""

    kind: str
    before: np.ndarray
    truth: np.ndarray
    reference: Reference
    render: Render


def tasks(form: str, names: Sequence[str]) -> Iterator[Task]:
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            stage_set = scene(name)
            model = train(stage_set, Path(scratch) / name, 0)
            for case in cases(stage_set, KINDS):
                drawing = primitive(case.drawings[form], model)
                render = model.unpolished(drawing, model.paint(drawing))
                yield Task(case.edit.kind, case.base.picture, case.truth.picture, model.reference(drawing.size), render)


def unsure(task: Task) -> Callable[..., np.ndarray]:
    mask = ndimage.binary_dilation(task.render.confidence < _UNSURE, iterations=_GROWTH_PX)
    return lambda *rest: np.asarray(mask)


def image(name: str, variant: Variant, task: Task) -> np.ndarray:
    with contextlib.ExitStack() as stack:
        for attribute, value in variant.patches:
            stack.enter_context(mock.patch(f"primage.synthesis.{attribute}", value))
        if name == BY_CONFIDENCE:
            stack.enter_context(mock.patch.object(stage, "regions", unsure(task)))
        forbidden = stage.closed(task.render.primitive, task.reference.primitive) if variant.exclude else None
        return polish(replace(task.reference, config=variant.config), task.render, forbidden=forbidden).image


def lpips(found: np.ndarray, task: Task, network: LPIPS) -> float:
    mask = changed(task.before, task.truth)
    parts, distances = boxes(mask), []
    for box in parts:
        a, b = (to_tensor(np.ascontiguousarray(picture[box])) for picture in (found, task.truth))
        with torch.inference_mode():
            distances.append(float(network(a, b)))
    return float(np.average(distances, weights=[mask[box].sum() for box in parts]))


def row(name: str, variant: Variant, given: list[Task], network: LPIPS) -> dict[str, object]:
    image(name, variant, given[0])  # compiles
    before = time.process_time()
    images = [image(name, variant, task) for task in given]
    seconds = (time.process_time() - before) / len(given)
    values = [lpips(found, task, network) for found, task in zip(images, given, strict=True)]
    removals = [value for value, task in zip(values, given, strict=True) if task.kind == "remove"]
    return {
        "kind": "synthesis",
        "variant": name,
        "lpips": round(statistics.mean(values), 4),
        "removals": round(statistics.mean(removals), 4),
        "processor_sec": round(seconds, 3),
    }


def in_another_process(name: str, options: argparse.Namespace) -> dict[str, object]:
    """A row with another patch size."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, __file__, "--form", options.form, "--only", name, "--radius", str(RADII[name])]
        command += ["--scenes", *options.scenes]
        environment = {**os.environ, "NUMBA_CACHE_DIR": scratch}
        found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    out: dict[str, object] = json.loads(found.stdout.splitlines()[-1])
    return out


def main(options: argparse.Namespace) -> None:
    path = machine.RESULTS / f"{options.name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    done = {each["variant"] for each in rows}
    network = LPIPS("alexnet")
    given = list(tasks(options.form, options.scenes))
    for name, variant in VARIANTS.items():
        if not name.startswith(options.only):
            continue
        if options.radius:
            print(json.dumps(row(name, variant, given, network)))
            return
        if name in done:
            continue
        rows.append(in_another_process(name, options) if name in RADII else row(name, variant, given, network))
        machine.write(
            options.name,
            {"half": "dev", "form": options.form, "scenes": options.scenes, "edits": len(given), "rows": rows},
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", default="drawn", choices=FORMS, help="which drawings of the edits")
    parser.add_argument("--scenes", nargs="+", default=HALVES["dev"], choices=HALVES["dev"], help="scenes of the half")
    parser.add_argument("--only", default="", help="run only rows whose name starts with this")
    parser.add_argument("--radius", type=int, default=0, help="of the patches; prints the row instead of writing it")
    parser.add_argument("--name", default="synthesis_ablations", help="name of the JSON")
    main(parser.parse_args())
