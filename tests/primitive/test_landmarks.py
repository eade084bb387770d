"""Landmarks: every form they come in, every form that is refused, and where their lines go."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from primage.errors import UserError
from primage.primitive.landmarks import Landmarks, draw_landmarks, read_landmarks
from tests.primitive.drawings import components

TRIANGLE = {"points": [[2, 3], [30, 3], [30.4, 20]], "connections": [[0, 1], [1, 2], [2, 0]], "size": [40, 60]}


def read(folder: Path, content: str | bytes | dict, suffix: str = ".json") -> Landmarks:
    path = folder / f"points{suffix}"
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_landmarks(path)


def test_json_is_read(tmp_path: Path) -> None:
    landmarks = read(tmp_path, TRIANGLE)
    assert landmarks.points == ((2, 3), (30, 3), (30.4, 20))
    assert landmarks.connections == ((0, 1), (1, 2), (2, 0))
    assert landmarks.size == (40, 60)


def test_points_alone_are_enough(tmp_path: Path) -> None:
    assert read(tmp_path, {"points": [[1, 2]]}) == Landmarks(points=((1, 2),))


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".tsv", ".txt"])
def test_csv_rows_of_one_line_are_joined(tmp_path: Path, suffix: str) -> None:
    text = "line,x,y\njaw,1,2\njaw,3,4\nnose,5,6.5\nnose,7,8\n,9,9\n,1,1\njaw,0,0\n"
    landmarks = read(tmp_path, text, suffix)
    assert landmarks.points == ((1, 2), (3, 4), (5, 6.5), (7, 8), (9, 9), (1, 1), (0, 0))
    assert landmarks.connections == ((0, 1), (2, 3))


def test_csv_may_lack_lines_and_have_a_byte_order_mark_blank_rows_and_more_columns(tmp_path: Path) -> None:
    landmarks = read(tmp_path, "\ufeffx,y,score\r\n1,2,0.9\r\n\r\n3,4,0.8,extra\r\n", ".csv")
    assert landmarks == Landmarks(points=((1, 2), (3, 4)))


@pytest.mark.parametrize(
    "content",
    [
        "x;y;line\n1,5;2;a\n3;4,25;a\n",  # a spreadsheet in much of Europe
        "sep=;\nX [px];Y [px];Line\n1,5;2;a\n3;4,25;a\n".encode("utf-16"),
        "Größe;x;y;line\n9;1.5;2;a\n9;3;4.25;a\n".encode("cp1252"),
        "pos_x\tpos_y\tline\n1.5\t2\ta\n3\t4,25\ta\n",
        "x   y    line\n1.5 2    a\n3   4.25 a\n",
        '\n"x", "y", "line"\n\n1.5, 2, a\n 3 , "4.25" , a\n\n',
    ],
)
def test_csv_as_programs_write_it(tmp_path: Path, content: str | bytes) -> None:
    assert read(tmp_path, content, ".csv") == Landmarks(points=((1.5, 2), (3, 4.25)), connections=((0, 1),))


def test_points_without_coordinates_were_not_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = read(tmp_path, "line;x;y\na;1;2\na;3;4\na;;\na; ;\na;5;6\na;7;8\n;;\n", ".csv")
    assert found == Landmarks(points=((1, 2), (3, 4), (5, 6), (7, 8)), connections=((0, 1), (2, 3)))
    assert "2 rows have no coordinates; these points were left out" in caplog.text
    with pytest.raises(UserError, match="row 2: x and y are not both numbers"):
        read(tmp_path, "x;y\n1;\n", ".csv")


def test_numbered_points_in_one_row(tmp_path: Path) -> None:
    text = "frame, x_0, x_1, x_10, x_2, y_0, y_1, y_10, y_2, z_0\n1, 1, 2, 10, , 5, 6, 7, , 9\n"
    assert read(tmp_path, text, ".csv") == Landmarks(points=((1, 5), (2, 6), (10, 7)))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON .line 1"),
        ("[[1, 2]]", "valid dictionary"),
        ("null", "valid dictionary"),
        (b"\xff\xfe\x00", "cannot be read"),
        ({}, "points: Field required"),
        ({"points": []}, "at least 1 item"),
        ({"points": [[1]]}, "points.0.1"),
        ({"points": [[1, 2, 3]]}, "points.0"),
        ({"points": [["a", 2]]}, "valid number"),
        ({"points": [[1, None]]}, "valid number"),
        ('{"points": [[NaN, 2]]}', "finite"),
        ('{"points": [[1, -Infinity]]}', "finite"),
        ('{"points": [[1e999, 2]]}', "finite"),
        ('{"points": [[1%s, 2]]}' % ("0" * 400), "valid number"),
        ('{"points": [[1%s, 2]]}' % ("0" * 5000), "cannot be read"),
        ("[" * 50_000, "cannot be read"),
        ({"points": [[0, 0]] * 20_001}, "at most 20000"),
        ({"points": [[1, 2]], "connections": [[0, 1]]}, "refers to a point that does not exist"),
        ({"points": [[1, 2]], "connections": [[-1, 0]]}, "refers to a point that does not exist"),
        ({"points": [[1, 2]], "connections": [[0]]}, "connections.0.1"),
        ({"points": [[1, 2]], "connections": [[0, 0.5]]}, "valid integer"),
        ({"points": [[1, 2]], "size": [0, 0]}, "size.0"),
        ({"points": [[1, 2]], "size": [40, -60]}, "size.1"),
        ({"points": [[1, 2]], "size": [10**9, 10**9]}, "size.0"),
        ({"points": [[1, 2]], "lines": []}, "lines: Extra inputs"),
    ],
)
def test_bad_json_is_refused_with_the_file_and_the_place(
    tmp_path: Path, content: str | bytes | dict, complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint) as caught:
        read(tmp_path, content)
    assert "points.json" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "header with x and y"),
        ("x,y\n", "no points below its header"),
        ("1,2\n3,4\n", "header with x and y"),
        ("a;b\n1;2\n", "header with x and y .*; it has a, b"),
        ("x,y\n1,2\n3\n", "row 3: x and y are not both numbers"),
        ("x,y\n1,b\n", "row 2: x and y are not both numbers"),
        ("x,y\n,2\n", "row 2"),
        ("x,y\nnan,2\n", "row 2: x and y must be finite"),
        ("x,y\n1,inf\n", "row 2: x and y must be finite"),
        ("x,y\n1,\0\n", "points.csv"),
        ("x,y\n1," + "9" * 200_000, "is not CSV"),
        ("x,y\n" + "1,2\n" * 20_001, "at most 20000"),
        (b"x,y\n\xff,1", "row 2: x and y are not both numbers"),
        (b"\xff\xfe\0", "cannot be read"),
        ("frame,x_0,y_0\n1,2,3\n2,3,4\n", "2 rows of numbered points; keep the row of this photo"),
    ],
)
def test_bad_csv_is_refused_with_the_file_and_the_row(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint) as caught:
        read(tmp_path, content, ".csv")
    assert "points.csv" in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UserError, match="cannot be read as landmarks"):
            read_landmarks(path)


def test_connections_are_drawn_between_their_pixels() -> None:
    lines = draw_landmarks(Landmarks.model_validate(TRIANGLE), (40, 60), (40, 60))
    assert lines[3, 2:31].all()
    assert lines[3:21, 30].sum() >= 17
    assert lines[20, 30]
    assert components(lines) == 1
    assert lines.sum() < 29 + 20 + 32


def test_lone_points_are_single_pixels() -> None:
    lines = draw_landmarks(Landmarks(points=((0, 0), (9, 4), (4.4, 2.6))), (5, 10), (5, 10))
    assert np.argwhere(lines).tolist() == [[0, 0], [3, 4], [4, 9]]


def test_points_scale_from_the_size_they_name_or_else_the_photos() -> None:
    named = Landmarks(points=((10, 5),), size=(20, 40))
    assert np.argwhere(draw_landmarks(named, (40, 80), (999, 999))).tolist() == [[11, 21]]
    unnamed = Landmarks(points=((10, 5),))
    assert np.argwhere(draw_landmarks(unnamed, (40, 80), (20, 40))).tolist() == [[11, 21]]
    assert np.argwhere(draw_landmarks(unnamed, (10, 20), (20, 40))).tolist() == [[2, 5]]


def test_what_lies_outside_is_cut_off() -> None:
    across = Landmarks(points=((-50, 4), (50, 4), (5, 50)), connections=((0, 1),))
    lines = draw_landmarks(across, (10, 10), (10, 10))
    np.testing.assert_array_equal(lines.any(axis=1), np.arange(10) == 4)
    assert lines[4].all()


@pytest.mark.parametrize("far", [1e9, 1e300, 1.7e308])
def test_far_off_points_end_in_finite_time(far: float) -> None:
    landmarks = Landmarks(points=((far, -far), (5, 5), (-far, far)), connections=((0, 1), (1, 2), (0, 2)))
    assert draw_landmarks(landmarks, (200, 200), (10, 10)).shape == (200, 200)
