"""The studio's labels have the names of what a photo shows of people."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from primage.api import configure
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
