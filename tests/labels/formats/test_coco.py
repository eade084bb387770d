"""COCO's JSON files: polygons, run lengths, several pictures."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from primage.errors import LabelError
from primage.labels.files import read_labels
from primage.labels.formats.coco import run_length_mask
from primage.labels.formats.raw import PhotoFacts

HEIGHT, WIDTH = 40, 60


def runs(mask: np.ndarray) -> list[int]:
    """Run lengths column by column, of 0 first."""
    flat = np.concatenate([[False], mask.T.ravel()])
    changes = np.flatnonzero(np.diff(flat)) + 1
    bounds = [0, *(changes - 0), len(flat)]
    lengths = np.diff(bounds)
    lengths[0] -= 1
    return [int(n) for n in lengths]


def compressed(counts: list[int]) -> str:
    """Five bits a character, low ones first; from the fourth number on, differences to that two before."""
    out = ""
    for i, count in enumerate(counts):
        value = count - (counts[i - 2] if i > 2 else 0)
        while True:
            bits, value = value & 31, value >> 5
            done = value == (-1 if bits & 16 else 0)
            out += chr((bits if done else bits | 32) + 48)
            if done:
                break
    return out


@settings(deadline=None)
@given(npst.arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 90))))
def test_run_lengths(mask: np.ndarray) -> None:
    size = (mask.shape[0], mask.shape[1])
    np.testing.assert_array_equal(run_length_mask(runs(mask), size), mask)
    np.testing.assert_array_equal(run_length_mask(compressed(runs(mask)), size), mask)


def test_run_lengths_of_a_large_mask() -> None:
    mask = np.zeros((700, 900), bool)
    mask[100:650, 50:880] = True
    mask[300, 300:500] = False
    np.testing.assert_array_equal(run_length_mask(compressed(runs(mask)), (700, 900)), mask)


@pytest.mark.parametrize("counts", [[1, 2], [10, -3], "0!", "9"])
def test_damaged_run_lengths(counts: Any) -> None:
    with pytest.raises(ValueError, match="runs"):
        run_length_mask(counts, (2, 3))


def box(left: float, top: float, right: float, bottom: float) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


def image(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH}


def outlined(category: int, shape: Any, picture: int = 1) -> dict[str, Any]:
    return {"id": 1, "image_id": picture, "category_id": category, "segmentation": shape, "iscrowd": 0}


def write(path: Path, annotations: list[dict[str, Any]], images: list[dict[str, Any]] | None = None) -> Path:
    content = {
        "images": images or [image(1, "cat.jpg")],
        "categories": [{"id": 7, "name": "cat"}, {"id": 3, "name": "eye"}, {"id": 9, "name": "dog"}],
        "annotations": annotations,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def rle(mask: np.ndarray, compress: bool) -> dict[str, Any]:
    return {"size": [HEIGHT, WIDTH], "counts": compressed(runs(mask)) if compress else runs(mask)}


EYE = np.zeros((HEIGHT, WIDTH), bool)
EYE[10:15, 20:26] = True


@pytest.mark.parametrize("compress", [False, True])
def test_polygons_and_run_lengths_with_the_smaller_on_top(tmp_path: Path, compress: bool) -> None:
    cat = outlined(7, [box(5, 5, 40, 35), box(45, 5, 50, 9)])
    path = write(tmp_path / "a.json", [outlined(3, rle(EYE, compress)), cat])
    read = read_labels(path)
    assert read.palette.source == "coco"
    assert [label.name for label in read.palette.labels] == ["background", "cat", "eye"]
    at = {(0, 0): 0, (6, 6): 1, (47, 7): 1, (43, 7): 0, (20, 10): 2, (25, 14): 2, (26, 15): 1}
    assert {point: int(read.index[point[1], point[0]]) for point in at} == at
    again = read_labels(write(tmp_path / "b.json", [outlined(7, [box(0, 0, 9, 9)])]), read.palette)
    assert again.palette == read.palette
    assert set(again.index.ravel()) == {0, 1}
    with pytest.raises(LabelError, match="the name 'dog'"):
        read_labels(write(tmp_path / "c.json", [outlined(9, [box(0, 0, 9, 9)])]), read.palette)


def test_several_pictures(tmp_path: Path) -> None:
    images = [image(1, "train\\cat.jpg"), image(2, "dog.jpg"), image(3, "images/abc123-bird.png")]
    path = write(
        tmp_path / "a.json",
        [outlined(7, [box(0, 0, 9, 9)], 1), outlined(9, [box(0, 0, 9, 9)], 2), outlined(3, [box(0, 0, 9, 9)], 3)],
        images,
    )

    def found(name: str) -> str:
        return read_labels(path, photo=PhotoFacts(name)).palette.labels[1].name

    assert found("cat.jpg") == "cat"
    assert found("dog.png") == "dog"  # converted since
    assert found("bird.png") == "eye"  # Label Studio puts a number before
    assert read_labels(path / "dog.jpg").palette.labels[1].name == "dog"
    assert read_labels(path / "train" / "cat.jpg").palette.labels[1].name == "cat"
    with pytest.raises(LabelError, match=r"3 pictures \(cat\.jpg, dog\.jpg, .*\), and none is surely x\.png; name one"):
        found("x.png")
    with pytest.raises(LabelError, match="none is surely the one meant"):
        read_labels(path)
    with pytest.raises(LabelError, match=r"no picture mouse\.jpg"):
        read_labels(path / "mouse.jpg")


def test_in_a_folder_and_a_zip(tmp_path: Path) -> None:
    write(tmp_path / "coco" / "annotations" / "instances_default.json", [outlined(7, [box(0, 0, 9, 9)])])
    with zipfile.ZipFile(tmp_path / "coco.zip", "w") as archive:
        archive.write(tmp_path / "coco/annotations/instances_default.json", "annotations/instances_default.json")
        archive.writestr("__MACOSX/annotations/._instances_default.json", b"\0")
    for path in (tmp_path / "coco", tmp_path / "coco.zip", tmp_path / "coco.zip" / "cat.jpg"):
        assert [label.name for label in read_labels(path).palette.labels] == ["background", "cat"]


def test_sizes_that_are_missing(tmp_path: Path) -> None:
    nameless = [{"id": 1, "file_name": "cat.jpg"}]
    masked = write(tmp_path / "a.json", [outlined(3, rle(EYE, True))], nameless)
    assert read_labels(masked).index.shape == (HEIGHT, WIDTH)
    boxed = write(tmp_path / "b.json", [outlined(3, [box(0, 0, 9, 9)])], nameless)
    assert read_labels(boxed, photo=PhotoFacts(size=(30, 50))).index.shape == (30, 50)
    with pytest.raises(LabelError, match="no height and width"):
        read_labels(boxed)


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([outlined(5, [box(0, 0, 9, 9)])], "not a valid COCO file"),
        ([outlined(7, [[0, 0, 1, 1]])], "unusable points"),
        ([outlined(7, [[0, 0, 1, 1, 2]])], "not a valid COCO file"),
        ([outlined(7, [[0, 0, 1e300, 1, 2, 2]])], "unusable points"),
        ([outlined(7, {"size": [9, 9], "counts": [81]})], "do not add up"),
        ([{"image_id": 1, "category_id": 7, "bbox": [0, 0, 9, 9]}], r"outlines nothing in cat\.jpg"),
        ([{"image_id": 1}, {}], "'image_id' is missing"),
    ],
)
def test_refusals(tmp_path: Path, annotations: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        read_labels(write(tmp_path / "a.json", annotations))


def test_boxes_are_skipped_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    boxed = {"image_id": 1, "category_id": 3, "bbox": [0, 0, 9, 9], "segmentation": []}
    read = read_labels(write(tmp_path / "a.json", [outlined(7, [box(0, 0, 9, 9)]), boxed]))
    assert [label.name for label in read.palette.labels] == ["background", "cat"]
    assert "1 objects have a box alone and no outline" in caplog.text
