"""LPIPS on the data of the paper's Table 1: Cityscapes sequences, trained on frame 000000, tested on 000001 to 000029.

``python benchmarks/table1.py CITYSCAPES [--minutes M] [--steps N] [--models FOLDER] [--size 256]``
``[--sequences 0000,0004] [--sheet FILE]``

CITYSCAPES is a folder of sequences in a layout that ``primage evaluate video --dataset cityscapes`` reads, such as
vid2vid's samples (not part of the project). The primitive is the label map alone. ``--minutes 0``, the default,
evaluates the shipped matcher without training. ``--steps`` fixes the number of steps, so that a busy machine measures
what a quiet one does in M minutes; ``--models`` keeps the runs, which are resumed. A copy of the training frame is
scored as a baseline. ``--sheet`` writes a contact sheet of some frames.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import machine
import numpy as np
from scoring import Frame, scores

from primage.api import configure, opened_run, prepare
from primage.config import Config
from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.protocol.datasets import VIDEOS, extent, read_dataset
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Clip
from primage.image import read_image, resize_image, write_png
from primage.model import Model, load
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet
from primage.tensors import to_image, to_tensor
from primage.training import training

#: Frames on the contact sheet: near the training frame, in the middle, and the last.
SHOWN = (4, 14, 28)


def trained(clip: Clip, config: Config, folder: Path) -> Model:
    """The model of a clip's first frame."""
    first = clip.frames[clip.train]
    with opened_run(folder, prepare(first.photo, config, first.files("segments", train=True))) as run:
        for progress in training(run):
            print(f"{clip.name}: step {progress.step}/{progress.steps}, {progress.seconds_left:.0f} s left")
    return load(folder)


def test_frames(clip: Clip, model: Model) -> list[Frame]:
    return [
        Frame(to_tensor(resize_image(read_image(frame.photo), model.size)), frame_primitive(model, frame))
        for frame in clip.test_frames
    ]


def sheet_row(name: str, model: Model, frames: list[Frame]) -> tuple[list[np.ndarray], list[str]]:
    """Labels, render and ground truth of some frames."""
    pictures, captions = [], []
    for i in (i for i in SHOWN if i < len(frames)):
        render = model.picture(frames[i].primitive)
        pictures += [draw(frames[i].primitive, model.record.spec.line_colour), render, to_image(frames[i].real)]
        captions += [f"{name}, test frame {i + 1}: labels", "ours", "ground truth"]
    return pictures, captions


def main(options: argparse.Namespace) -> None:
    settings = ("preview_sec=30", *options.set)
    steps = 0 if options.minutes == 0 else options.steps
    minutes = options.minutes or None if steps is None else None
    config = configure("standard", "segments", options.size, minutes, steps, seed=options.seed, settings=settings)
    distance = LPIPS("alexnet")
    sequences: dict[str, Any] = {}
    rows, captions = [], []
    with tempfile.TemporaryDirectory() as scratch:
        clips = read_dataset("cityscapes", options.folder, Path(scratch), videos=VIDEOS["cityscapes"])
        if options.sequences:
            wanted = [f"aachen_{int(number):06d}" for number in options.sequences.split(",")]
            clips = [clip for clip in clips if clip.name in wanted]
        found = extent("cityscapes", clips)
        print(found)
        for clip in clips:
            model = trained(clip, config, (options.models or Path(scratch)) / clip.name / "run")
            frames = test_frames(clip, model)
            ours, _, copy, _ = scores(model, frames, distance).T
            sequences[clip.name] = {
                "lpips_alexnet_mean": round(float(ours.mean()), 4),
                "copy_of_training_frame": round(float(copy.mean()), 4),
                "frames": len(frames),
                "frames_better_than_copy": int((ours < copy).sum()),
                "steps": model.record.steps,
                "seconds": round(model.record.seconds, 1),
                "size": list(model.size),
                "per_frame": [round(float(x), 4) for x in ours],
                "per_frame_copy": [round(float(x), 4) for x in copy],
            }
            print(clip.name, {k: v for k, v in sequences[clip.name].items() if not k.startswith("per_frame")})
            if options.sheet:
                pictures, texts = sheet_row(clip.name, model, frames)
                rows += [pictures[i : i + 3] for i in range(0, len(pictures), 3)]
                captions += [texts[i : i + 3] for i in range(0, len(texts), 3)]
    if options.sheet:
        write_png(options.sheet, contact_sheet(rows, captions))
    each = sequences.values()
    name = f"table1_{'zero' if options.minutes == 0 else f'{options.minutes:g}min'}_{options.size}px"
    name += "_boundaries" if config.primitive.encoding == "boundaries" else ""
    machine.write(
        options.name or name,
        {
            "size": options.size,
            "minutes": options.minutes,
            "settings": list(options.set),
            "data": str(found),
            "lpips_alexnet_mean": round(float(np.mean([row["lpips_alexnet_mean"] for row in each])), 4),
            "copy_of_training_frame": round(float(np.mean([row["copy_of_training_frame"] for row in each])), 4),
            "frames": sum(row["frames"] for row in each),
            "frames_better_than_copy": sum(row["frames_better_than_copy"] for row in each),
            "sequences": sequences,
            "weights_sha256": distance.weights_sha256,
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--steps", type=int, help="number of steps, in place of measuring the time")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="where the runs are kept")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--sequences", help="comma-separated numbers; by default all that are found, up to 16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, metavar="FILE")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--name", help="name of the JSON")
    main(parser.parse_args())
