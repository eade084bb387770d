"""The model file, and rendering from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from primage.api import train
from primage.edit.apply import Edited
from primage.edit.apply import edited as apply
from primage.edit.records import Move, Rectangle
from primage.errors import LabelError, PrimitiveError, RunError, UserError
from primage.labels.label_map import LabelMap
from primage.model import Model, load
from primage.origin.plane import Origin
from primage.primitive.primitive import Primitive
from primage.primitive.write import write_primitive
from tests.tiny import SETTINGS, one_thread, write_photo

KINDS = ("super", "edges", "segments", "paint")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model of each kind; its photo is gone."""
    folder = tmp_path_factory.mktemp("model")
    photo = write_photo(folder)
    preset = "paper" if request.param == "segments" else "draft"
    trained = train(photo, folder / "run", preset=preset, primitive=request.param, steps=2, settings=SETTINGS[preset])
    photo.unlink()
    return trained


@pytest.fixture(scope="module")
def super_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model")
    return train(write_photo(folder), folder / "run", preset="draft", steps=2, settings=SETTINGS["draft"])


def same(one: Primitive, other: Primitive) -> bool:
    for name in ("edges", "colours"):
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None) or (a is not None and not np.array_equal(a, b)):
            return False
    if one.segments is None or other.segments is None:
        return one.segments is other.segments
    return one.segments.palette == other.segments.palette and np.array_equal(one.segments.index, other.segments.index)


def test_saving_and_loading_lose_nothing(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "copy.safetensors")
    again = load(tmp_path / "copy.safetensors")
    assert again.record == model.record
    assert again.weights.keys() == model.weights.keys()
    assert all(torch.equal(again.weights[name], model.weights[name]) for name in model.weights)
    assert again.weights_sha256 == model.weights_sha256
    assert np.array_equal(again.photo, model.photo)
    assert same(again.primitive, model.primitive)
    assert np.array_equal(again.render(again.primitive), model.render(model.primitive))
    again.save(tmp_path / "twice.safetensors")
    assert (tmp_path / "twice.safetensors").read_bytes() == (tmp_path / "copy.safetensors").read_bytes()


def test_a_model_file_alone_is_enough(super_model: Model, tmp_path: Path) -> None:
    super_model.save(tmp_path / "alone.safetensors")
    picture = load(str(tmp_path / "alone.safetensors")).render(super_model.primitive)
    assert np.array_equal(picture, super_model.render(super_model.primitive))


