"""Full size: moved pieces against the photo's own pixels, their outlines against the true ones, time and memory.

``python benchmarks/full_size.py [--half dev|held-out|both] [--scenes coins,cups] [--size 256 512] [--name full_size]``

Scenes of the truth suite are composed with a short side of 2048 px. Objects are moved, scaled, turned and mirrored in a
drawing of 256 or 512 px, whose labels are those of the large picture, made smaller. An outline's distance is the mean
from its points to the true outline and back, in pixels of the full-size photo. Time and memory are those of a process
of its own with a photo of 4000×3000 (and one of 50 megapixels), where a twentieth of the picture was edited.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import machine
import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.measure import find_contours
from torch.nn import functional as F
from truth.arrange import Edit, Scene
from truth.compose import Placed, compose, silhouette
from truth.enlarged import enlarged, map_back, rearranged
from truth.scenes import HALVES, scene

from primage.image import resize_image
from primage.origin.plane import FIRST, REMOVED, Origin
from primage.origin.transforms import Affine, Piece, Spline
from primage.render.full_size import FullSize, WorkingResult
from primage.render.outlines import outline, traced
from primage.render.photo_files import read_photo, write_photo

FULL_PX = 2048
#: Edits whose objects are seen whole, and are affine maps of themselves.
KINDS = ("move far", "swap", "duplicate", "scale ×2", "scale ×½", "rotate", "mirror")
LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)


def edits_of(stage: Scene, large: Scene) -> Iterator[tuple[Edit, Placed, Placed]]:
    """Each moved object: the edit, and the object before and after it, at full size."""
    before = {each.name: each for each in large.objects}
    for edit in stage.edits:
        if edit.kind not in KINDS:
            continue
        for after in rearranged(large, stage, edit, FULL_PX):
            original = before[after.source or after.name]
            if after.pose != original.pose:
                yield edit, original, after


def smaller(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: the pixels that a mask covers at least half of."""
    image = Image.fromarray(np.uint8(255 * mask)).resize((size[1], size[0]), Image.Resampling.BOX)
    return np.asarray(image) >= 128


def moved(mask: np.ndarray, back: Affine) -> np.ndarray:
    """A mask of the training drawing, moved as the editor does."""
    height, width = mask.shape
    y, x = np.mgrid[:height, :width]
    points = np.stack([(x + 0.5) / width, (y + 0.5) / height], axis=-1).reshape(-1, 2)
    columns, rows = np.floor(back(points) * (width, height)).astype(int).T
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return (mask[rows.clip(0, height - 1), columns.clip(0, width - 1)] & inside).reshape(mask.shape)


def distance(found: np.ndarray, true: np.ndarray, size: tuple[int, int]) -> float:
    """Mean distance of two outlines inside the picture, in pixels; NaN if one is not there."""
    a, b = (points[((points > 4) & (points < np.array(size) - 5)).all(axis=1)] for points in (found, true))
    if not len(a) or not len(b):
        return float("nan")
    return float((cKDTree(true).query(a)[0].mean() + cKDTree(found).query(b)[0].mean()) / 2)


def outlines(half: str, names: tuple[str, ...], sizes: list[int]) -> list[dict[str, object]]:
    found = []
    for name in HALVES[half]:
        if names and name not in names:
            continue
        stage = scene(name)
        large = enlarged(stage, FULL_PX, np.random.default_rng(zlib.crc32(f"{name} {FULL_PX}".encode())))
        base = compose(large.background, large.objects)
        size = large.size
        for edit, before, after in edits_of(stage, large):
            whole, front = silhouette(before, size) >= 0.5, base.masks[before.name]
            if (whole & ~front).sum() > 0.002 * whole.sum():
                continue  # partly hidden: the piece is what is seen of it
            curves = find_contours(silhouette(after, size), 0.5)
            if not curves:
                continue
            true, back = np.concatenate(curves), map_back(after, before, size)
            entry: dict[str, object] = {"scene": name, "half": half, "kind": edit.kind, "title": edit.title}
            for short in sizes:
                working = tuple(round(side * short / min(size)) for side in size)
                mask = moved(smaller(front, working), back)
                if not mask.any():
                    continue
                border = outline(mask, base.picture, source(back, size), size)
                entry[f"{short} px"] = round(distance(border.points, true, size), 3)
                entry[f"{short} px, traced only"] = round(distance(np.concatenate(traced(mask, size)), true, size), 3)
            found.append(entry)
            print(entry, flush=True)
    return found


