"""Charts are well-formed SVG."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from primage.evaluate.reports.charts import legend, line_chart, scatter_chart


@pytest.mark.parametrize(
    "values", [(1.0, 2.0, 3.0), (0.0, 0.0, 0.0), (math.nan,) * 3, (1e-9, 2e-9, 0.0), (1.0, math.inf, 5e6)]
)
def test_charts_are_well_formed(values: tuple[float, ...]) -> None:
    chart = line_chart({"a <&>": values, "b": values[::-1]}, [0.0, 1.0, 2.0], "frame", "y <&>", {0.0: "1 <"})
    root = ElementTree.fromstring(chart)
    assert "nan" not in chart
    assert root.attrib["aria-label"].startswith("y <&>")
    ElementTree.fromstring(scatter_chart([1.0, 2.0], [3.0, 3.0], "x", "y"))
    ElementTree.fromstring(line_chart({"a": (1.0,)}, [5.0], "x", "y"))
    assert "a &lt;" in legend(["a <"])
