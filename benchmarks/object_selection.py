"""Object selection by clicks, on the truth suite: every object of every scene, its mask is known.

    python benchmarks/object_selection.py [--sheet FILE]

A simulated person clicks into the object, then into the middle of the largest error. Settings were chosen on the
development scenes (`selection_weights.py`); the held-out ones are judged only. Writes results/object_selection.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import machine
import numpy as np
from PIL import Image
from truth.clicks import iou, next_click
from truth.compose import Composed, compose
from truth.enlarged import enlarged
from truth.scenes import HALVES, scene

from primage.selection.prepared import prepare
from primage.selection.selecting import Box, Selection, Stroke, select, with_mark

CLICKS = 3
LONG_SIDE_PX = 1024


@dataclass(frozen=True)
class Clicked:
    """What happened to an object: IoU after each click, seconds and processor seconds of each, the last mask."""

    scene: str
    name: str
    half: str
    iou: list[float]
    box_iou: float
    seconds: list[float]
    processor: list[float]
    mask: np.ndarray
    marks: list[Stroke]


def pictures(half: str, long_side_px: int) -> Iterator[Composed]:
    """The scenes of a half in their first arrangement, drawn again at a larger size."""
    for name in HALVES[half]:
        yield picture(name, long_side_px)


def picture(name: str, long_side_px: int) -> Composed:
    made = scene(name)
    short = round(long_side_px * min(made.size) / max(made.size))
    made = enlarged(made, short, np.random.default_rng(7))
    return compose(made.background, made.objects)


def objects(composed: Composed) -> list[np.ndarray]:
    return [mask for mask in composed.masks.values() if mask.any()]


def clicked(name: str, half: str, composed: Composed) -> Iterator[Clicked]:
    photo = composed.picture
    opened = prepare(photo)
    for key, truth in composed.masks.items():
        prepared = opened.without_memory()
        selection, found = Selection.empty(prepared), np.zeros(truth.shape, bool)
        scores, seconds, processor = [], [], []
        for _ in range(CLICKS):
            mark = next_click(found, truth)
            if mark is not None:
                start, start_processor = time.perf_counter(), time.process_time()
                selection = with_mark(prepared, selection, mark)
                found = selection.at_size(photo)
                seconds.append(time.perf_counter() - start)
                processor.append(time.process_time() - start_processor)
            scores.append(iou(found, truth))
        rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
        around = Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        by_box = iou(select(prepared.without_memory(), [around]).at_size(photo), truth)
        marks = [mark for mark in selection.marks if isinstance(mark, Stroke)]
        yield Clicked(name, key, half, scores, by_box, seconds, processor, found, marks)


def summary(results: list[Clicked]) -> dict[str, object]:
    scores = np.array([each.iou for each in results])
    return {
        "objects": len(results),
        "iou after clicks": [round(float(v), 3) for v in scores.mean(axis=0)],
        "objects of at least 0.9 after three": int((scores[:, -1] >= 0.9).sum()),
        "lowest after three": round(float(scores[:, -1].min()), 3),
        "iou of a box": round(float(np.mean([each.box_iou for each in results])), 3),
    }


def times(results: list[Clicked]) -> dict[str, object]:
    def of(values: list[float]) -> dict[str, float]:
        milliseconds = 1000 * np.array(values)
        return {
            "median": round(float(np.median(milliseconds))),
            "95 %": round(float(np.quantile(milliseconds, 0.95))),
            "longest": round(float(milliseconds.max())),
        }

    return {
        "clicks": sum(len(each.seconds) for each in results),
        "milliseconds": of([value for each in results for value in each.seconds]),
        "processor milliseconds": of([value for each in results for value in each.processor]),
    }


def opening(name: str) -> dict[str, int]:
    photo = picture(name, LONG_SIDE_PX).picture
    start, start_processor = time.perf_counter(), time.process_time()
    prepare(photo)
    return {
        "milliseconds": round(1000 * (time.perf_counter() - start)),
        "processor milliseconds": round(1000 * (time.process_time() - start_processor)),
    }


def tile(result: Clicked, photo: np.ndarray, side_px: int = 150) -> np.ndarray:
    """A photo with the selection's border, everything else darker, and the clicks: + and −."""
    shown = photo.copy()
    shown[~result.mask] = shown[~result.mask] // 3
    border = cv2.morphologyEx(result.mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    shown[border] = (255, 235, 60)
    for mark in result.marks:
        x, y = (int(v) for v in mark.points[0])
        arm = max(4, photo.shape[1] // 60)
        for colour, thickness in (((0, 0, 0), 5), ((90, 255, 120) if mark.add else (255, 90, 90), 2)):
            cv2.line(shown, (x - arm, y), (x + arm, y), colour, thickness, cv2.LINE_AA)
            if mark.add:
                cv2.line(shown, (x, y - arm), (x, y + arm), colour, thickness, cv2.LINE_AA)
    rows, columns = np.flatnonzero(result.mask.any(axis=1)), np.flatnonzero(result.mask.any(axis=0))
    if len(rows):
        size = max(rows[-1] - rows[0], columns[-1] - columns[0])
        half = int(0.7 * size) + 10
        y, x = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
        shown = np.pad(shown, ((half, half), (half, half), (0, 0)))[y : y + 2 * half, x : x + 2 * half]
    return cv2.resize(shown, (side_px, side_px), interpolation=cv2.INTER_AREA)


def sheet(results: list[Clicked], photos: dict[str, np.ndarray], columns: int = 9) -> Image.Image:
    tiles = [tile(each, photos[each.scene]) for each in results]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    return Image.fromarray(
        np.concatenate([np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, help="also write a picture of the held-out masks")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    numbers: dict[str, object] = {"longer side": LONG_SIDE_PX}
    every: list[Clicked] = []
    for half, names in HALVES.items():
        photos, results = {}, []
        for name in names:
            composed = picture(name, LONG_SIDE_PX)
            photos[name] = composed.picture
            results += clicked(name, half, composed)
        numbers[half] = summary(results)
        every += results
        if half == "held-out" and arguments.sheet is not None:
            sheet(results, photos).save(arguments.sheet, quality=70, optimize=True)
    square = [each for each in every if each.mask.shape == (LONG_SIDE_PX, LONG_SIDE_PX)]
    numbers["time of a click at 1024 × 1024"] = times(square)
    numbers["time of opening 1024 × 1024"] = opening("badges")
    numbers["each"] = {
        f"{each.half}: {each.scene}, {each.name}": [round(value, 3) for value in each.iou] for each in every
    }
    machine.write("object_selection", numbers)


if __name__ == "__main__":
    main()
