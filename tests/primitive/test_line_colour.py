"""Lines of any colour and width over labels, in one picture."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from primage.errors import PrimitiveError
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import resize_edges
from primage.primitive.line_colour import find_line_colour, parse_colour, thin_colours
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.read import LayerFiles, read_primitive, training_primitive
from tests.labels.drawings import converted, profile

SIZE = (160, 200)
SKY, HOUSE, DOOR = (40, 80, 160), (200, 140, 60), (60, 200, 80)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
CONFIG = PrimitiveConfig(kind="super")
Colour = tuple[int, int, int]


def house(pen: float = 1, line: Colour | None = BLACK, scale: float = 1, antialiased: bool = False) -> np.ndarray:
    """A house with a door on a sky: three labels, whose borders a pen follows, and a path."""
    fine = 8 if antialiased else 1
    height, width = (round(side * scale) for side in SIZE)
    picture = Image.new("RGB", (width * fine, height * fine), SKY)
    drawing, unit = ImageDraw.Draw(picture), scale * fine
    outline = np.array([(40, 170), (40, 70), (100, 20), (160, 70), (160, 170)]) * unit
    door = np.array([(85, 120), (85, 70), (115, 70), (115, 120), (85, 120)]) * unit
    path = np.array([(10, 140), (25, 30), (38, 20)]) * unit
    for points, colour in ((outline, HOUSE), (door, DOOR)):
        drawing.polygon([tuple(p) for p in points], fill=colour)
    for points in (outline, door, path) if line is not None else ():
        drawing.line([tuple(p) for p in points], fill=line, width=max(1, round(pen * fine)), joint="curve")
    return np.array(picture.resize((width, height), Image.Resampling.BOX))


TRUTH = (house() == 0).all(axis=2)


def saved(path: Path, picture: np.ndarray | Image.Image, **options: object) -> LayerFiles:
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path, **options)
    return LayerFiles(whole=path)


def trained(files: LayerFiles) -> tuple[Primitive, PrimitiveSpec]:
    """A training primitive for a photo that has no lines of its own."""
    return training_primitive(np.zeros((*SIZE, 3), np.uint8), SIZE, CONFIG, files)


def shows_the_lines(edges: np.ndarray | None, within_px: float = 2.5) -> bool:
    assert edges is not None
    found = resize_edges(edges, SIZE)
    near_truth, near_found = (ndimage.distance_transform_edt(~lines) <= within_px for lines in (TRUTH, found))
    return bool(near_truth[found].mean() > 0.97 and near_found[TRUTH].mean() > 0.97)


@pytest.mark.parametrize(
    "line", [BLACK, WHITE, (30, 30, 35), (120, 60, 20), (128, 128, 128), (255, 120, 0), (90, 0, 130)]
)
@pytest.mark.parametrize(("pen", "scale"), [(1, 1), (4, 1), (7, 1), (2, 2), (5, 2)])
def test_lines_of_any_colour_and_width_are_lines(tmp_path: Path, line: Colour, pen: int, scale: int) -> None:
    picture = house(pen, line, scale)
    assert find_line_colour(picture) == line
    files = saved(tmp_path / "a.png", picture)
    primitive, spec = trained(files)
    assert spec.line_colour == line
    assert spec.edges_given
    assert shows_the_lines(primitive.edges)
    assert primitive.segments is not None
    assert {label.colour for label in primitive.segments.palette.labels} == {SKY, HOUSE, DOOR}
    again = read_primitive(files, spec, lambda _size: SIZE)
    np.testing.assert_array_equal(again.edges, primitive.edges)


@pytest.mark.parametrize("line", [BLACK, WHITE])
@pytest.mark.parametrize(("pen", "scale"), [(1, 1), (1, 0.5), (3, 1), (6, 1), (4, 2)])
def test_antialiased_lines_over_labels_stay_whole(tmp_path: Path, line: Colour, pen: int, scale: float) -> None:
    files = saved(tmp_path / "a.png", house(pen, line, scale, antialiased=True))
    primitive, spec = trained(files)
    assert shows_the_lines(primitive.edges)
    assert shows_the_lines(read_primitive(files, spec).edges)


@pytest.mark.parametrize("quality", [75, 95])
def test_lines_over_labels_survive_jpeg(quality: int, tmp_path: Path) -> None:
    primitive, spec = trained(saved(tmp_path / "a.jpg", house(2), quality=quality))
    assert spec.line_colour == BLACK
    assert shows_the_lines(primitive.edges)


@pytest.mark.parametrize("name", ["Display P3", "Adobe RGB"])
def test_narrow_labels_between_lines_survive_a_profile(tmp_path: Path, name: str) -> None:
    picture = house(1)
    picture[20:60:3, 10:40] = BLACK  # hatching: the sky between its lines is two pixels wide
    _, spec = trained(saved(tmp_path / "a.png", picture))
    image = converted(Image.fromarray(picture), name)
    again = read_primitive(saved(tmp_path / "b.png", image, icc_profile=profile(name)), spec)
    assert not again.differs(read_primitive(saved(tmp_path / "a.png", picture), spec)).any()


def test_an_indexed_drawing_is_read_like_one_in_rgb(tmp_path: Path) -> None:
    rgb, spec = trained(saved(tmp_path / "rgb.png", house(3)))
    files = saved(tmp_path / "indexed.png", Image.fromarray(house(3)).quantize(8))
    indexed, _ = trained(files)
    np.testing.assert_array_equal(indexed.edges, rgb.edges)
    np.testing.assert_array_equal(read_primitive(files, spec).edges, rgb.edges)


# Labels that are no lines


def test_label_maps_have_no_lines() -> None:
    for antialiased in (False, True):
        assert find_line_colour(house(line=None, antialiased=antialiased)) is None
    poles = house(line=None)
    poles[30:150, 170:173] = (153, 153, 153)
    assert find_line_colour(poles) is None
    assert [found.colour for found in thin_colours(poles)] == [(153, 153, 153)]


def test_the_photos_lines_stand_in_only_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    poles = house(line=None)
    poles[30:150, 170:173] = (153, 153, 153)
    _, spec = trained(saved(tmp_path / "a.png", poles))
    assert not spec.edges_given
    [record] = [r for r in caplog.records if "extracted from the photo" in r.message]
    assert record.levelno == logging.WARNING
    assert "(#999999 may be lines) with --line-colour" in record.message
    caplog.clear()
    trained(saved(tmp_path / "b.png", house()))
    assert not caplog.records


# The colour that a person names


def test_a_named_colour_is_the_lines_colour(tmp_path: Path) -> None:
    poles = house(line=None)
    poles[30:150, 170:173] = (153, 153, 153)
    files = saved(tmp_path / "a.png", poles)
    files.line_colour = (160, 160, 160)
    primitive, spec = trained(files)
    assert spec.line_colour == (153, 153, 153)
    assert primitive.edges is not None
    assert primitive.edges[35:145, 171].all()
    files.line_colour = (0, 255, 255)
    with pytest.raises(PrimitiveError, match=r"no lines have the colour #00ffff; colours in it are #2850a0, #c88c3c"):
        trained(files)


def test_edited_drawings_may_have_lines_of_another_colour(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    primitive, spec = trained(saved(tmp_path / "a.png", house(1)))
    again = read_primitive(saved(tmp_path / "b.png", house(1, (120, 60, 20))), spec)
    np.testing.assert_array_equal(again.edges, primitive.edges)
    both = house(1)
    both[100:103, 60:80] = (230, 0, 120)
    files = saved(tmp_path / "c.png", both)
    files.line_colour = (230, 0, 120)
    found = read_primitive(files, spec).edges
    assert found is not None
    assert found[101, 62:78].all()
    assert found[TRUTH].mean() > 0.95
    caplog.clear()
    assert not read_primitive(saved(tmp_path / "d.png", house(line=None)), spec).edges.any()
    assert "no lines of the colour #000000 are drawn over the labels" in caplog.text


def test_kinds_without_lines_have_no_line_colour() -> None:
    with pytest.raises(PrimitiveError, match="has no lines"):
        LayerFiles(Path("a.png"), line_colour=BLACK).check("segments")
    with pytest.raises(PrimitiveError, match="give the drawing"):
        LayerFiles(line_colour=BLACK, segments=Path("a.png")).check("super")
    LayerFiles(Path("a.png"), line_colour=BLACK).check("super")


def test_colours_are_written_as_in_css() -> None:
    assert [parse_colour(text) for text in ("#fff", "#102030", " Navy", "rgb(1, 2, 3)")] == [
        WHITE,
        (16, 32, 48),
        (0, 0, 128),
        (1, 2, 3),
    ]
    for text in ("", "blackish", "12"):
        with pytest.raises(PrimitiveError, match=r"write #rrggbb"):
            parse_colour(text)
