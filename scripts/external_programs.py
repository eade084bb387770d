"""Has GIMP and Krita save an edited drawing in many formats, and checks that Primage reads it right.

    python scripts/external_programs.py [--keep FOLDER]

A run is made for the sample photo (without training). GIMP fills a rectangle of its drawing with a label, draws a line,
and saves the result: RGB, indexed, with the profile of a wide colour space, as JPEG, PSD, TIFF, GIF and XCF; Krita
converts the same drawing to its own and to other formats. Each file is read as `primage render` reads it, and compared
with the same edit made on the pixels. Programs that are not installed are named and skipped. Debian: apt-get install
gimp krita xvfb; Krita needs a screen, and gets a virtual one from xvfb if there is none.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ImageCms
from scipy import ndimage

import primage
from primage.demo import sample_photo
from primage.errors import PrimageError
from primage.image import read_image, write_png
from primage.outputs import check_folder, mark_folder
from primage.primitive.primitive import Primitive
from primage.primitive.read import LayerFiles, read_primitive

#: The rectangle and the line of the edit, as shares of the drawing: left, top, right, bottom.
_FILLED, _LINE = (0.55, 0.1, 0.75, 0.4), (0.1, 0.15, 0.4, 0.15)
#: D50-adapted colorants of Display P3, as they stand in ICC profiles.
_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}
_TIMEOUT_SEC = 300
#: Share of labels and lines that a file with colours changed by a profile or by JPEG must give back.
_CLOSE = 0.99


@dataclass(frozen=True)
class Saved:
    """A file that a program saved; ``expected`` is "exact", "close" or a word of the refusal."""

    path: Path
    expected: str


@dataclass(frozen=True)
class Edit:
    """The rectangle and the line in pixels (left, top, right, bottom), and their colours."""

    filled: tuple[int, int, int, int]
    line: tuple[int, int, int, int]
    label: tuple[int, int, int]
    ink: tuple[int, int, int]


def display_p3() -> bytes:
    """The profile of a wide colour space: Pillow's sRGB profile with other colorants."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in _P3:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in _P3[name]))
    return bytes(profile)


def the_edit(drawing: np.ndarray, model: primage.Model) -> Edit:
    """The edit in the pixels of a drawing: its commonest label, and a line (without lines: its second label)."""
    height, width = drawing.shape[:2]

    def pixels(box: tuple[float, ...]) -> tuple[int, int, int, int]:
        left, top, right, bottom = (round(share * side) for share, side in zip(box, (width, height) * 2, strict=True))
        return left, top, max(right, left + 1), max(bottom, top + 1)

    counts = np.bincount(model.primitive.segments.index.ravel())
    first, second = (model.record.spec.palette.labels[i].colour for i in np.argsort(-counts)[:2])
    ink = second if model.primitive.edges is None else model.record.spec.line_colour
    return Edit(pixels(_FILLED), pixels(_LINE), first, ink)


def edited(drawing: np.ndarray, edit: Edit) -> np.ndarray:
    """The edit on the pixels themselves."""
    out = drawing.copy()
    for (left, top, right, bottom), colour in ((edit.filled, edit.label), (edit.line, edit.ink)):
        out[top:bottom, left:right] = colour
    return out


