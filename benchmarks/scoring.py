"""Training that keeps the intermediate models, and the scores of models on test frames."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from primage.api import Prepared, opened_run
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import resize_image
from primage.model import Model, load
from primage.primitive.primitive import Primitive
from primage.tensors import to_image, to_tensor
from primage.training import training

#: Times at which quality curves are sampled.
CURVE_SEC = (10, 30, 60, 120, 300, 600, 1200)


@dataclass(frozen=True)
class Frame:
    """A test frame: the photo (1, 3, H, W) and its primitive."""

    real: Tensor
    primitive: Primitive


def train_with_snapshots(prepared: Prepared, folder: Path) -> list[Path]:
    """Train, and keep a copy of every intermediate model; the last model is the final one."""
    snapshots: list[Path] = []
    with opened_run(folder / "run", prepared) as run:
        for progress in training(run):
            if progress.preview is not None and progress.step < progress.steps:
                snapshots.append(folder / f"{progress.seconds:09.2f}.safetensors")
                shutil.copyfile(run.model_path, snapshots[-1])
            print(f"step {progress.step}/{progress.steps}, {progress.seconds_left:.0f} s left", file=sys.stderr)
    return [*snapshots, run.model_path]


def scores(model: Model, frames: Sequence[Frame], distance: LPIPS) -> np.ndarray:
    """LPIPS of (ours, copied pixels only, a copy of the training frame, ours downscaled to 256²) per frame: (N, 4).

    The last separates the quality of a larger model from the sensitivity of LPIPS to resolution.
    """

    def downscaled(x: Tensor) -> Tensor:
        return to_tensor(resize_image(to_image(x), (256, 256)))

    photo = to_tensor(model.photo)
    rows = []
    with torch.inference_mode():
        for frame in frames:
            output = model.paint(frame.primitive)
            polished = model.polish(frame.primitive, output)
            ours = output.image if polished is None else to_tensor(polished.image)
            copied = output.image if output.copied is None else output.copied
            row = [float(distance(x, frame.real)) for x in (ours, copied, photo)]
            larger = min(model.size) > 256
            rows.append([*row, float(distance(downscaled(ours), downscaled(frame.real))) if larger else row[0]])
    return np.array(rows)


def training_scores(models: Sequence[Path], frames: Sequence[Frame]) -> dict[str, object]:
    """All numbers of a training: scores of the final model, and quality over time."""
    distance = LPIPS("alexnet")
    last = load(models[-1])
    ours, copied, copy, at_256 = scores(last, frames, distance).T
    with torch.inference_mode():
        unedited = float(distance(to_tensor(last.picture(last.primitive)), to_tensor(last.photo)))
    seconds = {path: load(path).record.seconds for path in models}
    sampled: dict[Path, None] = {}
    for second in CURVE_SEC:  # the newest model at that time
        available = [path for path in models[:-1] if seconds[path] <= second * 1.02]
        if available:
            sampled[available[-1]] = None
    quality = {path: scores(load(path), frames, distance)[:, 0] for path in sampled} | {models[-1]: ours}
    curve = [{"seconds": seconds[path], "lpips": round(float(each.mean()), 4)} for path, each in quality.items()]
    smaller = {"lpips_at_256": round(float(at_256.mean()), 4)} if min(last.size) > 256 else {}
    return {
        **smaller,
        "steps": last.record.steps,
        "seconds": last.record.seconds,
        "frames": len(frames),
        "lpips_alexnet_mean": round(float(ours.mean()), 4),
        "copied_pixels_alone": round(float(copied.mean()), 4),
        "copy_of_training_frame": round(float(copy.mean()), 4),
        "relative_to_copy": round(float(ours.mean() / copy.mean()), 4),
        "frames_better_than_copy": int((ours < copy).sum()),
        "unedited_primitive": round(unedited, 4),
        "curve": curve,
        "peak_rss_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "per_frame": [round(float(x), 4) for x in ours],
        "per_frame_copy": [round(float(x), 4) for x in copy],
        "weights_sha256": distance.weights_sha256,
    }