def test_the_file_is_safetensors_with_a_json_record_and_no_pickle(super_model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    super_model.save(path)
    data = path.read_bytes()
    header = int.from_bytes(data[:8], "little")
    assert data[8:9] == b"{"
    tensors = json.loads(data[8 : 8 + header])
    assert {"photo", "segments", "edges", "__metadata__"} <= tensors.keys()
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["primage"])["config"]["preset"] == "draft"
    assert not data.startswith((b"PK", b"\x80"))


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "record", "weights", "shape"])
def test_a_file_that_is_not_a_model_is_refused(damage: str, super_model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    super_model.save(path)
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("not a model " * 100)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "record":
        path.write_bytes(path.read_bytes().replace(b'\\"size_px\\"', b'\\"size_pt\\"'))
    else:
        name, tensor = next(iter(super_model.weights.items()))
        weights = {k: v for k, v in super_model.weights.items() if k != name}
        if damage == "shape":
            weights[name] = torch.cat([tensor, tensor])
        Model(super_model.record, weights, super_model.photo, super_model.primitive).save(path)

    def load_and_render() -> None:
        broken = load(path)
        broken.render(broken.primitive)

    with pytest.raises(RunError) as caught:
        load_and_render()
    assert str(path) in str(caught.value) or "the file is damaged" in str(caught.value)


def test_a_checkpoint_is_not_a_model(tmp_path: Path) -> None:
    train(write_photo(tmp_path), tmp_path / "run", preset="draft", steps=1, settings=SETTINGS["draft"])
    with pytest.raises(RunError, match="is not a model"):
        load(tmp_path / "run" / "checkpoint.safetensors")


def test_a_run_without_a_model_and_a_folder_without_a_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        load(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match="has no model yet"):
        load(tmp_path)


def test_a_path_and_a_primitive_render_the_same(model: Model, tmp_path: Path) -> None:
    write_primitive(tmp_path / "p.png", model.primitive, model.record.spec)
    from_path = model.render(tmp_path / "p.png")
    assert from_path.shape == (48, 64, 3)
    assert from_path.dtype == np.uint8
    if model.record.spec.kind != "super":  # whose lines hide the labels below them, which are guessed anew
        assert np.array_equal(from_path, model.render(model.primitive))
    assert np.array_equal(model.render(str(tmp_path / "p.png")), from_path)


def test_rendering_twice_gives_the_same_and_leaves_the_weights_alone(model: Model) -> None:
    before = {name: tensor.clone() for name, tensor in model.weights.items()}
    assert np.array_equal(model.render(model.primitive), model.render(model.primitive))
    assert all(torch.equal(model.weights[name], before[name]) for name in before)


def test_renders_differ_where_the_primitives_do(super_model: Model) -> None:
    primitive = super_model.primitive
    assert primitive.segments is not None
    index = primitive.segments.index.copy()
    index[:, :32] = index[0, 0]
    edited = Primitive("super", segments=LabelMap(index, primitive.segments.palette), edges=primitive.edges)
    assert not np.array_equal(super_model.render(edited), super_model.render(primitive))


def test_the_origin_of_an_edited_primitive_is_inferred(super_model: Model) -> None:
    region = Rectangle(top_left=(0.05, 0.1), bottom_right=(0.65, 0.8))
    before = Edited(super_model.primitive, Origin.unmoved(super_model.size))
    edited = apply(before, [Move(region=region, by=(0.0, 0.125))])
    found = super_model.inferred_origin(edited.primitive)
    assert found is not None
    assert found.moves
    picture = super_model.render(edited.primitive, origin="infer")
    np.testing.assert_array_equal(picture, super_model.picture(edited.primitive, origin=found))
    np.testing.assert_array_equal(picture, super_model.render(edited.primitive, origin=found))
    assert not np.array_equal(picture, super_model.render(edited.primitive))
    assert super_model.render(edited.primitive, size_px=96, origin="infer").shape == (96, 128, 3)
    with pytest.raises(PrimitiveError, match="32×24 px, but the drawing 64×48 px"):
        super_model.render(edited.primitive, origin=Origin.unmoved((24, 32)))


def test_only_a_painter_copies_from_an_origin(model: Model) -> None:
    assert (model.inferred_origin(model.primitive) is None) == (model.record.config.preset == "paper")
    assert model.inferred_origin(model.primitive.resized((64, 48))) is None


@pytest.mark.parametrize("size", [(48, 64), (96, 128), (64, 48), (40, 200), (37, 53), (49, 64)])
def test_any_size_and_shape_is_rendered_in_its_own_shape(size: tuple[int, int], model: Model) -> None:
    picture = model.render(model.primitive.resized(size))
    height, width = picture.shape[:2]
    assert min(height, width) == 48
    assert abs(width / height - size[1] / size[0]) < 0.03 * size[1] / size[0]


@pytest.mark.parametrize("short", [32, 48, 77, 96])
def test_the_short_side_can_be_chosen(short: int, super_model: Model) -> None:
    picture = super_model.render(super_model.primitive, size_px=short)
    assert min(picture.shape[:2]) == short
    assert super_model.paint(super_model.primitive.resized((33, 57))).image.shape == (1, 3, 33, 57)


@pytest.mark.parametrize("short", [0, -1, 31, 4097])
def test_a_size_that_cannot_be_rendered_is_refused(short: int, super_model: Model) -> None:
    with pytest.raises(PrimitiveError, match="32 to 4096 px"):
        super_model.render(super_model.primitive, size_px=short)


def test_a_very_long_picture_is_refused(super_model: Model) -> None:
    with pytest.raises(PrimitiveError, match="too long"):
        super_model.render_size((32, 32 * 400))


def test_a_pixel_of_rounding_gives_the_training_size(super_model: Model) -> None:
    assert super_model.render_size((48, 64)) == super_model.render_size((47, 63)) == (48, 64)
    assert super_model.render_size((480, 640), 96) == (96, 128)
    assert super_model.render_size((64, 48)) == (64, 48)


def test_a_primitive_of_another_kind_or_with_other_labels_is_refused(super_model: Model) -> None:
    primitive = super_model.primitive
    assert primitive.segments is not None
    with pytest.raises(PrimitiveError, match="of kind 'super', not 'edges'"):
        super_model.render(Primitive("edges", edges=primitive.edges))
    palette = primitive.segments.palette
    fewer = palette.model_copy(update={"labels": palette.labels[:-1]})
    index = np.minimum(primitive.segments.index, len(fewer.labels) - 1).astype(np.uint8)
    with pytest.raises(PrimitiveError, match="labels are not those"):
        super_model.render(Primitive("super", segments=LabelMap(index, fewer), edges=primitive.edges))


def test_an_unknown_colour_is_refused_or_snapped(super_model: Model, tmp_path: Path) -> None:
    from PIL import Image

    write_primitive(tmp_path / "p.png", super_model.primitive, super_model.record.spec)
    pixels = np.array(Image.open(tmp_path / "p.png").convert("RGB"))
    pixels[5:25, 5:25] = (1, 254, 3)
    Image.fromarray(pixels).save(tmp_path / "odd.png")
    with pytest.raises(LabelError, match="#01fe03"):
        super_model.render(tmp_path / "odd.png")
    assert super_model.render(tmp_path / "odd.png", snap=True).shape == (48, 64, 3)


def test_a_missing_primitive_is_a_user_error(super_model: Model, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        super_model.render(tmp_path / "none.png")