def source(back: Affine | Piece, size: tuple[int, int]) -> Callable[[np.ndarray], np.ndarray]:
    """A map of shares as one of (row, column) in pixels."""
    sides = np.array(size)
    return lambda places: back(((places + 0.5) / sides)[:, ::-1])[:, ::-1] * sides - 0.5


def photo_of(size: tuple[int, int]) -> np.ndarray:
    """A photo of a package, enlarged, with texture down to the pixel."""
    import skimage.data

    rng = np.random.default_rng(0)
    image = Image.open(Path(skimage.data.__file__).parent / "chelsea.png").convert("RGB")
    large = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC), np.int16)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (512, 512)), 0.8)
    grain = np.tile(20 * grain / grain.std(), (size[0] // 512 + 1, size[1] // 512 + 1))[: size[0], : size[1]]
    return (large + grain[..., None].astype(np.int16)).clip(0, 255).astype(np.uint8)


def edited(photo: np.ndarray, transform: Affine | Spline, disc: np.ndarray, working: tuple[int, int]) -> WorkingResult:
    """A disc that was moved; where it was is filled from the right."""
    height, width = working
    y, x = np.mgrid[:height, :width]
    points = np.stack([(x + 0.5) / width, (y + 0.5) / height], axis=-1).reshape(-1, 2)
    coords = transform(points)[:, ::-1].reshape(height, width, 2) * working - 0.5
    rows, columns = (np.rint(coords[..., i]).astype(int) for i in (0, 1))
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    target = disc[rows.clip(0, height - 1), columns.clip(0, width - 1)] & inside
    still = Origin.unmoved(working)
    origin = still.emptied(disc).pasted(still, coords, target, transform)
    field = np.moveaxis(np.indices(working, np.float32), 0, -1).copy()
    hole = origin.index == REMOVED
    field[hole, 1] += width // 4
    at = field.astype(int).clip(0, np.array(working) - 1)
    image = resize_image(photo, working)[at[..., 0], at[..., 1]]
    return WorkingResult(image, np.zeros(working, np.float32), field, hole, None, origin)


def discs(working: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: working[0], : working[1]]
    return np.hypot(y - 0.4 * working[0], x - 0.32 * working[1]) < 0.16 * working[0]


def transforms(working: tuple[int, int]) -> dict[str, Affine | Spline]:
    """Of the disc's new place to its old one."""
    centre, by = np.array([0.4, 0.32]) * working, np.array([0.15, 0.3]) * working
    turn = np.deg2rad(25)
    linear = {
        "shifted": np.eye(2),
        "enlarged": np.eye(2) / 1.6,
        "turned": np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]),
    }
    found: dict[str, Affine | Spline] = {
        name: Affine.of_pixels(matrix, centre - matrix @ (centre + by), working) for name, matrix in linear.items()
    }
    found["warped"] = Spline(
        points=((0.5, 0.4), (0.75, 0.45), (0.62, 0.75), (0.6, 0.55), (0.45, 0.6)),
        sources=((0.2, 0.25), (0.45, 0.28), (0.32, 0.6), (0.31, 0.42), (0.16, 0.45)),
        aspect=working[1] / working[0],
    )
    return found


def bicubic(photo: np.ndarray, transform: Affine | Spline) -> np.ndarray:
    """The whole photo under a transform, in one call of PyTorch's bicubic resampling."""
    height, width = photo.shape[:2]
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    grid = torch.from_numpy(2 * transform(points).reshape(1, height, width, 2) - 1)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].double()
    out = F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return out[0].permute(1, 2, 0).clamp(0, 255).numpy()


def sharpness(image: np.ndarray, mask: np.ndarray) -> float:
    """Variance of the Laplacian of the grey picture."""
    return float(ndimage.convolve(image.astype(np.float32).mean(axis=2), LAPLACIAN)[mask].var())


