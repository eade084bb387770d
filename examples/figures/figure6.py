"""Figure 6: later frames of a video from their segmentations, with and without thin-plate splines.

``python examples/figures/figure6.py [--steps N] [--out FOLDER]``; on Cityscapes, if you have downloaded it:
``primage evaluate video CITYSCAPES --dataset cityscapes --baselines no-tps -o REPORT``

Cityscapes cannot be shipped; a video of a talking man, segmented by colour, replaces it.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from primage.evaluate.protocol.frames import read_clip
from primage.image import read_image
from primage.primitive.primitive import draw

SHOWN = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame, render the others, and show some of them."""
    chosen = options(__doc__, arguments)
    out, source = chosen.out / "figure6", talking_face(chosen)
    video = VideoOptions(
        sources=(source,),
        out=out,
        kind="segments",
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
    folder = out / results.clips[0].name
    model, plain = (primage.load(folder / method / "run") for method in ("ours", "no-tps"))
    frames = read_clip(source, folder / "frames", every=every(chosen)).test_frames
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
