"""The result as a page of Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median, quantiles
from textwrap import shorten

from benchmarks.evaluation.comparing import Change, marks
from benchmarks.evaluation.confusions import Confusion
from benchmarks.evaluation.figures import (
    BEHAVIOUR,
    EXACT,
    F1,
    FALSE,
    FINDING,
    FIRST,
    LISTED,
    MEASURES,
    Figure,
    Measure,
    difference,
    figure,
)
from benchmarks.evaluation.scoring import Verdict

GROUPED = (FIRST, LISTED, F1, BEHAVIOUR, FALSE)
_TWINS = (FIRST, LISTED, F1, BEHAVIOUR, EXACT)
_NONE = "–"
_NAME = 60  # letters of a procedure's name
Sets = Mapping[str, Sequence[Verdict]]


def main_table(sets: Sets, baseline: Sets) -> list[str]:
    """Return one row a measure: the target, ours and plain BM25 over names (finding alone) on every set."""
    heads = ["", "must reach", *sets, *(f"BM25 over names, {name}" for name in baseline)]
    rows = [
        [
            measure.name,
            measure.target,
            *(shown(figure(verdicts, measure), measure) for verdicts in sets.values()),
            *(shown(figure(found, measure), measure) if measure in FINDING else _NONE for found in baseline.values()),
        ]
        for measure in MEASURES
    ]
    sizes = ["questions", "", *(str(len(verdicts)) for verdicts in (*sets.values(), *baseline.values()))]
    return table(heads, [*rows, sizes])


def marks_table(verdicts: Sequence[Verdict]) -> list[str]:
    """Return what is lost when the same questions are typed without marks; must be at most 2 points."""
    marked, bare = marks(verdicts)
    rows = []
    for measure in _TWINS:
        sides = [shown(figure(side, measure), measure) for side in (marked, bare)]
        rows.append([measure.name, *sides, shown(difference(bare, marked, measure), measure, signed=True)])
    return table([f"{len(bare)} pairs", "with marks", "without", "loss"], rows)


def group_table(verdicts: Sequence[Verdict], head: str, group: Callable[[Verdict], object]) -> list[str]:
    """Return a row for every value of ``group``."""
    rows = [
        [name, str(len(some)), *(shown(figure(some, measure), measure) for measure in GROUPED)]
        for name, some in grouped(verdicts, group).items()
    ]
    return table([head, "questions", *(measure.short for measure in GROUPED)], rows)


def grouped(verdicts: Sequence[Verdict], group: Callable[[Verdict], object]) -> dict[str, list[Verdict]]:
    """Return the verdicts of every value of ``group``, in the order of the values."""
    groups: dict[object, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(group(verdict), []).append(verdict)
    return {str(name): groups[name] for name in sorted(groups, key=lambda name: (not isinstance(name, int), name))}


def latency_line(verdicts: Iterable[Verdict]) -> str:
    """Return median and 95th percentile of the time to an answer, in milliseconds."""
    times = [verdict.answer.latency_ms for verdict in verdicts]
    late = quantiles(times, n=20, method="inclusive")[-1]
    return f"Question to answer through all three programs: median {median(times):.0f} ms, 95 % within {late:.0f} ms."


def confusion_table(confusions: Sequence[Confusion], names: Mapping[str, str]) -> list[str]:
    """Return the worst confusions with the file to edit."""
    rows = [
        [named(one.expected, names), named(one.given, names), str(one.count), one.example, f"`{one.file}`"]
        for one in confusions
    ]
    return table(["expected", "given", "times", "one of them", "file to edit"], rows)


def named(label: str, names: Mapping[str, str]) -> str:
    """Return codes with the name of the first."""
    name = names.get(label.split("/")[0], "")
    return f"{label} {shorten(name, _NAME, placeholder='…')}" if name else label


def change_table(changes: Sequence[Change]) -> list[str]:
    """Return earlier and present figures side by side."""
    rows = [
        [
            one.measure.name,
            shown(one.before, one.measure),
            shown(one.after, one.measure),
            shown(one.by, one.measure, signed=True),
            "**worse**" if one.is_worse else "",
        ]
        for one in changes
    ]
    return table(["", "before", "now", "change", ""], rows)


def shown(value: Figure | None, measure: Measure, signed: bool = False) -> str:
    """Return a figure with its interval."""
    if value is None:
        return _NONE
    digits = 1 if measure.scale == 100 else 3
    value_, low, high = (f"{part * measure.scale:{'+' if signed else ''}.{digits}f}" for part in _parts(value))
    return f"{value_} ({low} to {high})"


def _parts(value: Figure) -> tuple[float, float, float]:
    return value.value, value.low, value.high


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [list(heads), ["---"] * len(heads), *map(list, rows)]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]
