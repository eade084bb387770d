"""Deviations from the paper: computed from the settings, written with every run and model, shown, and documented."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.api import configure
from primage.config import Config
from primage.deviations import PAPER_SETTINGS, PaperSetting, deviations
from primage.grid import identity_grid
from primage.model import load
from primage.run import Run
from primage.warp.augment import PrimitiveWarper
from tests.tiny import command, options, write_photo

PAGE = Path(__file__).parents[1] / "docs" / "paper.md"


def test_the_paper_preset_deviates_only_where_the_paper_contradicts_itself() -> None:
    settings = [line.split(" = ")[0] for line in deviations(configure("paper", "super")) if " = " in line]
    assert settings == ["loss.gan", "loss.lambda_feat"]
    equations = deviations(configure("paper", "super", settings=["loss=equations"]))
    assert not [line for line in equations if " = " in line]


OTHER = {
    True: "false",
    False: "true",
    "none": "universal",
    "log": "lsgan",
    "vgg19": "vgg16",
    "raw": "imagenet",
    "pix2pixhd": "rgb",
}


def changed(setting: PaperSetting) -> Config:
    """The paper's settings with another value of one of them."""
    names = {"generator": "ngf=8", "discriminator": "ndf=8", "optim": "lr=0.1"}
    if setting.path in names:
        change = f"{setting.path}.{names[setting.path]}"
    elif setting.path == "phases":
        change = 'phases=[{"batch":2}]'
    elif isinstance(setting.value, (bool, str)):
        change = f"{setting.path}={OTHER[setting.value]}"
    else:
        change = f"{setting.path}={0.5 if isinstance(setting.value, float) else 77}"
    matcher = ["matcher=none"] if setting.path != "matcher" else []
    config = configure("paper", "super", settings=["loss=equations", *matcher])
    if setting.path == "matcher":  # pix2pixHD refuses the shipped weights, so no valid configuration has them
        return config.model_copy(update={"matcher": "universal"})
    return configure("paper", "super", settings=["loss=equations", change])


@pytest.mark.parametrize("setting", PAPER_SETTINGS, ids=lambda setting: setting.path)
def test_every_other_value_is_a_deviation_and_named(setting: PaperSetting) -> None:
    found = [line for line in deviations(changed(setting)) if " = " in line]
    assert len(found) == 1
    assert found[0].startswith(f"{setting.path} = ")
    assert setting.paper in found[0]


def test_settings_of_lines_matter_only_where_there_are_lines() -> None:
    thick = ["primitive.edges.thin=true"]
    assert any("edges.thin" in line for line in deviations(configure("paper", "edges", settings=thick)))
    assert not any("edges.thin" in line for line in deviations(configure("paper", "segments", settings=thick)))


def test_the_released_rates_are_deviations() -> None:
    found = "\n".join(deviations(configure("paper", "super", settings=["augment=released"])))
    for name in ("tps_probability", "rotation_probability", "rotation_with_tps", "translation", "window_px"):
        assert f"augment.{name} = " in found
    assert "tps_pin_corners" not in found


def test_runs_and_models_record_their_deviations_and_info_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, run = write_photo(tmp_path), tmp_path / "run"
    assert command("train", photo, "-o", run, *options("paper", steps=1, settings=["augment.flip=false"])) == 0
    written = json.loads((run / "run.json").read_text())
    expected = list(deviations(Run(run).record.config))
    assert written["deviations"] == expected == list(load(run).record.deviations)
    assert any(line.startswith("augment.flip = False") for line in expected)
    capsys.readouterr()
    assert command("info", run, "--json") == 0
    assert json.loads(capsys.readouterr().out)["deviations"] == expected
    assert command("info", run) == 0
    assert capsys.readouterr().out.count("differs from the paper") == len(expected)


def test_a_record_without_the_list_or_with_another_one_opens(tmp_path: Path) -> None:
    photo, run = write_photo(tmp_path), tmp_path / "run"
    assert command("train", photo, "-o", run, *options("paper", steps=0)) == 0
    record = Run(run).record
    for found in (None, ["something"]):
        data = json.loads((run / "run.json").read_text())
        data.pop("deviations", None)
        (run / "run.json").write_text(json.dumps(data if found is None else data | {"deviations": found}))
        assert Run(run).record == record


@pytest.mark.parametrize("kind", ["edges", "super"])
def test_unthinned_lines_survive_their_files_and_the_identity(kind: str, tmp_path: Path) -> None:
    thick = np.zeros((48, 64), bool)
    thick[10:13, 5:50] = thick[20:40, 30:32] = True
    Image.fromarray(np.where(thick, 0, 255).astype(np.uint8)).save(tmp_path / "lines.png")
    run = tmp_path / "run"
    lines = ("--edges", tmp_path / "lines.png", "-p", kind)
    assert command("train", write_photo(tmp_path), "-o", run, *lines, *options("paper", steps=0)) == 0
    model = load(run)
    np.testing.assert_array_equal(model.primitive.edges, thick)
    np.testing.assert_array_equal(model.render(run / "primitive.png"), model.render(model.primitive))
    warped = PrimitiveWarper(model.primitive, thin=False).warp(identity_grid((48, 64)))
    assert not warped.differs(model.primitive).any()


@pytest.mark.parametrize("setting", PAPER_SETTINGS, ids=lambda setting: setting.path)
def test_the_documentation_has_a_row_for_every_setting(setting: PaperSetting) -> None:
    assert f"`{setting.path}`" in PAGE.read_text(encoding="utf-8")


def test_the_documented_cost_is_the_measured_one() -> None:
    measured = json.loads((PAGE.parents[1] / "benchmarks" / "results" / "scaling.json").read_text())
    cost = " ".join(PAGE.read_text(encoding="utf-8").partition("## Cost")[2].split())
    assert f"at 256² takes {measured['paper_step_seconds']:.1f} s" in cost
    assert f"16,000 steps take {measured['paper_hours']} hours" in cost
    assert measured["machine"]["cpu"] in cost
