"""Figure 6: later frames of a video from their segmentations, with and without thin-plate splines.

``python examples/figures/figure6.py [--steps N] [--out FOLDER]``; on Cityscapes, if you have downloaded it:
``primage evaluate video CITYSCAPES --dataset cityscapes --baselines no-tps -o REPORT``

Cityscapes cannot be shipped; a video of a talking man replaces it. A label means the same in every frame, as in
Cityscapes: pixels are assigned to clusters of colour and position, found in the training frame alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.cluster.vq import kmeans2, vq
from skimage.color import rgb2lab
from training_setup import (
    COMPARED,
    TINY,
    TINY_PX,
    compared,
    duration,
    every,
    finish,
    fitted,
    options,
    publish,
    sheet,
    talking_face,
)

import primage
from primage.evaluate.commands.video import VideoOptions, evaluate_video
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Frame, read_clip
from primage.image import read_image, write_png
from primage.primitive.primitive import draw

SHOWN = 3
#: One colour per label.
COLOURS = np.array(
    [
        *((230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 200), (245, 130, 48)),
        *((145, 30, 180), (70, 240, 240), (240, 50, 230), (128, 128, 0), (128, 128, 128)),
    ],
    np.uint8,
)
#: A distance of the frame's height weighs as much as this difference in colour (ΔE).
HEIGHT_DELTA_E = 40.0
SMOOTHING_PX = 7
#: Smaller areas get the label of what surrounds them.
SMALLEST_AREA_PX = 60


def write_segments(frames: Sequence[Frame], folder: Path) -> None:
    """Write a label map for each frame; the first frame defines the labels."""

    def features(frame: Frame) -> np.ndarray:
        lab = rgb2lab(ndimage.gaussian_filter(read_image(frame.photo), (1, 1, 0)))
        y, x = np.indices(lab.shape[:2]) * (HEIGHT_DELTA_E / lab.shape[0])
        return np.dstack([lab, x, y])

    first = features(frames[0]).reshape(-1, 5)
    centres, _ = kmeans2(first, len(COLOURS), minit="++", rng=0)
    for frame in frames:
        values = features(frame)
        labels = vq(values.reshape(-1, 5), centres)[0].reshape(values.shape[:2])
        votes = [ndimage.uniform_filter((labels == i).astype(np.float32), SMOOTHING_PX) for i in range(len(COLOURS))]
        write_png(folder / f"{frame.name}.png", COLOURS[without_specks(np.argmax(votes, axis=0))])


def without_specks(labels: np.ndarray) -> np.ndarray:
    """Labels with small areas given that of their surroundings, so that eyes, seen in some frames only, have none."""
    small = np.zeros(labels.shape, bool)
    for label in range(len(COLOURS)):
        areas, _ = ndimage.label(labels == label)
        small |= (areas > 0) & (np.bincount(areas.ravel())[areas] < SMALLEST_AREA_PX)
    if small.all():
        return labels
    rows, columns = ndimage.distance_transform_edt(small, return_distances=False, return_indices=True)
    return labels[rows, columns]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame, render the others, and show some of them."""
    chosen = options(__doc__, arguments)
    out, source = chosen.out / "figure6", talking_face(chosen)
    labels, report = out / "segments", out / "report"
    write_segments(read_clip(source, out / "frames", every=every(chosen)).frames, labels)
    video = VideoOptions(
        sources=(source,),
        out=report,
        kind="segments",
        segments=labels,
        preset="draft" if chosen.tiny else chosen.preset,
        size_px=TINY_PX if chosen.tiny else None,
        baselines=("copy", "no-tps"),
        every=every(chosen),
        metrics=("psnr", "ssim") if chosen.tiny else ("lpips", "psnr", "ssim"),
        seed=chosen.seed,
        settings=TINY if chosen.tiny else (),
        **duration(chosen),  # type: ignore[arg-type]
    )
    results, page = finish(evaluate_video(video))
    folder = report / results.clips[0].name
    model, plain = (primage.load(folder / method / "run") for method in ("ours", "no-tps"))
    frames = read_clip(source, out / "frames", folders={"segments": labels}, every=every(chosen)).test_frames
    pair = [draw(model.primitive), model.photo]
    rows = []
    for frame in [frames[i * (len(frames) - 1) // (SHOWN - 1)] for i in range(SHOWN)]:
        segments = frame_primitive(model, frame)
        truth = read_image(folder / "truth" / f"{frame.name}.png")
        row = [*pair, draw(segments), *compared(plain, model, segments), truth]
        rows.append([fitted(picture) for picture in row])
    captions = ["training segments", "training frame", "segments of a frame", *COMPARED, "ground truth"]
    publish(chosen, chosen.out / "figure6.png", sheet(rows, [captions] * SHOWN))
    print(page)


if __name__ == "__main__":
    main()
