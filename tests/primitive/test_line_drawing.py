"""Line drawings in any ink on any paper."""

from __future__ import annotations

import io
import itertools
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data

from primage.errors import PrimitiveError
from primage.image import write_png
from primage.primitive.edges import draw_edges, extract_edges, resize_edges, thin
from primage.primitive.extraction_config import EdgesConfig
from primage.primitive.ink import find_ink
from primage.primitive.layer import ReadOptions
from primage.primitive.line_drawing import read_line_drawing
from primage.primitive.line_layer import LineLayer
from tests.primitive.drawings import astronaut, components, cross, on_ground

SIZE = (160, 200)
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
#: Smallest differences between ink and paper, of 255 levels: of a channel, and of lightness if JPEG blurs the colours.
CONTRAST, JPEG_CONTRAST = 32, 96


def sheet(coverage: np.ndarray, ink: tuple[int, ...], paper: tuple[int, ...]) -> np.ndarray:
    """A drawing, given how much of each pixel ink covers."""
    share = coverage.astype(float)[..., None]
    return np.rint(np.array(paper) * (1 - share) + np.array(ink) * share).astype(np.uint8)


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=quality)
    return np.asarray(Image.open(encoded).convert("RGB"))


def strokes(seed: int, count: int) -> list[np.ndarray]:
    """Curved strokes, (60, 2) points (x, y), in strips of the sheet below each other."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    t = np.linspace(0, 1, 60)[:, None]
    out = []
    for strip in range(count):
        rows = rng.uniform((strip + 0.2) / count, (strip + 0.8) / count, 3) * height
        a, b, c = np.stack([rng.uniform((0.08, 0.3, 0.8), (0.2, 0.7, 0.92)) * width, rows], axis=1)
        out.append((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c)
    return out


def drawn(lines: list[np.ndarray], width: float, scale: float = 1, antialiased: bool = False) -> np.ndarray:
    """How much of each pixel a round pen covers, 0 to 1, at a multiple of `SIZE`."""
    height, wide = (round(side * scale) for side in SIZE)
    fine = 8 if antialiased else 1
    picture = Image.new("L", (wide * fine, height * fine))
    pen, radius = ImageDraw.Draw(picture), width * fine / 2
    for line in lines:
        points = line * scale * fine - 0.5  # Pillow's whole numbers are the middles of pixels
        pen.line([tuple(p) for p in points], fill=255, width=max(1, round(2 * radius)), joint="curve")
        for x, y in points if radius > 1 else ():
            pen.ellipse([x - radius + 0.5, y - radius + 0.5, x + radius - 0.5, y + radius - 0.5], fill=255)
    return np.asarray(picture.resize((wide, height), Image.Resampling.BOX), float) / 255


def f1(found: np.ndarray, truth: np.ndarray, within_px: float = 2) -> float:
    """Harmonic mean of precision and recall of lines; a pixel counts if the other lines have one nearby."""
    if not found.any():
        return 0.0
    near_truth, near_found = (ndimage.distance_transform_edt(~lines) <= within_px for lines in (truth, found))
    precision, recall = near_truth[found].mean(), near_found[truth].mean()
    return float(2 * precision * recall / (precision + recall))


def lightness(colour: tuple[int, int, int]) -> float:
    return float(np.dot(colour, (0.299, 0.587, 0.114)))


# Any ink on any paper

COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


def contrasts(pair: tuple[tuple[int, int, int], tuple[int, int, int]], jpeg: bool) -> bool:
    paper, ink = pair
    if jpeg:
        return abs(lightness(paper) - lightness(ink)) >= JPEG_CONTRAST
    return max(abs(a - b) for a, b in zip(paper, ink, strict=True)) >= CONTRAST


@settings(max_examples=50, deadline=None)
@given(
    data=st.data(),
    seed=st.integers(0, 999),
    count=st.integers(1, 4),
    antialiased=st.booleans(),
    scale=st.sampled_from([0.5, 0.75, 1, 1.5, 2]),
    saved_as=st.sampled_from(["rgb", "rgba", "palette", 60, 80, 100]),
)
def test_a_line_drawing_reads_to_its_lines(
    data: st.DataObject, seed: int, count: int, antialiased: bool, scale: float, saved_as: str | int
) -> None:
    jpeg = isinstance(saved_as, int)
    paper, ink = data.draw(st.tuples(COLOURS, COLOURS).filter(lambda pair: contrasts(pair, jpeg)), "paper, ink")
    # JPEG halves the resolution of colours, and pens shrink with a drawing.
    width = data.draw(st.integers(1, 9), "width") * min(1, scale)
    lines = strokes(seed, count)
    coverage = drawn(lines, max(2 if jpeg else 1, width), scale, antialiased)
    picture = sheet(coverage, ink, paper)
    over_black = None
    if saved_as == "rgba":
        picture, over_black = sheet(coverage, ink, WHITE), sheet(coverage, ink, BLACK)
    elif saved_as == "palette":
        picture = np.asarray(Image.fromarray(picture).quantize(16).convert("RGB"))
    elif isinstance(saved_as, int):
        picture = as_jpeg(picture, saved_as)
    found = resize_edges(read_line_drawing(picture, over_black), SIZE)
    assert f1(found, drawn(lines, 1) > 0) >= 0.9


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        (BLACK, WHITE),
        ((150, 150, 150), (236, 236, 236)),
        ((255, 220, 0), WHITE),
        ((0, 255, 255), WHITE),
        ((200, 200, 200), WHITE),
        (BLACK, (70, 70, 70)),
        ((240, 240, 235), (30, 50, 40)),
        ((200, 30, 30), (60, 60, 200)),
    ],
)
def test_any_ink_on_any_paper_is_read_exactly(
    tmp_path: Path, ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    picture = sheet(cross(), ink, paper)
    np.testing.assert_array_equal(read_line_drawing(picture), cross())
    Image.fromarray(picture).quantize(8).save(tmp_path / "indexed.png")
    np.testing.assert_array_equal(LineLayer().read(tmp_path / "indexed.png"), cross())


@pytest.mark.parametrize("ink", [BLACK, WHITE, (255, 220, 0)])
@pytest.mark.parametrize("opacity", [255, 90])
def test_what_is_opaque_on_transparency_is_ink(tmp_path: Path, ink: tuple[int, int, int], opacity: int) -> None:
    layer = np.zeros((*cross().shape, 4), np.uint8)
    layer[..., :3] = ink
    layer[cross(), 3] = opacity
    Image.fromarray(layer).save(tmp_path / "layer.png")
    np.testing.assert_array_equal(LineLayer().read(tmp_path / "layer.png"), cross())


def test_what_was_erased_from_a_sheet_is_paper(tmp_path: Path) -> None:
    picture = np.concatenate([sheet(cross(), BLACK, WHITE), np.full((*cross().shape, 1), 255, np.uint8)], axis=2)
    picture[25:, 10:18, 3] = 0
    Image.fromarray(picture).save(tmp_path / "erased.png")
    kept = cross()
    kept[25:, 10:18] = False
    np.testing.assert_array_equal(LineLayer().read(tmp_path / "erased.png"), kept)


def test_a_filled_figure_on_transparency_is_read_by_its_lines(tmp_path: Path) -> None:
    size = (120, 120)
    y, x = np.mgrid[:120, :120] - 60
    radius = np.hypot(y, x)
    figure = np.zeros((*size, 4), np.uint8)
    figure[radius < 35] = (255, 255, 255, 255)
    outline = np.abs(radius - 35) < 1
    figure[outline] = (20, 20, 20, 255)
    Image.fromarray(figure).save(tmp_path / "figure.png")
    assert f1(LineLayer().read(tmp_path / "figure.png"), thin(outline)) > 0.99


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.61])
def test_thin_lines_that_were_scaled_down_with_smoothing_stay_whole(scale: float) -> None:
    lines = strokes(3, 3)
    height, width = (round(side * scale) for side in SIZE)
    small = np.asarray(
        Image.fromarray(sheet(drawn(lines, 1), BLACK, WHITE)).resize((width, height), Image.Resampling.BOX)
    )
    found = read_line_drawing(small)
    assert components(found) == 3
    assert f1(resize_edges(found, SIZE), drawn(lines, 1) > 0) > 0.97


@pytest.mark.parametrize("width", [1, 2, 4, 6, 9, 16])
def test_pens_of_any_width_leave_their_centre_lines(width: int) -> None:
    lines = strokes(5, 2)
    found = read_line_drawing(sheet(drawn(lines, width, antialiased=True), BLACK, WHITE))
    np.testing.assert_array_equal(found, thin(found))
    assert components(found) == 2
    assert f1(found, drawn(lines, 1) > 0) > 0.97


def test_a_photographed_sheet_is_read_in_light_and_shadow() -> None:
    lines = strokes(7, 4)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] / np.reshape(SIZE, (2, 1, 1))
    light = (1 - 0.4 * ((x - 0.3) ** 2 + (y - 0.4) ** 2) - 0.15 * x)[..., None]
    pencil = sheet(drawn(lines, 2, antialiased=True), (120, 118, 122), (238, 232, 220))
    noise = np.random.default_rng(0).normal(0, 3, (*SIZE, 1))
    photographed = as_jpeg(np.rint((pencil * light + noise).clip(0, 255)).astype(np.uint8), 85)
    assert f1(read_line_drawing(photographed), drawn(lines, 1) > 0) > 0.97


def test_one_colour_of_ink_alone_can_be_asked_for(tmp_path: Path) -> None:
    picture = sheet(cross(), (220, 40, 40), WHITE)
    picture[:, 45:47] = (150, 190, 240)  # construction lines
    write_png(tmp_path / "a.png", picture)
    found = LineLayer().read(tmp_path / "a.png", ReadOptions(line_colour=(220, 40, 40)))
    kept = cross()
    kept[:, 45:47] = False
    np.testing.assert_array_equal(found[:, :44], kept[:, :44])
    np.testing.assert_array_equal(found[:, 48:], kept[:, 48:])
    assert not found[:8].any()


@pytest.mark.parametrize("thinned", [True, False])
def test_primages_own_drawings_are_read_as_before(thinned: bool) -> None:
    lines = extract_edges(astronaut(128), EdgesConfig(thin=thinned, sigma=1))
    np.testing.assert_array_equal(read_line_drawing(draw_edges(lines), thinned=thinned), lines)
    assert set(map(tuple, draw_edges(lines).reshape(-1, 3))) == {BLACK, WHITE}


# Nothing, too much, or no lines


@pytest.mark.parametrize("level", [0, 127, 128, 255])
def test_an_empty_sheet_is_refused_where_lines_are_required_and_reported_elsewhere(
    level: int, caplog: pytest.LogCaptureFixture
) -> None:
    blank = np.full((9, 12, 3), level, np.uint8)
    with caplog.at_level(logging.WARNING):
        assert not read_line_drawing(blank).any()
    assert "no lines are found" in caplog.text
    with pytest.raises(PrimitiveError, match=r"a\.png: no lines are found.*draw darker lines"):
        read_line_drawing(blank, required=True, where="a.png")


def test_a_photo_is_refused() -> None:
    with pytest.raises(PrimitiveError, match=r"looks like a photo.*--edges-from"):
        read_line_drawing(astronaut(128))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina", "immunohistochemistry"])
def test_a_photo_on_a_plain_ground_is_refused(name: str) -> None:
    for share, ground in ((0.1, 255), (0.3, 255), (0.5, 0)):
        picture = on_ground(getattr(data, name)(), share, ground)
        for saved in (picture, as_jpeg(picture, 80)):
            with pytest.raises(PrimitiveError, match=r"looks like a photo on a plain ground.*--edges-from"):
                read_line_drawing(saved)


def test_a_photo_cut_out_on_transparency_is_refused(tmp_path: Path) -> None:
    opaque = np.zeros((256, 256), np.uint8)
    opaque[60:200, 40:220] = 255
    photo = np.asarray(Image.fromarray(data.chelsea()).resize((256, 256)))
    Image.fromarray(np.dstack([photo, opaque])).save(tmp_path / "cut.png")
    with pytest.raises(PrimitiveError, match="looks like a photo"):
        LineLayer().read(tmp_path / "cut.png")


def test_a_photo_without_colours_on_a_plain_ground_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    read_line_drawing(on_ground(data.coins()))
    assert "continuous tones, as in shading or in a photo without colours" in caplog.text


def shaded(tint: tuple[float, float, float], dark: float, grain: float) -> tuple[np.ndarray, np.ndarray]:
    """A drawing by a pencil of some tint, with soft shading on grainy paper, and its lines beside the shading."""
    rng = np.random.default_rng(4)
    lines = drawn(strokes(2, 3), 3, 2) > 0
    height, width = lines.shape
    y, x = np.mgrid[:height, :width]
    shade = dark * np.exp(-((x - width * 0.7) ** 2 + (y - height * 0.4) ** 2) / (2 * (height / 5) ** 2))
    shade *= 1 + grain * rng.normal(size=lines.shape)
    ink = np.where(lines, 200, shade)[..., None] * np.array(tint)
    return np.rint((250 - ink + rng.normal(0, 2, ink.shape)).clip(0, 255)).astype(np.uint8), lines & (shade < 8)


@pytest.mark.parametrize("tint", [(1, 1, 1), (0.6, 0.8, 1), (1, 0.9, 0.5)])
def test_soft_shading_by_a_pencil_is_read(tint: tuple[float, float, float], caplog: pytest.LogCaptureFixture) -> None:
    for dark, grain, quality in itertools.product((60, 160), (0.2, 0.03), (None, 85)):
        caplog.clear()
        picture, lines = shaded(tint, dark, grain)
        found = read_line_drawing(picture if quality is None else as_jpeg(picture, quality))
        assert ndimage.binary_dilation(found, np.ones((7, 7)))[lines].mean() > 0.9
    assert "continuous tones, as in shading" in caplog.text


@pytest.mark.parametrize("quality", [None, 90, 60])
def test_flat_colours_of_a_figure_and_wide_pens_are_no_tones(
    quality: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    for width in (0, 24, 60, 120):
        picture = Image.new("RGB", (1600, 1600), "white")
        pen = ImageDraw.Draw(picture)
        for number in range(10):
            x, y = rng.integers(80, 1100, 2).tolist()
            colour = tuple(rng.integers(0, 230, 3).tolist())
            if width:
                pen.line((x, y, 1200 - y, 100 + 140 * number), fill=colour, width=width)
            else:
                pen.ellipse((x, y, x + 380, y + 330), fill=colour, outline="black", width=14)
        small = np.asarray(picture.resize((400, 400), Image.Resampling.LANCZOS))
        assert read_line_drawing(small if quality is None else as_jpeg(small, quality)).any()
    assert "continuous tones" not in caplog.text


def test_filled_areas_are_reported_with_their_place(caplog: pytest.LogCaptureFixture) -> None:
    picture = sheet(drawn(strokes(2, 3), 2) > 0, BLACK, WHITE)
    read_line_drawing(picture)
    assert not caplog.records
    picture[100:150, 120:180] = 0
    read_line_drawing(picture)
    assert "filled areas (around 7" in caplog.text


def test_more_ink_than_a_line_drawing_has_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    picture = np.full((100, 100, 3), 255, np.uint8)
    picture[20:85, 20:90] = 0
    read_line_drawing(picture)
    assert "46 % of it counts as lines" in caplog.text


@settings(max_examples=60, deadline=None)
@given(
    paper=COLOURS,
    seed=st.integers(0, 999),
    size=st.tuples(st.integers(32, 200), st.integers(32, 200)),
    noise=st.sampled_from([0, 2, 5, 10]),
    slope=st.sampled_from([0, 20, 60]),
    quality=st.sampled_from([None, 60, 80, 95]),
)
def test_blank_paper_has_no_lines(
    paper: tuple[int, int, int], seed: int, size: tuple[int, int], noise: float, slope: float, quality: int | None
) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]] / np.reshape(size, (2, 1, 1))
    light = slope * (x - 0.5 + rng.normal() * (y - 0.5) ** 2)
    picture = np.array(paper) + light[..., None] + rng.normal(0, noise, (*size, rng.choice([1, 3])))
    picture = np.rint(picture.clip(0, 255)).astype(np.uint8)
    assert not find_ink(as_jpeg(picture, quality) if quality else picture).mask.any()
