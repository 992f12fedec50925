"""Lines over time or load as a page of small charts. No scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[float, float]]

_LEFT, _TOP, _WIDTH, _HEIGHT = 60, 30, 420, 160  # pixels
_RIGHT, _BOTTOM = 130, 40
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; --ink: #1c2733; --soft: #5b6875; --rule: #d5dbe1; --paper: #fff;
    --a: #0b5cad; --b: #b3541e; --c: #2e7d4f; --d: #7a3e9d }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ink: #e6ebf0; --soft: #a3afba; --rule: #3a4651; --paper: #14191e;
      --a: #7db8f2; --b: #f0a27a; --c: #83d3a4; --d: #cfa3e8 }}
  }}
  body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem }}
  .charts {{ display: flex; flex-wrap: wrap; gap: 1.5rem }}
  svg text {{ font: 12px system-ui, sans-serif; fill: var(--ink) }}
  svg .soft {{ fill: var(--soft) }}
  svg line {{ stroke: var(--rule) }}
  svg polyline {{ fill: none; stroke-width: 1.5 }}
</style>
<h1>{title}</h1>
<p>{words}</p>
<div class="charts">"""
_ROUND = (1, 2, 3, 4, 5, 6, 8, 10)
_COLOURS = ("var(--a)", "var(--b)", "var(--c)", "var(--d)")


@dataclass(frozen=True)
class Chart:
    """Some lines by name under one title; ``x`` says what stands below."""

    title: str
    x: str
    lines: Mapping[str, Points]


def page(title: str, words: str, charts: Sequence[Chart]) -> str:
    """Return the page."""
    return "\n".join(
        [_HEAD.format(title=escape(title), words=escape(words)), *map(svg, charts), "</div>", "</html>", ""]
    )


def svg(chart: Chart) -> str:
    """Return one chart; both scales begin at 0."""
    points = [point for line in chart.lines.values() for point in line if math.isfinite(point[1])]
    right, top = (round_up(max((point[i] for point in points), default=1.0)) for i in (0, 1))
    lines = [
        _line(place, name, [(x / right, y / top) for x, y in line if math.isfinite(y)])
        for place, (name, line) in enumerate(chart.lines.items())
    ]
    width, height = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    title = f'<text x="0" y="14" font-weight="600">{escape(chart.title)}</text>'
    below = (
        f'<text class="soft" x="{_LEFT + _WIDTH // 2}" y="{height - 4}" text-anchor="middle">{escape(chart.x)}</text>'
    )
    return "\n".join(
        [
            f'<svg {size} role="img" aria-label="{escape(chart.title)}">',
            title,
            *_scales(right, top),
            *lines,
            below,
            "</svg>",
        ]
    )


def _scales(right: float, top: float) -> list[str]:
    found = []
    for share in (0.0, 0.5, 1.0):
        y, x = _y(share), _x(share)
        found.append(
            f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y}" y2="{y}"/>'
            f'<text class="soft" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{share * top:g}</text>'
            f'<text class="soft" x="{x}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle">{share * right:g}</text>'
        )
    return found


def _line(place: int, name: str, points: Points) -> str:
    colour = _COLOURS[place % len(_COLOURS)]
    path = " ".join(f"{_x(x)},{_y(y)}" for x, y in points)
    at = _TOP + 12 + 16 * place
    return (
        f'<polyline points="{path}" style="stroke: {colour}"/>'
        f'<text x="{_LEFT + _WIDTH + 8}" y="{at}" style="fill: {colour}">{escape(name)}</text>'
    )


def round_up(value: float) -> float:
    """Return a round number that is the value at least, but for a hundredth; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _ROUND if step * power * 1.01 >= value)


def _x(share: float) -> float:
    return round(_LEFT + share * _WIDTH, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _HEIGHT, 1)
