"""Drawings edited by random tools, read as the command line and as the studio read them: right, or one sentence.

``python benchmarks/faults/drawings.py [--drawings 200] [--seed 0]``: drawings of scikit-image's photos are edited (a
part copied elsewhere, a line drawn) and saved as other programs do: formats, palettes, bit depths, profiles, scales,
crops, transparency, rotation, softened lines, coloured paper. The truth is what is read from the same edit in a plain
PNG file.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from PIL import Image, ImageCms, ImageDraw
from scipy import ndimage

from primage.cli.main import run as run_command
from primage.errors import PrimageError
from primage.http.errors import RefusalError
from primage.image import read_image
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.read import LayerFiles, read_primitive
from primage.run import Run
from primage.studio.workers.reader import ReadDrawing
from primage.studio.workers.reading import read_drawing

sys.path[:0] = [str(Path(__file__).parents[1])]

PHOTOS = ("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg")
#: The least share of labels, and F1 of lines up to a pixel, of a drawing that is read right.
RIGHT_LABELS, RIGHT_LINES = 0.97, 0.9


@dataclass(frozen=True)
class Tool:
    """A way to save a drawing.

    Attributes:
        save: writes the picture to a file without its ending, and returns the file.
        exact: whether each pixel has its colour in the file.
        same: whether the file shows the whole drawing in its proportions, so that it must be read or refused with a
            reason that is not its size.
    """

    save: Callable[[Image.Image, Path, np.random.Generator], Path]
    exact: bool = True
    same: bool = True


def saved(ending: str, change: Callable[[Image.Image], Image.Image] = lambda image: image, **options: Any) -> Any:
    def save(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
        file = path.with_suffix(f".{ending}")
        change(image).save(file, **options)
        return file

    return save


def of_random_quality(ending: str, low: int) -> Any:
    def save(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
        file = path.with_suffix(f".{ending}")
        image.save(file, quality=int(rng.integers(low, 101)))
        return file

    return save


def scaled(how: Image.Resampling, factors: tuple[float, ...]) -> Any:
    def save(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
        factor = float(rng.choice(factors))
        file = path.with_suffix(".png")
        image.resize((round(image.width * factor), round(image.height * factor)), how).save(file)
        return file

    return save


def cropped(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
    left, top = (int(rng.integers(1, side // 3)) for side in image.size)
    image.crop((left, top, image.width, image.height)).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def rotated(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
    """Lying on its side, with a note that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path.with_suffix(".png"), exif=exif)
    return path.with_suffix(".png")


