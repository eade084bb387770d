"""Converts an image to a JPEG under 100 KB for the documentation.

python scripts/picture.py IN.png OUT.jpg [WIDTH]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

LIMIT = 100_000


def main(source: Path, target: Path, width: int = 1200) -> None:
    picture = Image.open(source).convert("RGB")
    picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    for quality in range(92, 20, -4):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < LIMIT:
            break
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
