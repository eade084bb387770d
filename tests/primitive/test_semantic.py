"""Label maps with the named regions of people."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from skimage import data

from primage.detection.regions import NAMES
from primage.errors import ConfigError
from primage.evaluate.protocol.frame_primitives import match_labels
from primage.image import resize_image
from primage.labels.label_map import LabelMap
from primage.primitive import semantic
from primage.primitive.extraction_config import SegmentsConfig
from primage.primitive.segments import extract_segments
from primage.primitive.semantic import extract_labels
from primage.run import Run
from tests.tiny import command, options

SIZE = (256, 256)


def name_at(labels: LabelMap, x: int, y: int) -> str:
    """The name of the label at a point of the photo of 512 px."""
    return labels.palette.labels[labels.index[y * SIZE[0] // 512, x * SIZE[1] // 512]].name


@pytest.mark.usefixtures("detectors")
def test_regions_of_a_person_have_names() -> None:
    labels = extract_labels(data.astronaut(), SIZE, SegmentsConfig())
    assert labels.index.shape == SIZE
    for x, y, name in (
        (222, 158, "skin"),  # below the mouth
        (204, 101, "irises"),
        (222, 125, "nose"),
        (222, 146, "mouth"),
        (222, 152, "lips"),
        (180, 60, "hair"),
        (260, 45, "hair"),
    ):
        assert name_at(labels, x, y) == name
    assert name_at(labels, 120, 300).startswith("person")  # the suit
    assert name_at(labels, 330, 60).startswith("background")
    names = [label.name for label in labels.palette.labels]
    assert len(set(names)) == len(names)
    assert len({label.colour for label in labels.palette.labels}) == len(names)
    assert set(np.unique(labels.index)) == set(range(len(names)))


@pytest.mark.usefixtures("detectors")
def test_a_photo_without_people_is_segmented_as_ever() -> None:
    photo = resize_image(data.coffee(), (128, 192))
    labels = extract_labels(photo, (128, 192), SegmentsConfig())
    expected = extract_segments(photo, SegmentsConfig())
    np.testing.assert_array_equal(labels.index, expected.index)
    assert labels.palette == expected.palette
    assert labels.palette.labels[0].name == "region 1"


@pytest.mark.usefixtures("detectors")
def test_the_switch_is_off() -> None:
    photo = resize_image(data.astronaut(), (128, 128))
    labels = extract_labels(photo, (128, 128), SegmentsConfig(semantic="off"))
    np.testing.assert_array_equal(labels.index, extract_segments(photo, SegmentsConfig()).index)


@pytest.mark.usefixtures("detectors")
def test_people_are_not_looked_for_again_while_a_slider_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = resize_image(data.astronaut(), (128, 128))
    first = extract_labels(photo, (128, 128), SegmentsConfig(regions=6))
    monkeypatch.setattr(semantic, "find_regions", None)
    second = extract_labels(photo, (128, 128), SegmentsConfig(regions=20))
    assert len(second.palette.labels) > len(first.palette.labels)


def test_without_the_detectors_extraction_goes_on_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(semantic, "why_not", lambda: "the weights are damaged")
    semantic._say_once_that_nobody_looks.cache_clear()
    photo = resize_image(data.astronaut(), (96, 96))
    with caplog.at_level(logging.INFO, "primage"):
        for _ in range(2):
            labels = extract_labels(photo, (96, 96), SegmentsConfig())
    assert caplog.text.count("not named: the weights are damaged") == 1
    np.testing.assert_array_equal(labels.index, extract_segments(photo, SegmentsConfig()).index)


def test_a_package_that_cannot_be_loaded_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from primage.detection import interpreter

    def load(*_: object) -> None:
        interpreter.Network(b"")

    monkeypatch.setattr(interpreter, "is_installed", lambda: True)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.setattr(semantic, "why_not", lambda: None)
    monkeypatch.setattr(semantic, "find_regions", load)
    semantic._LAST.clear()
    semantic._say_once_that_nobody_looks.cache_clear()
    photo = resize_image(data.astronaut(), (96, 96))
    with caplog.at_level(logging.INFO, "primage"):
        labels = extract_labels(photo, (96, 96), SegmentsConfig())
    assert "cannot be loaded" in caplog.text
    np.testing.assert_array_equal(labels.index, extract_segments(photo, SegmentsConfig()).index)
    with pytest.raises(ConfigError, match="install it again"):
        extract_labels(photo, (96, 96), SegmentsConfig(semantic="on"))


def test_what_is_asked_for_needs_the_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    from primage.detection import interpreter

    monkeypatch.setattr(interpreter, "is_installed", lambda: False)
    interpreter.network.cache_clear()
    with pytest.raises(ConfigError, match=r"primage\[detect\]"):
        extract_labels(np.zeros((64, 65, 3), np.uint8), (64, 65), SegmentsConfig(semantic="on"))
    with pytest.raises(ValidationError):
        SegmentsConfig(semantic="perhaps")


@pytest.mark.usefixtures("detectors")
def test_frames_are_matched_by_the_names_of_people() -> None:
    photo = resize_image(data.astronaut(), (128, 128))
    training = extract_labels(photo, (128, 128), SegmentsConfig())
    # The same picture in other colours: matched by colour, skin would be something else.
    other = np.ascontiguousarray(255 - photo)
    matched = match_labels(other, training, photo, training)
    for name in NAMES:
        positions = [number for number, label in enumerate(training.palette.labels) if label.name == name]
        for position in positions:
            np.testing.assert_array_equal(matched.index == position, training.index == position)


@pytest.mark.usefixtures("detectors")
def test_names_are_recorded_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, run = tmp_path / "photo.png", tmp_path / "run"
    Image.fromarray(resize_image(data.astronaut(), (160, 160))).save(photo)
    assert command("train", photo, "-o", run, *options(steps=1), "--quiet") == 0
    palette = Run(run).record.spec.palette
    assert palette is not None
    assert "hair" in [label.name for label in palette.labels]
    capsys.readouterr()
    assert command("info", run) == 0
    assert "'hair'" in capsys.readouterr().out
    # The same command resumes: what is extracted is the same.
    assert command("train", photo, "-o", run, *options(steps=1), "--quiet") == 0
    # Without the detectors it is not; the run goes on with its own drawing.
    monkeypatch.setattr(semantic, "why_not", lambda: "no package")
    assert command("train", photo, "-o", run, *options(steps=1), "--quiet") == 2
    assert f"(another primitive); to go on with the run's own: primage train --continue -o {run}" in " ".join(
        capsys.readouterr().err.split()
    )
    assert command("train", "--continue", "-o", run, "--steps", 1, "--quiet") == 0
