"""Exports and conventions: CVAT without background, CamVid, what macOS adds, Pascal VOC, Cityscapes."""

from __future__ import annotations

import io
import logging
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import LabelError
from primage.image import write_png
from primage.labels.cityscapes import cityscapes_table
from primage.labels.files import read_labels
from primage.labels.formats.datasets import voc_colour
from primage.labels.formats.raw import PhotoFacts

CAT, EYE, BLACK = (250, 50, 83), (36, 179, 83), (0, 0, 0)


def mask() -> np.ndarray:
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[5:15, 5:25] = CAT
    pixels[8:11, 10:14] = EYE
    return pixels


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def archive(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__dot__", ".").replace("__in__", "/"), content)
    return path


def unpacked(path: Path) -> Path:
    with zipfile.ZipFile(path) as file:
        file.extractall(path.with_suffix(""))
    return path.with_suffix("")


def cvat(path: Path, labelmap: str = "cat:250,50,83::\neye:36,179,83::\n") -> Path:
    members = {"labelmap.txt": labelmap, "SegmentationClass/cat.png": png(mask()), "SegmentationObject/cat.png": b"?"}
    return archive(path, **members)


def camvid(path: Path) -> Path:
    listed = "250 50 83 cat\n36 179 83 left eye\n"
    return archive(path, **{"label_colors.txt": listed, "default.txt": "", "defaultannot/cat.png": png(mask())})


def check(path: Path, names: list[str]) -> None:
    read = read_labels(path)
    assert sorted(label.name for label in read.palette.labels) == sorted(names)
    shown = np.array([label.colour for label in read.palette.labels], np.uint8)[read.index]
    np.testing.assert_array_equal(shown, mask())


def test_a_list_without_background(tmp_path: Path) -> None:
    path = cvat(tmp_path / "cvat.zip")
    for form in (path, unpacked(path), unpacked(path) / "SegmentationClass" / "cat.png"):
        check(form, ["background", "cat", "eye"])
    check(cvat(tmp_path / "own.zip", "void:0,0,0::\ncat:250,50,83::\neye:36,179,83::\n"), ["void", "cat", "eye"])


def test_camvid(tmp_path: Path) -> None:
    path = camvid(tmp_path / "camvid.zip")
    folder = unpacked(path)
    for form in (path, path / "cat.png", folder, folder / "defaultannot", folder / "defaultannot" / "cat.png"):
        check(form, ["background", "cat", "left eye"])
    bad = archive(tmp_path / "bad.zip", **{"label_colors.txt": "cat 1 2 3", "aannot/a.png": png(mask())})
    with pytest.raises(LabelError, match="line 1: 'cat 1 2 3' is not of the form r g b name"):
        read_labels(bad)


@pytest.mark.parametrize("make", [cvat, camvid])
def test_what_macos_adds_is_ignored(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "export.zip")  # type: ignore[operator]
    with zipfile.ZipFile(path) as file:
        pictures = [name for name in file.namelist() if name.endswith(("/cat.png", ".txt"))]
    folder = unpacked(path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("SegmentationClass/.DS_Store", b"\0")
        for name in pictures:
            head, _, tail = name.rpartition("/")
            file.writestr(f"__MACOSX/{head}/._{tail}", b"\0\5\x16\7")
            (folder / head / f"._{tail}").write_bytes(b"\0\5\x16\7")
    for form in (path, folder):
        assert len(read_labels(form).palette.labels) == 3


def test_one_of_several_masks_by_the_name_of_the_photo(tmp_path: Path) -> None:
    path = cvat(tmp_path / "cvat.zip")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("SegmentationClass/dog.png", png(mask()[::-1]))
    assert len(read_labels(path, photo=PhotoFacts("dog.jpg")).palette.labels) == 3
    with pytest.raises(LabelError, match="contains 2 masks"):
        read_labels(path, photo=PhotoFacts("bird.jpg"))


# --- Pascal VOC


def voc(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, values, palette=[voc_colour(i) for i in range(256)])
    return path


def bordered() -> np.ndarray:
    """A cat (8) and a person (15) with void borders."""
    values = np.zeros((30, 40), np.uint8)
    values[4:26, 4:18], values[6:24, 6:16] = 255, 8
    values[4:26, 22:36], values[6:24, 24:34] = 255, 15
    return values


def test_void_borders_go_to_the_nearest_label(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = voc(tmp_path / "SegmentationClass" / "2007_1.png", bordered())
    with caplog.at_level(logging.INFO, "primage"):
        read = read_labels(path)
    assert [label.name for label in read.palette.labels] == ["background", "cat", "person"]
    assert f"{(bordered() == 255).sum():,} pixels are void (255)" in caplog.text
    values = np.array([label.id for label in read.palette.labels])[read.index]
    sure = bordered() != 255
    np.testing.assert_array_equal(values[sure], bordered()[sure])
    np.testing.assert_array_equal(read_labels(path, read.palette).index, read.index)


def test_objects_and_other_data_sets_of_that_palette(tmp_path: Path) -> None:
    objects = np.where(bordered() == 15, 2, np.minimum(bordered(), 255)).astype(np.uint8)
    objects[objects == 8] = 1
    read = read_labels(voc(tmp_path / "SegmentationObject" / "2007_1.png", objects))
    assert [(label.id, label.name) for label in read.palette.labels] == [(0, ""), (1, ""), (2, "")]
    own = voc(tmp_path / "own" / "SegmentationClass" / "a.png", objects)
    (tmp_path / "own" / "class_names.txt").write_text("_background_\nleaf\nstem\n")
    assert [label.name for label in read_labels(own).palette.labels] == ["_background_", "leaf", "stem"]


def test_255_is_a_label_in_other_palettes(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", bordered(), palette=[(i, 255 - i, 9) for i in range(256)])
    assert [label.id for label in read_labels(tmp_path / "a.png").palette.labels] == [0, 8, 15, 255]


# --- Cityscapes


def test_cityscapes_in_colours(tmp_path: Path) -> None:
    table = {name: (number, colour) for number, _, name, colour in cityscapes_table()}
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:10], pixels[10:20], pixels[20:, :20] = table["sky"][1], table["road"][1], table["car"][1]
    Image.fromarray(np.dstack([pixels, np.full((30, 40), 255, np.uint8)])).save(tmp_path / "a_gtFine_color.png")
    read = read_labels(tmp_path / "a_gtFine_color.png")
    assert {label.name: (label.id, label.colour) for label in read.palette.labels} == {
        name: table[name] for name in ("sky", "road", "car", "unlabeled")
    }
    ids = np.full((30, 40), table["sky"][0], np.uint8)
    ids[10:] = table["car"][0]
    Image.fromarray(ids).save(tmp_path / "b_gtFine_labelIds.png")
    assert read_labels(tmp_path / "b_gtFine_labelIds.png", read.palette).palette == read.palette
    pixels[0, 0] = (1, 2, 3)
    Image.fromarray(pixels).save(tmp_path / "mine_color.png")
    assert read_labels(tmp_path / "mine_color.png").palette.source == "rgb"


def test_cityscapes_instances(tmp_path: Path) -> None:
    values = np.array([[7, 26001, 26002], [24000, 23, 33]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a_gtFine_instanceIds.png")
    read = read_labels(tmp_path / "a_gtFine_instanceIds.png")
    names = [read.palette.labels[i].name for i in read.index.ravel()]
    assert names == ["road", "car", "car", "person", "sky", "bicycle"]
