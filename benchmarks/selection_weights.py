"""Fits the weights by which object selection judges areas, on the truth suite's development scenes alone.

    python benchmarks/selection_weights.py

Prints the two arrays of `primage.selection.score`. Each round clicks with the weights of the one before.
"""

from __future__ import annotations

import cv2
import numpy as np
from object_selection import CLICKS, LONG_SIDE_PX, objects, pictures
from truth.clicks import iou, next_click

from primage.selection import score
from primage.selection.prepared import PreparedPhoto, prepare
from primage.selection.score import MEASURES
from primage.selection.selecting import Selection, candidates, with_mark

_ROUNDS = 3
_RIDGE = 0.02
#: Where the first round starts: what is known of objects.
_GUESS = {
    "contour": 1.0,
    "cut off": -1.0,
    "depth": 0.6,
    "ring": 0.6,
    "roundness": -0.05,
    "change depth": 0.4,
    "change contour": 0.5,
}


#: The measures and the IoU of each candidate of a click.
Click = tuple[np.ndarray, np.ndarray]


def examples(prepared: PreparedPhoto, photo: np.ndarray, truth: np.ndarray) -> list[Click]:
    """The candidates of a few clicks, in the order of the clicks."""
    found, selection = [], Selection.empty(prepared)
    rows, columns = prepared.edges.shape
    own = cv2.resize(truth.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) > 0.5
    for _ in range(CLICKS):
        mark = next_click(selection.at_size(photo), truth)
        if mark is None:
            break
        measured = [(measures, iou(area, own)) for area, measures in candidates(prepared, selection, mark)]
        if measured:
            found.append((np.stack([each[0] for each in measured]), np.array([each[1] for each in measured])))
        selection = with_mark(prepared, selection, mark)
    return found


def fitted(clicks: list[Click]) -> np.ndarray:
    """Ridge regression of IoU on the measures, both relative to the click's mean: only differences between the
    candidates of a click matter. Good areas count more.
    """
    weight = np.concatenate([0.3 + target for _, target in clicks])[:, None]
    x = np.concatenate([measures - measures.mean(axis=0) for measures, _ in clicks])
    y = np.concatenate([target - target.mean() for _, target in clicks])
    spread = x.std(axis=0) + 1e-6
    x = x / spread
    solution = np.linalg.solve((x * weight).T @ x + _RIDGE * len(x) * np.eye(x.shape[1]), (x * weight).T @ y)
    return solution / spread


def main() -> None:
    scenes = [(picture, prepare(picture.picture)) for picture in pictures("dev", LONG_SIDE_PX)]
    score.FIRST_WEIGHTS = score.LATER_WEIGHTS = np.array([_GUESS.get(name, 0.0) for name in MEASURES])
    first: list[Click] = []
    later: list[Click] = []
    for _ in range(_ROUNDS):
        for scene, prepared in scenes:
            for truth in objects(scene):
                clicks = examples(prepared, scene.picture, truth)
                first += clicks[:1]
                later += clicks[1:]
        score.FIRST_WEIGHTS, score.LATER_WEIGHTS = fitted(first), fitted(later)
    for name in ("FIRST_WEIGHTS", "LATER_WEIGHTS"):
        print(name, "= np.array([" + ", ".join(f"{value:.2f}" for value in getattr(score, name)) + "])")


if __name__ == "__main__":
    main()
