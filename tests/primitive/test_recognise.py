"""What people hand over: whole drawings, labels alone, lines alone, as other programs save them, and photos."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from primage.errors import LabelError, PrimitiveError
from primage.image import write_png
from primage.labels.label_map import Label, LabelMap, Palette, resize_labels
from primage.primitive.config import PrimitiveConfig
from primage.primitive.layer import WaysOut
from primage.primitive.line_layer import LineLayer
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw, spec_of
from primage.primitive.read import LayerFiles, read_primitive
from primage.primitive.recognise import is_surely_photo, looks_drawn, recognise
from primage.primitive.write import write_primitive
from tests.primitive.drawings import on_ground

SIZE = (96, 128)
#: Sky, hill, house; white is a label of its own.
COLOURS = ((120, 180, 230), (60, 140, 60), (200, 60, 50), (255, 255, 255))
CONFIG = PrimitiveConfig(kind="super")


@pytest.fixture
def primitive() -> Primitive:
    index = np.zeros(SIZE, np.uint8)
    index[60:] = 1
    index[30:70, 40:80] = 2
    index[10:24, 90:120] = 3
    edges = np.zeros(SIZE, bool)
    edges[30, 40:81] = edges[70, 40:81] = True
    edges[30:71, 40] = edges[30:71, 80] = True
    labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate(COLOURS))
    return Primitive("super", segments=LabelMap(index, Palette(labels=labels, source="rgb")), edges=edges)


@pytest.fixture
def spec(primitive: Primitive) -> PrimitiveSpec:
    return spec_of(primitive, CONFIG)


def picture(primitive: Primitive, spec: PrimitiveSpec) -> Image.Image:
    return Image.fromarray(draw(primitive, spec.line_colour))


def lines_picture(primitive: Primitive) -> Image.Image:
    assert primitive.edges is not None
    return Image.fromarray(np.where(primitive.edges, np.uint8(0), np.uint8(255)))


def transparent(lines: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", lines.size)
    layer.putalpha(Image.eval(lines, lambda level: 255 - level))
    return layer


def test_own_exports_give_the_same_layers(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    assert primitive.edges is not None
    thick = primitive.edges.copy()
    thick[40:44, 10:30] = True  # read as someone's drawing, it would be thinned to its middle
    primitive = primitive.replace(edges=thick)
    write_primitive(tmp_path / "drawing.png", primitive, spec, layers=True)
    assert primitive.segments is not None
    labels = recognise([tmp_path / "drawing.segments.png"], "auto", CONFIG, spec)
    lines = recognise([tmp_path / "drawing.edges.png"], "auto", CONFIG, spec)
    assert list(labels.layers) == ["segments"]
    assert list(lines.layers) == ["edges"]
    assert (labels.layers["segments"].index == primitive.segments.index).all()
    assert (lines.layers["edges"] == thick).all()
    assert labels.said == lines.said == ()


def test_exported_lines_that_were_changed_are_read_as_a_drawing(primitive: Primitive, tmp_path: Path) -> None:
    file = tmp_path / "lines.png"
    LineLayer().write(file, np.asarray(primitive.edges))
    with Image.open(file) as image:
        text = {str(key): str(value) for key, value in image.text.items()}  # type: ignore[attr-defined]
        pixels = np.array(image.convert("L"))
    pixels[5:9, 5:60] = 128  # a thick grey stroke
    write_png(file, pixels, {key: value for key, value in text.items() if "seal" not in key})
    file.write_bytes(file.read_bytes() + b"\0")  # as another program: the seal no longer fits
    lines = LineLayer().read(file)
    assert lines[:20, 10:55].any()
    assert lines[:20].sum(axis=0).max() == 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_labels_alone(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path, mode: str) -> None:
    assert primitive.segments is not None
    colours = np.array(COLOURS, np.uint8)[primitive.segments.index]
    image = Image.fromarray(colours)
    (image.quantize(16) if mode == "P" else image.convert(mode)).save(tmp_path / "labels.png")
    found = recognise([tmp_path / "labels.png"], "auto", CONFIG, spec)
    assert list(found.layers) == ["segments"]
    assert (found.layers["segments"].index == primitive.segments.index).all()
    assert found.layers["segments"].snapped is None
    assert all("another order" in each for each in found.said)


@pytest.mark.parametrize("how", ["grey", "rgb", "transparent", "red", "smooth"])
@pytest.mark.parametrize("trained", [True, False])
def test_lines_alone(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path, how: str, trained: bool) -> None:
    lines = lines_picture(primitive)
    red = Image.fromarray(np.where(np.array(lines)[..., None] == 0, np.array([220, 30, 30], np.uint8), np.uint8(255)))
    width, height = lines.size
    drawn = {
        "grey": lines,
        "rgb": lines.convert("RGB"),
        "transparent": transparent(lines),
        "red": red,
        "smooth": lines.resize((2 * width, 2 * height), Image.Resampling.BICUBIC),
    }[how]
    drawn.save(tmp_path / "lines.png")
    found = recognise([tmp_path / "lines.png"], "auto", CONFIG, spec if trained else None)
    assert list(found.layers) == ["edges"]
    if how != "smooth":
        # Thinning rounds the four corners off.
        assert (found.layers["edges"] != primitive.edges).sum() <= 4


def test_a_whole_drawing_has_both(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    picture(primitive, spec).save(tmp_path / "drawing.png")
    found = recognise([tmp_path / "drawing.png"], "auto", CONFIG, spec)
    assert list(found.layers) == ["segments", "edges"]
    assert found.said == ()


def test_what_was_snapped_is_known(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    picture(primitive, spec).save(tmp_path / "drawing.webp", quality=70)
    found = recognise([tmp_path / "drawing.webp"], "auto", CONFIG, spec)
    snapped = found.layers["segments"].snapped
    assert snapped.clear.shape == SIZE
    assert found.said == (f"{tmp_path / 'drawing.webp'}: {snapped.clear.sum():,} of {96 * 128:,} pixels were read as "
                          "the nearest label",)  # fmt: skip
    assert not snapped.doubtful.any()
    assert (snapped.slight <= snapped.clear).all()
    assert 0 < snapped.slight.sum() < snapped.clear.sum()
    # It is carried through to a primitive, at its size.
    read = read_primitive(LayerFiles(whole=tmp_path / "drawing.webp"), spec, lambda _: (48, 64))
    assert read.segments is not None
    assert read.segments.snapped is not None
    assert read.segments.snapped.clear.shape == (48, 64)


def test_what_was_in_doubt_is_known(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    pixels = np.array(picture(primitive, spec))
    pixels[75:85, 90:110] = (90, 90, 200)
    file = tmp_path / "drawing.png"
    Image.fromarray(pixels).save(file)
    with pytest.raises(LabelError, match="or choose Nearest labels"):
        recognise([file], "auto", CONFIG, spec, ways=WaysOut(snap="choose Nearest labels"))
    found = recognise([file], "auto", CONFIG, spec, snap=True)
    assert found.layers["segments"].snapped.doubtful.sum() == 200
    assert any("200 pixels in doubt" in each for each in found.said)


def test_unknown_names_are_in_doubt(spec: PrimitiveSpec) -> None:
    from primage.labels.identity import matched

    stored = Palette(labels=(Label(id=0, colour=(1, 1, 1)), Label(id=9, colour=(2, 2, 2))), source="grey")
    assert spec.palette is not None
    index = np.zeros((4, 6), np.uint8)
    index[1, 2:] = 1
    found = matched(LabelMap(index, stored), spec.palette, "id", snap=True, where="map")
    assert found.snapped is not None
    assert (found.snapped.doubtful == (index == 1)).all()
    assert resize_labels(found, (8, 12)).snapped is not None


def test_a_drawing_read_as_what_it_is_said_to_be(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    bare = primitive.replace(edges=np.zeros(SIZE, bool))
    picture(bare, spec).save(tmp_path / "labels.png")
    found = recognise([tmp_path / "labels.png"], "drawing", CONFIG, spec)
    assert not found.layers["edges"].any()  # all lines were erased, and that is said
    assert any("no lines" in each for each in found.said)
    with pytest.raises(PrimitiveError, match="no layer 'colours'"):
        recognise([tmp_path / "labels.png"], "colours", CONFIG, spec)


def test_masks_are_labels(tmp_path: Path) -> None:
    for name, rows in (("cat", slice(0, 40)), ("dog", slice(40, 96))):
        mask = np.zeros(SIZE, np.uint8)
        mask[rows] = 255
        Image.fromarray(mask).save(tmp_path / f"{name}.png")
    found = recognise([tmp_path / "cat.png", tmp_path / "dog.png"], "auto", CONFIG)
    assert [label.name for label in found.layers["segments"].palette.labels] == ["cat", "dog"]


def test_photos_on_a_plain_ground_do_not_look_drawn(tmp_path: Path) -> None:
    for name, photo in (("cat", data.chelsea()), ("coffee", data.coffee()), ("coins", data.coins())):
        for suffix in ("png", "jpg"):
            path = tmp_path / f"{name}.{suffix}"
            Image.fromarray(on_ground(photo)).save(path)
            assert not looks_drawn(path)
            with pytest.raises(LabelError, match="looks like a photo, not a label map"):
                recognise([path], "segments", CONFIG)


def test_photos_do_not_look_drawn(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    for name, photo in (("cat", data.chelsea()), ("coffee", data.coffee()), ("astronaut", data.astronaut())):
        Image.fromarray(photo).save(tmp_path / f"{name}.jpg", quality=90)
        assert not looks_drawn(tmp_path / f"{name}.jpg")
        for kind, known in (("super", spec), ("super", None), ("segments", None), ("edges", None)):
            assert is_surely_photo(tmp_path / f"{name}.jpg", kind, known)
        assert not is_surely_photo(tmp_path / f"{name}.jpg", "paint")
        with pytest.raises(LabelError, match="looks like a photo"):
            recognise([tmp_path / f"{name}.jpg"], "auto", CONFIG)
    picture(primitive, spec).save(tmp_path / "drawing.jpg", quality=80)
    lines_picture(primitive).save(tmp_path / "lines.jpg", quality=80)
    (tmp_path / "labels.json").write_text("{}")
    assert looks_drawn(tmp_path / "lines.jpg")
    assert looks_drawn(tmp_path / "labels.json")
    assert not is_surely_photo(tmp_path / "drawing.jpg", "super", spec)
    assert not is_surely_photo(tmp_path / "lines.jpg", "edges")


def test_what_others_say_is_not_louder_afterwards(primitive: Primitive, spec: PrimitiveSpec, tmp_path: Path) -> None:
    path = tmp_path / "drawing.jpg"
    picture(primitive, spec).save(path, quality=90)
    logger = logging.getLogger("primage.labels.undo_jpeg")
    before = logger.isEnabledFor(logging.INFO)
    recognise([path], "auto", CONFIG, spec)
    assert logger.isEnabledFor(logging.INFO) == before
