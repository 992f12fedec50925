"""Two models on the same questions: what changed, and whether the new one is worse by more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.evaluation.figures import BEHAVIOUR, F1, FIRST, MEASURES, Figure, Measure, difference, figure
from benchmarks.evaluation.scoring import Verdict

JUDGED = (FIRST, F1, BEHAVIOUR)


@dataclass(frozen=True)
class Change:
    """A figure before and after; ``by`` is the paired difference."""

    measure: Measure
    before: Figure
    after: Figure
    by: Figure

    @property
    def is_worse(self) -> bool:
        """True when a judged figure fell by more than the noise: its interval lies below nothing at all."""
        return self.measure in JUDGED and self.by.high < 0


def compare(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[Change]:
    """Compare every measure on the same questions."""
    changes = []
    for measure in MEASURES:
        figures = figure(before, measure), figure(after, measure), difference(before, after, measure)
        if all(figures):
            changes.append(Change(measure, *figures))  # type: ignore[arg-type]
    return changes


def marks(verdicts: Sequence[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """Return questions that have a copy without marks, and those copies."""
    twins = [verdict for verdict in verdicts if verdict.question.twin_of]
    wanted = {verdict.question.twin_of for verdict in twins}
    return [verdict for verdict in verdicts if verdict.question.id in wanted], twins
