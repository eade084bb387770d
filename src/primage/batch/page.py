"""The page about a batch: what failed first, then a table with thumbnails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from primage.batch.records import Record
from primage.evaluate.reports.pages import command_html, page_html

#: Thumbnails of more photos would make a page that no browser opens quickly; the CSV file lists all.
_MOST_ROWS, _MOST_FAILURES = 500, 200
_STYLE = (
    "<style>td,th{vertical-align:middle}td img{display:block;max-width:6rem;max-height:6rem;border-radius:3px}"
    ".wide{white-space:normal;min-width:14rem}</style>"
)

#: Columns of text and pictures start at the left, those of numbers end at the right.
_TEXT, _TEXTS = ' class="text"', ("Photo", "Reason", "Trained on", "Render", "Warnings")

Row = tuple[Mapping[str, Any], Record | None]


def summary_html(counts: Mapping[str, int], rows: Sequence[Row], seconds: float, command: Sequence[str]) -> str:
    """The page.

    Args:
        counts: of `primage.batch.summary.Summary.counts`.
        rows: the facts about each photo, and its record if it is done.
        seconds: what the batch took this time.
        command: the command line.

    Returns:
        HTML without scripts or external files.
    """
    failed = [facts for facts, _ in rows if facts["status"] == "failed"]
    done = [(facts, record) for facts, record in rows if record is not None]
    numbers = [
        f"{counts['done']} of {counts['photos']} done"
        + (f" ({counts['skipped']} before)" if counts["skipped"] else ""),
        *([f"{counts['failed']} failed"] if counts["failed"] else []),
        *([f"{counts['stopped']} still to do: repeat the command"] if counts["stopped"] else []),
    ]
    body = f"{_STYLE}<main><h1>{escape('; '.join(numbers))}</h1>{command_html(command)}{_totals(done, seconds)}"
    if failed:
        reasons = [
            (_name(facts), f'<td class="text wide">{escape(str(facts["reason"]))}</td>', _number(facts["attempts"]))
            for facts in failed[:_MOST_FAILURES]
        ]
        body += _table(
            f"Failed ({len(failed)})", ("Photo", "Reason", "Attempts"), reasons, _rest(len(failed), _MOST_FAILURES)
        )
    if done:
        heading = ("Photo", "Trained on", "Render", "Steps", "Training (s)", "Memory (MB)", "Run (MB)", "Warnings")
        lines = [_done(facts, record) for facts, record in done[:_MOST_ROWS]]
        body += _table(f"Done ({len(done)})", heading, lines, _rest(len(done), _MOST_ROWS))
    return page_html(f"Batch: {numbers[0]}", f"{body}</main>")


def _totals(done: Sequence[tuple[Mapping[str, Any], Record]], seconds: float) -> str:
    new = [record for facts, record in done if not facts["skipped"]]
    facts = {"Time": f"{seconds:.0f} s"}
    if new:
        facts |= {
            "Processor time": f"{sum(record.cpu_sec for record in new):.0f} s for {len(new)} photos",
            "Photos per hour": f"{len(new) / max(seconds, 1e-3) * 3600:.0f}",
            "Size of all runs": f"{sum(record.run_bytes for _, record in done) / 1e6:.1f} MB",
        }
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in facts.items())}</dl>"


def _done(facts: Mapping[str, Any], record: Record) -> tuple[str, ...]:
    name = str(facts["name"])
    warnings = "<br>".join(escape(note) for note in record.notes)
    return (
        _name(facts),
        _image(record.thumbnail, f"{name}: photo"),
        _image(record.render_thumbnail, f"{name}: render"),
        _number(record.steps),
        _number(f"{record.training_sec:.1f}"),
        _number(f"{record.peak_memory_mb:.0f}" if record.peak_memory_mb else "–"),
        _number(f"{record.run_bytes / 1e6:.2f}"),
        f'<td class="text wide">{warnings}</td>' if warnings else "<td></td>",
    )


def _name(facts: Mapping[str, Any]) -> str:
    photo = escape(str(facts["photo"]), quote=True)
    return f'<th scope="row" class="text" title="{photo}">{escape(str(facts["name"]))}</th>'


def _image(uri: str | None, text: str) -> str:
    return (
        f'<td class="text"><img src="{uri}" alt="{escape(text, quote=True)}" loading="lazy"></td>'
        if uri
        else f"<td{_TEXT}>–</td>"
    )


def _number(value: object) -> str:
    return f"<td>{escape(str(value))}</td>"


def _rest(count: int, most: int) -> str:
    return f"The first {most} of {count}; summary.csv lists all." if count > most else ""


def _table(title: str, heading: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    head = "".join(f'<th scope="col"{_TEXT if text in _TEXTS else ""}>{escape(text)}</th>' for text in heading)
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    label = escape(title, quote=True)
    return (
        f'<h2>{escape(title)}</h2><div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>{below}"
    )
