"""Primitives to files and back: for training, for rendering, in one file or one file per layer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import ImageError, LabelError, PrimitiveError, UserError
from primage.image import read_image, write_png
from primage.labels.files import read_labels, write_labels
from primage.labels.label_map import colourise
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import draw_edges, extract_edges, thin
from primage.primitive.line_colour import find_line_colour
from primage.primitive.paint import extract_paint
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw, spec_of
from primage.primitive.read import NO_FILES, LayerFiles, read_primitive, training_primitive
from primage.primitive.segments import extract_segments
from primage.primitive.write import write_primitive
from tests.primitive.drawings import (
    BLUE,
    GREEN,
    KINDS,
    RED,
    astronaut,
    blocks,
    cross,
    described,
    drawing,
    palette_of,
    patches,
    same,
)

SIZE = (40, 60)
PHOTO = np.zeros((*SIZE, 3), np.uint8)
BLACK, WHITE, MAGENTA, LIME, YELLOW = (0, 0, 0), (255, 255, 255), (255, 0, 255), (0, 255, 0), (255, 255, 0)


def of(kind: str, **settings: object) -> PrimitiveConfig:
    return PrimitiveConfig.model_validate({"kind": kind, **settings})


def saved(path: Path, pixels: np.ndarray) -> Path:
    write_png(path, pixels)
    return path


def lines_file(folder: Path, size: tuple[int, int] = SIZE) -> Path:
    return saved(folder / "lines.png", draw_edges(cross(size)))


def labels_file(folder: Path, size: tuple[int, int] = SIZE) -> Path:
    write_labels(folder / "labels.png", blocks(size))
    return folder / "labels.png"


@pytest.fixture
def spec() -> PrimitiveSpec:
    return described(drawing("super"))


# Written and read back


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_primitive_reads_back_for_rendering(tmp_path: Path, kind: str) -> None:
    primitive = drawing(kind)
    model = described(primitive)
    path = tmp_path / "drawing.png"
    assert write_primitive(path, primitive, model) == [path]
    again = read_primitive(LayerFiles(whole=path), model)
    if kind == "super":
        assert again.segments is not None
        np.testing.assert_array_equal(again.edges, primitive.edges)
        np.testing.assert_array_equal(again.segments.index[~cross()], blocks().index[~cross()])
        assert again.segments.palette == blocks().palette
    else:
        assert same(again, primitive)


@pytest.mark.parametrize("kind", KINDS)
def test_each_layer_is_written_on_request(tmp_path: Path, kind: str) -> None:
    primitive = drawing(kind)
    whole, *files = write_primitive(tmp_path / "a.png", primitive, described(primitive), layers=True)
    found = {file.name.split(".")[1]: file for file in files}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in (whole, *files))
    if primitive.segments is not None:
        np.testing.assert_array_equal(read_labels(found["segments"]).index, primitive.segments.index)
    if primitive.edges is not None:
        np.testing.assert_array_equal(read_image(found["edges"]), draw_edges(primitive.edges))
    if primitive.colours is not None:
        np.testing.assert_array_equal(read_image(found["colours"]), primitive.colours)
    assert len(found) == sum(layer is not None for layer in (primitive.segments, primitive.edges, primitive.colours))


def test_a_super_primitive_is_written_as_rgb_and_a_segmentation_as_a_palette_png(tmp_path: Path) -> None:
    for kind, mode in (("super", "RGB"), ("segments", "P")):
        write_primitive(tmp_path / f"{kind}.png", drawing(kind), described(drawing(kind)))
        with Image.open(tmp_path / f"{kind}.png") as picture:
            assert picture.mode == mode


@pytest.mark.parametrize(
    "colours",
    [
        (RED, GREEN, BLUE),
        (BLACK, RED),
        (BLACK, WHITE, BLUE),
        (BLACK, WHITE, MAGENTA),
        (BLACK, WHITE, MAGENTA, LIME),
        (BLACK, WHITE, MAGENTA, LIME, YELLOW),
    ],
)
def test_any_line_colour_is_found_again_for_training(tmp_path: Path, colours: tuple[tuple[int, int, int], ...]) -> None:
    primitive = Primitive("super", segments=blocks(palette=palette_of(*colours)), edges=cross())
    model = described(primitive)
    write_primitive(tmp_path / "a.png", primitive, model)
    again, learnt = training_primitive(PHOTO, SIZE, of("super"), LayerFiles(whole=tmp_path / "a.png"))
    np.testing.assert_array_equal(again.edges, cross())
    assert learnt.line_colour == model.line_colour
    assert again.segments is not None
    np.testing.assert_array_equal(
        colourise(again.segments)[~cross()], colourise(blocks(palette=palette_of(*colours)))[~cross()]
    )


def test_a_photos_own_super_primitive_survives_one_png(tmp_path: Path) -> None:
    photo = astronaut()
    primitive, model = training_primitive(photo, photo.shape[:2], of("super"))
    assert primitive.segments is not None
    assert primitive.edges is not None
    write_primitive(tmp_path / "a.png", primitive, model)
    again = read_primitive(LayerFiles(whole=tmp_path / "a.png"), model)
    assert again.segments is not None
    np.testing.assert_array_equal(again.edges, primitive.edges)
    differs = again.segments.index != primitive.segments.index
    assert not differs[~primitive.edges].any()


# For training


def test_without_files_every_layer_is_extracted_at_the_working_size() -> None:
    photo = astronaut(96)
    config = of("super", segments={"semantic": "off"})
    primitive, model = training_primitive(photo, photo.shape[:2], config)
    assert same(
        primitive,
        Primitive("super", segments=extract_segments(photo, config.segments), edges=extract_edges(photo, config.edges)),
    )
    assert model == spec_of(primitive, config).model_copy(update={"photo_size": photo.shape[:2]})
    painted, _ = training_primitive(photo, photo.shape[:2], of("paint"))
    np.testing.assert_array_equal(painted.colours, extract_paint(photo, config.paint))
    assert training_primitive(photo, (48, 60), config)[0].size == (48, 60)


def test_given_layers_are_used_and_missing_ones_extracted(tmp_path: Path) -> None:
    photo = astronaut(40)
    size = photo.shape[:2]
    config = of("super")
    both = LayerFiles(segments=labels_file(tmp_path, size), edges=lines_file(tmp_path, size))
    assert same(
        training_primitive(photo, size, config, both)[0], Primitive("super", segments=blocks(size), edges=cross(size))
    )
    only_labels, _ = training_primitive(photo, size, config, LayerFiles(segments=both.layers["segments"]))
    assert same(only_labels, Primitive("super", segments=blocks(size), edges=extract_edges(photo, config.edges)))
    only_lines, _ = training_primitive(photo, size, config, LayerFiles(edges=both.layers["edges"]))
    assert same(only_lines, Primitive("super", segments=extract_segments(photo, config.segments), edges=cross(size)))


def test_a_label_map_as_the_whole_primitive_gets_its_lines_from_a_file_or_the_photo(tmp_path: Path) -> None:
    photo = astronaut(40)
    size = photo.shape[:2]
    labels = labels_file(tmp_path, size)
    with_file, _ = training_primitive(
        photo, size, of("super"), LayerFiles(whole=labels, edges=lines_file(tmp_path, size))
    )
    np.testing.assert_array_equal(with_file.edges, cross(size))
    extracted, _ = training_primitive(photo, size, of("super"), LayerFiles(whole=labels))
    np.testing.assert_array_equal(extracted.edges, extract_edges(photo, of("super").edges))
    assert extracted.segments is not None
    np.testing.assert_array_equal(extracted.segments.index, blocks(size).index)


def test_lines_may_come_from_another_photo_of_the_same_shape(tmp_path: Path) -> None:
    other = astronaut(80)
    files = LayerFiles(edges_from=saved(tmp_path / "other.png", other))
    primitive, _ = training_primitive(np.zeros((80, 100, 3), np.uint8), (80, 100), of("edges"), files)
    np.testing.assert_array_equal(primitive.edges, extract_edges(other, of("edges").edges))


def test_grey_label_maps_are_not_taken_for_lines(tmp_path: Path) -> None:
    grey = np.zeros(SIZE, np.uint8)
    grey[10:12] = 255
    grey[20:] = 120
    primitive, model = training_primitive(
        PHOTO, SIZE, of("super"), LayerFiles(whole=saved(tmp_path / "g.png", np.repeat(grey[..., None], 3, 2)))
    )
    assert primitive.segments is not None
    assert len(primitive.segments.palette.labels) >= 2
    assert model.line_colour not in {label.colour for label in primitive.segments.palette.labels}


def test_a_solid_patch_of_black_is_a_label_and_no_line() -> None:
    picture = colourise(blocks(palette=palette_of(BLACK, RED)))
    assert find_line_colour(picture) is None
    picture[cross()] = WHITE
    assert find_line_colour(picture) == WHITE


@pytest.mark.usefixtures("detectors")
@pytest.mark.parametrize("kind", ["landmarks", "manual"])
def test_what_cannot_be_extracted_names_the_option(kind: str) -> None:
    with pytest.raises(PrimitiveError, match="--primitive-file"):
        training_primitive(PHOTO, SIZE, of(kind))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_landmarks_refer_to_the_photos_size(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"points.{form}"
    points = [[5, 10], [50, 10], [50, 30]]
    rows = "x,y,line\n" + "".join(f"{x},{y},a\n" for x, y in points)
    path.write_text(json.dumps({"points": points, "connections": [[0, 1], [1, 2]]}) if form == "json" else rows)
    primitive, model = training_primitive(PHOTO, SIZE, of("landmarks"), LayerFiles(whole=path))
    assert primitive.edges is not None
    assert primitive.edges[10, 5:50].all()
    assert primitive.edges[12:31, 50].all()
    assert same(read_primitive(LayerFiles(whole=path), model), primitive)
    with pytest.raises(PrimitiveError, match="which size"):
        read_primitive(LayerFiles(whole=path), model.model_copy(update={"photo_size": None}))


# For rendering


def test_one_file_per_layer_is_read_exactly(tmp_path: Path, spec: PrimitiveSpec) -> None:
    files = LayerFiles(segments=labels_file(tmp_path), edges=lines_file(tmp_path))
    assert same(read_primitive(files, spec), drawing("super"))
    label_map_as_whole = LayerFiles(whole=labels_file(tmp_path), edges=lines_file(tmp_path))
    assert same(read_primitive(label_map_as_whole, spec), drawing("super"))


def test_a_layer_file_overrides_the_whole_primitive(tmp_path: Path, spec: PrimitiveSpec) -> None:
    write_primitive(tmp_path / "a.png", drawing("super"), spec)
    fewer = cross() & (np.arange(60) < 30)
    files = LayerFiles(whole=tmp_path / "a.png", edges=saved(tmp_path / "e.png", draw_edges(fewer)))
    np.testing.assert_array_equal(read_primitive(files, spec).edges, thin(fewer))


@pytest.mark.parametrize("whole", [True, False])
def test_edges_from_a_photo_replace_those_of_a_file(tmp_path: Path, spec: PrimitiveSpec, whole: bool) -> None:
    photo = astronaut(40)[:, :60] if astronaut(40).shape[1] >= 60 else np.resize(astronaut(40), (*SIZE, 3))
    write_primitive(tmp_path / "a.png", drawing("super"), spec)
    picture = saved(tmp_path / "p.png", photo)
    files = (
        LayerFiles(whole=tmp_path / "a.png", edges_from=picture)
        if whole
        else LayerFiles(segments=labels_file(tmp_path), edges_from=picture)
    )
    again = read_primitive(files, spec)
    np.testing.assert_array_equal(again.edges, extract_edges(photo, spec.config.edges))


def test_edges_alone_may_come_from_a_photo(tmp_path: Path) -> None:
    photo = saved(tmp_path / "p.png", astronaut(64))
    model = described(drawing("edges"))
    again = read_primitive(LayerFiles(edges_from=photo), model)
    np.testing.assert_array_equal(again.edges, extract_edges(astronaut(64), model.config.edges))


def test_the_requested_size_is_computed_from_that_of_the_files(tmp_path: Path, spec: PrimitiveSpec) -> None:
    asked = []

    def halved(size: tuple[int, int]) -> tuple[int, int]:
        asked.append(size)
        return size[0] // 2, size[1] // 2

    files = LayerFiles(segments=labels_file(tmp_path), edges=lines_file(tmp_path, (80, 120)))
    assert read_primitive(files, spec, halved).size == (20, 30)
    assert asked == [SIZE]


def test_antialiased_lines_are_read_as_thin_ones(tmp_path: Path, spec: PrimitiveSpec) -> None:
    picture = Image.fromarray(colourise(blocks()))
    large = picture.resize((240, 160), Image.Resampling.NEAREST)
    pixels = np.array(large)
    pixels[40:44, 20:220] = 0
    path = tmp_path / "a.png"
    Image.fromarray(pixels).resize((60, 40), Image.Resampling.BOX).save(path)
    again = read_primitive(LayerFiles(whole=path), spec)
    assert again.edges is not None
    assert again.edges[10, 6:54].all()
    assert again.edges.sum() <= 52


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"segments"}, r"layer 'edges' .* give --edges \(or --edges-from a photo\)"),
        ({"edges"}, r"layer 'segments' .* give --segments"),
        (set(), "there is no primitive to render"),
    ],
)
def test_a_missing_layer_is_reported_with_its_option(
    tmp_path: Path, spec: PrimitiveSpec, given: set[str], complaint: str
) -> None:
    files = {"segments": labels_file(tmp_path), "edges": lines_file(tmp_path)}
    with pytest.raises(PrimitiveError, match=complaint):
        read_primitive(LayerFiles(**{name: files[name] for name in given}), spec)


def test_labels_alone_as_the_whole_primitive_lack_lines(tmp_path: Path, spec: PrimitiveSpec) -> None:
    with pytest.raises(PrimitiveError, match="give --edges"):
        read_primitive(LayerFiles(whole=labels_file(tmp_path)), spec)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_that_a_kind_does_not_have_are_refused(kind: str) -> None:
    model = described(drawing(kind))
    for name, option in (("segments", "segments"), ("edges", "edges"), ("edges", "edges_from")):
        files = LayerFiles(**{option: Path("x.png")})
        if getattr(drawing(kind), name) is None:
            with pytest.raises(
                PrimitiveError, match=f"'{kind}' has no layer '{name}'; leave out --{option.replace('_', '-')}"
            ):
                files.check(kind)
            with pytest.raises(PrimitiveError, match="has no layer"):
                read_primitive(files, model)
        else:
            files.check(kind)
    NO_FILES.check(kind)


def test_edges_as_a_file_and_from_a_photo_at_once_are_refused() -> None:
    with pytest.raises(PrimitiveError, match="not both"):
        LayerFiles(edges=Path("a.png"), edges_from=Path("b.png")).check("edges")


@pytest.mark.parametrize("size", [(60, 40), (40, 40), (40, 66)])
def test_layers_of_another_shape_are_refused(tmp_path: Path, spec: PrimitiveSpec, size: tuple[int, int]) -> None:
    lines = lines_file(tmp_path, size)
    photo = saved(tmp_path / "p.png", np.zeros((*size, 3), np.uint8))
    complaint = f"{size[1]}×{size[0]} px.*60×40 px.*same shape"
    with pytest.raises(PrimitiveError, match=complaint):
        read_primitive(LayerFiles(segments=labels_file(tmp_path), edges=lines), spec)
    with pytest.raises(PrimitiveError, match=complaint):
        read_primitive(LayerFiles(segments=labels_file(tmp_path), edges_from=photo), spec)
    with pytest.raises(PrimitiveError, match=complaint):
        training_primitive(PHOTO, SIZE, of("edges"), LayerFiles(edges=lines))
    with pytest.raises(PrimitiveError, match=complaint):
        training_primitive(PHOTO, SIZE, of("edges"), LayerFiles(edges_from=photo))


@pytest.mark.parametrize("size", [(20, 30), (80, 120), (400, 600)])
def test_layers_of_another_size_but_the_same_shape_fit(tmp_path: Path, size: tuple[int, int]) -> None:
    primitive, _ = training_primitive(PHOTO, SIZE, of("edges"), LayerFiles(edges=lines_file(tmp_path, size)))
    assert primitive.size == SIZE
    assert primitive.edges is not None
    assert primitive.edges.any()


@pytest.mark.parametrize("kind", ["segments", "super"])
def test_an_unknown_label_names_the_nearest_unless_it_is_snapped(tmp_path: Path, kind: str) -> None:
    primitive = drawing(kind)
    model = described(primitive)
    picture = draw(primitive, model.line_colour)
    picture[14:28, 22:38] = (0, 0, 130)
    files = LayerFiles(whole=saved(tmp_path / "a.png", picture))
    with pytest.raises(LabelError, match=r"#000082.*nearest is #0000fa"):
        read_primitive(files, model)
    snapped = read_primitive(files, model, snap=True)
    assert snapped.segments is not None
    assert (snapped.segments.index[17:25, 25:35] == 2).all()  # at its rim, blends are thought of


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_missing_or_not_pictures_are_user_errors(tmp_path: Path, kind: str) -> None:
    (tmp_path / "text.png").write_text("no picture")
    model = described(drawing(kind))
    for name in ("none.png", "text.png"):
        with pytest.raises(UserError, match=name):
            read_primitive(LayerFiles(whole=tmp_path / name), model)
        with pytest.raises(UserError, match=name):
            training_primitive(PHOTO, SIZE, of(kind), LayerFiles(whole=tmp_path / name))


def test_writing_below_a_file_is_a_user_error(tmp_path: Path, spec: PrimitiveSpec) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(ImageError):
        write_primitive(tmp_path / "a" / "b.png", drawing("super"), spec)


def test_reading_a_painting_keeps_its_pixels(tmp_path: Path) -> None:
    model = described(drawing("manual"))
    again = read_primitive(LayerFiles(whole=saved(tmp_path / "a.png", patches())), model)
    np.testing.assert_array_equal(again.colours, patches())
