"""Drawings a row or two off their photo's shape are stretched to it; all others keep their own."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from primage.image import working_size
from primage.labels.label_map import colourise
from primage.primitive.primitive import PrimitiveSpec
from primage.primitive.read import LayerFiles, read_primitive
from primage.primitive.shape import fitted
from tests.primitive.drawings import blocks, described, drawing


@pytest.fixture
def spec() -> PrimitiveSpec:
    return described(drawing("segments", (80, 120))).model_copy(update={"photo_size": (160, 240)})


@pytest.mark.parametrize("size", [(79, 120), (80, 119), (81, 121), (82, 120), (159, 240), (161, 238)])
def test_a_row_too_few_or_too_many_is_stretched_with_a_note(
    tmp_path: Path, spec: PrimitiveSpec, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    short = 80 if size[0] < 100 else 160
    pixels = np.pad(colourise(blocks((short, short * 3 // 2))), ((0, 4), (0, 4), (0, 0)), "edge")[: size[0], : size[1]]
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with caplog.at_level(logging.INFO, "primage"):
        read = read_primitive(LayerFiles(whole=tmp_path / "a.png"), spec, lambda found: working_size(found, 80))
    assert abs(read.size[0] - 80) + abs(read.size[1] - 120) <= 1
    assert "a row or two off the photo's shape" in caplog.text
    assert f"is {size[1]}×{size[0]} px" in caplog.text


def test_a_drawing_of_another_shape_keeps_it(
    tmp_path: Path, spec: PrimitiveSpec, caplog: pytest.LogCaptureFixture
) -> None:
    Image.fromarray(colourise(blocks((80, 160)))).save(tmp_path / "a.png")
    with caplog.at_level(logging.INFO, "primage"):
        assert read_primitive(LayerFiles(whole=tmp_path / "a.png"), spec).size == (80, 160)
    assert "stretched" not in caplog.text


@given(st.tuples(st.integers(32, 3000), st.integers(32, 3000)), st.integers(32, 1500))
def test_the_photos_shape_at_any_size_fits(photo: tuple[int, int], short: int) -> None:
    size = working_size(photo, short)
    assert fitted(size, photo, "a") in (size, photo)
    assert fitted(size, None, "a") == size
