"""Ablation of the augmentation."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from primage.errors import ConfigError
from primage.evaluate.analyses.ablation import LEVELS, parse_levels, variants
from primage.evaluate.commands.ablation import evaluate_ablation
from primage.evaluate.protocol.evaluation import TrainingPlan
from primage.run import Run
from tests.evaluate.conftest import finish, tiny_options


def test_one_factor_at_a_time_and_all() -> None:
    found = variants(LEVELS, "standard")
    assert len(found) == 1 + 2 + 1 + 1 + 1 + 1
    assert found[0].levels == {name: levels[0] for name, levels in LEVELS.items()}
    assert len(variants(LEVELS, "standard", full=True)) == 3 * 2 * 2 * 2 * 2
    assert len({variant.method.name for variant in variants(LEVELS, "standard", full=True)}) == 48
    plan = TrainingPlan(minutes=1.0)
    for variant in variants(LEVELS, "paper", full=True):
        augment = plan.config(variant.method).augment
        assert augment.tps == (variant.levels["tps"] > 0)
        assert not augment.tps or augment.tps_probability == variant.levels["tps"]
        assert augment.rotation == (variant.levels["rotation"] > 0)
        assert augment.shear == (variant.levels["shear"] > 0)
        assert augment.cutmix == (variant.levels["cutmix"] > 0)
        assert augment.canny_sigma == (variant.levels["canny_sigma"] > 0)
        assert not any((augment.local, augment.parts, augment.redraw, augment.crop, augment.translation))


def test_mistakes() -> None:
    assert parse_levels("tps", "0.5, 0") == (0.5, 0.0)
    with pytest.raises(ConfigError, match="not a list of numbers"):
        parse_levels("tps", "much")
    with pytest.raises(ConfigError, match="levels must be from 0 to 1"):
        variants({"tps": (2.0,)}, "standard")
    with pytest.raises(ConfigError, match="none"):
        variants({"tps": ()}, "standard")
    with pytest.raises(ConfigError, match="no factor 'blur'"):
        variants({"blur": (1.0,)}, "standard")


def test_the_table(walk: Path, tmp_path: Path) -> None:
    changes = {"kind": "edges", "segments": None, "steps": 1, "baselines": (), "metrics": ("ssim", "psnr")}
    options = tiny_options(walk, tmp_path / "out", **changes)
    levels = {"tps": (0.99, 0.0), "rotation": (0.0,), "shear": (0.0,), "cutmix": (0.0,), "canny_sigma": (0.0, 1.0)}
    results, page = finish(evaluate_ablation(options, levels))
    assert len(results.methods) == 3
    rows = list(csv.DictReader((tmp_path / "out/ablation.csv").read_text().splitlines()))
    assert [(row["TPS probability"], row["Canny σ"]) for row in rows] == [
        *(("0.99", "fixed"), ("off", "fixed"), ("0.99", "random"))
    ]
    assert all(float(row["SSIM ↑"]) for row in rows)
    assert page.read_text().count("<tr>") == 4
    without = Run(tmp_path / "out/walk" / list(results.methods)[1] / "run").record.config.augment
    assert not without.tps
