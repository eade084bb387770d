"""What each idea is worth: one thing changed at a time, everything else as shipped.

``python benchmarks/ablations.py FOLDER [--seconds 60] [--seeds 1] [--only PREFIX] [--wheels FOLDER]``

FOLDER is the authors' example video (see face_video.py). Two kinds of rows. At work: the shipped matcher without any
training on the photo, some part of it switched off; judged on the video and on the edit suite (LPIPS to the photo cut
and pasted likewise, see edits.py). In training: `standard` for a fixed time from the shipped matcher, or from nothing,
some setting changed; judged on the video. Rows that are already in the JSON are not done again.
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
from common import scores, train_keeping
from face_video import frames_of

from primage.tensors import to_tensor
from primage.api import configure, prepare
from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.protocol.baselines import NO_TPS
from primage.model import load
from primage.nets import enlarge, layers, matcher, painter
from primage.primitive.read import LayerFiles

Patch = Callable[[], contextlib.AbstractContextManager[object]]


def _free_choice() -> contextlib.AbstractContextManager[object]:
    """Nothing is looked up in the training drawing between 1/8 and 1/2."""
    return mock.patch.object(matcher.Matcher, "_unlike", return_value=0.0)


def _no_diffusion() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(matcher, "diffuse", lambda moved, *rest: moved)


def _no_slopes() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(matcher, "slope_where_stretched", return_value=None)


def _bilinear() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(painter, "sample", lambda x, grid, mode="bilinear": layers.sample(x, grid))


AT_WORK: dict[str, Patch] = {
    "as shipped": contextlib.nullcontext,
    "the best match alone, no consensus": lambda: mock.patch.object(matcher, "consensus", lambda logits, *rest: logits),
    "no diffusion of uncertain matches": _no_diffusion,
    "mixtures across tears": lambda: mock.patch.object(enlarge, "_TEAR_CELLS", float("inf")),
    "no look at the drawing when choosing": _free_choice,
    "seams left as they are": lambda: mock.patch.object(painter, "mend_seams", lambda copied, *rest: copied),
    "borders of copies not softened": lambda: mock.patch.object(painter, "soften_tears", lambda copied, *rest: copied),
    "no slopes in scaled parts": _no_slopes,
    "bilinear instead of bicubic copies": _bilinear,
}

#: Settings that differ from `standard`, and the matcher.
IN_TRAINING: dict[str, tuple[tuple[str, ...], str]] = {
    "as shipped": ((), "universal"),
    "no parts cut and pasted": (("augment.parts=false",), "universal"),
    "no local warps": (("augment.local=false",), "universal"),
    "no redrawn lines": (("augment.redraw=false",), "universal"),
    "no cutmix": (("augment.cutmix=false",), "universal"),
    "TPS ±9 % instead of ±5 %": (("augment.tps_shift=0.09",), "universal"),
    "no perceptual loss": (("loss.lambda_perc=0",), "universal"),
    "perceptual loss ×⅓": (("loss.lambda_perc=1",), "universal"),
    "perceptual loss at full size": (('loss.perceptual_size="full"',), "universal"),
    "perceptual loss on crops of 128²": (('loss.perceptual_size="crop"',), "universal"),
    "perceptual loss every step": (("loss.perceptual_every=1",), "universal"),
    "patch discriminator in the last half": (
        ("loss.lambda_GAN=0.1", "loss.lambda_feat=1", "discriminator.start=0.5"),
        "universal",
    ),
    "no moving average": (("optim.ema=0",), "universal"),
    "learning rate ×4": (("optim.lr=0.004",), "universal"),
    "learning rate ×¼": (("optim.lr=0.00025",), "universal"),
    "half size first": (
        ('phases=[{"until":0.5,"scale":0.5,"batch":2,"perceptual":false},{"until":1.0}]',),
        "universal",
    ),
    "batch of 2": (('phases=[{"until":1.0,"batch":2}]',), "universal"),
    "from nothing": ((), "none"),
    "from nothing, at full size at once": (('phases=[{"until":1.0}]',), "none"),
    "from nothing, no teacher (match, grid)": (("loss.lambda_match=0", "loss.lambda_grid=0"), "none"),
    "from nothing, twice as wide": (
        ("generator.widths=[48,96,192,256]", "generator.refine_widths=[64,128,128]"),
        "none",
    ),
    "from nothing, half as wide": (
        ("generator.widths=[12,24,48,64]", "generator.refine_widths=[16,32,32]"),
        "none",
    ),
    "from nothing, no TPS (crop and flip)": (NO_TPS, "none"),
}


def judge(folder: Path, run: Path, distance: LPIPS) -> dict[str, float]:
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
    return train_keeping(prepare(folder / "train/image.png", config, files), scratch)[-1]


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
    done = {(row["kind"], row["idea"]) for row in rows}
    distance = LPIPS("alexnet")

    def keep(kind: str, idea: str, values: list[dict[str, float]], **others: float) -> None:
        mean = {name: round(float(np.mean([v[name] for v in values])), 4) for name in values[0]}
        spread = round(float(np.ptp([v["lpips"] for v in values])), 4)
        rows.append({"kind": kind, "idea": idea, "seeds": len(values), **mean, "lpips_spread": spread, **others})
        machine.write(options.name, {"seconds": options.seconds, "rows": rows})

    for idea, patch in AT_WORK.items() if "work" in options.kinds else ():
        if ("at work", idea) in done or not idea.startswith(options.only):
            continue
        with tempfile.TemporaryDirectory() as scratch, patch():
            run = train(options.folder, Path(scratch), (), "universal", 0, 0)
            keep("at work", idea, [judge(options.folder, run, distance)], edits=round(edit_scores(options.wheels), 4))
    for idea, (settings, kind) in IN_TRAINING.items() if "training" in options.kinds else ():
        if ("in training", idea) in done or not idea.startswith(options.only):
            continue
        values = []
        for seed in range(options.seeds if idea in ("as shipped", "from nothing") else 1):
            with tempfile.TemporaryDirectory() as scratch:
                run = train(options.folder, Path(scratch), settings, kind, options.seconds, seed)
                values.append(judge(options.folder, run, distance))
        keep("in training", idea, values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3, help="of the two rows that others are compared with")
    parser.add_argument("--kinds", nargs="+", default=["work", "training"], choices=("work", "training"))
    parser.add_argument("--only", default="", help="ideas whose names begin so")
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--name", default="ablations", help="of the JSON")
    main(parser.parse_args())
