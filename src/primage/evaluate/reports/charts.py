"""Charts as inline SVG: readable on a phone, without scripts, with dash patterns in addition to colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

#: Okabe and Ito's colour-blind-safe palette, with the lightest colours darkened for contrast.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#8f5a83", "#8a6d00", "#444444")
_DASHES = ("", "5 3", "2 2", "8 3 2 3", "1 3", "")
_WIDTH, _HEIGHT = 420, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 34


def line_chart(
    series: Mapping[str, Sequence[float]],
    x: Sequence[float],
    x_title: str,
    y_title: str,
    ticks: Mapping[float, str] | None = None,
) -> str:
    """A line chart; lines are interrupted where a value is NaN or infinite.

    Args:
        series: label → one value per x.
        x: increasing positions.
        x_title: title of the x axis.
        y_title: title of the y axis, used in the chart's accessible name only; show it above the chart as well.
        ticks: position → text of the x axis; round numbers if None.

    Returns:
        An ``<svg>`` element.
    """
    frame = _Frame(x, [v for values in series.values() for v in values])
    parts = [frame.axes(x_title, ticks)]
    for i, (label, values) in enumerate(series.items()):
        colour, dash = COLOURS[i % len(COLOURS)], _DASHES[i % len(_DASHES)]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        for segment in _finite_segments(x, values):
            points = " ".join(f"{frame.x(a):.1f},{frame.y(b):.1f}" for a, b in segment)
            if len(segment) == 1:
                a, b = segment[0]
                parts.append(f'<circle cx="{frame.x(a):.1f}" cy="{frame.y(b):.1f}" r="2.2" fill="{colour}"/>')
            else:
                parts.append(
                    f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"{dashed}>'
                    f"<title>{escape(label)}</title></polyline>"
                )
    return _svg(parts, f"{y_title} over {x_title}: {', '.join(series)}")


def scatter_chart(x: Sequence[float], y: Sequence[float], x_title: str, y_title: str) -> str:
    """A scatter plot.

    Args:
        x: positions.
        y: one value per position.
        x_title: title of the x axis.
        y_title: title of the y axis, used in the chart's accessible name only.

    Returns:
        An ``<svg>`` element.
    """
    frame = _Frame(x, y)
    parts = [frame.axes(x_title, None)]
    parts += [
        f'<circle cx="{frame.x(a):.1f}" cy="{frame.y(b):.1f}" r="2" fill="{COLOURS[0]}" fill-opacity="0.45"/>'
        for a, b in zip(x, y, strict=True)
    ]
    return _svg(parts, f"{y_title} over {x_title}")


def legend(labels: Sequence[str]) -> str:
    """A legend: the labels with their colours and dash patterns.

    Args:
        labels: in the order of the series.

    Returns:
        HTML list.
    """
    items = []
    for i, label in enumerate(labels):
        dash = f' stroke-dasharray="{_DASHES[i % len(_DASHES)]}"' if _DASHES[i % len(_DASHES)] else ""
        line = f'<line x1="0" y1="5" x2="28" y2="5" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2.4"{dash}/>'
        items.append(
            f'<li><svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true">{line}</svg>{escape(label)}</li>'
        )
    return f'<ul class="legend">{"".join(items)}</ul>'


class _Frame:
    """Mapping from data to chart coordinates, and the axes."""

    def __init__(self, x: Sequence[float], y: Sequence[float]) -> None:
        values = [value for value in y if math.isfinite(value)] or [0.0, 1.0]
        self.ticks_y = _round_ticks(min(values), max(values), 4)
        self.low, self.high = self.ticks_y[0], self.ticks_y[-1]
        self.first, self.last = (min(x), max(x)) if len(x) else (0.0, 1.0)
        if self.first == self.last:
            self.first, self.last = self.first - 0.5, self.last + 0.5

    def x(self, value: float) -> float:
        return _LEFT + (value - self.first) / (self.last - self.first) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _TOP + (self.high - value) / (self.high - self.low) * (_HEIGHT - _TOP - _BOTTOM)

    def axes(self, title: str, ticks: Mapping[float, str] | None) -> str:
        digits = max(0, 1 - math.floor(math.log10(self.ticks_y[1] - self.ticks_y[0])))
        lines = []
        for value in self.ticks_y:
            y = self.y(value)
            lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            lines.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:.{digits}f}</text>')
        if ticks is None:
            inside = [t for t in _round_ticks(self.first, self.last, 6) if self.first <= t <= self.last]
            ticks = {t: f"{t:g}" for t in inside}
        for value, text in ticks.items():
            anchor = "end" if self.x(value) > _WIDTH - 40 else "middle"
            position = f'x="{self.x(value):.1f}" y="{_HEIGHT - _BOTTOM + 15}" text-anchor="{anchor}"'
            lines.append(f"<text {position}>{escape(text)}</text>")
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        lines.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 4}" text-anchor="middle">{escape(title)}</text>')
        return "".join(lines)


def _round_ticks(low: float, high: float, count: int) -> list[float]:
    """Evenly spaced round numbers that enclose the range."""
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    start = math.floor(low / step)
    return [round(step * i, 12) for i in range(start, math.ceil(high / step - 1e-9) + 1)]


def _finite_segments(x: Sequence[float], y: Sequence[float]) -> list[list[tuple[float, float]]]:
    segments: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x, y, strict=True):
        if math.isfinite(b):
            segments[-1].append((a, b))
        elif segments[-1]:
            segments.append([])
    return [segment for segment in segments if segment]


def _svg(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="11.5">'
        f"<style>.grid{{stroke:#8885;stroke-width:.7}}text{{fill:currentColor}}</style>{''.join(parts)}</svg>"
    )
