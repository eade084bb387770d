"""Edits that are carried to the frames of a video."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.image import read_image
from primage.manipulate.movie import write_movie
from tests.tiny import command, contents, options, picture, write_photo

BOX = {"shape": "rectangle", "top_left": [0.12, 0.15], "bottom_right": [0.48, 0.75]}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frames, in which everything moves to the right."""
    folder = tmp_path_factory.mktemp("frames")
    for number in range(3):
        Image.fromarray(np.roll(picture(), 2 * number, axis=1)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    path = tmp_path / "edits.json"
    path.write_text(json.dumps([{"op": "erase", "region": BOX}]))
    return path


def test_an_edit_reaches_all_frames(run: Path, frames: Path, edits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.webp"
    assert command("propagate", run, frames, edits, "-o", out, "--fps", 5, "-q") == 0
    for number in range(3):
        image, frame = read_image(tmp_path / f"out.frames/{number:06d}.png"), read_image(frames / f"{number}.png")
        assert image.shape == frame.shape  # at the frame's own size, not the working size
        changed = (image != frame).any(axis=2)
        height, width = changed.shape
        inside = np.zeros_like(changed)
        inside[round(0.15 * height) : round(0.75 * height), round(0.12 * width) : round(0.55 * width)] = True
        assert changed[inside].mean() > 0.3
        assert not changed[:, round(0.8 * width) :].any()
    before = contents(tmp_path)
    assert command("propagate", run, frames, edits, "-o", out, "--fps", 5, "-q") == 0
    assert contents(tmp_path) == before


def test_an_edited_drawing_is_carried_through_a_video(run: Path, frames: Path, edits: Path, tmp_path: Path) -> None:
    assert command("edit", run, edits, "-o", tmp_path / "drawing.png", "-q") == 0
    write_movie(tmp_path / "video.mp4", sorted(frames.glob("*.png")), 5.0)
    out = tmp_path / "out.mp4"
    assert command("propagate", run, tmp_path / "video.mp4", tmp_path / "drawing.png", "-o", out, "-q") == 0
    assert len(list((tmp_path / "out.frames").glob("*.png"))) == 3
    assert out.is_file()


def test_wrong_input_costs_nothing(run: Path, frames: Path, edits: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no video")
    (tmp_path / "extended.json").write_text(json.dumps([{"op": "extend", "right": 0.3}]))
    (tmp_path / "tall").mkdir()
    for number in range(2):
        Image.new("RGB", (40, 90)).save(tmp_path / f"tall/{number}.png")
    photo = write_photo(tmp_path)
    (tmp_path / "manual.png").write_bytes(photo.read_bytes())
    manual = [*options(steps=0, size=48, primitive="manual"), "--primitive-file", tmp_path / "manual.png"]
    assert command("train", photo, "-o", tmp_path / "manual", "-q", *manual) == 0
    before = contents(tmp_path)
    for wrong in (
        [run, tmp_path / "none.mp4", edits],
        [run, tmp_path / "note.txt", edits],
        [run, frames, tmp_path / "extended.json"],
        [run, frames, tmp_path / "note.txt"],
        [run, tmp_path / "tall", edits],
        [tmp_path / "manual", frames, edits],
    ):
        assert command("propagate", *wrong, "-o", tmp_path / "new.webp", "-q") == 2
        new = {name: data for name, data in contents(tmp_path).items() if name not in before}
        assert all(name.startswith("new.frames/") for name in new)
        assert not (tmp_path / "new.webp").exists()


def test_frames_that_are_read_are_not_replaced(run: Path, edits: Path, tmp_path: Path) -> None:
    moved = [{"op": "move", "region": BOX, "by": [0.1, 0]}]
    (tmp_path / "keys.json").write_text(json.dumps({"fps": 4, "keys": [{"at": 0}, {"at": 0.5, "edits": moved}]}))
    assert command("animate", run, tmp_path / "keys.json", "-o", tmp_path / "a.webp", "-q") == 0
    before = contents(tmp_path)
    assert command("propagate", run, tmp_path / "a.frames", edits, "-o", tmp_path / "a.webp", "-q") == 2
    assert contents(tmp_path) == before
    Image.new("RGB", (64, 48)).save(tmp_path / "a.frames/000001.png")  # of another size than the first
    Image.new("RGB", (128, 96)).save(tmp_path / "a.frames/000002.png")
    assert command("propagate", run, tmp_path / "a.frames", edits, "-o", tmp_path / "b.webp", "-q") == 2
