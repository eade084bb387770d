"""Tables, their HTML, and the results as JSON and CSV."""

from __future__ import annotations

import math

import pytest

from primage.evaluate.metrics.registry import Description
from primage.evaluate.protocol.results import ClipResult, MethodRecord, Results
from primage.evaluate.reports.pages import table_html
from primage.evaluate.reports.serialize import finite, frames_csv, results_json
from primage.evaluate.reports.tables import PUBLISHED_1, PUBLISHED_2, comparison_with_copy, number, table_1, table_2
from primage.evaluate.reports.video_report import chosen_frames

LPIPS = Description("lpips_alexnet", "LPIPS (AlexNet)", "alexnet", "0" * 64, False)
PSNR = Description("psnr", "PSNR (dB)", None, None, True)


def clip(name: str, ours: tuple[float, ...], copy: tuple[float, ...]) -> ClipResult:
    scores = {
        "ours": {"lpips_alexnet": ours, "psnr": tuple(30 - 10 * x for x in ours)},
        "copy": {"lpips_alexnet": copy, "psnr": tuple(30 - 10 * x for x in copy)},
    }
    methods = (MethodRecord("ours", "ours <b>"), MethodRecord("copy", "copy"))
    return ClipResult(name, "edges", (8, 8), "0", tuple(map(str, range(1, len(ours) + 1))), methods, scores)


RESULTS = Results((clip("a", (0.1, 0.3), (0.2, 0.2)), clip("b", (0.4, 0.4), (0.5, math.nan))), (LPIPS, PSNR))


def test_published_numbers_are_those_of_the_paper() -> None:
    assert PUBLISHED_1["LPIPS"] == {"pix2pixHD": 0.342, "Ours": 0.216}
    assert PUBLISHED_1["SIFID"] == {"pix2pixHD": 0.292, "Ours": 0.127}
    assert sum(PUBLISHED_2["LPIPS"]["Ours"]) == pytest.approx(0.79)
    assert sum(PUBLISHED_2["SIFID"]["pix2pixHD"]) == pytest.approx(2.2)


def test_table_1_averages_clips() -> None:
    table = table_1(RESULTS)
    assert table.heading[:3] == ("Metric", "ours <b>", "copy")
    # The mean of the clip means; frames without a value are ignored.
    assert table.rows[0][:3] == ("LPIPS (AlexNet) ↓", number((0.2 + 0.4) / 2), number((0.2 + 0.5) / 2))
    assert table.rows[0][3:] == ("0.342", "0.216")
    assert table.rows[1][3:] == ("–", "–")
    assert table.best == {(0, 1), (1, 1)}
    assert table.published_columns == {3, 4}
    assert "not measured here" in table.note


def test_table_2_has_one_column_per_clip() -> None:
    table = table_2(RESULTS)
    assert table.heading == ("Metric", "Method", "a", "b", *(f"Seq{i} †" for i in range(1, 6)))
    assert table.rows[0] == ("LPIPS (AlexNet) ↓", "ours <b>", "0.200", "0.400", *[""] * 5)
    assert table.rows[3][2:] == ("", "", "0.120", "0.210", "0.100", "0.220", "0.140")
    assert table.published_rows == {2, 3}
    assert {(0, 2), (1, 2), (0, 3)} <= table.best  # a tie in clip a
    html = table_html(table)
    assert "ours &lt;b&gt;" in html
    assert html.count('class="best"') == len(table.best)


def test_frames_better_than_the_copy() -> None:
    table = comparison_with_copy(RESULTS)
    assert table is not None
    assert table.rows[0] == ("LPIPS (AlexNet) ↓", "2 of 3", "")
    assert RESULTS.better_than("ours", "copy", "psnr") == (2, 3)
    alone = Results((ClipResult("a", "edges", (8, 8), "0", ("1",), (MethodRecord("ours", "o"),), {"ours": {}}),), ())
    assert comparison_with_copy(alone) is None


def test_numbers_that_json_cannot_represent() -> None:
    assert (finite(math.nan), finite(math.inf), finite(0.12345678)) == (None, None, 0.123457)
    assert results_json(RESULTS)["clips"][1]["scores"]["copy"]["lpips_alexnet"] == [0.5, None]
    assert frames_csv(RESULTS).splitlines()[0] == "clip,frame,method,lpips_alexnet,psnr"
    assert [number(x) for x in (math.nan, math.inf, 12.34, 0.5, 0.01234)] == ["–", "∞", "12.3", "0.500", "0.0123"]


def test_chosen_frames_have_no_duplicates() -> None:
    values = tuple(abs(math.sin(i)) for i in range(30))
    found = chosen_frames(clip("a", values, values), RESULTS)
    assert len({i for _, i in found}) == len(found) >= 5
    assert values[found[0][1]] == min(values)
    assert values[next(i for title, i in found if title == "Worst frame 1")] == max(values)
