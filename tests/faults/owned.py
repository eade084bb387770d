"""Every command with everything that a person has as its output."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.faults.desk import write_desk
from tests.tiny import options, write_photo

EDITED = ("render", "run", "--edits", "edits.json")
#: Commands that write a file, without their output, and the inputs beside the run.
FILES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "render": (("render", "run", "drawing.png"), ("drawing.png",)),
    "render edits": (EDITED, ("edits.json",)),
    "render on the photo": ((*EDITED, "--photo", "photo.png"), ("photo.png", "edits.json")),
    "render a model": (("render", "model.safetensors", "drawing.png"), ("model.safetensors", "drawing.png")),
    "render with places": (("render", "run", "drawing.png", "--exclude", "mask.png"), ("mask.png",)),
    "remove": (("remove", "run", "--mask", "mask.png"), ("mask.png",)),
    "edit": (("edit", "run", "edits.json"), ("edits.json",)),
    "primitive": (("primitive", "photo.png"), ("photo.png",)),
    "risk": (("risk", "run", "drawing.png"), ("drawing.png",)),
    "retarget": (("retarget", "run", "--size", "60%x100%", "--keep", "mask.png"), ("mask.png",)),
    "animate": (("animate", "run", "keys.json"), ("keys.json",)),
    "propagate": (("propagate", "run", "walk", "edits.json"), ("edits.json", "walk/0.png")),
    "export": (("export", "model.safetensors"), ("model.safetensors",)),
}
#: Commands that write a folder, likewise.
FOLDERS: dict[str, tuple[str, ...]] = {
    "train": ("train", "photo.png", *options(steps=0)),
    "vary": ("vary", "run", "-n", "1", "--metric", ""),
    "export": ("export", "run"),
    "export a page": ("export", "run", "--web"),
    "batch": ("batch", "photo.png", "--serial", *options(steps=0)),
    "demo": ("demo", "--steps", "1", "--size", "32"),
    "gaps": ("evaluate", "gaps", "run", "--region", "ellipse:0.4,0.45,0.15,0.2", "--steps", "1", "--no-risk"),
    "video": ("evaluate", "video", "walk", "-p", "edges", "--metrics", "psnr", *options(steps=1)),
    "ablation": ("evaluate", "ablation", "walk", "-p", "edges", "--metrics", "psnr", *options(steps=1)),
    "primitives": ("evaluate", "primitives", "photo.png", "--edits", "edits.json", "--kinds", "edges"),
    "coverage": ("evaluate", "coverage", "run", "walk"),
}
#: Files of other programs, with the endings that commands write.
FOREIGN = tuple(
    f"notes.{ending}" for ending in ("png", "jpg", "webp", "tif", "ora", "psd", "gif", "mp4", "onnx", "txt")
)


def write_owned(folder: Path) -> Path:
    """A desk where everything but the run is a person's own."""
    write_desk(folder)
    # Saved again by another program, so that it is nothing of Primage's any more.
    Image.open(folder / "drawing.png").convert("RGB").save(folder / "drawing.png")
    shutil.copyfile(folder / "run/model.safetensors", folder / "model.safetensors")
    for name in FOREIGN:
        write_photo(folder, seed=3, name="x.png").rename(folder / name)
    return folder


def file_outputs(folder: Path, inputs: tuple[str, ...]) -> Iterator[str]:
    """Everything that a person has, and links to the inputs, which are made here."""
    yield from sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    yield from ("photo.png/out.png", f"../{folder.name}/photo.png")
    for name in inputs:
        ending = Path(name).suffix
        made = {f"link{ending}": os.symlink, f"hard{ending}": os.link}
        for link, make in made.items():
            (folder / link).unlink(missing_ok=True)
            make(folder / name, folder / link)
            yield link
            (folder / link).unlink()
    (folder / "linked").symlink_to(folder / "run", target_is_directory=True)
    yield from ("linked/photo.png", "linked/run.json")
    (folder / "linked").unlink()


def folder_outputs(folder: Path) -> Iterator[str]:
    """Folders with a person's files, files, and links to folders."""
    yield from (".", "walk", "run", "run/previews", "photo.png", "photo.png/x", "run/run.json", "run/pairs")
    (folder / "linked").symlink_to(folder / "walk", target_is_directory=True)
    yield "linked"
    (folder / "linked").unlink()


def commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is tried in a folder: the name of the verb, and the command with its output."""
    for verb, (arguments, inputs) in FILES.items():
        for output in file_outputs(folder, inputs):
            yield verb, (*arguments, "-o", output)
            yield verb, (*arguments, "-o", output, "--overwrite")
    for verb, arguments in FOLDERS.items():
        for output in folder_outputs(folder):
            yield verb, (*arguments, "-o", output)
