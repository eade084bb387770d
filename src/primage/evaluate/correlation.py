"""How strongly two maps agree, with an interval over frames: frames are independent, locations within one are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

_RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean over frames.

    Attributes:
        mean: over the frames.
        low: 2.5th percentile of the mean over resampled frames.
        high: 97.5th percentile.
        frames: how many there were.
        per_frame: the value of each, NaN where it has none.
    """

    mean: float
    low: float
    high: float
    frames: int
    per_frame: tuple[float, ...]


def pearson(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Pearson's correlation.

    Args:
        x: values.
        y: as many.

    Returns:
        In [-1, 1]; NaN if one of them is constant.
    """
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else float("nan")


def spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Spearman's rank correlation; ties have their mean rank.

    Args:
        x: values.
        y: as many.

    Returns:
        In [-1, 1]; NaN if one of them is constant.
    """
    return pearson(rankdata(x).astype(float), rankdata(y).astype(float))


def partial_spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], control: Float[np.ndarray, " n"]) -> float:
    """Spearman's correlation of two values with a third held constant.

    Args:
        x: values.
        y: as many.
        control: as many; what might explain both.

    Returns:
        In [-1, 1]; NaN if a value is constant, or the control says all about one of the others.
    """
    xy, xz, yz = spearman(x, y), spearman(x, control), spearman(y, control)
    rest = (1 - xz**2) * (1 - yz**2)
    return (xy - xz * yz) / rest**0.5 if rest > 1e-12 else float("nan")


def auroc(score: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """How well a score tells positives from negatives: the chance that a positive's is the higher.

    Args:
        score: values.
        positive: which are positives.

    Returns:
        In [0, 1], 0.5 by chance; NaN if all or none are positives.

    Source:
        Mann & Whitney 1947, from ranks.
    """
    count = int(positive.sum())
    others = len(positive) - count
    if count == 0 or others == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def over_frames(values: Sequence[float], seed: int = 0) -> Estimate:
    """Mean and 95 % interval, resampling whole frames (percentile bootstrap).

    Args:
        values: one for each frame; NaN is left out.
        seed: of the resampling.

    Returns:
        The estimate; NaN where there is no value, and no interval from one frame.
    """
    known = np.array([value for value in values if np.isfinite(value)])
    if len(known) == 0:
        nan = float("nan")
        return Estimate(nan, nan, nan, 0, tuple(values))
    drawn = np.random.default_rng(seed).integers(len(known), size=(_RESAMPLES, len(known)))
    low, high = np.percentile(known[drawn].mean(axis=1), (2.5, 97.5)) if len(known) > 1 else (np.nan, np.nan)
    return Estimate(float(known.mean()), float(low), float(high), len(known), tuple(values))


def between_frames(x: Sequence[float], y: Sequence[float], seed: int = 0) -> Estimate:
    """Spearman's correlation of two values a frame has, with a 95 % interval from resampling frames.

    Args:
        x: one for each frame.
        y: as many.
        seed: of the resampling.

    Returns:
        The estimate; NaN with fewer than three frames.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    nan = float("nan")
    if len(a) < 3:
        return Estimate(nan, nan, nan, len(a), ())
    drawn = np.random.default_rng(seed).integers(len(a), size=(_RESAMPLES, len(a)))
    values = np.array([spearman(a[rows], b[rows]) for rows in drawn])
    low, high = np.nanpercentile(values, (2.5, 97.5)) if np.isfinite(values).any() else (nan, nan)
    return Estimate(spearman(a, b), float(low), float(high), len(a), ())
