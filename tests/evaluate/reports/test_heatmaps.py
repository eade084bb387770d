"""Scalar maps as images."""

from __future__ import annotations

import numpy as np

from primage.evaluate.reports.heatmaps import data_uri, heatmap


def test_heatmaps() -> None:
    picture = heatmap(np.array([[0.0, 1.0]]), (2, 4))
    assert picture.shape == (2, 4, 3)
    assert picture[0, 0].sum() < 50 < 600 < picture[0, 3].sum()
    assert heatmap(np.zeros((2, 2)), (2, 2)).max() < 50
    assert data_uri(picture).startswith("data:image/webp;base64,")
