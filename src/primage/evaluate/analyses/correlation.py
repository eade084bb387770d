"""Correlation of two maps, with confidence intervals over frames: frames are independent, locations in one are not."""

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
        low: 2.5th percentile of the bootstrap distribution over frames.
        high: 97.5th percentile.
        frames: number of frames with a value.
        per_frame: value of each frame, NaN where undefined.
    """

    mean: float
    low: float
    high: float
    frames: int
    per_frame: tuple[float, ...]


def pearson(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Pearson's correlation coefficient.

    Args:
        x: (N,) values.
        y: (N,) values.

    Returns:
        In [-1, 1]; NaN if either is constant.

    Example:
        >>> import numpy as np
        >>> pearson(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
        1.0
    """
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else float("nan")


def spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Spearman's rank correlation; ties get their mean rank.

    Args:
        x: (N,) values.
        y: (N,) values.

    Returns:
        In [-1, 1]; NaN if either is constant.

    Example:
        >>> import numpy as np
        >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0]))
        1.0
    """
    return pearson(rankdata(x).astype(float), rankdata(y).astype(float))


def partial_spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], control: Float[np.ndarray, " n"]) -> float:
    """Spearman's partial correlation of two variables, controlling for a third.

    Args:
        x: (N,) values.
        y: (N,) values.
        control: (N,) values of a variable that might explain both.

    Returns:
        In [-1, 1]; NaN if a variable is constant, or the control determines one of the others.
    """
    xy, xz, yz = spearman(x, y), spearman(x, control), spearman(y, control)
    residual = (1 - xz**2) * (1 - yz**2)
    return (xy - xz * yz) / residual**0.5 if residual > 1e-12 else float("nan")


def auroc(score: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """Area under the ROC curve: the probability that a positive scores higher than a negative.

    Args:
        score: (N,) values.
        positive: (N,) mask of the positives.

    Returns:
        In [0, 1], 0.5 for a random score; NaN if all or none are positive.

    Example:
        >>> import numpy as np
        >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
        0.75

    Source:
        Mann & Whitney 1947, from ranks.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def bootstrap_mean(values: Sequence[float], seed: int = 0) -> Estimate:
    """Mean over frames with a 95 % confidence interval (percentile bootstrap over frames).

    Args:
        values: one per frame; NaN is ignored.
        seed: seed of the resampling.

    Returns:
        The estimate; NaN if there are no values, and no interval for a single frame.
    """
    known = np.array([value for value in values if np.isfinite(value)])
    if len(known) == 0:
        nan = float("nan")
        return Estimate(nan, nan, nan, 0, tuple(values))
    resampled = np.random.default_rng(seed).integers(len(known), size=(_RESAMPLES, len(known)))
    low, high = np.percentile(known[resampled].mean(axis=1), (2.5, 97.5)) if len(known) > 1 else (np.nan, np.nan)
    return Estimate(float(known.mean()), float(low), float(high), len(known), tuple(values))


def bootstrap_spearman(x: Sequence[float], y: Sequence[float], seed: int = 0) -> Estimate:
    """Spearman's correlation of two per-frame values, with a 95 % confidence interval (bootstrap over frames).

    Args:
        x: one value per frame.
        y: one value per frame.
        seed: seed of the resampling.

    Returns:
        The estimate; NaN for fewer than three frames.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    nan = float("nan")
    if len(a) < 3:
        return Estimate(nan, nan, nan, len(a), ())
    resampled = np.random.default_rng(seed).integers(len(a), size=(_RESAMPLES, len(a)))
    values = np.array([spearman(a[rows], b[rows]) for rows in resampled])
    low, high = np.nanpercentile(values, (2.5, 97.5)) if np.isfinite(values).any() else (nan, nan)
    return Estimate(spearman(a, b), float(low), float(high), len(a), ())
