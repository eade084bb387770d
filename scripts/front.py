"""Makes the README's image from strips that benchmarks/edits.py wrote.

    python scripts/front.py SHEETS OUT.jpg NAME…

Each NAME is a strip ``SHEETS/NAME.png`` (photo, edited drawing, result); all are resized to the same width.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from picture import main as write_jpeg
from PIL import Image

WIDTH, GAP = 1200, 8


def main(sheets: Path, target: Path, names: list[str]) -> None:
    strips = []
    for name in names:
        strip = Image.open(sheets / f"{name}.png").convert("RGB")
        strips.append(strip.resize((WIDTH, round(strip.height * WIDTH / strip.width)), Image.Resampling.LANCZOS))
    out = Image.new("RGB", (WIDTH, sum(s.height for s in strips) + GAP * (len(strips) - 1)), "white")
    top = 0
    for strip in strips:
        out.paste(strip, (0, top))
        top += strip.height + GAP
    with tempfile.TemporaryDirectory() as scratch:
        out.save(Path(scratch) / "front.png")
        write_jpeg(Path(scratch) / "front.png", target, WIDTH)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
