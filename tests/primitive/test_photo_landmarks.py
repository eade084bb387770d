"""Landmarks that are detected: as points in files, and as lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from primage.detection import interpreter
from primage.detection.people import Line
from primage.errors import ConfigError
from primage.primitive.landmark_table import read_landmark_table
from primage.primitive.landmarks import draw_landmarks, read_landmarks
from primage.primitive.photo_landmarks import as_landmarks, write_landmarks
from tests.tiny import command

SIZE = (40, 60)
LINES = (
    Line("face 1 oval", np.array([[5.5, 5.5], [30.5, 8.5], [20.5, 30.5]]), closed=True),
    Line("hand 1 thumb", np.array([[40.5, 10.5], [50.5, 20.5]]), closed=False),
)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_points_are_read_as_they_were_written(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"points.{form}"
    write_landmarks(path, LINES, SIZE)
    read, expected = read_landmarks(path), as_landmarks(LINES, SIZE)
    assert read.points == expected.points == ((5, 5), (30, 8), (20, 30), (40, 10), (50, 20))
    assert read.connections == expected.connections == ((0, 1), (1, 2), (2, 0), (3, 4))
    np.testing.assert_array_equal(draw_landmarks(read, SIZE, SIZE), draw_landmarks(expected, SIZE, SIZE))


def test_a_line_of_a_table_is_closed_by_repeating_its_first_point(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("line,x,y\na,1,1\na,9,1\na,9,9\na,1,1\nb,1,1\nb,2,2\nb,1,1\n")
    read = read_landmark_table(path)
    assert read["points"] == [(1, 1), (9, 1), (9, 9), (1, 1), (2, 2), (1, 1)]
    assert read["connections"] == [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5)]  # there and back is no area


def test_without_the_package_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreter, "is_installed", lambda: False)
    with pytest.raises(ConfigError, match=r"pip install 'primage\[detect\]'"):
        interpreter.prepare()
    photo = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()[::4, ::4]).save(photo)
    assert command("primitive", photo, "--kind", "landmarks", "-o", tmp_path / "points.csv") == 2
    assert "primage[detect]" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.usefixtures("detectors")
def test_the_drawing_of_a_photo_is_that_of_its_points(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()).save(photo)
    lines = []
    for name, options in (
        ("extracted.png", ()),
        ("points.csv", ()),
        ("points.json", ()),
        ("read.png", ("--primitive-file", tmp_path / "points.csv")),
        ("read2.png", ("--primitive-file", tmp_path / "points.json")),
    ):
        assert command("primitive", photo, "-k", "landmarks", "-o", tmp_path / name, "--quiet", *options) == 0
        if name.endswith(".png"):
            lines.append(np.asarray(Image.open(tmp_path / name).convert("L")) == 0)
    assert lines[0].shape == (256, 256)
    assert lines[0].sum() > 300
    np.testing.assert_array_equal(lines[0], lines[1])
    np.testing.assert_array_equal(lines[0], lines[2])
    assert "face 1 inner lips" in (tmp_path / "points.csv").read_text()


@pytest.mark.usefixtures("detectors")
@pytest.mark.parametrize("target", ["points.csv", "drawing.png"])
def test_a_photo_without_people_is_one_sentence_with_a_way_out(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).save(photo)
    assert command("primitive", photo, "--kind", "landmarks", "-o", tmp_path / target) == 2
    (message,) = capsys.readouterr().err.splitlines()
    assert "no face, hand or body" in message
    assert "--primitive-file" in message
    assert not (tmp_path / target).exists()


@pytest.mark.usefixtures("detectors")
def test_points_that_a_person_may_have_edited_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, target = tmp_path / "photo.png", tmp_path / "points.csv"
    Image.fromarray(data.astronaut()).save(photo)
    target.write_text("mine")
    assert command("primitive", photo, "--kind", "landmarks", "-o", target) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert target.read_text() == "mine"


def test_points_are_those_of_the_photo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()).save(photo)
    assert command("primitive", photo, "--kind", "landmarks", "-o", tmp_path / "p.csv", "--size", "128") == 2
    assert "leave out" in capsys.readouterr().err