def by_gimp(drawing: Path, edit: Edit, folder: Path) -> Iterator[Saved]:
    """Edit the drawing in GIMP, and save it."""
    profile = folder / "display-p3.icc"
    profile.write_bytes(display_p3())

    def fill(box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> str:
        left, top, right, bottom = box
        return (
            f"(gimp-context-set-foreground '({colour[0]} {colour[1]} {colour[2]}))"
            f"(gimp-image-select-rectangle image CHANNEL-OP-REPLACE {left} {top} {right - left} {bottom - top})"
            "(gimp-edit-fill layer FILL-FOREGROUND) (gimp-selection-none image)"
        )

    def save(name: str, call: str, change: str = "") -> str:
        path = folder / name
        return (
            f'(let* ((copy (car (gimp-image-duplicate image))) (file "{path}"))'
            f" {change} (let ((shown (car (gimp-image-flatten copy)))) {call}))"
        )

    png = "(file-png-save2 RUN-NONINTERACTIVE copy shown file file 0 9 0 0 0 0 0 0 0)"
    # A label map is indexed, and GIMP keeps it so; it sorts a palette that it makes itself.
    rgb = "(if (= (car (gimp-image-base-type copy)) INDEXED) (gimp-image-convert-rgb copy))"
    indexed = rgb + '(gimp-image-convert-indexed copy CONVERT-DITHER-NONE CONVERT-PALETTE-GENERATE 256 0 0 "")'
    wide = rgb + f'(gimp-image-convert-color-profile-from-file copy "{profile.as_uri()}" 0 0)'
    jpeg = '(file-jpeg-save RUN-NONINTERACTIVE copy shown file file 0.92 0 1 0 "" 2 1 0 0)'
    made = {
        "gimp.png": (png, "", "exact"),
        "gimp-rgb.png": (png, rgb, "exact"),
        "gimp-indexed.png": (png, indexed, "exact"),
        "gimp-profile.png": (png, wide, "close"),
        "gimp.jpg": (jpeg, rgb, "close"),
        "gimp.psd": ("(file-psd-save RUN-NONINTERACTIVE copy shown file file 0 0)", rgb, "exact"),
        "gimp.tif": ("(file-tiff-save RUN-NONINTERACTIVE copy shown file file 1)", rgb, "exact"),
        "gimp.gif": ("(file-gif-save RUN-NONINTERACTIVE copy shown file file 0 0 0 0)", indexed, "exact"),
        "gimp.xcf": ("(gimp-xcf-save 0 copy shown file file)", "", "GIMP document"),
    }
    script = (
        f'(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{drawing}" "{drawing}")))'
        " (layer (car (gimp-image-get-active-layer image))))"
        " (gimp-context-set-antialias 0) (gimp-context-set-feather 0)"
        + fill(edit.filled, edit.label)
        + fill(edit.line, edit.ink)
        + "".join(save(name, call, change) for name, (call, change, _) in made.items())
        + ")"
    )
    run([gimp(), "-i", "-b", script, "-b", "(gimp-quit 0)"])
    for name, (_, _, expected) in made.items():
        yield Saved(folder / name, expected)


def by_krita(drawing: Path, folder: Path) -> Iterator[Saved]:
    """Convert an edited drawing in Krita, which gives it its profile of sRGB."""
    kinds = {
        "krita.kra": "close",
        "krita.ora": "close",
        "krita.png": "close",
        "krita.psd": "close",
        "krita.jpg": "close",
    }
    for name, expected in kinds.items():
        run([*screen(), "krita", "--export", "--export-filename", str(folder / name), str(drawing)])
        yield Saved(folder / name, expected)


def run(command: list[str]) -> None:
    """Run a program with settings of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "XDG_RUNTIME_DIR": home}
        for variable in ("PYTHONPATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            environment.pop(variable, None)
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_SEC, check=False
        )
    if done.returncode or "Error:" in done.stdout + done.stderr:
        print(f"  {' '.join(command)[:40]} … said: {(done.stdout + done.stderr).strip()[:600]}")


def screen() -> list[str]:
    """What gives a program with windows a screen, if there is none."""
    return [] if os.environ.get("DISPLAY") or not shutil.which("xvfb-run") else ["xvfb-run", "-a"]


def gimp() -> str:
    """GIMP's program without windows."""
    return shutil.which("gimp-console") or shutil.which("gimp") or ""


def verdict(saved: Saved, truth: Primitive, model: primage.Model) -> tuple[bool, str]:
    """Whether a file is read as it should be, and how it was read."""
    if not saved.path.is_file():
        return False, "was not saved"
    try:
        found = read_primitive(LayerFiles(whole=saved.path), model.record.spec, model.render_size)
    except PrimageError as error:
        return saved.expected in str(error), f"refused: {str(error).replace(str(saved.path), saved.path.name)}"
    shares = {"labels": float((found.segments.index == truth.segments.index).mean())}
    if truth.edges is not None:
        shares["lines"] = min(near(found.edges, truth.edges), near(truth.edges, found.edges))
    right = min(shares.values()) >= (1.0 if saved.expected == "exact" else _CLOSE)
    return right, ", ".join(f"{share:.2%} of the {layer}" for layer, share in shares.items())


def near(lines: np.ndarray, others: np.ndarray) -> float:
    """The share of lines that have another within a pixel; there is at least one."""
    return float(ndimage.binary_dilation(others, np.ones((3, 3)))[lines].mean())


def check(kind: str, folder: Path) -> list[bool]:
    """Have the programs save a drawing of one kind, and print how each file is read."""
    folder.mkdir(parents=True, exist_ok=True)
    model = primage.train(sample_photo(), folder / "run", primitive=kind, steps=0, size=256)
    drawing, changed = folder / "drawing.png", folder / "edited.png"
    pixels = read_image(folder / "run" / "primitive.png")
    edit = the_edit(pixels, model)
    shutil.copy(folder / "run" / "primitive.png", drawing)
    write_png(changed, edited(pixels, edit))
    truth = read_primitive(LayerFiles(whole=changed), model.record.spec, model.render_size)
    found: list[Saved] = []
    if gimp():
        found += by_gimp(drawing, edit, folder)
    if shutil.which("krita"):
        found += by_krita(changed, folder)
    verdicts = [verdict(saved, truth, model) for saved in found]
    for saved, (right, text) in zip(found, verdicts, strict=True):
        print(f"{'right' if right else 'WRONG'}  {kind:8}  {saved.path.name:16}  {text}")
    return [right for right, _ in verdicts]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="Keep the files in this folder.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = (chosen.keep or Path(scratch)).resolve()
        check_folder(folder)
        mark_folder(folder)
        right = [each for kind in ("super", "segments") for each in check(kind, folder / kind)]
    for program in ("gimp", "krita"):
        if not (gimp() if program == "gimp" else shutil.which(program)):
            print(f"{program} is not installed, and was not checked (Debian: apt-get install {program})")
    return 0 if right and all(right) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
