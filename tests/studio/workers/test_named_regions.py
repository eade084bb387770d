"""The studio's labels have the names of what a photo shows of people."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from primage.api import configure
from primage.errors import PrimitiveError
from primage.image import resize_image
from primage.studio.workers.reader import Extract
from primage.studio.workers.reading import extract


@pytest.mark.usefixtures("detectors")
def test_regions_of_people_have_names(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(resize_image(data.astronaut(), (256, 256))).save(photo)
    found = extract(Extract(photo, configure("draft", "super", steps=0)))
    names = [label.name for label in found.labels]
    assert {"skin", "hair", "lips"} <= set(names)
    assert len(set(names)) == len(names)
    plain = extract(Extract(photo, configure("draft", "super", steps=0, settings=("primitive.segments.semantic=off",))))
    assert next(label.name for label in plain.labels) == "region 1"


@pytest.mark.usefixtures("detectors")
def test_points_of_people_are_a_kind_of_drawing(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(resize_image(data.astronaut(), (256, 256))).save(photo)
    found = extract(Extract(photo, configure("draft", "landmarks", steps=0)))
    lines = found.drawing.layers["edges"]
    assert 100 < (lines > 0).sum() < 4000
    assert found.labels == ()
    Image.fromarray(resize_image(data.coffee(), (96, 96))).save(tmp_path / "coffee.png")
    with pytest.raises(PrimitiveError, match="no face, hand or body"):
        extract(Extract(tmp_path / "coffee.png", configure("draft", "landmarks", steps=0)))
