"""Exported networks compute what PyTorch does, at any size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from primage.config import Pix2PixHDConfig
from primage.errors import PrimageError
from primage.export.generator import cells_range, export_onnx
from primage.export.metadata import channels
from primage.export.onnx_graph import OPSET
from primage.export.translation import translate
from primage.image import read_image
from primage.model import Model, load
from primage.nets.generator import Source
from primage.nets.matcher import pooling_factor
from primage.nets.pix2pixhd import Pix2PixHD
from primage.primitive.primitive import encode
from primage.seal import state
from primage.tensors import to_image, to_tensor
from tests.tiny import command, options, write_photo

PRESETS = ("draft", "paper")
EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx_render.py"
Sessions = dict[str, onnxruntime.InferenceSession]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs and their exports: the painter's and pix2pixHD's."""
    folder = tmp_path_factory.mktemp("exported")
    photo = write_photo(folder)
    for preset in PRESETS:
        assert command("train", photo, "--out", folder / preset, *options(preset, steps=1), "--quiet") == 0
    # In a process of its own: loops are compiled from their source, which the checks of shapes here would hide.
    script = (
        "import sys; from primage.cli.main import run; [run(['export', x, '-o', x + '.onnx']) for x in sys.argv[1:]]"
    )
    names = [str(folder / preset) for preset in PRESETS]
    done = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, check=False)
    assert all((folder / f"{preset}.onnx").exists() for preset in PRESETS), done.stderr
    (folder / "messages").write_text(done.stderr)
    return folder


