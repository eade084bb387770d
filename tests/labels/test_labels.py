"""Tests of label maps: every format, every refusal, and the way they are matched to a model's palette."""

from __future__ import annotations

import json
import logging
import time
import zipfile
from pathlib import Path

import numpy as np
import pydantic
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image, ImageDraw

from primage.errors import ImageError, LabelError
from primage.image import read_png_text, write_png
from primage.labels.distinct_colours import distinct_colours
from primage.labels.files import read_labels, write_labels
from primage.labels.from_colours import labels_from_rgb
from primage.labels.label_map import Label, LabelMap, Palette, colourise, label_boundaries, resize_labels

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 200, 0), (0, 0, 250), (255, 255, 255)


def blocks(size: int = 40, *, colours: tuple[tuple[int, int, int], ...] = (RED, GREEN, BLUE, WHITE)) -> np.ndarray:
    """Four squares, row by row."""
    cells = np.array(colours, np.uint8).reshape(2, 2, 3)
    return np.kron(cells, np.ones((size // 2, size // 2, 1), np.uint8))


def antialiased(size: int = 64) -> np.ndarray:
    """A blue disc and a green triangle on red, drawn four times as large and shrunk."""
    large = Image.new("RGB", (size * 4, size * 4), RED)
    draw = ImageDraw.Draw(large)
    draw.ellipse((size * 0.3, size * 0.3, size * 2, size * 2), fill=BLUE)
    draw.polygon([(size * 3.2, size), (size * 3.8, size * 3.7), (size * 1.5, size * 3.5)], fill=GREEN)
    return np.array(large.resize((size, size), Image.Resampling.BOX))


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def palette_of(*colours: tuple[int, int, int], source: str = "rgb") -> Palette:
    labels = tuple(Label(id=i, colour=c, name=f"label {i}") for i, c in enumerate(colours))
    return Palette(labels=labels, source=source)  # type: ignore[arg-type]


palettes = st.lists(
    st.tuples(st.integers(-5, 70_000), st.tuples(*[st.integers(0, 255)] * 3), st.text(max_size=8)),
    min_size=1,
    max_size=255,
    unique_by=lambda entry: entry[0],
).map(lambda entries: tuple(Label(id=i, colour=c, name=n) for i, c, n in entries))


# --- our own files


@settings(deadline=None, max_examples=60)
@given(
    labels=palettes,
    source=st.sampled_from(["palette", "rgb", "grey", "cvat", "labelme", "cityscapes", "made"]),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    seed=st.integers(0, 99),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    labels: tuple[Label, ...],
    source: str,
    size: tuple[int, int],
    seed: int,
) -> None:
    palette = Palette(labels=labels, source=source)  # type: ignore[arg-type]
    index = np.random.default_rng(seed).integers(0, len(labels), size).astype(np.uint8)
    path = tmp_path_factory.getbasetemp() / "round" / "trip_labelIds.png"
    write_labels(path, LabelMap(index, palette))
    for given_palette in (None, palette):
        read = read_labels(path, given_palette)
        np.testing.assert_array_equal(read.index, index)
        assert read.palette == palette
    with Image.open(path) as stored:
        assert stored.mode == "P"
        np.testing.assert_array_equal(np.array(stored), index)


def test_a_palette_changed_by_another_program_is_not_trusted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    index = np.indices((6, 6)).sum(0).astype(np.uint8) % 2
    write_labels(tmp_path / "a.png", LabelMap(index, palette_of(RED, GREEN)))
    text = read_png_text(tmp_path / "a.png")
    write_png(tmp_path / "b.png", 1 - index, text, palette=[GREEN, RED])
    read = read_labels(tmp_path / "b.png")
    assert "changed" in caplog.text
    assert read.palette.source == "palette"
    np.testing.assert_array_equal(colourise(read), colourise(read_labels(tmp_path / "a.png")))
    write_png(tmp_path / "c.png", index, {"primage.palette": '{"labels": []}'}, palette=[GREEN, RED])
    with pytest.raises(LabelError, match="damaged"):
        read_labels(tmp_path / "c.png")


def test_invalid_models_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError):
        Label(id=0, colour=(0, 0, 256))
    with pytest.raises(pydantic.ValidationError):
        Palette(labels=(), source="rgb")
    with pytest.raises(pydantic.ValidationError):
        Palette(labels=(Label(id=1, colour=RED),) * 2, source="rgb")
    with pytest.raises(LabelError, match="index 2"):
        LabelMap(np.full((2, 2), 2, np.uint8), palette_of(RED, GREEN))


# --- ids: palette, grey, Cityscapes


def test_palette_png_keeps_the_ids_in_use(tmp_path: Path) -> None:
    index = np.array([[0, 3], [7, 3]], np.uint8)
    write_png(tmp_path / "a.png", index, palette=[(20 * i, 40 * i % 256, 60 * i % 256) for i in range(8)])
    read = read_labels(tmp_path / "a.png")
    assert read.index.tolist() == [[0, 1], [2, 1]]
    assert read.palette.source == "palette"
    assert [(label.id, label.colour) for label in read.palette.labels] == [
        (0, (0, 0, 0)),
        (3, (60, 120, 180)),
        (7, (140, 24, 164)),
    ]
    np.testing.assert_array_equal(colourise(read)[..., 0], index.astype(int) * 20)


def test_grey_png(tmp_path: Path) -> None:
    read = read_labels(save(tmp_path / "a.png", np.array([[0, 9], [200, 9]], np.uint8)))
    assert read.palette.source == "grey"
    assert [(label.id, label.colour) for label in read.palette.labels] == [(v, (v, v, v)) for v in (0, 9, 200)]
    assert read.index.tolist() == [[0, 1], [2, 1]]
    bits = read_labels(save(tmp_path / "b.png", np.eye(4) > 0))
    assert [label.id for label in bits.palette.labels] == [0, 255]


IDS = np.kron(np.array([[7, 8, 11], [33, 7, 8]], np.uint8), np.ones((20, 20), np.uint8))


def test_grey_ids_get_distinct_colours(tmp_path: Path) -> None:
    read = read_labels(save(tmp_path / "ids.png", IDS))
    assert [label.id for label in read.palette.labels] == [7, 8, 11, 33]
    assert [label.colour for label in read.palette.labels] == distinct_colours(4)
    for levels in ((0, 1), (0, 100, 101, 255), (5, 12, 30)):  # neighbours, or all dark
        few = read_labels(save(tmp_path / "few.png", np.resize(np.array(levels, np.uint8), (6, 6))))
        assert [label.colour for label in few.palette.labels] == distinct_colours(len(levels))
    for levels in ((0, 255), (0, 128, 255), (36, 54, 60, 255)):  # greys that can be told apart
        greys = read_labels(save(tmp_path / "greys.png", np.resize(np.array(levels, np.uint8), (6, 6))))
        assert [label.colour for label in greys.palette.labels] == [(v, v, v) for v in levels]


def test_edited_drawings_of_grey_ids_are_read_in_every_form(tmp_path: Path) -> None:
    palette = read_labels(save(tmp_path / "ids.png", IDS)).palette
    edited = IDS.copy()
    edited[5:15, 5:15] = 33
    edited[:20, 40:] = 7  # the label 11 is gone
    expected = np.searchsorted([7, 8, 11, 33], edited)
    np.testing.assert_array_equal(read_labels(save(tmp_path / "grey.png", edited), palette).index, expected)
    as_rgb = save(tmp_path / "rgb.png", np.repeat(edited[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_labels(as_rgb, palette).index, expected)
    drawn = save(tmp_path / "drawn.png", colourise(LabelMap(expected.astype(np.uint8), palette)))
    np.testing.assert_array_equal(read_labels(drawn, palette).index, expected)
    edited[0, 0] = 9
    with pytest.raises(LabelError, match="the id 9"):
        read_labels(save(tmp_path / "grey.png", edited), palette)


def test_palettes_of_grey_ids_saved_by_earlier_versions_stay(tmp_path: Path) -> None:
    labels = tuple(Label(id=v, colour=(v, v, v)) for v in (7, 8, 11, 33))
    old = Palette(labels=labels, source="grey")
    expected = np.searchsorted([7, 8, 11, 33], IDS).astype(np.uint8)
    np.testing.assert_array_equal(read_labels(save(tmp_path / "ids.png", IDS), old).index, expected)
    write_labels(tmp_path / "segments.png", LabelMap(expected, old))
    assert read_labels(tmp_path / "segments.png").palette == old


def test_16_bit_grey(tmp_path: Path) -> None:
    values = np.array([[0, 1000], [65535, 1000]], np.uint16)
    for path in (save(tmp_path / "a.png", values), tmp_path / "a.tif"):
        if path.suffix == ".tif":
            tifffile.imwrite(path, values)
        read = read_labels(path)
        assert [label.id for label in read.palette.labels] == [0, 1000, 65535]
        assert [label.colour for label in read.palette.labels] == distinct_colours(3)
        assert read.index.tolist() == [[0, 1], [2, 1]]
        assert read_labels(path, read.palette).palette == read.palette
        with pytest.raises(LabelError, match="16-bit ids"):
            read_labels(path, palette_of(RED, GREEN))
    with pytest.raises(LabelError, match="300 labels"):
        read_labels(save(tmp_path / "b.png", np.arange(300, dtype=np.uint16).reshape(10, 30) * 9))


def test_too_many_labels(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    everything = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(3, 0).repeat(3, 1)
    write_png(tmp_path / "p.png", everything, palette=[(i, 0, 0) for i in range(256)])
    for path in (save(tmp_path / "l.png", everything), tmp_path / "p.png"):
        with pytest.raises(LabelError, match=r"256 labels .*at most 255"):
            read_labels(path)
    assert len(read_labels(save(tmp_path / "m.png", np.minimum(everything, 254))).palette.labels) == 255
    assert "is this a photo" in caplog.text


def test_the_authors_segments(deepsim: Path) -> None:
    read = read_labels(deepsim / "face_video" / "train" / "segments.png")
    levels = [36, 54, 60, 66, 79, 115, 176, 182, 219, 237, 255]
    assert [label.id for label in read.palette.labels] == levels
    assert read.index.shape == (480, 480)


def test_cityscapes(tmp_path: Path) -> None:
    values = np.array([[7, 26, 0], [33, 255, 23]], np.uint8)
    read = read_labels(save(tmp_path / "bonn_000_gtFine_labelIds.png", values))
    assert read.palette.source == "cityscapes"
    assert [(label.id, label.name, label.colour) for label in read.palette.labels] == [
        (0, "unlabeled", (0, 0, 0)),
        (7, "road", (128, 64, 128)),
        (23, "sky", (70, 130, 180)),
        (26, "car", read.palette.labels[3].colour),
        (33, "bicycle", (119, 11, 32)),
        (-1, "license plate", read.palette.labels[5].colour),
    ]
    # Officially, these two have one colour.
    assert {read.palette.labels[i].file_colour for i in (3, 5)} == {(0, 0, 142)}
    assert len({label.colour for label in read.palette.labels}) == 6
    train = read_labels(save(tmp_path / "x_labelTrainIds.png", np.array([[0, 13], [18, 255]], np.uint8)))
    assert [(label.id, label.name) for label in train.palette.labels] == [
        (0, "road"),
        (13, "car"),
        (18, "bicycle"),
        (255, "ignored"),
    ]


def test_cityscapes_has_every_id(tmp_path: Path) -> None:
    path = save(tmp_path / "a_labelIds.png", np.arange(34, dtype=np.uint8)[None])
    assert [label.id for label in read_labels(path).palette.labels] == list(range(34))
    path = save(tmp_path / "a_labelTrainIds.png", np.arange(19, dtype=np.uint8)[None])
    names = [label.name for label in read_labels(path).palette.labels]
    assert names[:3] + names[-2:] == ["road", "sidewalk", "building", "motorcycle", "bicycle"]


def test_unknown_ids_in_a_cityscapes_file_make_it_plain_grey(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read = read_labels(save(tmp_path / "mine_labelIds.png", np.array([[1, 77]], np.uint8)))
    assert read.palette.source == "grey"
    assert "[77]" in caplog.text


def test_ids_are_matched_by_id(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    index = np.array([[2, 5], [5, 9]], np.uint8)
    write_png(tmp_path / "train.png", index, palette=[(20 * i, 0, 0) for i in range(10)])
    palette = read_labels(tmp_path / "train.png").palette
    write_png(tmp_path / "edit.png", index.T[::-1], palette=[(0, 0, 9 * i) for i in range(10)])
    read = read_labels(tmp_path / "edit.png", palette)
    assert read.palette == palette
    assert read.index.tolist() == [[1, 2], [0, 1]]
    # Id 8 is not known: an error that says all there is to say, or the nearest colour.
    bad = np.kron(np.array([[2, 8], [8, 9]], np.uint8), np.ones((4, 4), np.uint8))[:, :-1]
    write_png(tmp_path / "bad.png", bad, palette=[(20 * i, 0, 0) for i in range(8)] + [(0, 99, 0), (180, 0, 0)])
    message = r"28 pixels have the colour #006300, .*\(4, 0\).*#280000 \(id 2, position 0\): use that one, or --snap"
    with pytest.raises(LabelError, match=message):
        read_labels(tmp_path / "bad.png", palette, way_out="--snap")
    assert read_labels(tmp_path / "bad.png", palette, snap=True).index[::4, ::4].tolist() == [[0, 0], [0, 2]]
    assert "28 pixels in doubt" in caplog.text


def test_grey_is_matched_by_level_and_tolerates_antialiasing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    grey = np.zeros((10, 10), np.uint8)
    grey[:, 5:] = 200
    palette = read_labels(save(tmp_path / "a.png", grey)).palette
    edited = grey.copy()
    edited[:, 5] = 120
    with caplog.at_level(logging.INFO, "primage"):
        read = read_labels(save(tmp_path / "b.png", edited), palette)
    np.testing.assert_array_equal(read.index, grey // 200)
    assert "10 of 100 pixels were read as the nearest label" in caplog.text
    edited[2:6, 2:6] = 90
    with pytest.raises(LabelError, match="#5a5a5a"):
        read_labels(save(tmp_path / "b.png", edited), palette)


def test_id_files_are_matched_by_colour_to_other_palettes(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.array([[0, 1], [4, 4]], np.uint8), palette=[RED, GREEN, RED, RED, BLUE])
    read = read_labels(tmp_path / "a.png", palette_of(BLUE, GREEN, RED, source="made"))
    assert read.index.tolist() == [[2, 1], [0, 0]]


# --- RGB


def test_rgb_palette_is_found_in_raster_order(tmp_path: Path) -> None:
    for name, options in (("a.png", {}), ("a.bmp", {}), ("a.tif", {}), ("a.webp", {"lossless": True})):
        read = read_labels(save(tmp_path / name, blocks(), **options))
        assert [label.colour for label in read.palette.labels] == [RED, GREEN, BLUE, WHITE]
        assert [label.id for label in read.palette.labels] == [0, 1, 2, 3]
        assert read.palette.source == "rgb"
        np.testing.assert_array_equal(colourise(read), blocks())


def test_rgba_is_read_over_white(tmp_path: Path) -> None:
    pixels = np.dstack([blocks(), np.full((40, 40), 255, np.uint8)])
    pixels[:20, :20, 3] = 0
    read = read_labels(save(tmp_path / "a.png", pixels))
    assert [label.colour for label in read.palette.labels] == [WHITE, GREEN, BLUE]


def test_antialiased_borders_are_snapped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = antialiased()
    with caplog.at_level(logging.INFO, "primage"):
        read = read_labels(save(tmp_path / "a.png", pixels))
    assert [label.colour for label in read.palette.labels] == [RED, BLUE, GREEN]
    exact = (pixels[..., None, :] == np.array([RED, BLUE, GREEN])).all(-1).any(-1)
    assert f"{(~exact).sum()} of 4,096 pixels were read as the nearest label" in caplog.text
    np.testing.assert_array_equal(colourise(read)[exact], pixels[exact])


def test_a_blend_of_three_labels_passes_where_three_meet_and_nowhere_else() -> None:
    pixels = blocks()
    palette = labels_from_rgb(pixels).palette
    pixels[20, 20] = (85, 85, 85)
    labels_from_rgb(pixels, palette)
    pixels[5:9, 5:9] = (85, 85, 85)
    with pytest.raises(LabelError, match="16 pixels have the colour #555555"):
        labels_from_rgb(pixels, palette)


def test_a_photo_is_not_a_label_map_at_render_time() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with pytest.raises(LabelError, match="looks like a photo, not a drawing"):
        labels_from_rgb(noise, palette_of(RED, GREEN, BLUE))


def test_a_soft_picture_that_moved_a_little_is_read_again(tmp_path: Path) -> None:
    pixels = antialiased()
    read = read_labels(save(tmp_path / "a.png", pixels))
    # The same picture at render time, and one whose shapes have moved by part of a pixel.
    for edited in (
        pixels,
        np.array(Image.fromarray(antialiased(128)).resize((64, 64), Image.Resampling.BILINEAR)),
    ):
        again = read_labels(save(tmp_path / "b.png", edited), read.palette)
        assert (again.index != read.index).mean() < 0.02


def test_neighbours_are_preferred_to_labels_far_away() -> None:
    # Halfway between black and white lies the grey of a label at the other end of the picture.
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:] = 255
    pixels[:, 20] = 140
    pixels[:, 50:] = 128
    read = labels_from_rgb(pixels, palette_of((0, 0, 0), (255, 255, 255), (128, 128, 128)))
    assert set(read.index[:, 20]) == {1}
    lone = np.full((9, 9, 3), 77, np.uint8)
    assert set(labels_from_rgb(lone, palette_of((0, 0, 0), (154, 154, 154)), snap=True).index.ravel()) == {0}


def test_specks_and_thin_lines_are_not_labels(caplog: pytest.LogCaptureFixture) -> None:
    pixels = blocks(200)
    pixels[50, :] = (9, 9, 9)
    pixels[150:152, 150:152] = (200, 9, 200)
    with caplog.at_level(logging.INFO, "primage"):
        read = labels_from_rgb(pixels)
    assert [label.colour for label in read.palette.labels] == [RED, GREEN, BLUE, WHITE]
    assert "204 of 40,000 pixels" in caplog.text


@pytest.mark.parametrize("kind", ["noise", "smooth", "tiny", "stripes"])
def test_photos_are_refused(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    if kind == "noise":
        pixels = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    elif kind == "smooth":
        pixels = np.dstack(np.broadcast_arrays(np.arange(128)[:, None], np.arange(128), 7)).astype(np.uint8)
        pixels[:20, :20] = RED
    elif kind == "tiny":
        pixels = np.zeros((2, 2, 3), np.uint8)
    else:
        pixels = np.kron(rng.integers(0, 256, (10, 10, 3)).astype(np.uint8), np.ones((5, 5, 1), np.uint8))
    with pytest.raises(LabelError, match="looks like a photo, not a label map"):
        read_labels(save(tmp_path / "a.png", pixels))


def test_unknown_colours_at_render_time(caplog: pytest.LogCaptureFixture) -> None:
    palette = labels_from_rgb(blocks()).palette
    edited = blocks()
    edited[30:34, 5:9] = (255, 160, 20)
    pattern = r"the edit: 16 pixels have the colour #ffa014, .* \(5, 30\).*#ff0000 \(id 0, position 0\).*, or --snap"
    with pytest.raises(LabelError, match=pattern):
        labels_from_rgb(edited, palette, where="the edit", way_out="--snap")
    with pytest.raises(LabelError, match=r"use that one$"):  # where there is no such option
        labels_from_rgb(edited, palette, where="the edit")
    # Solid blends of two labels are no antialiasing either, nor are thin strokes of a new colour.
    edited[30:34, 5:9] = (128, 100, 0)
    with pytest.raises(LabelError, match="#806400"):
        labels_from_rgb(edited, palette)
    edited = blocks()
    edited[3, 2:18] = (200, 255, 100)
    with pytest.raises(LabelError, match="16 pixels have the colour #c8ff64"):
        labels_from_rgb(edited, palette)
    read = labels_from_rgb(edited, palette, snap=True)
    assert (read.index[3, 2:18] == 3).all()
    assert "16 pixels in doubt were given the nearest label" in caplog.text
    edited[3, 2:18] = (10, 240, 100)
    named = palette_of(RED, GREEN, BLUE, WHITE)
    with pytest.raises(LabelError, match="'label 1'"):
        labels_from_rgb(edited, named)
    edited[3, 2:18] = RED
    edited[3, 3] = (200, 255, 100)  # a speck is none
    assert labels_from_rgb(edited, palette).index[3, 3] == 0


def test_ignored_pixels_take_the_nearest_label() -> None:
    pixels = blocks()
    lines = np.zeros((40, 40), bool)
    lines[18:22] = lines[:, 18:22] = True
    drawn = np.where(lines[..., None], np.uint8(0), pixels)
    for read in (
        labels_from_rgb(drawn, ignore=lines),
        labels_from_rgb(drawn, extra_colours=[(0, 0, 0)]),
        labels_from_rgb(drawn, labels_from_rgb(pixels).palette, ignore=lines),
    ):
        np.testing.assert_array_equal(colourise(read), pixels)
        assert [label.colour for label in read.palette.labels] == [RED, GREEN, BLUE, WHITE]
    with pytest.raises(LabelError, match="every pixel is a line"):
        labels_from_rgb(pixels, ignore=np.ones((40, 40), bool))


def test_blends_with_line_colours_are_accepted() -> None:
    palette = labels_from_rgb(blocks()).palette
    picture = blocks()
    picture[8] = picture[10] = (100, 0, 0)  # the soft borders of a black line over red
    picture[9] = 0
    picture[8:11, 20:] = blocks()[8:11, 20:]
    read = labels_from_rgb(picture, palette, extra_colours=[(0, 0, 0)])
    # At the line's very end two labels are equally near.
    assert (colourise(read) != blocks()).any(axis=-1).sum() <= 3


def test_files_that_are_not_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for path in (tmp_path / "a.txt", tmp_path / "missing.png"):
        with pytest.raises(ImageError):
            read_labels(path)
    with pytest.raises(LabelError, match=r"a folder without labels; an export of CVAT \(with labelmap\.txt"):
        read_labels(tmp_path)


def test_large_pictures_are_fast() -> None:
    pixels = np.kron(antialiased(256), np.ones((4, 4, 1), np.uint8))
    pixels[::4, ::4] = antialiased(256)
    start = time.perf_counter()
    palette = labels_from_rgb(pixels).palette
    labels_from_rgb(pixels, palette, snap=True)
    assert time.perf_counter() - start < 6  # each well under a second; other tests may run beside this one


# --- CVAT

LABELMAP = """# label:color_rgb:parts:actions
background:0,0,0::

sky: 0,0,250::
unused:9,9,9::
grass:0,200,0:a,b:c
"""


def mask() -> np.ndarray:
    return blocks(colours=((0, 0, 0), BLUE, GREEN, GREEN))


def export(root: Path, names: tuple[str, ...] = ("frame.png",), labelmap: str = LABELMAP) -> Path:
    for folder in ("SegmentationClass", "SegmentationObject"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            save(root / folder / name, mask())
    (root / "labelmap.txt").write_text(labelmap)
    return root


def zipped(root: Path, prefix: str = "") -> Path:
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, prefix + file.relative_to(root).as_posix())
    return path


def test_cvat_in_every_wrapping(tmp_path: Path) -> None:
    root = export(tmp_path / "cvat")
    (root / "beside").mkdir()
    save(root / "beside" / "m.png", mask())
    (root / "beside" / "labelmap.txt").write_text(LABELMAP)
    paths = [
        root,
        root / "SegmentationClass",
        root / "SegmentationClass" / "frame.png",
        root / "beside" / "m.png",
    ]
    archive, nested = zipped(root), zipped(export(tmp_path / "nested"), "task 1/")
    for path in (*paths, archive, nested, archive / "frame.png", archive / "SegmentationClass" / "frame.png"):
        read = read_labels(path)
        assert read.palette.source == "cvat"
        assert [(label.id, label.name, label.colour) for label in read.palette.labels] == [
            (0, "background", (0, 0, 0)),
            (1, "sky", BLUE),
            (3, "grass", GREEN),
        ]
        np.testing.assert_array_equal(colourise(read), mask())
        assert read_labels(path, palette_of(GREEN, BLUE, (0, 0, 0))).index[0, 0] == 2


def test_cvat_palette_masks(tmp_path: Path) -> None:
    root = export(tmp_path / "cvat")
    index = np.kron(np.array([[5, 1], [2, 2]], np.uint8), np.ones((9, 9), np.uint8))
    write_png(root / "SegmentationClass" / "frame.png", index, palette=[RED, BLUE, GREEN, RED, RED, (0, 0, 0)])
    assert [label.name for label in read_labels(root).palette.labels] == ["background", "sky", "grass"]


def test_cvat_with_several_masks_asks_for_one(tmp_path: Path) -> None:
    root = export(tmp_path / "cvat", tuple(f"f{i}.png" for i in range(7)))
    for path in (root, zipped(root)):
        with pytest.raises(LabelError, match=r"7 masks \(SegmentationClass/f0\.png, .*f4\.png, …\); name one"):
            read_labels(path)
    assert len(read_labels(zipped(root) / "f3.png").palette.labels) == 3
    assert len(read_labels(root / "SegmentationClass" / "f3.png").palette.labels) == 3
    with pytest.raises(LabelError, match=r"has no f9\.png among its masks; name .*SegmentationClass/f0\.png"):
        read_labels(zipped(root) / "f9.png")


def test_cvat_unlisted_colour(tmp_path: Path) -> None:
    root = export(tmp_path / "cvat", labelmap="background:0,0,0::\nsky:0,0,250::\n")
    with pytest.raises(LabelError, match="#00c800"):
        read_labels(root)
    assert len(read_labels(root, snap=True).palette.labels) == 2


@pytest.mark.parametrize(
    ("labelmap", "message"),
    [
        ("sky", "line 1: 'sky' is not of the form"),
        ("a:0,0,0::\nb:0,0,256::", "line 2"),
        ("# nothing\n", "lists 0 labels"),
        ("\n".join(f"l{i}:{i % 256},{i // 256},0::" for i in range(256)), "lists 256 labels"),
        ("x" * (1 << 20) + "y", "larger than 1 MB"),
    ],
)
def test_cvat_bad_labelmaps(tmp_path: Path, labelmap: str, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        read_labels(export(tmp_path / "cvat", labelmap=labelmap))


@pytest.mark.parametrize("name", ["../labelmap.txt", "a/../../b.png", "/etc/passwd", "C:/x.png", "..\\x.png"])
def test_zips_with_unsafe_names(tmp_path: Path, name: str) -> None:
    path = zipped(export(tmp_path / "cvat"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(LabelError, match="unsafe name"):
        read_labels(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cvat", "cvat.zip"]


def test_other_bad_zips(tmp_path: Path) -> None:
    path = zipped(export(tmp_path / "cvat"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LabelError, match="damaged or encrypted"):
        read_labels(path)
    at = whole.index(b"PNG") + 40
    path.write_bytes(whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])
    with pytest.raises(LabelError, match="damaged or encrypted"):
        read_labels(path)
    path.write_bytes(whole.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))
    with pytest.raises(LabelError, match="encrypted"):
        read_labels(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no masks")
    with pytest.raises(LabelError, match="a zip without labels"):
        read_labels(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("SegmentationClass/a.png", "no picture")
    with pytest.raises(LabelError, match=r"no labelmap\.txt"):
        read_labels(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labelmap.txt", LABELMAP)
    with pytest.raises(ImageError, match="a\\.png is a text file, which cannot be read as a picture"):
        read_labels(path)


def test_zip_bombs(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labelmap.txt", "#" * (2 << 20))
        archive.writestr("SegmentationClass/a.png", b"")
    with pytest.raises(LabelError, match="larger than 1 MB"):
        read_labels(path)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(10_001):
            archive.writestr(f"{i}", b"")
    with pytest.raises(LabelError, match="10001 files"):
        read_labels(path)


# --- labelme


def labelme(path: Path, shapes: list[dict[str, object]], **more: object) -> Path:
    path.write_text(json.dumps({"imageHeight": 40, "imageWidth": 60, "shapes": shapes, "imageData": None} | more))
    return path


def shape(label: str, kind: str, *points: tuple[float, float]) -> dict[str, object]:
    return {"label": label, "shape_type": kind, "points": points, "group_id": 3, "flags": {}}


def test_labelme(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shapes = [
        shape("sky", "rectangle", (59, 9), (0, 0)),
        shape("sun", "circle", (30, 20), (30, 25)),
        shape("line", "linestrip", (0, 0), (9, 9)),
        shape("point", "point", (0, 0)),
        shape("hill", "polygon", (0, 39), (20, 39), (0, 20)),
        shape("sky", "polygon", (50, 30), (59, 30), (59, 39), (50, 39)),
        shape("sun", "rectangle", (52, 32), (54, 34)),
    ]
    read = read_labels(labelme(tmp_path / "a.json", shapes))
    assert read.palette.source == "labelme"
    assert [(label.id, label.name) for label in read.palette.labels] == list(
        enumerate(["background", "sky", "sun", "hill"])
    )
    assert len({label.colour for label in read.palette.labels}) == 4
    at = {(0, 0): 1, (59, 9): 1, (59, 10): 0, (30, 20): 2, (30, 25): 2, (30, 26): 0, (1, 38): 3, (20, 20): 0}
    at |= {(50, 30): 1, (53, 33): 2, (55, 35): 1}
    assert {point: read.index[point[1], point[0]] for point in at} == at
    assert read.index.shape == (40, 60)
    assert "2 shapes without an area" in caplog.text


def test_labelme_is_matched_by_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sky, sun = shape("sky", "rectangle", (0, 0), (20, 20)), shape("sun", "rectangle", (30, 20), (40, 30))
    first = read_labels(labelme(tmp_path / "a.json", [sky, sun]))
    second = read_labels(labelme(tmp_path / "b.json", [sun, sky]), first.palette)
    np.testing.assert_array_equal(first.index, second.index)
    moon = labelme(tmp_path / "c.json", [sky, shape("moon", "rectangle", (30, 20), (31, 21))])
    with pytest.raises(LabelError, match=r"4 pixels have the name 'moon', first at \(x, y\) = \(30, 20\)"):
        read_labels(moon, first.palette)
    assert read_labels(moon, first.palette, snap=True).palette == first.palette
    assert "'moon'" in caplog.text


@pytest.mark.parametrize(
    ("shapes", "more", "message"),
    [
        ([], {"imageHeight": 0}, "imageWidth × imageHeight is 60 × 0"),
        ([], {"imageHeight": 10**9}, "imageHeight"),
        ([], {"imageWidth": "60"}, "imageWidth"),
        ([{"label": "a"}], {}, "'points' is missing"),
        ([shape("a", "polygon", (0, 0), (1, 1))], {}, "unusable points"),
        ([shape("a", "circle", (0, 0))], {}, "unusable points"),
        ([shape("a", "polygon", (0, 0), (1, 1), (float("nan"), 2))], {}, "unusable points"),
        ([shape("a", "polygon", (0, 0), (1, 1), (1e300, 2))], {}, "unusable points"),
        ([shape(f"l{i}", "rectangle", (0, 0), (1, 1)) for i in range(255)], {}, "more than 255"),
        ("no list", {}, "cannot|not a valid labelme"),
    ],
)
def test_labelme_refusals(
    tmp_path: Path, shapes: list[dict[str, object]], more: dict[str, object], message: str
) -> None:
    with pytest.raises(LabelError, match=message):
        read_labels(labelme(tmp_path / "a.json", shapes, **more))


def test_other_json_is_refused(tmp_path: Path) -> None:
    for text, message in (("{", "not valid JSON"), ('{"a": 1}', "neither a labelme nor"), ('{"a":' * 100_000, "JSON")):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(LabelError, match=message):
            read_labels(tmp_path / "a.json")


# --- resizing and colours


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 9),
)
def test_resizing_adds_no_label(old: tuple[int, int], new: tuple[int, int], seed: int) -> None:
    index = np.random.default_rng(seed).integers(0, 3, old).astype(np.uint8)
    label_map = LabelMap(index, palette_of(RED, GREEN, BLUE))
    resized = resize_labels(label_map, new)
    assert resized.index.shape == new
    assert resized.palette == label_map.palette
    assert set(resized.index.ravel()) <= set(index.ravel())
    # Enlarging by a whole number and shrinking again gives back what was there.
    large = resize_labels(label_map, (old[0] * 3, old[1] * 3))
    np.testing.assert_array_equal(large.index, np.kron(index, np.ones((3, 3), np.uint8)))
    np.testing.assert_array_equal(resize_labels(large, old).index, index)


def test_resizing_to_the_same_size_does_nothing() -> None:
    label_map = LabelMap(np.zeros((3, 4), np.uint8), palette_of(RED))
    assert resize_labels(label_map, (3, 4)) is label_map


def test_distinct_colours() -> None:
    colours = np.array([(0, 0, 0), (255, 255, 255), *distinct_colours(255)])
    apart = np.abs(colours[:, None] - colours).max(-1) + 999 * np.eye(257, dtype=int)
    assert apart.min() >= 40
    assert distinct_colours(5) == distinct_colours(64)[:5]
    assert distinct_colours(0) == []
    with pytest.raises(ValueError, match="342"):
        distinct_colours(342)


def test_nothing_is_logged_for_clean_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_labels(save(tmp_path / "a.png", blocks()))
    assert not caplog.records


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 3)))
def test_a_boundary_is_where_a_neighbour_on_a_side_has_another_label(index: np.ndarray) -> None:
    height, width = index.shape
    expected = np.zeros(index.shape, bool)
    for row, column in np.ndindex(height, width):
        for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= y < height and 0 <= x < width and index[y, x] != index[row, column]:
                expected[row, column] = True
    np.testing.assert_array_equal(label_boundaries(index), expected)
