"""A model's folder: it loads again, describes itself, and replaces nothing of a person's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import primage
from primage.image import read_image
from primage.model import load
from tests.tiny import command, options, write_photo


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    run = folder / "run"
    assert command("train", write_photo(folder), "--out", run, *options(steps=1), "--quiet") == 0
    return run


def test_the_folder_loads_again(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    assert command("export", run, "-o", out, "--quiet") == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"README.md", "config.json", "model.safetensors", "preview.png", ".primage"}
    there, here = load(run), primage.load(out)
    assert here.record == there.record
    assert here.weights_sha256 == there.weights_sha256
    assert np.array_equal(here.render(here.primitive), there.render(there.primitive))
    assert read_image(out / "preview.png").shape[1] > 3 * 64
    assert command("render", out, run / "primitive.png", "-o", tmp_path / "render.png", "--quiet") == 0


def test_the_card_and_the_configuration_describe_it(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    assert command("export", run, "-o", out, "--quiet") == 0
    _, front, text = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["library_name"] == "primage"
    assert facts["pipeline_tag"] == "image-to-image"
    assert facts["license"] == "other"
    assert "super" in facts["tags"]
    assert "onnx" not in facts["tags"]
    model = load(run)
    assert model.weights_sha256 in text
    assert "64×48 px" in text
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["weights_sha256"] == model.weights_sha256
    assert config["training"] == model.record.config.model_dump(mode="json")
    assert len(config["channels"]) == model.record.spec.channels


def test_a_card_that_a_person_changed_is_kept(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    assert command("export", run, "-o", out, "--quiet") == 0
    assert command("export", run, "-o", out, "--quiet") == 0
    card = out / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("one photo", "my photo"), encoding="utf-8")
    changed = card.read_bytes()
    assert command("export", run, "-o", out, "--quiet") == 2
    assert "was changed since Primage made it" in " ".join(capsys.readouterr().err.split())
    assert card.read_bytes() == changed
    assert command("export", run, "-o", out, "--quiet", "--overwrite") == 0
    assert card.read_bytes() != changed


def test_neither_a_run_nor_a_persons_folder_becomes_one(run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert command("export", run, "-o", tmp_path, "--quiet") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    before = {path.name for path in run.iterdir()}
    assert command("export", run, "-o", run, "--quiet") == 2
    assert {path.name for path in run.iterdir()} == before


def test_a_folder_is_no_output_of_itself(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    assert command("export", run, "-o", out, "--quiet") == 0
    assert command("export", out, "-o", out, "--quiet") == 2
    assert command("export", out / "model.safetensors", "-o", out, "--quiet", "--overwrite") == 2
    assert load(out).weights_sha256 == load(run).weights_sha256
