"""Figure 6: later frames of a video from their segmentations, with and without the spline.

``python examples/figures/figure6.py [--minutes M] [--out FOLDER]``; on Cityscapes itself, once it is downloaded:
``primage evaluate video CITYSCAPES --dataset cityscapes --baselines no-tps -o REPORT``

Cityscapes may not be shipped; a talking man out of a package stands in for it, segmented by colour.
"""

from __future__ import annotations

from collections.abc import Sequence

from making import TINY, TINY_PX, options, same_height, talking_face, write_sheet
from primage.evaluate.job import VideoJob, video_job

from primage.image import read_image


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the first frame, paint the others, lay some of them out."""
    chosen = options(__doc__, arguments)
    out = chosen.out / "figure6"
    job = VideoJob(
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
    events = video_job(job)
    while True:
        try:
            next(events)
        except StopIteration as end:
            results, page = end.value
            break
    clip = results.clips[0]
    folder = out / clip.name
    columns = {"primitives": "segmentation", "no-tps": "without TPS", "ours": "with TPS", "truth": "truth"}
    frames = clip.frames[:: max(1, len(clip.frames) // 3)][:3]
    rows = [[same_height(read_image(folder / name / f"{frame}.png")) for name in columns] for frame in frames]
    write_sheet(chosen.out / "figure6.png", rows, [list(columns.values())] * len(rows))
    print(page)


if __name__ == "__main__":
    main()