def interior() -> dict[str, object]:
    """Moved pieces inside, by transform."""
    size, working = (1536, 2048), (256, 341)
    photo = photo_of(size)
    out: dict[str, object] = {}
    for name, transform in transforms(working).items():
        result = edited(photo, transform, discs(working), working)
        assert result.origin is not None
        picture = FullSize(photo, result).picture()
        index = result.origin.resized(size).index
        piece, hole = (ndimage.binary_erosion(mask, iterations=20) for mask in (index >= FIRST, index == REMOVED))
        direct = bicubic(photo, transform)
        error = picture[piece].astype(float) - direct[piece]
        enlarged_result = resize_image(result.image, size)
        entry: dict[str, object] = {
            "laplacian_of_fill_over_photo": round(sharpness(picture, hole) / sharpness(photo, hole), 3),
            "laplacian_of_fill_enlarged": round(sharpness(enlarged_result, hole) / sharpness(photo, hole), 3),
        }
        if name == "shifted" and isinstance(transform, Affine):
            shift = [-round(transform.matrix[4 + i] * size[1 - i]) for i in (0, 1)]
            same = np.roll(photo, shift[::-1], (0, 1))
            entry["identical"] = bool((picture[piece] == same[piece]).all())
            entry["laplacian_over_source"] = round(sharpness(picture, piece) / sharpness(same, piece), 3)
        else:
            entry["psnr_to_bicubic"] = round(float(10 * np.log10(255**2 / max((error**2).mean(), 1e-9))), 1)
            entry["laplacian_over_bicubic"] = round(sharpness(picture, piece) / sharpness(direct, piece), 3)
        untouched = ~ndimage.binary_dilation(index > 0, iterations=20)
        entry["untouched_identical"] = bool((picture[untouched] == photo[untouched]).all())
        out[name] = entry
        print(name, entry, flush=True)
    return out


def timed(size: tuple[int, int], folder: Path) -> None:
    """Time and memory of one export; run in a process of its own. Prints a JSON."""
    import resource

    # Compiled functions are loaded before anything is measured.
    small = photo_of((384, 512))
    FullSize(small, edited(small, transforms((96, 128))["shifted"], discs((96, 128)), (96, 128))).picture()
    working = (256, round(256 * size[1] / size[0]))
    y, x = np.mgrid[: working[0], : working[1]]
    disc = np.hypot(y - 0.4 * working[0], x - 0.32 * working[1]) < 0.103 * working[0]
    photo = read_photo(folder / "photo.jpg")
    result = edited(photo.pixels, transforms(working)["shifted"], disc, working)
    times: dict[str, float] = {}

    def measure(name: str, work: Callable[[], object]) -> None:
        begin = time.perf_counter(), time.process_time()
        work()
        times[f"{name}_sec"] = round(time.perf_counter() - begin[0], 2)
        times[f"{name}_processor_sec"] = round(time.process_time() - begin[1], 2)

    top, left = int(0.3 * size[0]), int(0.35 * size[1])
    window = slice(top, top + 1000), slice(left, left + 1600)
    view = FullSize(photo.pixels, result)
    measure("first_window", lambda: view.window(window))
    measure("window", lambda: view.window(window))

    def export(suffix: str) -> None:
        source = read_photo(folder / "photo.jpg")
        write_photo(folder / f"out{suffix}", FullSize(source.pixels, result).picture(), source)

    for suffix in (".jpg", ".png", ".tif") if max(size) <= 4000 else (".jpg",):
        measure(f"export_{suffix[1:]}", lambda suffix=suffix: export(suffix))
    assert result.origin is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        json.dumps(
            {"edited": round(float((result.origin.index > 0).mean()), 3), **times, "peak_rss_gb": round(peak, 2)}
        )
    )


def in_a_process(size: tuple[int, int]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(photo_of(size)).save(Path(folder) / "photo.jpg", quality=92)
        command = [sys.executable, __file__, "--timed", *map(str, size), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    print(size, found, flush=True)
    return found


def main(options: argparse.Namespace) -> None:
    halves = [half for half in HALVES if options.half in (half, "both")]
    numbers: dict[str, object] = {
        "interior": interior(),
        "exports": {f"{w}×{h}": in_a_process((h, w)) for h, w in ((3000, 4000), (5774, 8660))},
    }
    found = [entry for half in halves for entry in outlines(half, options.scenes, options.size)]
    columns = [key for key in (found[0] if found else {}) if "px" in key]
    numbers["outline_distance_px"] = {
        half: {
            column: round(float(np.nanmean([e[column] for e in found if e["half"] == half and column in e])), 3)  # type: ignore[arg-type]
            for column in columns
        }
        for half in halves
    }
    machine.write(options.name, {**numbers, "outlines": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", default="both", choices=(*HALVES, "both"))
    parser.add_argument("--scenes", type=lambda text: tuple(text.split(",")), default=(), help="comma-separated scenes")
    parser.add_argument("--size", type=int, nargs="+", default=[256, 512], help="short sides of the drawings")
    parser.add_argument("--name", default="full_size", help="name of the JSON")
    parser.add_argument("--timed", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.timed:
        timed((int(arguments.timed[0]), int(arguments.timed[1])), Path(arguments.timed[2]))
    else:
        main(arguments)