@pytest.fixture(scope="module")
def sessions(made: Path) -> Sessions:
    """The exports, loaded."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 3
    providers = ["CPUExecutionProvider"]
    return {
        preset: onnxruntime.InferenceSession(str(made / f"{preset}.onnx"), settings, providers=providers)
        for preset in PRESETS
    }


def inputs(model: Model, size: tuple[int, int], shift: int = 0) -> dict[str, Tensor]:
    """The training drawing, scaled and rolled to the right, and the training pair at its scale."""
    photo, training = model.scaled_pair(size)
    drawing, spec = model.primitive.resized(size), model.record.spec
    drawing = drawing.map(lambda layer, data: layer.from_array(np.roll(layer.to_array(data), shift, 1), spec.palette))
    return {
        "primitive": encode(drawing, spec),
        "photo": to_tensor(photo),
        "training_primitive": encode(training, spec),
    }


@pytest.mark.parametrize("shift", [0, 9])
@pytest.mark.parametrize("size", [(48, 64), (61, 83), (33, 40)])
def test_the_painter_computes_the_same(made: Path, sessions: Sessions, size: tuple[int, int], shift: int) -> None:
    model = load(made / "draft")
    given = inputs(model, size, shift)
    with torch.inference_mode():
        painted = model.generator(given["primitive"], Source(given["photo"], given["training_primitive"]))
    image, coords, confidence = sessions["draft"].run(None, {k: v.numpy() for k, v in given.items()})
    assert image.shape == (1, 3, *size)
    assert np.abs(image - painted.image.numpy()).max() <= 1e-3
    assert np.abs(coords - painted.grids[-1].numpy()).max() <= 1e-3
    assert painted.confidence is not None
    assert np.abs(confidence - torch.sigmoid(painted.confidence).numpy()).max() <= 1e-3


def test_the_training_pair_is_in_the_file(made: Path, sessions: Sessions) -> None:
    model = load(made / "draft")
    given = inputs(model, model.size, 5)
    runner = sessions["draft"]
    assert [x.name for x in runner.get_inputs()] == ["primitive"]
    assert {x.name for x in runner.get_overridable_initializers()} == {"photo", "training_primitive"}
    alone = runner.run(["image"], {"primitive": given["primitive"].numpy()})[0]
    assert np.array_equal(alone, runner.run(["image"], {k: v.numpy() for k, v in given.items()})[0])


@pytest.mark.parametrize("size", [(48, 64), (61, 83), (33, 40)])
def test_pix2pixhd_computes_the_same(made: Path, sessions: Sessions, size: tuple[int, int]) -> None:
    model = load(made / "paper")
    given = inputs(model, size, 7)
    with torch.inference_mode():
        painted = model.generator(given["primitive"], Source(given["photo"], given["training_primitive"]))
    (image,) = sessions["paper"].run(None, {"primitive": given["primitive"].numpy()})
    assert np.abs(image - painted.image.numpy()).max() <= 1e-3


def test_the_file_says_what_it_is(made: Path) -> None:
    proto = onnx.load(made / "draft.onnx")
    onnx.checker.check_model(proto)
    texts = {entry.key: entry.value for entry in proto.metadata_props}
    model = load(made / "draft")
    assert texts["primitive"] == "super"
    assert texts["weights_sha256"] == model.weights_sha256
    assert json.loads(texts["working_size"]) == [48, 64]
    assert json.loads(texts["palette"]) == model.record.spec.palette.model_dump(mode="json")
    assert len(json.loads(texts["channels"])) == model.record.spec.channels
    assert json.loads(texts["sizes"]) == {"shortest_side": 32, "cell": 8, "least_cells": 0, "most_cells": 2560}
    assert float(texts["error"]) <= 1e-3
    assert any("patches" in text for text in json.loads(texts["not_included"]))
    assert "Apache-2.0" in texts["licence"]
    assert state(made / "draft.onnx") == "sealed"
    messages = (made / "messages").read_text()
    assert messages.count("largest error") == 6
    assert "not part of the network: encoding the drawing" in " ".join(messages.split())


@pytest.mark.parametrize("name", ["draft", "paper"])
def test_every_channel_is_described(made: Path, name: str) -> None:
    spec = load(made / name).record.spec
    assert len(channels(spec)) == spec.channels


def test_local_enhancers_are_translated() -> None:
    """By the translator alone: with one enhancer, pix2pixHD pools its input and adds features."""
    network = Pix2PixHD(Pix2PixHDConfig(ngf=2, n_downsampling=2, n_blocks=1, n_local_enhancers=1), 3)
    network.initialise(torch.Generator().manual_seed(0))

    class Alone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network.eval()

        def forward(self, x: Tensor) -> Tensor:
            return self.network.paint(x, Source(x, x), (16, 16)).image

    graph, (result,) = translate(Alone(), (torch.zeros(1, 3, 16, 24),), ("x",))
    info = onnx.helper.make_tensor_value_info
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "test",
            [info("x", onnx.TensorProto.FLOAT, [1, 3, None, None])],
            [info(result.name, onnx.TensorProto.FLOAT, [None] * 4)],
            list(graph.constants.values()),
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=10,
    )
    runner = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    x = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert np.abs(runner.run(None, {"x": x.numpy()})[0] - Alone()(x).numpy()).max() < 1e-4


def test_a_repeated_export_replaces_its_own_file_alone(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    other = tmp_path / "mine.onnx"
    other.write_bytes(b"a person's own network")
    assert command("export", made / "draft", "-o", other) == 2
    assert "was not made by Primage" in capsys.readouterr().err
    assert command("export", made / "draft", "-o", tmp_path / "network.pt") == 2
    assert ".onnx" in capsys.readouterr().err
    assert other.read_bytes() == b"a person's own network"


def test_the_example_renders_without_primage(made: Path, tmp_path: Path) -> None:
    run, out = made / "draft", tmp_path / "out.png"
    layers = ["--segments", run / "segments.png", "--edges", run / "edges.png"]
    arguments = [sys.executable, EXAMPLE, f"{run}.onnx", out, *layers]
    done = subprocess.run([str(x) for x in arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    model = load(run)
    truth = to_image(model.paint(model.primitive).image)
    assert np.abs(read_image(out).astype(int) - truth).max() <= 1


def test_a_network_that_computes_something_else_is_not_written(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(made / "paper")
    proto = onnx.load(made / "paper.onnx")
    name = proto.graph.output[0].name
    last = next(node for node in proto.graph.node if name in node.output)
    last.op_type = "Neg"
    monkeypatch.setattr("primage.export.generator._model_proto", lambda *_: proto)
    with pytest.raises(PrimageError, match=r"not written, because .* differs from PyTorch's in"):
        export_onnx(model, tmp_path / "wrong.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "expected"), [((48, 64), (0, 2560)), ((400, 528), (2561, 10243))])
def test_the_range_of_sizes_is_that_of_the_matcher(
    made: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    model = load(made / "draft")
    larger = replace(model, primitive=model.primitive.resized(size))
    assert cells_range(larger) == expected
    assert pooling_factor(expected[1])[0] == pooling_factor(max(1, expected[0]))[0]
    assert pooling_factor(expected[1] + 1)[0] > pooling_factor(expected[1])[0]
