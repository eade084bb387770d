"""Tables and charts as text."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from primage.evaluate.charts import legend, line_chart, scatter_chart
from primage.evaluate.metrics import Description
from primage.evaluate.pictures import data_uri, heat
from primage.evaluate.report import chosen_frames, table_html
from primage.evaluate.results import ClipResult, Results, Trained, as_json, finite, frames_csv
from primage.evaluate.tables import PUBLISHED_1, PUBLISHED_2, against_copy, number, table_1, table_2

LPIPS = Description("lpips_alexnet", "LPIPS (AlexNet)", "alexnet", "0" * 64, False)
PSNR = Description("psnr", "PSNR (dB)", None, None, True)


def clip(name: str, ours: tuple[float, ...], copy: tuple[float, ...]) -> ClipResult:
    scores = {
        "ours": {"lpips_alexnet": ours, "psnr": tuple(30 - 10 * x for x in ours)},
        "copy": {"lpips_alexnet": copy, "psnr": tuple(30 - 10 * x for x in copy)},
    }
    methods = (Trained("ours", "ours <b>"), Trained("copy", "copy"))
    return ClipResult(name, "edges", (8, 8), "0", tuple(map(str, range(1, len(ours) + 1))), methods, scores)


RESULTS = Results((clip("a", (0.1, 0.3), (0.2, 0.2)), clip("b", (0.4, 0.4), (0.5, math.nan))), (LPIPS, PSNR))


def test_published_figures_are_the_papers() -> None:
    assert PUBLISHED_1["LPIPS"] == {"pix2pixHD": 0.342, "Ours": 0.216}
    assert PUBLISHED_1["SIFID"] == {"pix2pixHD": 0.292, "Ours": 0.127}
    assert sum(PUBLISHED_2["LPIPS"]["Ours"]) == pytest.approx(0.79)
    assert sum(PUBLISHED_2["SIFID"]["pix2pixHD"]) == pytest.approx(2.2)


def test_table_1_averages_clips() -> None:
    table = table_1(RESULTS)
    assert table.heading[:3] == ("Metric", "ours <b>", "copy")
    # The mean of the clips' means, a frame without a value left out.
    assert table.rows[0][:3] == ("LPIPS (AlexNet) ↓", number((0.2 + 0.4) / 2), number((0.2 + 0.5) / 2))
    assert table.rows[0][3:] == ("0.342", "0.216")
    assert table.rows[1][3:] == ("–", "–")
    assert table.best == {(0, 1), (1, 1)}
    assert table.theirs == {3, 4}
    assert "not measured here" in table.note


def test_table_2_has_a_column_a_clip() -> None:
    table = table_2(RESULTS)
    assert table.heading == ("Metric", "Method", "a", "b", *(f"Seq{i} †" for i in range(1, 6)))
    assert table.rows[0] == ("LPIPS (AlexNet) ↓", "ours <b>", "0.200", "0.400", *[""] * 5)
    assert table.rows[3][2:] == ("", "", "0.120", "0.210", "0.100", "0.220", "0.140")
    assert table.theirs_rows == {2, 3}
    assert {(0, 2), (1, 2), (0, 3)} <= table.best  # a tie in clip a
    html = table_html(table)
    assert "ours &lt;b&gt;" in html
    assert html.count('class="best"') == len(table.best)


def test_frames_better_than_the_copy() -> None:
    table = against_copy(RESULTS)
    assert table is not None
    assert table.rows[0] == ("LPIPS (AlexNet) ↓", "2 of 3", "")
    assert RESULTS.better_than("ours", "copy", "psnr") == (2, 3)
    alone = Results((ClipResult("a", "edges", (8, 8), "0", ("1",), (Trained("ours", "o"),), {"ours": {}}),), ())
    assert against_copy(alone) is None


def test_what_json_cannot_say() -> None:
    assert (finite(math.nan), finite(math.inf), finite(0.12345678)) == (None, None, 0.123457)
    assert as_json(RESULTS)["clips"][1]["scores"]["copy"]["lpips_alexnet"] == [0.5, None]
    assert frames_csv(RESULTS).splitlines()[0] == "clip,frame,method,lpips_alexnet,psnr"
    assert [number(x) for x in (math.nan, math.inf, 12.34, 0.5, 0.01234)] == ["–", "∞", "12.3", "0.500", "0.0123"]


def test_chosen_frames_are_each_shown_once() -> None:
    values = tuple(abs(math.sin(i)) for i in range(30))
    found = chosen_frames(clip("a", values, values), RESULTS)
    assert len({i for _, i in found}) == len(found) >= 5
    assert values[found[0][1]] == min(values)
    assert values[next(i for title, i in found if title == "Worst frame 1")] == max(values)


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


def test_maps_in_colours() -> None:
    picture = heat(np.array([[0.0, 1.0]]), (2, 4))
    assert picture.shape == (2, 4, 3)
    assert picture[0, 0].sum() < 50 < 600 < picture[0, 3].sum()
    assert heat(np.zeros((2, 2)), (2, 2)).max() < 50
    assert data_uri(picture).startswith("data:image/webp;base64,")
