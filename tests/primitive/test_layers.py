"""The contract of layers, checked for every layer of every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from primage.config import AugmentConfig
from primage.errors import PrimitiveError
from primage.grid import identity_grid
from primage.primitive.config import PrimitiveConfig
from primage.primitive.extract import extract_layer
from primage.primitive.extraction_config import EdgesConfig
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.layer import AnyLayer, ReadOptions
from primage.primitive.primitive import Primitive
from primage.warp.pair import TrainingPair
from tests.primitive.drawings import astronaut, described, drawing, palette_of, same

EVERY = [pytest.param(kind, layer, id=f"{kind}-{layer.name}") for kind in KINDS for layer in layers_of(kind)]


def data_of(kind: str, layer: AnyLayer) -> Any:
    return drawing(kind).layers[layer.name]


def equal(layer: AnyLayer, a: Any, b: Any) -> bool:
    return layer.digest(a) == layer.digest(b) and not layer.differs(a, b).any()


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_what_is_written_is_loaded_exactly(kind: str, layer: AnyLayer, tmp_path: Path) -> None:
    data = data_of(kind, layer)
    layer.write(tmp_path / "layer.png", data)
    assert equal(layer, layer.load(tmp_path / "layer.png"), data)
    palette = drawing(kind).segments.palette if drawing(kind).segments else None
    assert equal(layer, layer.read(tmp_path / "layer.png", ReadOptions(palette)), data)


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_bytes_and_back(kind: str, layer: AnyLayer) -> None:
    primitive, data = drawing(kind), data_of(kind, layer)
    palette = primitive.segments.palette if primitive.segments else None
    array = layer.to_array(data)
    assert array.dtype == np.uint8
    assert array.shape == ((40, 60) if layer.planes == 1 else (40, 60, layer.planes))
    assert int(array.max()) < layer.values(3)
    assert equal(layer, layer.from_array(array, palette), data)
    assert same(Primitive.from_arrays(kind, primitive.to_arrays(), palette), primitive)


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_the_identity_changes_nothing(kind: str, layer: AnyLayer) -> None:
    data = data_of(kind, layer)
    assert equal(layer, layer.resize(data, (40, 60)), data)
    assert equal(layer, layer.warper(data)(identity_grid((40, 60))), data)
    coords = np.stack(np.meshgrid(np.arange(40.0), np.arange(60.0), indexing="ij"), axis=-1)
    everywhere, nowhere = np.ones((40, 60), bool), np.zeros((40, 60), bool)
    assert equal(layer, layer.clean(layer.paste(data, data, coords, everywhere, everywhere)), data)
    assert equal(layer, layer.close(data, nowhere), data)


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_channels_have_the_declared_number_and_a_code_matrix(kind: str, layer: AnyLayer) -> None:
    palette = drawing(kind).segments.palette if drawing(kind).segments else None
    planes = layer.encode(data_of(kind, layer))
    assert planes.dtype == np.float32
    assert planes.shape == (layer.channels(palette), 40, 60)
    assert layer.code_matrix(palette).shape == (10, layer.channels(palette))


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_a_layer_has_a_label_input_or_says_that_it_has_none(kind: str, layer: AnyLayer) -> None:
    palette = drawing(kind).segments.palette if drawing(kind).segments else None
    count = layer.label_channels(palette)
    assert (count is not None) == (layer.name == "segments")
    if count is None:
        with pytest.raises(NotImplementedError, match="has no labels"):
            layer.encode_labels(data_of(kind, layer))
    else:
        planes = layer.encode_labels(data_of(kind, layer))
        assert planes.dtype == np.float32
        assert planes.shape == (count, 40, 60)


@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_a_change_is_located(kind: str, layer: AnyLayer) -> None:
    primitive, data = drawing(kind), data_of(kind, layer)
    palette = primitive.segments.palette if primitive.segments else None
    array = layer.to_array(data).copy()
    array[7, 9] = 1 - np.minimum(array[7, 9], 1)
    changed = primitive.replace(**{layer.name: layer.from_array(array, palette)})
    assert np.argwhere(primitive.differs(changed)).tolist() == [[7, 9]]
    assert primitive.sha256() != changed.sha256()


@pytest.mark.usefixtures("detectors")
@pytest.mark.parametrize(("kind", "layer"), EVERY)
def test_a_layer_is_extracted_or_its_error_names_the_option(kind: str, layer: AnyLayer) -> None:
    photo, config = astronaut(), PrimitiveConfig(kind=kind)
    if layer.needs_file is None:
        assert layer.size(extract_layer(layer, photo, config)) == photo.shape[:2]
    else:
        with pytest.raises(PrimitiveError, match="--primitive-file"):
            extract_layer(layer, photo, config)
        assert not KINDS[kind].extractable


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PrimitiveError, match=r"no primitive 'sketch'; choose one of edges, .*manual"):
        Primitive("sketch")


def test_a_label_that_the_palette_lacks_is_refused() -> None:
    with pytest.raises(PrimitiveError, match="palette"):
        Primitive.from_arrays("segments", {"segments": np.zeros((2, 2), np.uint8)}, None)
    with pytest.raises(Exception, match="holds index 3"):
        Primitive.from_arrays("segments", {"segments": np.full((2, 2), 3, np.uint8)}, palette_of((1, 2, 3)))


def test_the_table_of_kinds_loads_no_heavy_library() -> None:
    """The command line's help and the studio's server read it."""
    check = "import sys, primage.primitive.kinds; print({'torch', 'scipy', 'skimage'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_settings_of_edges_are_scaled_as_a_whole() -> None:
    half = EdgesConfig(sigma=2.0, low=0.04, high=0.6, min_length_px=14).at_scale(0.5)
    assert half == EdgesConfig(sigma=1.0, low=0.08, high=1.0, min_length_px=7)
    assert EdgesConfig(sigma=2.0).at_scale(0.5, sigma=3.0).sigma == 1.5
    assert EdgesConfig(sigma=0.6).at_scale(0.25).sigma == 0.5
    assert EdgesConfig().at_scale(1.0, sigma=25.0).sigma == 25.0


def test_canny_sigma_scales_thresholds_and_length_as_redraw_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """At half size slopes are twice as steep and lines half as long, whichever switch asks for new lines."""
    used: list[EdgesConfig] = []

    def spy(photo: np.ndarray, config: EdgesConfig) -> np.ndarray:
        used.append(config)
        return np.zeros(photo.shape[:2], bool)

    photo, primitive = astronaut(), drawing("edges", (96, 120))
    monkeypatch.setattr("primage.warp.pair.extract_edges", spy)
    TrainingPair(photo, primitive, described(primitive), 0.5, AugmentConfig(canny_sigma=True))
    assert len(used) == 8
    assert {(c.low, c.high, c.min_length_px) for c in used} == {(0.08, 0.2, 7)}
    assert used[0].sigma == pytest.approx(0.6)
    assert used[-1].sigma == pytest.approx(1.5)
