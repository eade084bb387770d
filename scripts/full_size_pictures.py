"""Makes the pictures of edits at 100 % in docs/studio.md, by the edits of the browser tests.

python scripts/full_size_pictures.py docs/images
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.desk import Desk, duplicate_cup, move_nose, open_photo, remove_spoon
from tests.browser.launch import build_editor, running_browser, running_studio

#: Name, photo, edit, and the part that is shown: left, top, right, bottom.
PICTURES: tuple[tuple[str, Callable[[], np.ndarray], Callable[[Desk], None], tuple[int, int, int, int]], ...] = (
    ("full-size-cup", data.coffee, duplicate_cup, (240, 20, 600, 390)),
    ("full-size-spoon", data.coffee, remove_spoon, (290, 160, 530, 380)),
    ("full-size-nose", data.chelsea, move_nose, (160, 120, 380, 300)),
)
_GAP_PX = 6


def row(pictures: list[np.ndarray], box: tuple[int, int, int, int]) -> Image.Image:
    """The same part of several pictures, side by side."""
    left, top, right, bottom = box
    width = right - left
    out = Image.new("RGB", (len(pictures) * (width + _GAP_PX) - _GAP_PX, bottom - top), "white")
    for position, picture in enumerate(pictures):
        out.paste(Image.fromarray(picture).crop(box), (position * (width + _GAP_PX), 0))
    return out


def main(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    build_editor()
    with (
        tempfile.TemporaryDirectory() as projects,
        running_studio(Path(projects)) as studio,
        running_browser() as browser,
    ):
        for name, photo, edit, box in PICTURES:
            if options.only and name not in options.only:
                continue
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            desk = open_photo(context.new_page(), studio, photo()[:, : photo().shape[1] // 2 * 2], options.size)
            edit(desk)
            result = desk.result()
            small = Image.fromarray(desk.person.picture().astype(np.uint8))
            enlarged = np.asarray(small.resize((result.shape[1], result.shape[0]), Image.Resampling.BICUBIC))
            row([desk.photo, enlarged, result], box).save(options.folder / f"{name}.jpg", quality=88)
            context.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=256, help="short side of the drawings, px")
    parser.add_argument("--only", nargs="*", choices=[name for name, *_ in PICTURES])
    main(parser.parse_args())
