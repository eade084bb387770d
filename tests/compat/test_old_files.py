"""Files written by the first commit of this test's data (aee25e8) still open, resume and render the same.

That commit had no synthesis, so the network's pictures are compared.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.image import read_png_text
from primage.model import load
from primage.origin.plane import DRAWN, UNMOVED
from primage.render.original import PROVENANCE
from primage.run import Run
from primage.training import training
from tests.studio.conftest import studio
from tests.tiny import command, contents

OLD = Path(__file__).parent / "aee25e8"


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def unzipped(name: str, folder: Path) -> Path:
    with zipfile.ZipFile(OLD / name) as archive:
        archive.extractall(folder)
    return folder


def assert_same(found: np.ndarray, name: str) -> None:
    """Equal but for the last bit, which another processor may round differently."""
    np.testing.assert_allclose(found.astype(int), picture(OLD / name).astype(int), atol=1)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return unzipped("run.zip", tmp_path / "run")


def test_an_old_run_renders_as_it_did(run: Path) -> None:
    model = load(run)
    assert model.record.version == "0.1.0"
    assert_same(model.render(run / "primitive.png", polish=False), "run-render.png")


def test_an_old_model_file_renders_as_it_did() -> None:
    model = load(OLD / "edges.safetensors")
    assert model.primitive.kind == "edges"
    assert_same(model.render(model.primitive, polish=False), "edges-render.png")
    # What a picture says of its model is still true of that model.
    assert json.loads(read_png_text(OLD / "edges-render.png")[PROVENANCE])["weights_sha256"] == model.weights_sha256


def test_an_old_model_of_a_label_map_drawn_as_rgb_renders_as_it_did() -> None:
    """`paper` read label maps as RGB then; now it reads them one-hot."""
    model = load(OLD / "rgb.safetensors")
    assert (model.record.config.preset, model.record.spec.encoding, model.record.spec.channels) == ("paper", "rgb", 3)
    assert model.record.config.loss.perceptual_input == "imagenet"
    assert_same(model.render(model.primitive, polish=False), "rgb-render.png")


def test_an_old_run_is_resumed(run: Path) -> None:
    last = list(training(Run(run)))[-1]
    assert last.step == last.steps == 6
    model = load(run)
    # Three steps further, as the old code would have gone on: training amplifies what processors round differently.
    found, expected = model.render(run / "primitive.png", polish=False), picture(OLD / "resumed-render.png")
    assert np.abs(found.astype(int) - expected.astype(int)).mean() < 0.5


def test_an_old_run_opens_in_every_verb_that_reads_one(run: Path, tmp_path: Path) -> None:
    before = contents(run)
    assert command("info", run) == 0
    assert command("render", run, run / "primitive.png", "--no-polish", "-o", tmp_path / "out.png") == 0
    assert_same(picture(tmp_path / "out.png"), "run-render.png")
    assert contents(run) == before


def test_an_old_project_opens_in_the_studio(tmp_path: Path) -> None:
    folder = unzipped("project.zip", tmp_path / "unpacked")
    project = json.loads((folder / "project.json").read_text())["id"]
    (tmp_path / "projects").mkdir()
    folder.rename(tmp_path / "projects" / project)
    with studio(tmp_path / "projects").inside() as visitor:
        state = visitor.get(project).json()
        assert state["name"] == "Old"
        assert state["history"]["done"] == ["Pencil"]
        assert state["history"]["undone"] == ["Pencil"]
        assert [snapshot["name"] for snapshot in state["snapshots"]] == ["Before"]
        with np.load(OLD / "layers.npz") as layers:
            found = visitor.layers(project)
            # Old projects do not say where their pixels come from: unmoved where the drawing is that of training.
            origin = found.pop("origin")
            assert not origin[..., 1].any()
            assert set(np.unique(origin[..., 0])) == {UNMOVED, DRAWN}
            assert not found.pop("sources").any()  # nor which places may be copied from
            assert {name: layer.tolist() for name, layer in found.items()} == {
                name: layers[name].tolist() for name in layers.files
            }
        visitor.http.patch(f"/api/projects/{project}", json={"options": {"polish": False}})
        result = tmp_path / "result.png"
        result.write_bytes(visitor.get(project, "/export/result.png").content)
        assert_same(picture(result), "project-result.png")
        with visitor.tab(project) as tab:
            tab.step("redo")
        assert visitor.get(project).json()["history"]["done"] == ["Pencil", "Pencil"]
