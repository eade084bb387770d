"""LPIPS on 20 later frames of a talking face, trained on one.

``python benchmarks/face_video.py FOLDER [PRESET [MINUTES]]``

FOLDER holds train/{image,segments}.png and test/{image,segments}/*.png (the authors' example; not part of the project).
The primitive is super: their segmentation, our Canny edges. The copy of the training frame is judged beside ours.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import machine
import numpy as np
import torch

from primage.api import configure, opened_run, prepare
from primage.evaluate.lpips import LPIPS
from primage.image import read_image, resize_image, to_tensor
from primage.model import load
from primage.primitive.read import LayerFiles, read_primitive
from primage.training import training


def main(folder: Path, preset: str = "standard", minutes: str | None = None) -> None:
    config = configure(preset, "super", 256, minutes=float(minutes) if minutes else None)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "run"
        prepared = prepare(folder / "train/image.png", config, LayerFiles(segments=folder / "train/segments.png"))
        with opened_run(path, prepared) as run:
            for progress in training(run):
                print(f"step {progress.step}/{progress.steps}, {progress.seconds_left:.0f} s left", file=sys.stderr)
        model = load(path)
    distance = LPIPS("alexnet")
    photo = to_tensor(model.photo)
    scores = []
    with torch.inference_mode():
        for frame in sorted((folder / "test/image").glob("*.png")):
            real = to_tensor(resize_image(read_image(frame), model.size))
            files = LayerFiles(segments=folder / "test/segments" / frame.name, edges_from=frame)
            painted = model.paint(read_primitive(files, model.record.spec, model.render_size))
            copied = painted.image if painted.copied is None else painted.copied
            scores.append([float(distance(x, real)) for x in (painted.image, copied, photo)])
        unedited = float(distance(model.paint(model.primitive).image, photo))
    ours, copied_only, copy = np.array(scores).T
    machine.write(
        f"face_video_{preset}",
        {
            "preset": preset,
            "minutes_asked": config.minutes,
            "matcher": "none (nothing but this photo was trained on; VGG16 for the loss)",
            "steps": model.record.steps,
            "seconds": model.record.seconds,
            "frames": len(scores),
            "lpips_alexnet_mean": round(float(ours.mean()), 4),
            "copied_pixels_alone": round(float(copied_only.mean()), 4),
            "copy_of_training_frame": round(float(copy.mean()), 4),
            "frames_better_than_copy": int((ours < copy).sum()),
            "unedited_primitive": round(unedited, 4),
            "per_frame": [round(float(x), 4) for x in ours],
            "per_frame_copy": [round(float(x), 4) for x in copy],
            "weights_sha256": distance.weights_sha256,
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
