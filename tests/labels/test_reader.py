"""Label maps survive what programs do to drawings: palette orders, scaling, JPEG, profiles, transparency."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, ImageFilter

from primage.errors import LabelError
from primage.image import write_png
from primage.labels.display import with_distinct_colours
from primage.labels.files import read_labels
from primage.labels.from_colours import labels_from_rgb
from primage.labels.identity import file_colours
from primage.labels.label_map import Label, LabelMap, Palette, colourise, resize_labels
from tests.labels.drawings import PROFILES, converted, inside, jpeg, label_maps, picture, profile, voronoi

R = Image.Resampling
SOFT = (R.BILINEAR, R.BICUBIC, R.LANCZOS, R.BOX)
#: Labels whose blends are labels: halfway between the first two lies the third.
GREYS = (20, 220, 120, 70)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawings")


def lenient(examples: int) -> settings:
    return settings(deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


def greys() -> LabelMap:
    labels = tuple(Label(id=i, colour=(v, v, v)) for i, v in enumerate(GREYS))
    index = np.zeros((120, 160), np.uint8)
    index[:, 80:] = 1
    index[20:50, 20:60] = 2  # areas of the blends' colours, away from the border that makes such blends
    index[70:100, 100:140] = 3
    return LabelMap(index, Palette(labels=labels, source="rgb"))


def five(size: tuple[int, int]) -> Image.Image:
    """A car in five labels, drawn large and scaled down smoothly."""
    large = Image.new("RGB", (1600, 900), (120, 180, 230))
    draw = ImageDraw.Draw(large)
    draw.rectangle((0, 620, 1600, 900), fill=(110, 110, 110))
    draw.polygon([(200, 600), (220, 460), (500, 430), (620, 300), (1050, 290), (1420, 470), (1440, 610)], (200, 40, 50))
    draw.polygon([(540, 430), (640, 320), (1030, 312), (1160, 430)], fill=(60, 90, 140))
    for x in (430, 1190):
        draw.ellipse((x - 100, 520, x + 100, 720), fill=(25, 25, 25))
        draw.ellipse((x - 50, 570, x + 50, 670), fill=(110, 110, 110))
    return large.resize((size[1], size[0]), R.LANCZOS)


# --- round trips


@lenient(25)
@given(
    drawn=label_maps(least=24),
    order=st.randoms(use_true_random=False),
    trained_as=st.sampled_from(["palette", "grey", "rgb"]),
)
def test_the_order_of_a_palette_means_nothing(
    folder: Path, drawn: LabelMap, order: st.DataObject, trained_as: str
) -> None:
    path = folder / "a.png"
    if trained_as == "palette":
        write_png(path, drawn.index, palette=[label.colour for label in drawn.palette.labels])
    else:
        Image.fromarray(drawn.index if trained_as == "grey" else colourise(drawn)).save(path)
    trained = read_labels(path)
    shown = [label.colour for label in trained.palette.labels]
    places = list(range(len(shown)))
    order.shuffle(places)  # type: ignore[attr-defined]
    values = np.argsort(places).astype(np.uint8)[trained.index]
    write_png(folder / "b.png", values, palette=[shown[place] for place in places])
    np.testing.assert_array_equal(read_labels(folder / "b.png", trained.palette).index, trained.index)


@lenient(12)
@given(drawn=label_maps(), method=st.sampled_from([Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE]))
def test_indexed_drawings_of_pillow_are_read(folder: Path, drawn: LabelMap, method: Image.Quantize) -> None:
    write_png(folder / "a.png", drawn.index, palette=[label.colour for label in drawn.palette.labels])
    trained = read_labels(folder / "a.png")
    picture(trained).quantize(16, method).save(folder / "b.png")
    np.testing.assert_array_equal(read_labels(folder / "b.png", trained.palette).index, trained.index)


@lenient(25)
@given(
    drawn=label_maps() | st.just(greys()),
    size=st.tuples(st.integers(60, 300), st.integers(80, 400)),
    how=st.sampled_from((R.NEAREST, *SOFT)),
)
def test_scaled_drawings_are_read(folder: Path, drawn: LabelMap, size: tuple[int, int], how: Image.Resampling) -> None:
    path = folder / "a.png"
    picture(drawn).resize((size[1], size[0]), how).save(path)
    expected = resize_labels(drawn, size).index
    sure = inside(expected, 2 + max(size[0] // 120, size[1] // 160))
    np.testing.assert_array_equal(read_labels(path, drawn.palette).index[sure], expected[sure])
    own = read_labels(path)
    assert {label.colour for label in own.palette.labels} == {label.colour for label in drawn.palette.labels}
    np.testing.assert_array_equal(colourise(own)[sure], colourise(LabelMap(expected, drawn.palette))[sure])


@lenient(25)
@given(drawn=label_maps() | st.just(greys()), quality=st.integers(80, 100), subsampling=st.sampled_from([0, 1, 2]))
def test_jpegs_are_read(folder: Path, drawn: LabelMap, quality: int, subsampling: int) -> None:
    path = folder / "a.jpg"
    path.write_bytes(jpeg(picture(drawn), quality, subsampling))
    sure = inside(drawn.index, 4)
    np.testing.assert_array_equal(read_labels(path, drawn.palette).index[sure], drawn.index[sure])
    own = read_labels(path)
    assert len(own.palette.labels) == len(drawn.palette.labels)
    off = np.abs(file_colours(own.palette)[own.index] - colourise(drawn))[sure]
    assert off.max() <= 6


@lenient(15)
@given(drawn=label_maps(), name=st.sampled_from(["sRGB", *PROFILES]), convert=st.booleans(), alpha=st.booleans())
def test_drawings_with_profiles_are_read(folder: Path, drawn: LabelMap, name: str, convert: bool, alpha: bool) -> None:
    image = picture(drawn)
    if name == "sRGB":
        icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    else:
        icc = profile(name)
        # Converted to the profile, or wrongly marked with it.
        image = converted(image, name) if convert else image
    if alpha:
        image.putalpha(255)
    image.save(folder / "a.png", icc_profile=icc)
    np.testing.assert_array_equal(read_labels(folder / "a.png", drawn.palette).index, drawn.index)
    if convert or name == "sRGB":
        off = np.abs(colourise(read_labels(folder / "a.png")).astype(int) - colourise(drawn))
        assert off.max() <= (0 if name == "sRGB" else 4)


@lenient(15)
@given(drawn=label_maps(), seed=st.integers(0, 99))
def test_soft_transparency_mixes_no_colours(folder: Path, drawn: LabelMap, seed: int) -> None:
    pixels = np.dstack([colourise(drawn), np.full(drawn.index.shape, 255, np.uint8)])
    borders = ~inside(drawn.index, 1)
    pixels[borders, 3] = np.random.default_rng(seed).integers(128, 256, int(borders.sum()))
    Image.fromarray(pixels).save(folder / "a.png")
    np.testing.assert_array_equal(read_labels(folder / "a.png", drawn.palette).index, drawn.index)


# --- soft pictures for training


@pytest.mark.parametrize("size", [(450, 800), (256, 455), (225, 400), (144, 256)])
def test_five_labels_scaled_down_are_five(size: tuple[int, int]) -> None:
    image = five(size)
    for soft in (
        image,
        image.filter(ImageFilter.GaussianBlur(0.8)),
        image.resize((size[1] * 3, size[0] * 3), R.NEAREST),
    ):
        read = labels_from_rgb(np.array(soft))
        assert len(read.palette.labels) == 5
        labels_from_rgb(np.array(soft), read.palette)  # and so are its edits


def test_soft_indexed_and_grey_drawings_have_no_labels_of_blends(tmp_path: Path) -> None:
    image = five((225, 400))
    image.quantize(200).save(tmp_path / "p.png")
    assert len(read_labels(tmp_path / "p.png").palette.labels) == 5
    soft = picture(greys()).convert("L").rotate(10, R.BICUBIC, fillcolor=20)
    soft.save(tmp_path / "g.png")
    assert [label.id for label in read_labels(tmp_path / "g.png").palette.labels] == sorted(GREYS, key=GREYS.index)


def test_a_figure_with_antialiased_black_lines_is_no_photo() -> None:
    image = five((900, 1600))
    draw = ImageDraw.Draw(image)
    for x in range(0, 1600, 40):
        draw.line((x, 0, x + 300, 900), fill=(0, 0, 0), width=5)
    small = np.array(image.resize((400, 225), R.LANCZOS))
    read = labels_from_rgb(small, extra_colours=[(0, 0, 0)])
    assert len(read.palette.labels) == 5


# --- doubt


def edited(drawn: LabelMap) -> np.ndarray:
    pixels = colourise(drawn)
    pixels[50:70, 60:90] = (250, 130, 10)
    return pixels


@pytest.fixture
def drawn() -> LabelMap:
    labels = tuple(Label(id=i, colour=c) for i, c in enumerate([(20, 40, 200), (30, 160, 60), (240, 240, 90)]))
    return LabelMap(voronoi(3, 5), Palette(labels=labels, source="rgb"))


def test_doubt_names_its_cause(tmp_path: Path, drawn: LabelMap) -> None:
    image = Image.fromarray(edited(drawn))
    path = tmp_path / "a.jpg"
    image.save(path, quality=85)
    with pytest.raises(
        LabelError, match=r"about the colour #f.*JPEG compression mixes colours, .* PNG; .*, or --snap$"
    ):
        read_labels(path, drawn.palette, way_out="--snap")
    path = tmp_path / "b.png"
    converted(image, "Display P3").save(path, icc_profile=profile("Display P3"))
    with pytest.raises(LabelError, match=r"600 pixels .* profile 'Display P3' may have changed .*use that one$"):
        read_labels(path, drawn.palette)
    image.save(path)
    with pytest.raises(LabelError, match=r"600 pixels have the colour #fa820a.*: use that one$"):
        read_labels(path, drawn.palette)
    pixels = np.dstack([colourise(drawn), np.full(drawn.index.shape, 255, np.uint8)])
    pixels[10:30, 10:40, 3] = 0
    Image.fromarray(pixels).save(path)
    with pytest.raises(LabelError, match=r"600 pixels are transparent, .*\(10, 10\).*fill them .*, or --snap$"):
        read_labels(path, drawn.palette, way_out="--snap")
    assert read_labels(path, drawn.palette, snap=True).palette == drawn.palette
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(path)
    with pytest.raises(LabelError, match="transparent everywhere"):
        read_labels(path, drawn.palette)


def test_transparent_pixels_are_a_white_label(tmp_path: Path) -> None:
    pixels = np.dstack([np.full((40, 60, 3), (200, 0, 0), np.uint8), np.full((40, 60), 255, np.uint8)])
    pixels[10:30, 10:40, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    trained = read_labels(tmp_path / "a.png")
    assert [label.colour for label in trained.palette.labels] == [(200, 0, 0), (255, 255, 255)]
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", trained.palette).index, trained.index)


def test_ids_saved_as_jpeg_are_refused(tmp_path: Path) -> None:
    ids = voronoi(4, 1)
    Image.fromarray(ids).save(tmp_path / "a.png")
    palette = read_labels(tmp_path / "a.png").palette
    Image.fromarray(ids).save(tmp_path / "a.jpg", quality=90)
    for known in (None, palette):
        with pytest.raises(LabelError, match=r"JPEG compression .* PNG"):
            read_labels(tmp_path / "a.jpg", known)


def test_a_drawing_that_jpeg_has_mixed_is_refused_with_the_way_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    narrow = rng.integers(0, 256, (8, 3), dtype=np.uint8)[np.arange(128) // 3 % 8]
    drawing = Image.fromarray(np.repeat(narrow[None], 128, axis=0))
    drawing.save(tmp_path / "a.png")
    assert len(read_labels(tmp_path / "a.png").palette.labels) == 8
    drawing.save(tmp_path / "a.jpg", quality=75, subsampling=2)
    with pytest.raises(LabelError, match=r"JPEG compression has mixed its colours: save the original as PNG"):
        read_labels(tmp_path / "a.jpg")


def test_a_photo_is_no_drawing(tmp_path: Path, drawn: LabelMap) -> None:
    import skimage.data

    for photo in (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee()):
        image = Image.fromarray(photo)
        image.thumbnail((256, 256))
        for name, options in (("a.png", {}), ("a.jpg", {"quality": 80})):
            image.save(tmp_path / name, **options)
            with pytest.raises(LabelError, match="looks like a photo, not a label map"):
                read_labels(tmp_path / name)
            with pytest.raises(LabelError, match="looks like a photo, not a drawing"):
                read_labels(tmp_path / name, drawn.palette)


def test_the_note_counts(tmp_path: Path, drawn: LabelMap, caplog: pytest.LogCaptureFixture) -> None:
    pixels = colourise(drawn)
    pixels[:7, :11] = pixels[:7, :11] + np.uint8(3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with caplog.at_level(logging.INFO, "primage"):
        np.testing.assert_array_equal(read_labels(tmp_path / "a.png", drawn.palette).index, drawn.index)
    assert "77 of 19,200 pixels were read as the nearest label" in caplog.text


# --- identity


def two_of_one_colour(source: str = "palette") -> tuple[LabelMap, list[tuple[int, int, int]]]:
    colours = [(0, 0, 0), (200, 60, 60), (200, 60, 60), (60, 60, 200)]
    labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate(colours))
    return LabelMap(voronoi(4, 3), Palette(labels=labels, source=source)), colours  # type: ignore[arg-type]


def test_labels_of_one_colour_are_shown_in_two(tmp_path: Path) -> None:
    drawn, colours = two_of_one_colour()
    write_png(tmp_path / "a.png", drawn.index, palette=colours)
    trained = read_labels(tmp_path / "a.png")
    shown = [label.colour for label in trained.palette.labels]
    assert len(set(shown)) == 4
    assert [shown[0], shown[3]] == [colours[0], colours[3]]
    assert [label.file_colour for label in trained.palette.labels] == [None, colours[1], colours[2], None]
    # Edits in the colours shown, and edits of the file itself, whose values tell the labels of one colour apart.
    Image.fromarray(colourise(trained)).save(tmp_path / "b.png")
    write_png(tmp_path / "c.png", drawn.index, palette=colours)
    for name in ("b.png", "c.png"):
        np.testing.assert_array_equal(read_labels(tmp_path / name, trained.palette).index, drawn.index)
    # In the file's colours alone, it cannot be known.
    Image.fromarray(np.array(colours, np.uint8)[drawn.index]).save(tmp_path / "d.png")
    message = r"the colour #c83c3c, which stands for id 1 and id 2; use their colours in the run's primitive\.png"
    with pytest.raises(LabelError, match=message):
        read_labels(tmp_path / "d.png", trained.palette)


def test_colours_and_ids_that_contradict_each_other_are_reported(tmp_path: Path) -> None:
    drawn, colours = two_of_one_colour()
    write_png(tmp_path / "a.png", drawn.index, palette=colours)
    trained = read_labels(tmp_path / "a.png")
    write_png(tmp_path / "b.png", 3 - drawn.index, palette=colours[::-1])  # reordered, and still two of one colour
    with pytest.raises(LabelError, match="neither by colour nor by id: the value 0 has the colour #3c3cc8 of the id 3"):
        read_labels(tmp_path / "b.png", trained.palette)


@pytest.mark.parametrize(
    "colours",
    [
        [(0, 0, 0)] * 4,
        [(i, i, i) for i in range(4)],
        [(0, 0, i) for i in range(9)],
        [(10 * i, 0, 0) for i in range(3)],
        [(0, 0, 0), (255, 255, 255), (255, 255, 255), (0, 255, 42)],
    ],
)
def test_shown_colours_are_distinct(colours: list[tuple[int, int, int]]) -> None:
    labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate(colours))
    shown = with_distinct_colours(Palette(labels=labels, source="palette"))
    found = np.array([label.colour for label in shown.labels])
    apart = np.abs(found[:, None] - found).max(axis=2) + 255 * np.eye(len(found), dtype=int)
    assert apart.min() >= 42
    assert with_distinct_colours(shown) == shown
    assert Palette.model_validate_json(shown.model_dump_json()) == shown


def test_colours_that_are_distinct_stay_and_are_written_as_before() -> None:
    labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate([(0, 0, 0), (9, 99, 199)]))
    palette = Palette(labels=labels, source="palette")
    assert with_distinct_colours(palette) is palette
    assert "file_colour" not in palette.model_dump_json()


def test_damaged_profiles_are_ignored(tmp_path: Path, drawn: LabelMap) -> None:
    picture(drawn).save(tmp_path / "a.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", drawn.palette).index, drawn.index)
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile("Adobe RGB")))) == "Adobe RGB\n"
