"""The breakdowns as a page of small charts: a dot for the figure, a line for its 95 % interval. No scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from operator import attrgetter

from benchmarks.evaluation.figures import Figure, Measure, figure
from benchmarks.evaluation.report import GROUPED, grouped, shown
from benchmarks.evaluation.scoring import Verdict

_ROW, _TOP, _NAMES, _WIDTH = 18, 30, 150, 240  # pixels
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>How well citizens are understood</title>
<style>
  :root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6875; --rule: #d5dbe1; --dot: #0b5cad; --paper: #fff }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6ebf0; --soft: #a3afba; --rule: #3a4651; --dot: #7db8f2; --paper: #14191e }
  }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem }
  .charts { display: flex; flex-wrap: wrap; gap: 1.5rem }
  svg text { font: 12px system-ui, sans-serif; fill: var(--ink) }
  svg .soft { fill: var(--soft) }
  svg line { stroke: var(--rule) }
  svg .interval { stroke: var(--dot); stroke-width: 2; opacity: .55 }
  svg circle { fill: var(--dot) }
</style>
<h1>How well citizens are understood</h1>
<p>The same figures as in eval.md. Dot: the figure; line: its 95 % interval; in brackets: questions.</p>"""


def charts_page(verdicts: Sequence[Verdict]) -> str:
    """Return the page: for topic, style, region and turn one chart a measure."""
    lines = [_HEAD]
    for key in ("style", "topic", "region", "turn"):
        groups = grouped(verdicts, attrgetter(f"question.{key}"))
        lines += [f"<h2>By {key}</h2>", '<div class="charts">', *(chart(groups, one) for one in GROUPED), "</div>"]
    return "\n".join([*lines, "</html>", ""])


def chart(groups: dict[str, list[Verdict]], measure: Measure) -> str:
    """Return one chart; groups in which nothing is measured are left out."""
    measured = [(name, found) for name, some in groups.items() if (found := figure(some, measure))]
    width, height = _NAMES + _WIDTH + 20, _TOP + _ROW * len(measured) + 20
    bottom = height - 20
    scale = [
        f'<line x1="{_x(share)}" x2="{_x(share)}" y1="{_TOP - 6}" y2="{bottom}"/>'
        f'<text class="soft" x="{_x(share)}" y="{height - 4}" text-anchor="middle">{share * measure.scale:g}</text>'
        for share in (0.0, 0.5, 1.0)
    ]
    rows = [_row(name, found, measure, _TOP + _ROW * place) for place, (name, found) in enumerate(measured)]
    title = f'<text x="0" y="14" font-weight="600">{escape(measure.short)}</text>'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join([f'<svg {size} role="img" aria-label="{escape(measure.name)}">', title, *scale, *rows, "</svg>"])


def _row(name: str, found: Figure, measure: Measure, top: int) -> str:
    middle = top + _ROW // 2
    return (
        f"<g><title>{escape(name)}: {escape(shown(found, measure))}</title>"
        f'<text x="{_NAMES - 8}" y="{middle + 4}" text-anchor="end">{escape(name)} ({found.count})</text>'
        f'<line class="interval" x1="{_x(found.low)}" x2="{_x(found.high)}" y1="{middle}" y2="{middle}"/>'
        f'<circle cx="{_x(found.value)}" cy="{middle}" r="4"/></g>'
    )


def _x(share: float) -> float:
    return round(_NAMES + share * _WIDTH, 1)
