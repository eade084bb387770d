"""Fits the weights by which object selection judges areas, on the truth suite's development scenes alone.

    python benchmarks/selection_weights.py

Prints the two arrays of `primage.selection.score`. Each round clicks with the weights of the one before.
"""

from __future__ import annotations

import cv2
import numpy as np
from object_selection import CLICKS, LONG_SIDE_PX, objects, pictures
from scipy.optimize import minimize
from scipy.special import softmax
from truth.clicks import iou, next_click

from primage.selection import score
from primage.selection.prepared import PreparedPhoto, prepare
from primage.selection.score import MEASURES
from primage.selection.selecting import Selection, candidates, with_mark

_ROUNDS = 2
_PENALTY = 1e-4
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
    """The weights for which the chosen candidates have the largest mean IoU. The choice is soft, for a gradient."""
    rows = np.concatenate([measures for measures, _ in clicks])
    spread = rows.std(axis=0) + 1e-6
    scaled = [(measures / spread, target) for measures, target in clicks]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
        for measures, target in scaled:
            share = softmax(measures @ weights)
            expected = share @ target
            value -= expected / len(scaled)
            slope -= (share * (target - expected)) @ measures / len(scaled)
        return value, slope

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
    weights = np.asarray(found.x / spread)
    return weights / np.abs(weights).max()


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
