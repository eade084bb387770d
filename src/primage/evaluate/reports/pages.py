"""Self-contained HTML pages: layout, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from primage._version import __version__
from primage.evaluate.reports.heatmaps import data_uri
from primage.evaluate.reports.tables import Table

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
.published{font-style:italic;opacity:.75;background:var(--soft)}
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


def page_html(title: str, body: str) -> str:
    """A complete page without scripts or external files.

    Args:
        title: window title.
        body: HTML of the body.

    Returns:
        HTML of the page.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n{body}\n"
        f'<p class="note">Primage {__version__}</p></body></html>\n'
    )


def table_html(table: Table) -> str:
    """A table as HTML, in a box that scrolls horizontally if the table is too wide.

    Args:
        table: the table.

    Returns:
        HTML with the title above the table and the note below.
    """
    text_columns = 2 if "Method" in table.heading else 1

    def cell(tag: str, text: str, row: int, column: int) -> str:
        classes = [
            *(["text"] if column < text_columns else []),
            *(["best"] if (row, column) in table.best else []),
            *(["published"] if column in table.published_columns or row in table.published_rows else []),
        ]
        attribute = f' class="{" ".join(classes)}"' if classes else ""
        return f"<{tag}{attribute}>{escape(text)}</{tag}>"

    head = "".join(cell("th", text, -1, i) for i, text in enumerate(table.heading))
    rows = ""
    for r, row in enumerate(table.rows):
        same_group = text_columns == 2 and r > 0 and row[0] == table.rows[r - 1][0]  # name a group only once
        texts = ("" if same_group and c == 0 else text for c, text in enumerate(row))
        rows += "<tr>" + "".join(cell("td", text, r, c) for c, text in enumerate(texts)) + "</tr>"
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<h2>{escape(table.title)}</h2><div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def figure_html(
    image: np.ndarray, caption: str, below: np.ndarray | None = None, below_alt: str = "difference map"
) -> str:
    """An image with a caption, optionally with a second image below it.

    Args:
        image: (H, W, 3) uint8.
        caption: caption and alternative text.
        below: (H, W, 3) uint8, the second image.
        below_alt: what the second image shows, for its alternative text.

    Returns:
        A ``<figure>`` element.
    """
    text = escape(caption, quote=True)
    second = "" if below is None else f'<img src="{data_uri(below)}" alt="{escape(below_alt, quote=True)}: {text}">'
    return (
        f'<figure><img src="{data_uri(image)}" alt="{text}">{second}<figcaption>{escape(caption)}</figcaption></figure>'
    )


def command_html(command: Sequence[str]) -> str:
    """The command line that made a page, as a paragraph; empty without one.

    Args:
        command: program and arguments.

    Returns:
        HTML.

    Example:
        >>> command_html(["primage", "risk"])
        '<p><code>primage risk</code></p>'
    """
    return f"<p><code>{escape(' '.join(command))}</code></p>" if command else ""
