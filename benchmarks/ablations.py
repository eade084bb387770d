"""Ablations: one component changed at a time, everything else as shipped.

``python benchmarks/ablations.py FOLDER [--seconds 60] [--seeds 1] [--only PREFIX] [--wheels FOLDER]``

FOLDER is the authors' example video (see face_video.py). There are two kinds of rows. Inference: the shipped matcher
without training on the photo, with one component switched off; evaluated on the video and on the edit suite (LPIPS to
the photo cut and pasted with the same edit, see edits.py). Training: `standard` for a fixed time, starting from the
shipped matcher or from scratch, with one setting changed; evaluated on the video. Rows already in the JSON are skipped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import edits
import machine
import numpy as np
import torch
from face_video import frames_of
from scoring import scores, train_with_snapshots

from primage.api import configure, prepare
from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.protocol.baselines import NO_TPS
from primage.model import load
from primage.nets import layers, matcher, painter, refinement, upsample
from primage.primitive.read import LayerFiles
from primage.tensors import to_tensor

Patch = Callable[[], contextlib.AbstractContextManager[object]]


def _no_comparison() -> contextlib.AbstractContextManager[object]:
    """Upsample without comparing with the training primitive between 1/8 and 1/2."""
    return mock.patch.object(refinement, "primitive_distance", return_value=0.0)


def _no_smoothing() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(matcher, "smooth_flow", lambda flow, *rest: flow)


def _no_slopes() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(matcher, "flow_gradient_where_scaled", return_value=None)


def _bilinear() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(painter, "sample", lambda x, grid, mode="bilinear": layers.sample(x, grid))


INFERENCE: dict[str, Patch] = {
    "as shipped": contextlib.nullcontext,
    "best match only, no semi-global matching": lambda: mock.patch.object(
        matcher, "aggregate_costs", lambda logits, *rest: logits
    ),
    "no flow smoothing": _no_smoothing,
    "upsampling blends across discontinuities": lambda: mock.patch.object(
        upsample, "_DISCONTINUITY_CELLS", float("inf")
    ),
    "upsampling without comparing primitives": _no_comparison,
    "no Poisson blending": lambda: mock.patch.object(painter, "poisson_blend", lambda copied, *rest: copied),
    "no antialiasing of discontinuities": lambda: mock.patch.object(
        painter, "antialias_discontinuities", lambda copied, *rest: copied
    ),
    "no flow extrapolation in scaled parts": _no_slopes,
    "bilinear instead of bicubic sampling": _bilinear,
}

#: Changes to `standard`, and the matcher.
TRAINING: dict[str, tuple[tuple[str, ...], str]] = {
    "as shipped": ((), "universal"),
    "no cut-and-paste augmentation": (("augment.parts=false",), "universal"),
    "no local warps": (("augment.local=false",), "universal"),
    "no redrawn edges": (("augment.redraw=false",), "universal"),
    "no cutmix": (("augment.cutmix=false",), "universal"),
    "TPS ±9 % instead of ±5 %": (("augment.tps_shift=0.09",), "universal"),
    "no perceptual loss": (("loss.lambda_perc=0",), "universal"),
    "perceptual loss ×⅓": (("loss.lambda_perc=1",), "universal"),
    "perceptual loss at full resolution": (('loss.perceptual_size="full"',), "universal"),
    "perceptual loss on crops of 128²": (('loss.perceptual_size="crop"',), "universal"),
    "perceptual loss every step": (("loss.perceptual_every=1",), "universal"),
    "patch discriminator in the second half": (
        ("loss.lambda_GAN=0.1", "loss.lambda_feat=1", "discriminator.start=0.5"),
        "universal",
    ),
    "no moving average": (("optim.ema=0",), "universal"),
    "learning rate ×4": (("optim.lr=0.004",), "universal"),
    "learning rate ×¼": (("optim.lr=0.00025",), "universal"),
    "half resolution first": (
        ('phases=[{"until":0.5,"scale":0.5,"batch":2,"perceptual":false},{"until":1.0}]',),
        "universal",
    ),
    "batch size 2": (('phases=[{"until":1.0,"batch":2}]',), "universal"),
    "from scratch": ((), "none"),
    "from scratch, full resolution throughout": (('phases=[{"until":1.0}]',), "none"),
    "from scratch, no supervision of the flow (match, grid)": (("loss.lambda_match=0", "loss.lambda_grid=0"), "none"),
    "from scratch, twice as wide": (
        ("generator.widths=[48,96,192,256]", "generator.refine_widths=[64,128,128]"),
        "none",
    ),
    "from scratch, half as wide": (
        ("generator.widths=[12,24,48,64]", "generator.refine_widths=[16,32,32]"),
        "none",
    ),
    "from scratch, no TPS (crop and flip)": (NO_TPS, "none"),
}


def evaluate(folder: Path, run: Path, distance: LPIPS) -> dict[str, float]:
    model = load(run)
    ours, _, copy, _ = scores(model, frames_of(folder, model), distance).T
    with torch.inference_mode():
        unedited = float(distance(model.paint(model.primitive).image, to_tensor(model.photo)))
    return {"lpips": float(ours.mean()), "copy": float(copy.mean()), "unedited": unedited, "steps": model.record.steps}


def train(folder: Path, scratch: Path, settings: tuple[str, ...], kind: str, seconds: float, seed: int) -> Path:
    config = configure(
        "standard",
        "super",
        256,
        minutes=seconds / 60 or None,
        steps=None if seconds else 0,
        seed=seed,
        settings=settings,
        matcher=kind,
    )
    files = LayerFiles(segments=folder / "train/segments.png")
    return train_with_snapshots(prepare(folder / "train/image.png", config, files), scratch)[-1]


def edit_scores(wheels: Path | None) -> float:
    suite = json.loads(edits.SUITE.read_text(encoding="utf-8"))
    options = argparse.Namespace(wheels=wheels, minutes=0, matcher="universal", sheets=None)
    found = []
    for name in dict.fromkeys(entry["photo"] for entry in suite):
        found += edits.sheets(name, [entry for entry in suite if entry["photo"] == name], options)
    return float(np.mean([entry["lpips_to_pasted"]["0 s"] for entry in found]))


def main(options: argparse.Namespace) -> None:
    path = machine.RESULTS / f"{options.name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    done = {(row["kind"], row["variant"]) for row in rows}
    distance = LPIPS("alexnet")

    def keep(kind: str, variant: str, values: list[dict[str, float]], **others: float) -> None:
        mean = {name: round(float(np.mean([v[name] for v in values])), 4) for name in values[0]}
        spread = round(float(np.ptp([v["lpips"] for v in values])), 4)
        rows.append({"kind": kind, "variant": variant, "seeds": len(values), **mean, "lpips_spread": spread, **others})
        machine.write(options.name, {"seconds": options.seconds, "rows": rows})

    for variant, patch in INFERENCE.items() if "inference" in options.kinds else ():
        if ("inference", variant) in done or not variant.startswith(options.only):
            continue
        with tempfile.TemporaryDirectory() as scratch, patch():
            run = train(options.folder, Path(scratch), (), "universal", 0, 0)
            keep(
                "inference",
                variant,
                [evaluate(options.folder, run, distance)],
                edits=round(edit_scores(options.wheels), 4),
            )
    for variant, (settings, kind) in TRAINING.items() if "training" in options.kinds else ():
        if ("training", variant) in done or not variant.startswith(options.only):
            continue
        values = []
        for seed in range(options.seeds if variant in ("as shipped", "from scratch") else 1):
            with tempfile.TemporaryDirectory() as scratch:
                run = train(options.folder, Path(scratch), settings, kind, options.seconds, seed)
                values.append(evaluate(options.folder, run, distance))
        keep("training", variant, values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds of the two reference rows")
    parser.add_argument("--kinds", nargs="+", default=["inference", "training"], choices=("inference", "training"))
    parser.add_argument("--only", default="", help="run only rows whose name starts with this")
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--name", default="ablations", help="name of the JSON")
    main(parser.parse_args())
