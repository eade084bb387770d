"""One mask for each label: several files, a folder, a zip."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import LabelError
from primage.labels.files import read_labels
from primage.labels.label_map import LabelMap

SIZE = (40, 60)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


CAT, EYE, NOSE = box(5, 5, 35, 50), box(10, 20, 20, 30), box(22, 24, 26, 28)


def write(path: Path, mask: np.ndarray, form: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = mask.astype(np.uint8) * 255
    if form == "alpha":
        Image.fromarray(np.dstack([np.full((*mask.shape, 3), 30, np.uint8), levels])).save(path)
    elif form == "ids":
        Image.fromarray(levels // 255).save(path)
    elif form == "coloured":
        Image.fromarray(levels[..., None] // np.array([1, 5, 3], np.uint8)).save(path)
    elif form == "jpeg":
        Image.fromarray(levels).save(path, "JPEG", quality=75)
    elif form == "soft":
        Image.fromarray(levels).resize((240, 160), Image.Resampling.NEAREST).resize((60, 40)).save(path)
    else:
        Image.fromarray(levels).convert(form).save(path)
    return path


def named(read: LabelMap) -> dict[str, np.ndarray]:
    return {label.name: read.index == i for i, label in enumerate(read.palette.labels)}


def check(read: LabelMap) -> None:
    found = named(read)
    assert list(found) == ["background", "cat", "eye", "nose"]
    np.testing.assert_array_equal(found["cat"], CAT & ~EYE & ~NOSE)
    np.testing.assert_array_equal(found["eye"], EYE)
    np.testing.assert_array_equal(found["nose"], NOSE)
    assert read.palette.source == "masks"
    assert len({label.colour for label in read.palette.labels}) == 4


@pytest.mark.parametrize("form", ["L", "1", "P", "RGB", "alpha", "ids", "coloured", "jpeg", "soft"])
def test_several_files_a_folder_and_a_zip(tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    files = [write(tmp_path / "m" / f"{n}.png", m, form) for n, m in (("cat", CAT), ("eye", EYE), ("nose", NOSE))]
    (tmp_path / "m" / "._cat.png").write_bytes(b"\0\5\x16\7")
    (tmp_path / "m" / ".DS_Store").write_bytes(b"\0")
    with caplog.at_level(logging.INFO, "primage"):
        check(read_labels(files))
    assert "'eye' lies over 'cat' at 100 pixels" in caplog.text
    check(read_labels(tmp_path / "m"))
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for file in files:
            archive.write(file, f"masks/{file.name}")
            archive.writestr(f"__MACOSX/masks/._{file.name}", b"\0\5\x16\7")
    check(read_labels(tmp_path / "m.zip"))
    only = read_labels(tmp_path / "m.zip" / "masks" / "eye.png")
    assert list(named(only)) == ["background", "eye"]


def test_the_smaller_one_lies_on_top_in_any_order(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.png", m) for n, m in (("nose", NOSE), ("eye", EYE), ("cat", CAT))]
    found = named(read_labels(files))
    np.testing.assert_array_equal(found["eye"], EYE)
    np.testing.assert_array_equal(found["nose"], NOSE)


def test_names_of_label_studio(tmp_path: Path) -> None:
    start = "task-1-annotation-1-by-1-tag-"
    left, right = box(10, 20, 20, 30), box(10, 40, 20, 50)
    for name, mask in (("cat-0", CAT), ("eye-0", left), ("eye-1", right), ("left-ear-0", NOSE)):
        write(tmp_path / "m" / f"{start}{name}.png", mask)
    found = named(read_labels(tmp_path / "m"))
    assert list(found) == ["background", "cat", "eye", "left-ear"]
    np.testing.assert_array_equal(found["eye"], left | right)
    write(tmp_path / "m" / "task-2-annotation-7-by-1-tag-cat-0.png", CAT)
    with pytest.raises(
        LabelError, match=r"masks of 2 annotations \(task-1-annotation-1-by-1, task-2.*those of one photo"
    ):
        read_labels(tmp_path / "m")


def test_files_of_one_name_are_named_by_their_folders(tmp_path: Path) -> None:
    files = [write(tmp_path / n / "mask.png", m) for n, m in (("cat", CAT), ("eye", EYE), ("nose", NOSE))]
    check(read_labels(files))


def test_they_are_matched_by_name(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.png", m) for n, m in (("cat", CAT), ("eye", EYE))]
    first = read_labels(files)
    again = read_labels(files[::-1], first.palette)
    np.testing.assert_array_equal(again.index, first.index)
    ear = [files[0], write(tmp_path / "ear.png", NOSE)]
    with pytest.raises(LabelError, match="16 pixels have the name 'ear'"):
        read_labels(ear, first.palette)


def test_empty_masks_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = [write(tmp_path / "cat.png", CAT), write(tmp_path / "eye.png", box(0, 0, 0, 0))]
    assert list(named(read_labels(files))) == ["background", "cat"]
    assert "eye.png marks nothing; its label 'eye' does not occur" in caplog.text


def test_refusals(tmp_path: Path) -> None:
    cat = write(tmp_path / "cat.png", CAT)
    small = tmp_path / "small.png"
    Image.new("L", (30, 20), 255).save(small)
    with pytest.raises(LabelError, match=r"small\.png is 30×20 px, but .*cat\.png is 60×40 px; masks of one photo"):
        read_labels([cat, small])
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    three = np.where(CAT, 255, 0).astype(np.uint8)
    three[:5, :5] = 128  # a label map
    ids = np.where(CAT, 2, 0).astype(np.uint8)
    ids[EYE] = 1
    for picture in (noise, three, ids):
        Image.fromarray(picture).save(tmp_path / "other.png")
        with pytest.raises(
            LabelError, match=r"other\.png is no mask: .* a label map that has all labels is given alone"
        ):
            read_labels([cat, tmp_path / "other.png"])