def transparent(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
    """With an alpha channel that is opaque."""
    image.convert("RGBA").save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def half_transparent(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
    """With a corner erased."""
    picture = np.array(image.convert("RGBA"))
    picture[: image.height // 6, : image.width // 6, 3] = rng.integers(0, 200)
    Image.fromarray(picture).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def sixteen_bits(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
    import tifffile

    file = path.with_suffix(".tif")
    tifffile.imwrite(file, np.asarray(image).astype(np.uint16) * 257, photometric="rgb")
    return file


def noisy(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
    """As colour management and compression leave it: a level more or less."""
    picture = np.asarray(image).astype(np.int16) + rng.integers(-1, 2, (image.height, image.width, 3))
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def softened(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
    """Borders and lines with a soft edge, as brushes of most programs draw."""
    large = image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)
    shifted = large.transform(large.size, Image.Transform.AFFINE, (1, 0, 1, 0, 1, 1))
    shifted.resize(image.size, Image.Resampling.BOX).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def papered(image: Image.Image, path: Path, rng: np.random.Generator) -> Path:
    """White replaced by another colour."""
    picture = np.array(image)
    picture[(picture == 255).all(axis=2)] = rng.integers(0, 256, 3)
    Image.fromarray(picture).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def animated(image: Image.Image, path: Path, _rng: np.random.Generator) -> Path:
    image.save(
        path.with_suffix(".png"), save_all=True, append_images=[image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    )
    return path.with_suffix(".png")


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


TOOLS: dict[str, Tool] = {
    "png": Tool(saved("png")),
    "png, interlaced in effect": Tool(saved("png", optimize=True, compress_level=9)),
    "png, sRGB profile": Tool(saved("png", icc_profile=_profile())),
    "png, palette": Tool(saved("png", lambda image: image.quantize(256, dither=Image.Dither.NONE))),
    "png, palette of 16": Tool(saved("png", lambda image: image.quantize(16, dither=Image.Dither.NONE)), exact=False),
    "png, dithered": Tool(saved("png", lambda image: image.convert("P")), exact=False),
    "png, grey": Tool(saved("png", lambda image: image.convert("L")), exact=False),
    "png, one bit": Tool(saved("png", lambda image: image.convert("1")), exact=False),
    "png, opaque": Tool(transparent),
    "png, erased corner": Tool(half_transparent, exact=False),
    "png, on its side": Tool(rotated),
    "png, a level off": Tool(noisy, exact=False),
    "png, soft borders": Tool(softened, exact=False),
    "png, coloured paper": Tool(papered, exact=False),
    "png, animated": Tool(animated),
    "png, twice as large": Tool(scaled(Image.Resampling.NEAREST, (2, 3)), exact=False),
    "png, scaled softly": Tool(scaled(Image.Resampling.BICUBIC, (0.5, 0.75, 1.37, 2)), exact=False),
    "png, cropped": Tool(cropped, exact=False, same=False),
    "tiff": Tool(saved("tif", compression="tiff_lzw")),
    "tiff, 16 bits": Tool(sixteen_bits),
    "tiff, jpeg": Tool(saved("tif", compression="jpeg"), exact=False),
    "bmp": Tool(saved("bmp")),
    "gif": Tool(saved("gif"), exact=False),
    "webp, lossless": Tool(saved("webp", lossless=True)),
    "webp": Tool(of_random_quality("webp", 60), exact=False),
    "jpeg": Tool(of_random_quality("jpg", 60), exact=False),
    "jpeg, cmyk": Tool(saved("jpg", lambda image: image.convert("CMYK"), quality=95), exact=False),
    "avif": Tool(of_random_quality("avif", 70), exact=False),
}


def edited(drawing: np.ndarray, line: tuple[int, ...], rng: np.random.Generator) -> Image.Image:
    """A part copied elsewhere, and a line of one pixel."""
    out = drawing.copy()
    height, width = drawing.shape[:2]
    side = int(rng.integers(height // 6, height // 3))
    y, x, y2, x2 = (int(rng.integers(0, limit - side)) for limit in (height, width, height, width))
    out[y2 : y2 + side, x2 : x2 + side] = drawing[y : y + side, x : x + side]
    image = Image.fromarray(out)
    ends = [(int(rng.integers(0, width)), int(rng.integers(0, height))) for _ in range(2)]
    ImageDraw.Draw(image).line(ends, fill=line)
    return image


Read = tuple[dict[str, np.ndarray] | None, str]


def visible(layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a picture of layers shows: labels below lines are hidden, and the studio takes those of the open drawing."""
    found = dict(layers)
    if {"segments", "edges"} <= found.keys():
        found["segments"] = np.where(found["edges"] > 0, 0, found["segments"])
    return found


def by_command_line(file: Path, spec: PrimitiveSpec, size: tuple[int, int]) -> Read:
    """The layers that `primage render` reads, and what it warns of; None and what it says if it refuses."""
    warned: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: warned.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("primage")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        found = read_primitive(LayerFiles(whole=file), spec, lambda _size: size).to_arrays()
        return visible(found), "; ".join(warned)
    except PrimageError as error:
        return None, str(error)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def by_studio(file: Path, run: Path, current: Primitive) -> Read:
    """The layers that the studio reads, likewise."""
    try:
        found = read_drawing(ReadDrawing((file,), run, current.to_arrays(), "auto", snap=False))
        nearest = f"{found.nearest} pixels are the nearest label" if found.nearest else ""
        # A layer that the file is not read as stays as it is.
        return visible(current.to_arrays() | found.layers), "; ".join((*found.said, nearest)).strip("; ")
    except RefusalError as error:
        return None, str(error)


def likeness(found: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> tuple[float, float]:
    """The share of labels, and F1 of lines up to a pixel."""
    labels, lines = [float((found[n] == truth[n]).mean()) if n in truth else 1.0 for n in ("segments", "colours")], 1.0
    if "edges" in truth:
        pair = [(found["edges"] > 0, truth["edges"] > 0), (truth["edges"] > 0, found["edges"] > 0)]
        near = [ndimage.binary_dilation(a, np.ones((3, 3)))[b].mean() if b.any() else 0.0 for a, b in pair]
        lines = float(2 * near[0] * near[1] / max(sum(near), 1e-9))
    return min(labels), lines


def judged(tool: Tool, found: Read, truth: dict[str, np.ndarray]) -> str:
    """What came of a file: right, refused, read with a warning, or what is wrong."""
    layers, said = found
    if layers is None:
        return "refused" if said and "\n" not in said else f"refused with {said!r}"
    if not tool.same:
        return "right"
    if any(layers[name].shape != truth[name].shape for name in truth):
        return "of another size"
    if tool.exact:
        return "right" if all(np.array_equal(layers[name], truth[name]) for name in truth) else "not exact"
    labels, lines = likeness(layers, truth)
    if labels >= RIGHT_LABELS and lines >= RIGHT_LINES:
        return "right"
    # What the tool destroyed cannot be read, but that must be said.
    return "read with a warning" if said else f"labels {labels:.3f}, lines {lines:.3f}"


def tried(run: Path, count: int, seed: int, folder: Path) -> list[dict[str, Any]]:
    """Edit and save drawings of a run with one tool after the other, and read them both ways."""
    kept = Run(run)
    spec, training = kept.record.spec, kept.pair()[1]
    drawing, outcomes = read_image(run / "primitive.png"), []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name = list(TOOLS)[(seed + number) % len(TOOLS)]
        line = spec.line_colour if training.edges is not None else tuple(map(int, drawing[0, 0]))
        image = edited(drawing, line, rng)
        image.save(folder / "truth.png")
        truth, said = by_command_line(folder / "truth.png", spec, training.size)
        assert truth is not None, said
        file = TOOLS[name].save(image, folder / f"drawing{number}", rng)
        ways = by_command_line(file, spec, training.size), by_studio(file, run, training)
        # The command line paints drawings of other proportions, too; the studio's canvas has those of the photo.
        agree = not TOOLS[name].same or (
            (ways[0][0] is None) == (ways[1][0] is None)
            and (
                ways[0][0] is None
                or ways[1][0] is None
                or all(np.array_equal(layer, ways[0][0].get(key)) for key, layer in ways[1][0].items())
            )
        )
        outcomes.append(
            {
                "tool": name,
                "command_line": judged(TOOLS[name], ways[0], truth),
                "studio": judged(TOOLS[name], ways[1], truth),
                "agree": agree,
                "said": [way[1].replace(f"{folder}/", "") for way in ways],
            }
        )
        file.unlink()
    return outcomes


def main(options: argparse.Namespace) -> None:
    import machine

    outcomes: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        each = -(-options.drawings // (2 * len(PHOTOS)))
        for photo in PHOTOS:
            for kind in ("super", "segments"):
                run = Path(scratch) / f"{photo}-{kind}"
                source = Path(skimage.__file__).parent / "data" / photo
                train = ["train", str(source), "-p", kind, "--preset", "draft", "--size", "128", "--steps", "0"]
                assert run_command([*train, "-o", str(run), "--quiet"]) == 0
                outcomes += tried(run, each, options.seed + len(outcomes), Path(scratch))
    bad = [found for found in outcomes if not found["agree"] or not {found["command_line"], found["studio"]} <= GOOD]
    for found in bad:
        print(found)
    machine.write(
        options.name,
        {
            "drawings": len(outcomes),
            "command_line": dict(Counter(found["command_line"] for found in outcomes)),
            "studio": dict(Counter(found["studio"] for found in outcomes)),
            "agree": sum(found["agree"] for found in outcomes),
            "refused_by_tool": dict(Counter(f["tool"] for f in outcomes if f["command_line"] == "refused")),
            "found": bad,
        },
    )


GOOD = {"right", "refused", "read with a warning"}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawings", type=int, default=200, help="number of drawings, at least")
    parser.add_argument("--seed", type=int, default=0, help="of the edits and tools")
    parser.add_argument("--name", default="drawings", help="name of the JSON")
    main(parser.parse_args())
