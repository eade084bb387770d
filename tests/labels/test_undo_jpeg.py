"""JPEG compression of drawings is undone where a drawing in known colours gives the file, and only there."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from primage.decoding.jpeg import jpeg_planes
from primage.errors import LabelError
from primage.labels.files import read_labels
from primage.labels.label_map import LabelMap, colourise
from primage.labels.undo_jpeg import undo_jpeg
from primage.origin.inference import inferred
from primage.origin.summary import summary
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import thin
from primage.primitive.primitive import Primitive, draw, spec_of
from primage.primitive.read import LayerFiles, read_primitive
from tests.labels.drawings import jpeg, voronoi
from tests.primitive.drawings import palette_of

#: Two pairs that JPEG's lightness does not tell apart.
PALETTE = palette_of((0, 255, 42), (255, 0, 212), (0, 127, 255), (255, 127, 0), (42, 0, 170), (127, 127, 127))
COLOURS = np.array([*(label.colour for label in PALETTE.labels), (0, 0, 0)], np.int32)


def narrow(seed: int, size: tuple[int, int] = (121, 158)) -> Primitive:
    """Cells of labels with hatching, contours and scribbles, which leave areas of one to four pixels between them."""
    rng = np.random.default_rng(seed)
    index = voronoi(6, seed, size)
    index[30:60, 20:90:5] = 3
    y, x = np.indices(size)
    lines = (index[:, :] != np.roll(index, 1, axis=1)) & (rng.random(size) < 0.9)
    lines |= ((x + 2 * y) % 7 == 0) & (x < 60)
    lines |= (np.rint(8 * np.sin(x / 9) + 80) == y) | (np.rint(8 * np.sin(x / 9) + 83) == y)
    return Primitive("super", segments=LabelMap(index, PALETTE), edges=thin(lines))


def shown(primitive: Primitive) -> np.ndarray:
    """Positions of the colours that a drawing shows."""
    assert primitive.segments is not None
    assert primitive.edges is not None
    return np.where(primitive.edges, len(COLOURS) - 1, primitive.segments.index)


@pytest.mark.parametrize("quality", [85, 92, 95])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_narrow_labels_between_lines_survive_jpeg(tmp_path: Path, quality: int, subsampling: int) -> None:
    drawing = narrow(3)
    spec = spec_of(drawing, PrimitiveConfig(kind="super"))
    picture = Image.fromarray(draw(drawing, spec.line_colour))
    picture.save(tmp_path / "a.png")
    (tmp_path / "a.jpg").write_bytes(jpeg(picture, quality, subsampling))
    exact, found = (read_primitive(LayerFiles(whole=tmp_path / name), spec) for name in ("a.png", "a.jpg"))
    assert exact.segments is not None
    assert found.segments is not None
    assert (found.segments.index == exact.segments.index).mean() >= (0.995 if subsampling else 1)
    assert (found.edges == exact.edges).mean() >= (0.998 if subsampling else 1)


@pytest.mark.parametrize("subsampling", [0, 2])
def test_label_maps_survive_jpeg(tmp_path: Path, subsampling: int, caplog: pytest.LogCaptureFixture) -> None:
    drawing = narrow(5).segments
    assert drawing is not None
    (tmp_path / "a.jpg").write_bytes(jpeg(Image.fromarray(colourise(drawing)), 90, subsampling))
    with caplog.at_level(logging.INFO):
        found = read_labels(tmp_path / "a.jpg", PALETTE)
    assert (found.index == drawing.index).mean() >= 0.998
    assert "JPEG compression was undone" in caplog.text


def test_what_was_more_than_compressed_is_left_alone() -> None:
    drawing = narrow(3)
    picture = Image.fromarray(draw(drawing))
    colours = COLOURS

    def undone(image: Image.Image, quality: int = 85) -> bool:
        planes = jpeg_planes(jpeg(image, quality, 2))
        assert planes is not None
        return undo_jpeg(planes, colours, 1) is not None

    assert undone(picture)
    assert undone(picture, 60)
    assert not undone(picture.filter(ImageFilter.GaussianBlur(0.7)))
    assert not undone(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).integers(0, 256, (*drawing.size, 3), dtype=np.uint8)
    assert not undone(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)))


@pytest.mark.parametrize("side", [14, 40])
def test_an_area_of_a_new_colour_is_not_made_of_known_ones(tmp_path: Path, side: int) -> None:
    segments = narrow(3).segments
    assert segments is not None
    pixels = colourise(segments)
    pixels[40 : 40 + side, 100 : 100 + side] = (90, 200, 160)
    (tmp_path / "a.jpg").write_bytes(jpeg(Image.fromarray(pixels), 90, 2))
    with pytest.raises(LabelError, match="JPEG compression mixes colours"):
        read_labels(tmp_path / "a.jpg", PALETTE)


def test_planes_of_a_jpeg() -> None:
    cells = np.random.default_rng(0).integers(60, 200, (16, 24, 3), dtype=np.uint8)
    picture = Image.fromarray(cells.repeat(2, 0).repeat(2, 1)[:-1, :-1])
    exact = np.asarray(Image.fromarray(cells).convert("YCbCr"), np.float32)[..., 1:] - 128
    planes = jpeg_planes(jpeg(picture, 100, 2))
    assert planes is not None
    assert planes.cell == (2, 2)
    assert planes.luma.shape == (31, 47)
    np.testing.assert_allclose(planes.chroma[:-1, :-1], exact[:-1, :-1], atol=4)
    for image, options in (
        (picture.convert("L"), {}),
        (picture.convert("CMYK"), {}),
        (picture, {"keep_rgb": True}),
    ):
        data = io.BytesIO()
        image.save(data, "JPEG", **options)
        assert jpeg_planes(data.getvalue()) is None


@pytest.mark.parametrize("quality", [85, 95])
def test_an_unedited_jpeg_shows_no_edit(tmp_path: Path, quality: int) -> None:
    drawing = narrow(3)
    spec = spec_of(drawing, PrimitiveConfig(kind="super"))
    (tmp_path / "a.jpg").write_bytes(jpeg(Image.fromarray(draw(drawing, spec.line_colour)), quality, 2))
    found = summary(inferred(read_primitive(LayerFiles(whole=tmp_path / "a.jpg"), spec), drawing))
    assert (found.moved, found.removed) == (0, 0)
    assert found.drawn < 0.001


def test_a_change_of_a_pixel_is_no_edit() -> None:
    drawing = narrow(3)
    assert drawing.segments is not None
    index = drawing.segments.index.copy()
    index[5, 5] = (index[5, 5] + 1) % 6
    changed = Primitive("super", segments=LabelMap(index, PALETTE), edges=drawing.edges)
    assert str(summary(inferred(changed, drawing))) == "nothing moved or removed; 0.0 % drawn anew"
