"""A region that moves away."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from primage.edit.records import Ellipse, LabelRegion, Rectangle
from primage.errors import ConfigError
from primage.evaluate.analyses.gap_filling import gap_series, parse_region
from primage.evaluate.metrics.pixels import SSIM
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.gap_report import write_gaps
from primage.model import load
from primage.tensors import to_tensor
from tests.evaluate.analyses.test_coverage import FEATURES
from tests.evaluate.conftest import finish


def test_regions() -> None:
    assert parse_region("ellipse:0.5,0.4,0.1,0.2") == Ellipse(centre=(0.5, 0.4), radii=(0.1, 0.2))
    assert parse_region("rectangle:0,0,0.5,1") == Rectangle(top_left=(0, 0), bottom_right=(0.5, 1))
    assert parse_region("labels:2,3") == LabelRegion(labels=(2, 3))
    for text in ("", "circle:1,2,3", "ellipse:1,2", "labels:1.5", "labels:x", "rectangle:a,b,c,d"):
        with pytest.raises(ConfigError, match="is not a region"):
            parse_region(text)


def test_the_series(evaluated: tuple[Path, Results], tmp_path: Path) -> None:
    model = load(evaluated[0] / "walk/ours/run")
    region = Rectangle(top_left=(0.15, 0.2), bottom_right=(0.45, 0.7))
    series = finish(gap_series(model, region, (0.0, 0.2), 2, SSIM(), FEATURES, copies=2))
    assert [each.gap for each in series] == pytest.approx([0, 0.1, 0.2])
    assert series[0].risk is None  # nothing is uncovered yet
    assert all(each.risk is not None and each.risk >= 0 for each in series[1:])
    expected = float(SSIM()(to_tensor(series[2].result), to_tensor(model.photo)))
    assert series[2].score == pytest.approx(expected)
    assert not np.array_equal(series[0].drawing, series[2].drawing)
    page = write_gaps(tmp_path / "gaps", series, model, SSIM())
    assert page.read_text().count("<img ") == 6
    assert "<title>Gaps</title>" in page.read_text()
    data = json.loads((tmp_path / "gaps/gaps.json").read_text())
    assert data["metric"]["name"] == "ssim"
    assert len(data["series"]) == 3
    plain = finish(gap_series(model, region, (0.1, 0.0), 1))
    assert (plain[1].score, plain[1].risk) == (None, None)
    assert write_gaps(tmp_path / "plain", plain, model, None).is_file()
    for steps, towards in ((0, (0.1, 0.0)), (1, (0.0, 0.0))):
        with pytest.raises(ConfigError, match="at least one step"):
            finish(gap_series(model, region, towards, steps))
