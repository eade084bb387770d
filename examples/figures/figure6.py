"""Figure 6: later frames of a video from their segmentations, with and without thin-plate splines.

``python examples/figures/figure6.py [--minutes M] [--out FOLDER]``; on Cityscapes, if you have downloaded it:
``primage evaluate video CITYSCAPES --dataset cityscapes --baselines no-tps -o REPORT``

Cityscapes cannot be shipped; a video of a talking man, segmented by colour, replaces it.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import TINY, TINY_PX, finish, fitted, options, talking_face, write_sheet

from primage.evaluate.commands.video import VideoOptions, evaluate_video
from primage.image import read_image


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame, render the others, and show some of them."""
    chosen = options(__doc__, arguments)
    out = chosen.out / "figure6"
    video = VideoOptions(
        sources=(talking_face(chosen),),
        out=out,
        kind="segments",
        preset="draft" if chosen.tiny else chosen.preset,
        minutes=None if chosen.tiny else chosen.minutes,
        steps=2 if chosen.tiny else None,
        size_px=TINY_PX if chosen.tiny else None,
        baselines=("no-tps",),
        every=1 if chosen.tiny else 8,
        metrics=("psnr", "ssim") if chosen.tiny else ("lpips", "psnr", "ssim"),
        seed=chosen.seed,
        settings=TINY if chosen.tiny else (),
    )
    results, page = finish(evaluate_video(video))
    clip = results.clips[0]
    folder = out / clip.name
    columns = {"primitives": "segmentation", "no-tps": "without TPS", "ours": "with TPS", "truth": "ground truth"}
    frames = clip.frames[:: max(1, len(clip.frames) // 3)][:3]
    rows = [[fitted(read_image(folder / name / f"{frame}.png")) for name in columns] for frame in frames]
    write_sheet(chosen.out / "figure6.png", rows, [list(columns.values())] * len(rows))
    print(page)


if __name__ == "__main__":
    main()
