"""labelme's files: masks of its assistant, missing sizes, groups."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.errors import LabelError
from primage.labels.files import read_labels
from primage.labels.formats.raw import PhotoFacts


def png(pixels: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def shape(label: str, kind: str | None, *points: tuple[float, float], **more: object) -> dict[str, Any]:
    return {"label": label, "shape_type": kind, "points": points, "group_id": None, "flags": {}} | more


def write(path: Path, *shapes: dict[str, Any], **more: object) -> Path:
    path.write_text(json.dumps({"version": "5.4.1", "shapes": shapes, "imagePath": "cat.png"} | more))
    return path


SIZE = {"imageHeight": 40, "imageWidth": 60}
TRIANGLE = shape("cat", "polygon", (0, 0), (30, 0), (0, 30))


@pytest.mark.parametrize("level", [1, 255])
def test_masks_of_the_assistant(tmp_path: Path, level: int) -> None:
    inside = np.tri(6, 8, 0, dtype=np.uint8) * level
    masked = shape("eye", "mask", (20, 10), (27, 15), mask=png(inside))
    read = read_labels(write(tmp_path / "a.json", TRIANGLE, masked, **SIZE))
    assert [label.name for label in read.palette.labels] == ["background", "cat", "eye"]
    np.testing.assert_array_equal(read.index[10:16, 20:28] == 2, inside > 0)
    assert (read.index == 2).sum() == (inside > 0).sum()
    over = shape("eye", "mask", (55, 38), (62, 43), mask=png(inside | 1))  # beyond the border
    assert (read_labels(write(tmp_path / "b.json", over, **SIZE)).index == 1).sum() == 2 * 5


def test_sizes_that_are_missing(tmp_path: Path) -> None:
    photo = np.zeros((40, 60, 3), np.uint8)
    for sizes in ({}, {"imageHeight": None, "imageWidth": None}):
        embedded = write(tmp_path / "a.json", TRIANGLE, imageData=png(photo), **sizes)
        assert read_labels(embedded).index.shape == (40, 60)
        given = write(tmp_path / "b.json", TRIANGLE, imageData=None, **sizes)
        assert read_labels(given, photo=PhotoFacts(size=(50, 70))).index.shape == (50, 70)
        with pytest.raises(LabelError, match="states no imageHeight and imageWidth, and its photo is not beside it"):
            read_labels(given)
        Image.fromarray(photo).save(tmp_path / "cat.png")
        windows = write(tmp_path / "c.json", TRIANGLE, imagePath="..\\photos\\cat.png", **sizes)
        assert read_labels(windows).index.shape == (40, 60)
        (tmp_path / "cat.png").unlink()


def test_a_group_is_one_thing_of_several_shapes(tmp_path: Path) -> None:
    parts = [
        shape("cat", "rectangle", (0, 0), (9, 9), group_id=1),
        shape("cat", None, (20, 0), (29, 0), (29, 9), (20, 9), group_id=1),
        shape("cat", "oriented_rectangle", (40, 5), (45, 0), (50, 5), (45, 10), group_id=2),
    ]
    read = read_labels(write(tmp_path / "a.json", *parts, **SIZE))
    assert [label.name for label in read.palette.labels] == ["background", "cat"]
    assert [int(read.index[5, x]) for x in (5, 15, 25, 35, 45)] == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (shape("eye", "mask", (1, 1), (2, 2)), "'mask' is missing"),
        (shape("eye", "mask", (1, 1), (2, 2), mask="not base64!"), "not a valid labelme file"),
        (shape("eye", "mask", (1, 1), (2, 2), mask=base64.b64encode(b"text").decode()), "its mask is a text file"),
        (shape("eye", "mask", mask=png(np.ones((2, 2), np.uint8))), "unusable points"),
    ],
)
def test_damaged_masks(tmp_path: Path, broken: dict[str, Any], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        read_labels(write(tmp_path / "a.json", broken, **SIZE))


def test_a_folder_of_files_is_read_by_the_name_of_the_photo(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write(tmp_path / f"{name}.json", shape(name, "rectangle", (0, 0), (9, 9)), **SIZE)
        Image.new("RGB", (60, 40)).save(tmp_path / f"{name}.jpg")
    read = read_labels(tmp_path, photo=PhotoFacts("dog.jpg"))
    assert [label.name for label in read.palette.labels] == ["background", "dog"]
    with pytest.raises(LabelError, match=r"2 JSON files \(cat\.json, dog\.json\); name one"):
        read_labels(tmp_path)
