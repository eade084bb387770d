"""The report of an evaluation: results.json, frames.csv, tables.csv, and one page that needs no other file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from primage._version import __version__
from primage.evaluate.charts import legend, line_chart
from primage.evaluate.lpips import LPIPS
from primage.evaluate.metrics import Metric
from primage.evaluate.pictures import data_uri, heat
from primage.evaluate.results import ClipResult, Results, as_json, frames_csv, to_csv, write_json
from primage.evaluate.tables import PUBLISHED, Table, against_copy, number, table_1, table_2
from primage.files import write_atomically
from primage.image import read_image, resize_image
from primage.tensors import to_tensor

#: How many best, worst, and evenly spaced frames are shown of each clip.
_BEST, _WORST, _SPACED = 2, 2, 3

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--mark:#0a7d3c}
@media (prefers-color-scheme:dark){:root{--mark:#5fd38d}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:70rem;font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.3rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;font-size:.875rem;min-width:100%}
th,td{padding:.35rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{white-space:normal;vertical-align:bottom;min-width:5rem}
tbody tr:last-child>*{border-bottom:0}
th:first-child,td:first-child,.text{text-align:left}
td.best{font-weight:700;color:var(--mark)}
.theirs{font-style:italic;opacity:.75;background:var(--soft)}
.note,figcaption,.facts{font-size:.8125rem;opacity:.85}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:.5rem 1.5rem}
.chart{width:100%;max-width:34rem;height:auto;display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.5rem 0;font-size:.875rem}
.legend svg{margin-right:.4rem;vertical-align:middle}
.row{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(46%,11.5rem),1fr));gap:.5rem;align-items:start}
@media (min-width:60rem){.eight{grid-template-columns:repeat(8,1fr)}}
figure{margin:0}figure img{width:100%;height:auto;display:block;border-radius:3px}
figure img+img{margin-top:3px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.5rem 0}
dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
code{font-size:.85em;overflow-wrap:anywhere}
@media (max-width:30rem){body{padding:.75rem}th,td{padding:.3rem .4rem}td.text{white-space:normal;min-width:6.5rem}
dl{grid-template-columns:1fr}dd{margin:0 0 .4rem}}
"""


def write_report(folder: Path, results: Results, metrics: Sequence[Metric]) -> Path:
    """Write everything that an evaluation found.

    Args:
        folder: where `primage.evaluate.protocol.evaluate` left its pictures.
        results: what it found.
        metrics: for the difference maps: LPIPS if it is there, else the absolute difference.

    Returns:
        The page.
    """
    write_json(folder / "results.json", as_json(results, PUBLISHED))
    write_atomically(folder / "frames.csv", frames_csv(results))
    tables = [table for table in (table_1(results), table_2(results), against_copy(results)) if table is not None]
    text = "\n".join(f"# {table.title}\n" + to_csv(table.heading, table.rows) for table in tables)
    write_atomically(folder / "tables.csv", text)
    lpips = next((metric for metric in metrics if isinstance(metric, LPIPS)), None)
    page = folder / "report.html"
    write_atomically(page, _page(folder, results, tables, lpips))
    return page


def _page(folder: Path, results: Results, tables: Sequence[Table], lpips: LPIPS | None) -> str:
    names = ", ".join(clip.name for clip in results.clips)
    body = [
        f"<h1>Single-image evaluation: {escape(names)}</h1>",
        f'<p class="facts">{_headline(results)}</p>',
        *(table_html(table) for table in tables),
    ]
    for clip in results.clips:
        body.append(_clip(folder / clip.name, clip, results, lpips))
    body.append(_facts(results))
    return page_html(f"Evaluation: {names}", "\n".join(body))


