"""The chart of quality over time as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 220, 34, 46
_COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0f766e", "#525252")


def chart(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    level: tuple[str, float],
    labels: tuple[str, str],
) -> str:
    """A line chart with a logarithmic x axis and one dashed horizontal line."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points] + [level[1]]
    x_low, x_high = math.log(min(xs)), math.log(max(xs))
    y_high = max(ys) * 1.05

    def position(x: float, y: float) -> tuple[float, float]:
        across = (math.log(x) - x_low) / ((x_high - x_low) or 1)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - y / y_high * (_HEIGHT - _TOP - _BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" font-weight="600">{escape(title)}</text>',
    ]
    step = 10 ** math.floor(math.log10(y_high)) / (2 if y_high / 10 ** math.floor(math.log10(y_high)) < 3 else 1)
    for k in range(int(y_high / step) + 1):
        _, y = position(min(xs), k * step)
        out.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>')
        out.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{k * step:.2g}</text>')
    for second, text in (
        (5, "5 s"),
        (10, "10 s"),
        (30, "30 s"),
        (60, "1 min"),
        (120, "2"),
        (300, "5"),
        (600, "10 min"),
    ):
        if min(xs) * 0.99 <= second <= max(xs) * 1.05:
            x, y = position(min(second, max(xs)), 0)
            out.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{text}</text>')
    middle = (_WIDTH - _RIGHT + _LEFT) / 2
    out.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(labels[0])}</text>')
    out.append(
        f'<text x="14" y="{_HEIGHT / 2}" transform="rotate(-90 14 {_HEIGHT / 2})" '
        f'text-anchor="middle">{escape(labels[1])}</text>'
    )
    _, y = position(min(xs), level[1])
    out.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#222" stroke-dasharray="5 4"/>'
    )
    ends = [(y + 4, level[0], "#222")]
    for (name, points), colour in zip(series.items(), _COLOURS * 2, strict=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (position(*point) for point in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (position(*p) for p in points)]
        ends.append((position(*points[-1])[1] + 4, name, colour))
    # Labels are at the right, pushed apart where lines end close together.
    last = -math.inf
    for y, name, colour in sorted(ends):
        last = max(y, last + 15)
        out.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{last:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
