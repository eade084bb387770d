"""Primitives of test frames."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.evaluate.protocol.frame_primitives import frame_primitive, match_labels
from primage.evaluate.protocol.frames import Frame
from primage.evaluate.protocol.results import Results
from primage.labels.label_map import Label, LabelMap, Palette
from primage.model import load
from tests.evaluate.tiny_clips import moved


def test_labels_are_matched_by_colour_and_position() -> None:
    def map_of(photo: np.ndarray, order: tuple[int, int, int]) -> LabelMap:
        rgb = photo.astype(int)
        index = np.full(rgb.shape[:2], order[0], np.uint8)
        index[rgb[..., 2] > 120] = order[1]
        index[(rgb[..., 0] > 150) & (rgb[..., 1] < 90)] = order[2]
        labels = tuple(Label(id=i, colour=(i, 0, 0)) for i in range(3))
        return LabelMap(index, Palette(labels=labels, source="made"))

    training = map_of(moved(0), (0, 1, 2))
    found = match_labels(moved(2), map_of(moved(2), (2, 0, 1)), moved(0), training)
    assert (found.index == map_of(moved(2), (0, 1, 2)).index).all()
    assert found.palette == training.palette


def test_a_label_absent_from_the_training_frame_becomes_the_nearest(
    evaluated: tuple[Path, Results], walk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = load(evaluated[0] / "walk/ours/run")
    labels = np.asarray(Image.open(walk / "labels/1.png")).copy()
    labels[:10, :10] = (180, 44, 54)  # close to the disc's colour
    Image.fromarray(labels).save(tmp_path / "1.png")
    with caplog.at_level(logging.WARNING, "primage"):
        primitive = frame_primitive(model, Frame("1", walk / "walk/1.png", layers={"segments": tmp_path / "1.png"}))
    assert primitive.segments is not None
    disc = [label.colour for label in primitive.segments.palette.labels].index((180, 40, 50))
    assert (primitive.segments.index[1:6, 1:6] == disc).all()
    assert caplog.records == []


def test_given_edges_are_used_when_labels_are_extracted(
    evaluated: tuple[Path, Results], walk: Path, tmp_path: Path
) -> None:
    model = load(evaluated[0] / "walk/ours/run")
    lines = np.full((48, 64), 255, np.uint8)
    lines[20, 10:50] = 0
    Image.fromarray(lines).save(tmp_path / "1.png")
    primitive = frame_primitive(model, Frame("1", walk / "walk/1.png", layers={"edges": tmp_path / "1.png"}))
    assert primitive.edges is not None
    assert primitive.edges[20, 12:48].all()
    assert primitive.edges.sum() <= 40
    assert primitive.segments is not None
    assert primitive.segments.palette == model.record.spec.palette