def page_html(title: str, body: str) -> str:
    """A page that needs no other file and runs no script.

    Args:
        title: of the window.
        body: HTML.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n{body}\n"
        f'<p class="note">Primage {__version__}</p></body></html>\n'
    )


def table_html(table: Table) -> str:
    """A table as HTML, in a box of its own that scrolls sideways where it is too wide."""
    texts = 2 if "Method" in table.heading else 1

    def cell(tag: str, text: str, row: int, column: int) -> str:
        kinds = [
            *(["text"] if column < texts else []),
            *(["best"] if (row, column) in table.best else []),
            *(["theirs"] if column in table.theirs or row in table.theirs_rows else []),
        ]
        known = f' class="{" ".join(kinds)}"' if kinds else ""
        return f"<{tag}{known}>{escape(text)}</{tag}>"

    head = "".join(cell("th", text, -1, i) for i, text in enumerate(table.heading))
    rows = ""
    for r, row in enumerate(table.rows):
        again = texts == 2 and r > 0 and row[0] == table.rows[r - 1][0]  # a group's name once
        rows += "<tr>" + "".join(cell("td", "" if again and c == 0 else t, r, c) for c, t in enumerate(row)) + "</tr>"
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<h2>{escape(table.title)}</h2><div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def figure_html(image: np.ndarray, caption: str, below: np.ndarray | None = None, what: str = "difference map") -> str:
    """A picture with its caption, and another one below it.

    Args:
        image: (H, W, 3) uint8.
        caption: of both.
        below: (H, W, 3) uint8.
        what: the lower one is, for people who hear the page.
    """
    text = escape(caption, quote=True)
    second = "" if below is None else f'<img src="{data_uri(below)}" alt="{escape(what, quote=True)}: {text}">'
    return (
        f'<figure><img src="{data_uri(image)}" alt="{text}">{second}<figcaption>{escape(caption)}</figcaption></figure>'
    )


def _headline(results: Results) -> str:
    first = results.metrics[0]
    methods = list(results.methods)
    frames = sum(len(clip.frames) for clip in results.clips)
    text = f"{frames} frames judged, the training frames left out. {first.title}: "
    text += ", ".join(f"{results.methods[m]} {number(results.mean(m, first.name))}" for m in methods)
    return escape(text) + "."


def _clip(folder: Path, clip: ClipResult, results: Results, lpips: LPIPS | None) -> str:
    labels = {method.name: method.label for method in clip.methods}
    parts = [f"<h2>{escape(clip.name)}</h2>"]
    size = f"{clip.size[1]}×{clip.size[0]} px"
    parts.append(
        f'<p class="facts">Trained on frame {escape(clip.train_frame)}, judged on {len(clip.frames)} others at {size}; '
        f"primitive: {escape(clip.kind)}.</p>{legend(list(labels.values()))}"
    )
    x = [float(i) for i in range(len(clip.frames))]
    step = max(1, math.ceil(len(x) / 5))
    ticks = {i: _short(clip.frames[int(i)]) for i in x[::step]}
    charts = []
    for d in results.metrics:
        series = {labels[m]: clip.scores[m][d.name] for m in labels}
        chart = line_chart(series, x, "frame", d.title, ticks)
        better = "higher" if d.higher_is_better else "lower"
        charts.append(f"<div><h3>{escape(d.title)} ({better} is better)</h3>{chart}</div>")
    parts.append(f'<div class="charts">{"".join(charts)}</div>')
    kind = f"{lpips.name} at each place" if lpips is not None else "mean absolute difference"
    parts.append(
        f'<p class="note">Below each picture: where it differs from the truth ({escape(kind)}; black is none; '
        "one scale within a frame). The pictures in this page are compressed; the exact ones lie beside it.</p>"
    )
    for title, position in chosen_frames(clip, results):
        parts.append(_frame(folder, clip, position, title, labels, results, lpips))
    return "\n".join(parts)


def chosen_frames(clip: ClipResult, results: Results) -> list[tuple[str, int]]:
    """Which frames a page shows: our best and worst by the first metric, and some in between.

    Args:
        clip: whose frames.
        results: says which metric is first.

    Returns:
        A title and the position of each frame; none twice.
    """
    first = results.metrics[0]
    method = clip.methods[0].name
    values = clip.scores[method][first.name]
    sign = -1 if first.higher_is_better else 1
    order = sorted(range(len(values)), key=lambda i: sign * values[i])
    found: dict[int, str] = {}
    for rank, i in enumerate(order[:_BEST]):
        found[i] = f"Best frame {rank + 1}"
    for rank, i in enumerate(order[::-1][:_WORST]):
        found.setdefault(i, f"Worst frame {rank + 1}")
    for i in np.linspace(0, len(values) - 1, _SPACED + 2).round().astype(int)[1:-1]:
        found.setdefault(int(i), "A frame in between")
    return [(title, i) for i, title in found.items()]


def _frame(
    folder: Path,
    clip: ClipResult,
    position: int,
    title: str,
    labels: dict[str, str],
    results: Results,
    lpips: LPIPS | None,
) -> str:
    name = clip.frames[position]
    truth = read_image(folder / "truth" / f"{name}.png")
    size = (truth.shape[0], truth.shape[1])
    pictures = {m: resize_image(read_image(folder / m / f"{name}.png"), size) for m in labels}
    real = to_tensor(truth)
    if lpips is not None:
        maps = {m: lpips.spatial(to_tensor(picture), real)[0, 0].numpy() for m, picture in pictures.items()}
    else:
        maps = {m: np.abs(p.astype(float) - truth).mean(axis=2) / 255 for m, p in pictures.items()}
    high = max(float(m.max()) for m in maps.values())
    first = results.metrics[0]
    figures = [
        figure_html(read_image(folder / "primitives" / f"{name}.png"), "primitive"),
        figure_html(truth, "truth"),
    ]
    for method, picture in pictures.items():
        score = number(clip.scores[method][first.name][position])
        caption = f"{labels[method]}: {score}"
        figures.append(figure_html(picture, caption, heat(maps[method], size, high=high)))
    return f'<h3>{escape(title)}: {escape(name)}</h3><div class="row">{"".join(figures)}</div>'


def _facts(results: Results) -> str:
    parts = ["<h2>How it was measured</h2><dl>"]
    for d in results.metrics:
        network = f"{d.network}, weights SHA-256 {d.weights_sha256}" if d.network else "no network"
        parts.append(f"<dt>{escape(d.title)}</dt><dd>{escape(network)}</dd>")
    for clip in results.clips:
        for method in clip.methods:
            if method.preset is not None:
                text = (
                    f"preset {method.preset}, matcher {method.matcher}, {method.steps} steps in {method.seconds:.0f} s"
                )
                text += f"; {' '.join(method.settings)}" if method.settings else ""
                parts.append(f"<dt>{escape(clip.name)}: {escape(method.label)}</dt><dd>{escape(text)}</dd>")
    command = " ".join(str(part) for part in results.command.get("line", ()))
    parts.append(f"</dl><p><code>{escape(command)}</code></p>" if command else "</dl>")
    return "".join(parts)


def _short(name: str) -> str:
    """Frame numbers without their leading zeros; long names cut."""
    return str(int(name)) if name.isdigit() else name if len(name) <= 8 else f"{name[:7]}…"
