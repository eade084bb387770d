"""Drawings larger than the photo, rendered to files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.api import train
from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Edit, Extend, Paint, Rectangle
from primage.errors import PrimitiveError
from primage.image import read_image
from primage.model import Model
from primage.origin.plane import Origin
from primage.primitive.margins import Margins
from primage.render.extension import extended_results
from primage.render.files import render_drawing, training_drawing
from primage.render.original import Original
from primage.synthesis.options import DEFAULT_OPTIONS
from tests.tiny import SETTINGS, one_thread, picture

#: Of the photo, which is twice as large as the drawing.
FULL = (96, 128)
#: In the photo; 16 px to the right and 12 px below are added to the drawing.
ENLARGE = Extend(right=0.25, bottom=0.25)
PLACE = slice(0, 96), slice(0, 128)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(picture(size=FULL)).save(path)
    return path


@pytest.fixture(scope="module")
def model(photo: Path) -> Model:
    return train(photo, photo.parent / "run", preset="draft", steps=0, size=48, settings=SETTINGS["draft"])


def extended(model: Model, *edits: Edit) -> Edited:
    return edited(training_drawing(model), [ENLARGE, *edits])


def write(model: Model, drawing: Edited, photo: Path, out: Path, patch: bool = False) -> np.ndarray:
    source = photo.parent / "edits.json"
    source.write_text("[]")
    original = Original(photo, patch=patch)
    (result,) = render_drawing(model, drawing, out, [source], original=original, overwrite=True)
    return np.asarray(result.image)


def test_the_photo_is_kept_and_continued(model: Model, photo: Path, tmp_path: Path) -> None:
    found = write(model, extended(model), photo, tmp_path / "out.png")
    assert found.shape == (120, 160, 3)
    np.testing.assert_array_equal(found[PLACE], read_image(photo))
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), found)
    # The ground goes on: sand at the right of the upper border.
    assert np.abs(found[4:20, 136:].reshape(-1, 3).mean(axis=0) - (200, 180, 90)).max() < 15


def test_without_the_photo_it_has_the_size_of_the_drawing(model: Model, tmp_path: Path) -> None:
    source = tmp_path / "edits.json"
    source.write_text("[]")
    (result,) = render_drawing(model, extended(model), tmp_path / "small.png", [source])
    assert result.polished is not None
    assert result.polished.synthesised.sum() == 60 * 80 - 48 * 64
    assert result.image.shape == (60, 80, 3)
    np.testing.assert_array_equal(result.image[:48, :64], model.photo)


def test_what_was_moved_beyond_the_border_is_copied(model: Model, photo: Path, tmp_path: Path) -> None:
    disc = Rectangle(top_left=(0.42, 0.1), bottom_right=(0.78, 0.7))  # of the larger canvas
    drawing = extended(model, Copy(region=disc, by=(0.22, 0.3)))
    found = write(model, drawing, photo, tmp_path / "out.png")
    sharp = write(model, extended(model), photo, tmp_path / "plain.png")
    assert (found[96:] != sharp[96:]).any()
    red = (found[..., 0] > 140) & (found[..., 1] < 80)
    assert red[:, 128:].sum() > 100
    np.testing.assert_array_equal(found[:40, :40], read_image(photo)[:40, :40])


def test_what_is_drawn_in_the_margin_leaves_the_photo_alone(model: Model, photo: Path, tmp_path: Path) -> None:
    assert model.primitive.segments is not None
    blue = int(model.primitive.segments.index[20, 24])
    drawing = extended(model, Paint(points=((0.9, 0.1), (0.9, 0.5)), label=blue, radius=0.07))
    found = write(model, drawing, photo, tmp_path / "out.png")
    np.testing.assert_array_equal(found[PLACE], read_image(photo))
    assert (found[20:50, 140:150, 2] > found[20:50, 140:150, 0]).mean() > 0.8


def test_layers_and_the_patch_lie_where_they_belong(model: Model, photo: Path, tmp_path: Path) -> None:
    drawing = extended(model)
    found = write(model, drawing, photo, tmp_path / "out.ora")
    with zipfile.ZipFile(tmp_path / "out.ora") as archive:
        merged = np.asarray(Image.open(io.BytesIO(archive.read("mergedimage.png"))).convert("RGB"))
        np.testing.assert_array_equal(merged, found)
        stack = archive.read("stack.xml").decode()
    assert 'w="160"' in stack
    write(model, drawing, photo, tmp_path / "out.psd")
    with Image.open(tmp_path / "out.psd") as picture_file:
        assert picture_file.size == (160, 120)
    write(model, drawing, photo, tmp_path / "patch.png", patch=True)
    alpha = np.asarray(Image.open(tmp_path / "patch.png"))[..., 3]
    assert not alpha[PLACE].any()
    assert alpha[96:].all()
    assert alpha[:, 128:].all()


def test_a_drawing_that_does_not_fit_is_refused(model: Model) -> None:
    primitive = model.primitive.extended(Margins(left=8))
    drawing = Edited(primitive, Origin.unmoved(primitive.size))
    with pytest.raises(PrimitiveError, match="72×48 px, but the photo with its margins 64×48 px"):
        next(extended_results(model, drawing, [DEFAULT_OPTIONS]))
    with pytest.raises(PrimitiveError, match="larger than the photo"):
        model.picture(primitive, origin=Origin.unmoved(model.size).extended(Margins(left=8)))
