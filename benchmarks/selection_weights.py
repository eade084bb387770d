"""Fits the weights by which object selection judges areas, on the truth suite's development scenes alone.

    python benchmarks/selection_weights.py

Prints the two arrays of `primage.selection.score`. Each round clicks with the weights of the one before.
"""

from __future__ import annotations

import numpy as np
from object_selection import CLICKS, objects, pictures
from truth.clicks import iou, next_click

from primage.selection import score
from primage.selection.prepared import PreparedPhoto, prepare
from primage.selection.score import MEASURES
from primage.selection.selecting import Selection, candidates, with_mark

_ROUNDS = 3
_RIDGE = 0.02
#: Where the first round starts: what is known of objects.
_GUESS = {"contour": 1.0, "cut off": -1.0, "depth": 0.6, "ring": 0.6, "roundness": -0.05, "change depth": 0.4}


def examples(prepared: PreparedPhoto, photo: np.ndarray, truth: np.ndarray) -> list[tuple[bool, np.ndarray, float]]:
    """Whether it is the first click, measures and IoU of every candidate of a few clicks."""
    rows, selection = [], Selection.empty(prepared)
    for number in range(CLICKS):
        mark = next_click(selection.at_size(photo), truth)
        if mark is None:
            break
        small = np.asarray(Selection.empty(prepared).mask)
        y, x = np.mgrid[: small.shape[0], : small.shape[1]]
        rows_of, columns_of = (y * photo.shape[0] // small.shape[0], x * photo.shape[1] // small.shape[1])
        own = truth[rows_of, columns_of]
        rows += [(number == 0, measures, iou(area, own)) for area, measures in candidates(prepared, selection, mark)]
        selection = with_mark(prepared, selection, mark)
    return rows


def fitted(rows: list[tuple[np.ndarray, float]], used: np.ndarray) -> np.ndarray:
    """Ridge regression of IoU on the measures; good areas count more."""
    measures, target = np.stack([row[0] for row in rows])[:, used], np.array([row[1] for row in rows])
    mean, spread = measures.mean(axis=0), measures.std(axis=0) + 1e-6
    x = np.concatenate([(measures - mean) / spread, np.ones((len(rows), 1))], axis=1)
    weight = (0.3 + target)[:, None]
    penalty = _RIDGE * len(rows) * np.diag([1.0] * int(used.sum()) + [0.0])
    solution = np.linalg.solve((x * weight).T @ x + penalty, (x * weight).T @ target)
    weights = np.zeros(len(MEASURES) + 1)
    weights[:-1][used] = solution[:-1] / spread
    weights[-1] = solution[-1] - (solution[:-1] * mean / spread).sum()
    return weights


def main() -> None:
    scenes = [(picture, prepare(picture.picture)) for size in (None, 1024) for picture in pictures("dev", size)]
    guess = np.array([*(_GUESS.get(name, 0.0) for name in MEASURES), 0.0])
    score.FIRST_WEIGHTS = score.LATER_WEIGHTS = guess
    rows: list[tuple[bool, np.ndarray, float]] = []
    for _ in range(_ROUNDS):
        for scene, prepared in scenes:
            for truth in objects(scene):
                rows += examples(prepared, scene.picture, truth)
        everything = np.ones(len(MEASURES), bool)
        at_first = np.array([name != "change depth" for name in MEASURES])  # it is the depth, then
        score.FIRST_WEIGHTS = fitted([(m, target) for first, m, target in rows if first], at_first)
        score.LATER_WEIGHTS = fitted([(m, target) for first, m, target in rows if not first], everything)
    for name in ("FIRST_WEIGHTS", "LATER_WEIGHTS"):
        print(name, "= np.array([" + ", ".join(f"{value:.3f}" for value in getattr(score, name)) + "])")


if __name__ == "__main__":
    main()
