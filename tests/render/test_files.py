"""Rendering files to PNGs with their provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import maximum_filter

from primage import __version__
from primage.api import train
from primage.edit.apply import edited
from primage.edit.records import edits_from_json
from primage.errors import ImageError, LabelError, OutputError, PrimitiveError
from primage.image import read_image, read_png_text
from primage.model import Model
from primage.primitive.read import LayerFiles, read_primitive
from primage.primitive.write import write_primitive
from primage.render import original as original_module
from primage.render.files import render_drawing, render_files, training_drawing
from primage.render.original import PROVENANCE, Original
from primage.render.variants import working_results
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions
from tests.tiny import SETTINGS, contents, one_thread, picture, write_photo


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model")
    return train(write_photo(folder), folder / "run", preset="draft", steps=2, settings=SETTINGS["draft"])


@pytest.fixture
def drawings(model: Model, tmp_path: Path) -> Path:
    """A folder with the training primitive whole and in layers, a mirrored one, and one with a foreign colour."""
    folder = tmp_path / "drawings"
    write_primitive(folder / "same.png", model.primitive, model.record.spec, layers=True)
    pixels = read_image(folder / "same.png")
    Image.fromarray(pixels[:, ::-1]).save(folder / "mirrored.png")
    odd = pixels.copy()
    odd[5:25, 5:25] = (1, 254, 3)
    Image.fromarray(odd).save(folder / "odd.png")
    write_photo(folder)
    return folder


def test_a_render_contains_its_provenance(model: Model, drawings: Path, tmp_path: Path) -> None:
    (result,) = render_files(model, [drawings / "same.png"], tmp_path / "out.png")
    assert result.path == tmp_path / "out.png"
    assert result.source == drawings / "same.png"
    assert np.array_equal(read_image(result.path), result.image)
    assert np.array_equal(result.image, model.render(drawings / "same.png"))
    data = result.path.read_bytes()
    assert b"iTXtprimage\0" in data
    recorded = json.loads(read_png_text(result.path)[PROVENANCE])
    assert recorded["software"] == f"Primage {__version__}"
    assert recorded["generated"] is True
    assert recorded["weights_sha256"] == model.weights_sha256
    assert recorded["photo_sha256"] == model.record.photo_sha256
    assert (recorded["preset"], recorded["steps"], recorded["primitive"]) == ("draft", 2, "super")
    digest = hashlib.sha256((drawings / "same.png").read_bytes()).hexdigest()
    assert recorded["inputs"] == {"whole": {"name": "same.png", "sha256": digest}}


def test_the_same_render_is_the_same_file(model: Model, drawings: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        render_files(model, [drawings / "same.png"], tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_several_primitives_go_into_a_folder_under_their_names(model: Model, drawings: Path, tmp_path: Path) -> None:
    paths = [drawings / "same.png", drawings / "mirrored.png"]
    results = render_files(model, paths, tmp_path / "new" / "renders")
    assert [r.path for r in results] == [tmp_path / "new" / "renders" / name for name in ("same.png", "mirrored.png")]
    assert list(contents(tmp_path / "new" / "renders")) == ["mirrored.png", "same.png"]
    assert not np.array_equal(results[0].image, results[1].image)


def test_one_primitive_may_go_into_a_folder_too(model: Model, drawings: Path, tmp_path: Path) -> None:
    (tmp_path / "renders").mkdir()
    (result,) = render_files(model, [drawings / "same.png"], tmp_path / "renders")
    assert result.path == tmp_path / "renders" / "same.png"


def test_layers_alone_are_a_primitive(model: Model, drawings: Path, tmp_path: Path) -> None:
    layers = LayerFiles(segments=drawings / "same.segments.png", edges=drawings / "same.edges.png")
    (result,) = render_files(model, [], tmp_path / "out.png", layers)
    assert np.array_equal(result.image, model.render(model.primitive))
    assert json.loads(read_png_text(result.path)[PROVENANCE])["inputs"].keys() == {"segments", "edges"}


def test_edges_from_the_training_photo_are_the_training_edges(model: Model, drawings: Path, tmp_path: Path) -> None:
    layers = LayerFiles(segments=drawings / "same.segments.png", edges_from=drawings / "photo.png")
    (result,) = render_files(model, [], tmp_path / "out.png", layers)
    assert np.array_equal(result.image, model.render(model.primitive))


def test_a_missing_layer_is_named(model: Model, drawings: Path, tmp_path: Path) -> None:
    with pytest.raises(PrimitiveError, match="'edges' of the super primitive is missing; give --edges"):
        render_files(model, [], tmp_path / "out.png", LayerFiles(segments=drawings / "same.segments.png"))
    with pytest.raises(PrimitiveError, match="'segments' of the super primitive is missing"):
        render_files(model, [], tmp_path / "out.png", LayerFiles(edges=drawings / "same.edges.png"))
    with pytest.raises(PrimitiveError, match="there is no primitive to render"):
        render_files(model, [], tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("short", [32, 96])
def test_the_size_of_a_render_can_be_chosen(short: int, model: Model, drawings: Path, tmp_path: Path) -> None:
    (result,) = render_files(model, [drawings / "same.png"], tmp_path / "out.png", size_px=short)
    assert min(result.image.shape[:2]) == short
    assert read_image(result.path).shape == result.image.shape


def test_a_larger_primitive_is_rendered_at_the_training_size(model: Model, drawings: Path, tmp_path: Path) -> None:
    large = Image.open(drawings / "same.png").resize((256, 192), Image.Resampling.NEAREST)
    large.save(drawings / "large.png")
    (result,) = render_files(model, [drawings / "large.png"], tmp_path / "out.png")
    assert result.image.shape == (48, 64, 3)


def test_an_unknown_colour_is_an_error_unless_snapped(model: Model, drawings: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"odd\.png.*#01fe03.*--snap"):
        render_files(model, [drawings / "odd.png"], tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()
    assert render_files(model, [drawings / "odd.png"], tmp_path / "out.png", snap=True)[0].path.exists()


@pytest.mark.parametrize("bad", ["odd.png", "none.png"])
def test_nothing_is_written_if_one_of_several_is_bad(bad: str, model: Model, drawings: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    with pytest.raises((LabelError, ImageError)):
        render_files(model, [drawings / "same.png", drawings / bad, drawings / "mirrored.png"], tmp_path / "renders")
    assert contents(tmp_path) == before


def test_the_origins_of_several_drawings_are_inferred_one_by_one(model: Model, tmp_path: Path) -> None:
    region = {"shape": "rectangle", "top_left": [0.05, 0.1], "bottom_right": [0.65, 0.8]}
    edits = edits_from_json(json.dumps([{"op": "move", "region": region, "by": [0.0, 0.125]}]))
    drawing = edited(training_drawing(model), edits).primitive
    for name, primitive in (("moved", drawing), ("same", model.primitive), ("wide", drawing.resized((48, 90)))):
        write_primitive(tmp_path / f"{name}.png", primitive, model.record.spec)
    paths = [tmp_path / f"{name}.png" for name in ("moved", "same", "wide")]
    moved, same, wide = render_files(model, paths, tmp_path / "out", infer=True)
    assert moved.edit is not None
    assert moved.edit.moved == 1
    assert same.edit is not None
    assert (same.edit.moved, same.edit.removed) == (0, 0)
    assert wide.edit is None
    (plain,) = render_files(model, paths[:1], tmp_path / "plain.png")
    assert plain.edit is None
    assert not np.array_equal(plain.image, moved.image)
    (large,) = render_files(model, paths[:1], tmp_path / "large.png", size_px=96, infer=True)
    assert large.edit is not None
    assert (large.edit.moved, large.image.shape) == (1, (96, 128, 3))


def test_a_render_must_be_a_png(model: Model, drawings: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"name it out\.png"):
        render_files(model, [drawings / "same.png"], tmp_path / "out.jpg")
    with pytest.raises(ImageError, match="several primitives need an output folder"):
        render_files(model, [drawings / "same.png", drawings / "mirrored.png"], tmp_path / "out.png")


def test_two_of_one_name_would_overwrite_each_other(model: Model, drawings: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the same name"):
        render_files(model, [drawings / "same.png", drawings.parent / "same.png"], tmp_path / "renders")


def test_a_primitive_is_never_overwritten_by_its_render(model: Model, drawings: Path) -> None:
    before = contents(drawings)
    with pytest.raises(OutputError, match=r"same\.png: is an input"):
        render_files(model, [drawings / "same.png"], drawings)
    assert contents(drawings) == before


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    """A model of a photo of three times its size, and the photo."""
    folder = tmp_path_factory.mktemp("large")
    pixels = picture(size=(144, 192))
    path = folder / "photo.tif"
    Image.fromarray(pixels).save(path)
    return train(path, folder / "run", preset="draft", steps=2, size=48, settings=SETTINGS["draft"]), path


def test_a_drawing_is_painted_at_the_size_of_the_photo(large: tuple[Model, Path], tmp_path: Path) -> None:
    model, photo = large
    edges = model.primitive.edges
    assert edges is not None
    edges = edges.copy()
    edges[4:12, 40:60] = True
    write_primitive(tmp_path / "drawing.png", model.primitive.replace(edges=edges), model.record.spec)
    (result,) = render_files(model, [tmp_path / "drawing.png"], tmp_path / "out.png", original=Original(photo))
    original = read_image(photo)
    assert result.image.shape == original.shape
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), result.image)
    different = (result.image != original).any(axis=2)
    assert different[12:36, 120:180].any()
    read = read_primitive(LayerFiles(whole=tmp_path / "drawing.png"), model.record.spec)
    weight = next(working_results(model, read, (DEFAULT_OPTIONS,)))[0].weight
    kept = np.repeat(np.repeat(maximum_filter(weight, 3) == 0, 3, 0), 3, 1)
    assert not different[kept].any()
    assert json.loads(read_png_text(tmp_path / "out.png")[PROVENANCE])["photo_sha256"] == model.record.photo_sha256


def test_a_drawing_of_other_proportions_cannot_be_painted_on_the_photo(
    large: tuple[Model, Path], tmp_path: Path
) -> None:
    model, photo = large
    write_primitive(tmp_path / "wide.png", model.primitive.resized((48, 90)), model.record.spec)
    with pytest.raises(PrimitiveError, match="other proportions than the photo"):
        render_files(model, [tmp_path / "wide.png"], tmp_path / "out.png", original=Original(photo))
    assert not (tmp_path / "out.png").exists()


def test_variants_have_names_and_seeds_of_their_own(model: Model, drawings: Path, tmp_path: Path) -> None:
    options = RenderOptions(seed=4)
    results = render_files(model, [drawings / "mirrored.png"], tmp_path / "out.png", options=options, count=3)
    assert [result.path.name for result in results] == ["out-1.png", "out-2.png", "out-3.png"]
    assert [result.options.seed for result in results] == [4, 5, 6]
    recorded = [json.loads(read_png_text(result.path)[PROVENANCE])["options"] for result in results]
    assert recorded == [{**DEFAULT_OPTIONS.model_dump(), "seed": seed} for seed in (4, 5, 6)]
    # Written again, they replace each other, but nothing else.
    render_files(model, [drawings / "mirrored.png"], tmp_path / "out.png", count=2)
    write_photo(tmp_path, name="out-2.png")
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=r"out-2\.png: was not made by Primage"):
        render_files(model, [drawings / "mirrored.png"], tmp_path / "out.png", count=2)
    assert contents(tmp_path) == before


def test_a_moved_part_is_the_photo_at_full_size(large: tuple[Model, Path], tmp_path: Path) -> None:
    model, photo = large
    region = {"shape": "rectangle", "top_left": [0.05, 0.1], "bottom_right": [0.3, 0.5]}
    edits = edits_from_json(json.dumps([{"op": "move", "region": region, "by": [0.5, 0.25]}]))
    drawing = edited(training_drawing(model), edits)
    (tmp_path / "edits.json").write_text("[]")
    inputs = [tmp_path / "edits.json"]
    (result,) = render_drawing(model, drawing, tmp_path / "out.tif", inputs, original=Original(photo))
    original = read_image(photo)
    inside = np.s_[66:90, 122:140]
    np.testing.assert_array_equal(result.image[inside], np.roll(original, (36, 96), (0, 1))[inside])
    np.testing.assert_array_equal(read_image(tmp_path / "out.tif"), result.image)
    different = (result.image != original).any(axis=2)
    assert different[18:68, 14:52].mean() > 0.5
    assert not different[110:, :80].any()
    fit = RenderOptions(fit_light=True)
    (lit,) = render_drawing(model, drawing, tmp_path / "lit.tif", inputs, fit, original=Original(photo))
    gain = np.log(lit.image[inside] + 8.0) - np.log(result.image[inside] + 8.0)
    assert gain.any()
    assert all(np.abs(np.diff(gain, axis=axis)).max() < 0.06 for axis in (0, 1))  # detail stays
    assert (lit.image[110:, :80] == original[110:, :80]).all()
    plain = RenderOptions(polish=False)
    (unpolished,) = render_drawing(model, drawing, tmp_path / "plain.tif", inputs, plain, original=Original(photo))
    np.testing.assert_array_equal(unpolished.image[inside], result.image[inside])


@pytest.mark.parametrize("full_size", [False, True])
def test_variants_run_the_network_once_and_read_the_photo_once(
    model: Model, drawings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_size: bool
) -> None:
    photo = tmp_path / "drawings" / "photo.png"
    original = Original(photo) if full_size else None
    source, out = [drawings / "mirrored.png"], tmp_path / "out.png"
    alone = [
        render_files(model, source, tmp_path / f"{seed}.png", options=RenderOptions(seed=seed), original=original)[0]
        for seed in (3, 4)
    ]
    calls: list[str] = []
    paint, read = Model.paint, original_module.read_photo
    monkeypatch.setattr(Model, "paint", lambda self, drawing: [calls.append("paint"), paint(self, drawing)][1])
    monkeypatch.setattr(original_module, "read_photo", lambda path: [calls.append("read"), read(path)][1])
    original = Original(photo) if full_size else None
    both = render_files(model, source, out, options=RenderOptions(seed=3), original=original, count=2)
    for one, other in zip(alone, both, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    # At full size, the network also paints the training drawing, which says where the edit had an effect.
    assert sorted(calls) == ["paint", "paint", "read"] if full_size else calls == ["paint"]
