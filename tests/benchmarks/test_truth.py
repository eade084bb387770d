"""The composed scenes of benchmarks/truth.py: the truth is judged here before it judges anything."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.tiny import one_thread

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = (
    *("arrange", "cases", "compose", "canvas", "drawings", "enlarged"),
    *("origins", "renderers", "scenes", "scoring", "summary"),
)


@pytest.fixture(scope="module")
def suite() -> Iterator[SimpleNamespace]:
    sys.path.insert(0, str(BENCHMARKS))
    with one_thread():
        yield SimpleNamespace(**{name: importlib.import_module(f"truth.{name}") for name in MODULES})
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def scenes(suite: SimpleNamespace) -> dict[str, Any]:
    return {name: suite.scenes.scene(name) for half in suite.scenes.HALVES.values() for name in half}


@pytest.fixture(scope="module")
def small(suite: SimpleNamespace) -> list[Any]:
    """The cases of two small scenes."""
    return [
        each for name in ("coins", "boats") for each in suite.cases.cases(suite.scenes.scene(name), suite.arrange.KINDS)
    ]


@pytest.fixture(scope="module")
def tiny(suite: SimpleNamespace) -> Any:
    """A scene of 64² with a disc and a square, and three edits."""
    sheet = [suite.canvas.Canvas(100, 60) for _ in range(2)]
    sheet[0].paint(sheet[0].ellipse(50, 50, 46, 46), (200, 40, 30), 0)
    sheet[1].paint(sheet[1].box(8, 8, 92, 92), (30, 60, 200), 0)
    ground = np.random.default_rng(0).uniform(0.2, 0.4, (64, 64, 3))
    stage = suite.arrange.Stage(ground)
    stage.add("disc", sheet[0].sprite(), (18, 20), 24)
    stage.add("square", sheet[1].sprite(), (46, 42), 20)
    arrange = suite.arrange
    return stage.scene(
        "tiny",
        "dev",
        "super",
        arrange.move("disc", (18, 46), "moved"),
        arrange.remove("square", "removed"),
        arrange.duplicate("disc", (46, 16), "doubled"),
    )


def test_every_kind_is_in_both_halves(suite: SimpleNamespace, scenes: dict[str, Any]) -> None:
    assert len(scenes) >= 12
    assert sum(len(scene.edits) for scene in scenes.values()) >= 40
    for half in ("dev", "held-out"):
        own = [scene for scene in scenes.values() if scene.half == half]
        assert {edit.kind for scene in own for edit in scene.edits} == set(suite.arrange.KINDS)
        assert {scene.primitive for scene in own} == {"segments", "super"}
        assert {scene.name for scene in own} == set(suite.scenes.HALVES[half])
    for scene in scenes.values():
        assert 256 <= min(scene.size) <= max(scene.size) <= 512
        assert len({edit.title for edit in scene.edits}) == len(scene.edits)


def test_a_scene_is_the_same_each_time(suite: SimpleNamespace, scenes: dict[str, Any]) -> None:
    for name in ("coins", "boats"):
        first, second = (
            suite.compose.compose(each.background, each.objects) for each in (scenes[name], suite.scenes.scene(name))
        )
        assert np.array_equal(first.picture, second.picture)
        assert np.array_equal(first.labels, second.labels)


def test_arrangements_differ_only_in_their_boxes(suite: SimpleNamespace, small: list[Any]) -> None:
    for case in small:
        changed = suite.scoring.changed(case.base.picture, case.truth.picture)
        boxes = suite.scoring.boxes(changed)
        inside = np.zeros(changed.shape, int)
        for box in boxes:
            inside[box] += 1
        assert changed.any()
        assert not (changed & (inside == 0)).any()
        assert inside.max() == 1  # disjoint
        assert all(span.stop - span.start >= 64 for box in boxes for span in box)


def test_labels_and_masks_agree_with_the_picture(small: list[Any]) -> None:
    for case in small:
        objects = case.edit.change(case.scene.objects)
        everything = np.zeros(case.scene.size, bool)
        for placed in objects:
            mask = case.truth.masks[placed.name]
            assert np.isin(case.truth.labels[mask], placed.labels).all()
            everything |= mask
        assert np.array_equal(case.truth.labels[~everything], case.scene.background.labels[~everything])
        if case.edit.kind == "remove":
            gone = next(each.name for each in case.scene.objects if each.name not in case.truth.masks)
            unlike = np.abs(case.base.picture.astype(int) - case.truth.picture).max(axis=-1) > 2
            assert unlike[case.base.masks[gone]].mean() > 0.95
            assert unlike[~case.base.masks[gone]].mean() < 0.1  # its shadow, and its border


def test_what_an_edit_shows_was_in_the_photo(small: list[Any]) -> None:
    for case in small:
        for drawing in case.drawings.values():
            assert set(np.unique(drawing.labels)) <= set(np.unique(case.training.labels))


def test_drawn_by_hand_is_close_to_extracted(small: list[Any]) -> None:
    for case in small:
        drawn, extracted = case.drawings["drawn"], case.drawings["extracted"]
        assert (drawn.labels == extracted.labels).mean() > 0.98, case.edit.title
        assert (drawn.lines is None) == (extracted.lines is None)
        if drawn.lines is not None:
            assert drawn.lines.mean() == pytest.approx(extracted.lines.mean(), rel=0.25)


def test_origin_is_where_the_drawing_was_taken_from(small: list[Any]) -> None:
    for case in small:
        drawn = case.drawings["drawn"]
        known = ~np.isnan(drawn.origin[..., 0])
        rows, columns = np.rint(np.nan_to_num(drawn.origin)).astype(int).transpose(2, 0, 1)
        assert np.array_equal(case.training.labels[rows, columns][known], drawn.labels[known])
        if case.edit.kind in ("duplicate", "move far", "remove"):
            assert known.all() == (case.edit.kind == "duplicate")


def test_the_truth_has_the_best_scores(suite: SimpleNamespace, small: list[Any]) -> None:
    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.abs(a.astype(float) - b).mean())

    case = small[0]
    before, truth = case.base.picture, case.truth.picture
    best, copy = (suite.scoring.scores(image, before, truth, distance) for image in (truth, before))
    assert (best["lpips"], best["psnr"], best["line_f1"]) == (0, 99, 1)
    assert copy["lpips"] > copy["lpips_whole"] > 0
    assert copy["psnr"] < 30
    assert copy["line_f1"] < 1


def test_renderers(suite: SimpleNamespace, tiny: Any, tmp_path: Path) -> None:
    model = suite.renderers.train(tiny, tmp_path, 0)
    moved, removed, doubled = suite.cases.cases(tiny, suite.arrange.KINDS)
    for case in (moved, removed, doubled):
        for form, drawing in case.drawings.items():
            assert suite.renderers.ours(case, drawing, model).shape == (64, 64, 3), form
    unedited = suite.renderers.primitive(moved.training, model)
    assert not unedited.differs(model.primitive).any()
    pasted = suite.renderers.pasted(doubled, doubled.drawings["drawn"], None)
    new = doubled.truth.masks["disc 2"]
    assert np.array_equal(pasted[~new], doubled.base.picture[~new])
    assert np.abs(pasted.astype(int) - doubled.truth.picture)[new].mean() < 8
    emptied = suite.renderers.pasted(removed, removed.drawings["drawn"], None)
    assert (emptied[removed.base.masks["square"]][:, 2] < 190).all()  # none of the square's blue is left


def test_comparisons_name_what_became_worse(suite: SimpleNamespace) -> None:
    columns = {"copy": [0.5], "ours, 0 s, drawn": [0.2], "ours, 2 min, drawn": [0.3], "old, 0 s, drawn": [0.4]}
    entry = {"half": "dev", "kind": "swap", "scene": "s", "title": "t", "scores": columns}
    found = suite.summary.comparisons([entry])
    assert set(found) == {"ours, 0 s, drawn / old, 0 s, drawn", "ours, 2 min, drawn / ours, 0 s, drawn"}
    better, worse = (each["dev"] for each in found.values())
    assert (better["lpips_ratio"], better["worse_edits"]) == (0.5, [])
    assert (worse["lpips_ratio"], worse["worse_edits"]) == (1.5, ["s: t"])


def test_origins_as_the_package_describes_them(suite: SimpleNamespace, small: list[Any]) -> None:
    for case in small:
        coords = case.drawings["drawn"].origin
        origin = suite.origins.origin_of(coords)
        found = origin.coords(coords.shape[:2])
        assert (np.isnan(found) == np.isnan(coords)).all()
        assert np.nanmax(np.abs(found - coords)) < 1.0


def test_an_affine_edit_maps_the_moved_silhouette_onto_the_former_one(suite: SimpleNamespace) -> None:
    scene = suite.scenes.scene("coins")
    before = {each.name: each for each in scene.objects}
    size = scene.size
    y, x = np.mgrid[: size[0], : size[1]]
    points = np.stack([(x + 0.5) / size[1], (y + 0.5) / size[0]], axis=-1).reshape(-1, 2)
    for edit in (each for each in scene.edits if each.kind in ("move far", "rotate", "scale ×½")):
        (after,) = (each for each in edit.change(scene.objects) if each.pose != before[each.name].pose)
        original = before[after.name]
        back = suite.enlarged.map_back(after, original, size)
        columns, rows = np.floor(back(points) * size[::-1]).astype(int).clip(0, 255).T
        found = suite.compose.silhouette(original, size)[rows, columns].reshape(size)
        true = suite.compose.silhouette(after, size)
        assert ((found > 0.5) != (true > 0.5)).mean() < 0.004
