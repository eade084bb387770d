"""Landmarks of the frames of a clip."""

from __future__ import annotations

import logging
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from primage.errors import PrimitiveError
from primage.evaluate.protocol.frames import Clip, Frame
from primage.evaluate.protocol.landmark_track import with_landmarks
from primage.primitive.landmarks import read_landmarks
from tests.tiny import command

pytestmark = pytest.mark.usefixtures("detectors")


def finished(events: Generator[Any, None, Clip]) -> Clip:
    while True:
        try:
            next(events)
        except StopIteration as done:
            return done.value


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A face that moves to the right by 4 px a frame; in the last frame it is gone."""
    folder = tmp_path / "frames"
    folder.mkdir()
    photo = data.astronaut()[:256, 80:336]
    for number in range(3):
        Image.fromarray(np.roll(photo, 4 * number, axis=1)).save(folder / f"{number}.png")
    Image.fromarray(data.coffee()[:256, :256]).save(folder / "3.png")
    return folder


def clip_of(folder: Path) -> Clip:
    return Clip("clip", tuple(Frame(path.stem, path) for path in sorted(folder.iterdir())), 0)


def test_each_frame_has_its_points_and_an_empty_one_those_before(
    frames: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "primage"):
        clip = finished(with_landmarks(clip_of(frames), tmp_path / "points"))
    read = [read_landmarks(frame.layers["edges"]) for frame in clip.frames]
    oval = [np.array(each.points[:36]).mean(axis=0) for each in read]
    np.testing.assert_allclose(oval[1] - oval[0], [4, 0], atol=1)
    np.testing.assert_allclose(oval[2] - oval[0], [8, 0], atol=1)
    assert read[3] == read[2]
    assert "1 frames show nobody" in caplog.text


def test_a_training_frame_without_people_is_refused(frames: Path, tmp_path: Path) -> None:
    clip = Clip("clip", clip_of(frames).frames, 3)
    with pytest.raises(PrimitiveError, match=r"3\.png: shows no face, hand or body; .*--edges"):
        finished(with_landmarks(clip, tmp_path / "points"))


def test_points_that_are_given_are_used(frames: Path, tmp_path: Path) -> None:
    given = Clip("clip", (Frame("0", frames / "0.png", layers={"edges": frames / "x.json"}), Frame("1", frames)), 0)
    assert finished(with_landmarks(given, tmp_path / "points")) is given
    assert not (tmp_path / "points").exists()


@pytest.mark.slow
def test_a_video_is_evaluated_by_its_landmarks(frames: Path, tmp_path: Path) -> None:
    (frames / "3.png").unlink()
    out = tmp_path / "report"
    arguments = ("evaluate", "video", frames, "-p", "landmarks", "--steps", "0", "--size", "64", "--metrics", "psnr")
    assert command(*arguments, "-o", out, "--quiet") == 0
    assert (out / "frames" / "landmarks" / "1.json").is_file()
    drawn = np.asarray(Image.open(out / "frames" / "primitives" / "1.png").convert("L")) == 0
    assert drawn.sum() > 100
