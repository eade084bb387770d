"""Combinations of warps."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from primage.errors import ConfigError
from primage.evaluate.ablation import LEVELS, ablation_job, cells, read_levels
from primage.evaluate.protocol import Plan
from primage.run import Run
from tests.evaluate.conftest import finish, tiny_job


def test_one_factor_at_a_time_and_all() -> None:
    found = cells(LEVELS, "standard")
    assert len(found) == 1 + 2 + 1 + 1 + 1 + 1
    assert found[0].levels == {name: levels[0] for name, levels in LEVELS.items()}
    assert len(cells(LEVELS, "standard", full=True)) == 3 * 2 * 2 * 2 * 2
    assert len({cell.method.name for cell in cells(LEVELS, "standard", full=True)}) == 48
    plan = Plan(minutes=1.0)
    for cell in cells(LEVELS, "paper", full=True):
        augment = plan.config(cell.method).augment
        assert augment.tps == (cell.levels["tps"] > 0)
        assert not augment.tps or augment.tps_probability == cell.levels["tps"]
        assert augment.rotation == (cell.levels["rotation"] > 0)
        assert augment.shear == (cell.levels["shear"] > 0)
        assert augment.cutmix == (cell.levels["cutmix"] > 0)
        assert augment.canny_sigma == (cell.levels["canny_sigma"] > 0)
        assert not any((augment.local, augment.parts, augment.redraw, augment.crop, augment.translation))


def test_mistakes() -> None:
    assert read_levels("tps", "0.5, 0") == (0.5, 0.0)
    with pytest.raises(ConfigError, match="no list of numbers"):
        read_levels("tps", "much")
    with pytest.raises(ConfigError, match="levels lie in 0 … 1"):
        cells({"tps": (2.0,)}, "standard")
    with pytest.raises(ConfigError, match="none"):
        cells({"tps": ()}, "standard")
    with pytest.raises(ConfigError, match="no factor 'blur'"):
        cells({"blur": (1.0,)}, "standard")


def test_the_table(walk: Path, tmp_path: Path) -> None:
    job = tiny_job(walk, tmp_path / "out", kind="edges", segments=None, steps=1, baselines=(), metrics=("ssim", "psnr"))
    levels = {"tps": (0.99, 0.0), "rotation": (0.0,), "shear": (0.0,), "cutmix": (0.0,), "canny_sigma": (0.0, 1.0)}
    results, page = finish(ablation_job(job, levels))
    assert len(results.methods) == 3
    rows = list(csv.DictReader((tmp_path / "out/ablation.csv").read_text().splitlines()))
    assert [(row["TPS probability"], row["Canny σ"]) for row in rows] == [
        *(("0.99", "fixed"), ("off", "fixed"), ("0.99", "random"))
    ]
    assert all(float(row["SSIM ↑"]) for row in rows)
    assert page.read_text().count("<tr>") == 4
    without = Run(tmp_path / "out/walk" / list(results.methods)[1] / "run").record.config.augment
    assert not without.tps
