"""Correlations against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from primage.evaluate.analyses.correlation import (
    auroc,
    bootstrap_mean,
    bootstrap_spearman,
    partial_spearman,
    pearson,
    spearman,
)


@pytest.mark.parametrize("seed", range(3))
def test_against_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, 40).astype(float)  # with ties
    y = x + rng.normal(size=40) * 3
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    positive = y > np.quantile(y, 0.7)
    brute = np.mean([(a > b) + 0.5 * (a == b) for a in x[positive] for b in x[~positive]])
    assert auroc(x, positive) == pytest.approx(brute)


def test_partial_correlation() -> None:
    rng = np.random.default_rng(0)
    control = rng.normal(size=3000)
    x, y = control + 0.5 * rng.normal(size=3000), control + 0.5 * rng.normal(size=3000)
    assert spearman(x, y) > 0.7
    assert abs(partial_spearman(x, y, control)) < 0.06  # the control explains the whole correlation
    assert partial_spearman(x, y, rng.normal(size=3000)) == pytest.approx(spearman(x, y), abs=0.02)
    assert math.isnan(partial_spearman(x, y, x))
    # The definition: the correlation of the residuals of the ranks.
    ranks = [stats.rankdata(values) for values in (x, y + 0.3 * x, control)]
    residuals = [r - np.polyval(np.polyfit(ranks[2], r, 1), ranks[2]) for r in ranks[:2]]
    assert partial_spearman(x, y + 0.3 * x, control) == pytest.approx(stats.pearsonr(*residuals).statistic)


def test_nothing_to_correlate() -> None:
    assert math.isnan(pearson(np.zeros(4), np.arange(4.0)))
    assert math.isnan(auroc(np.arange(3.0), np.zeros(3, dtype=bool)))
    assert math.isnan(bootstrap_spearman([1.0, 2.0], [1.0, 2.0]).mean)
    assert bootstrap_mean([float("nan")]).frames == 0
    alone = bootstrap_mean([0.5])
    assert alone.mean == 0.5
    assert math.isnan(alone.low)


def test_the_interval_is_bootstrap_mean() -> None:
    values = np.random.default_rng(0).normal(0.4, 0.1, 30)
    found = bootstrap_mean(values.tolist())
    assert found.low < found.mean < found.high
    half = 1.96 * values.std(ddof=1) / 30**0.5
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.2)
    assert bootstrap_mean(values.tolist()) == found  # the same seed
    together = bootstrap_spearman(values.tolist(), (values**3).tolist())
    assert (together.mean, together.low) == (pytest.approx(1), pytest.approx(1))
