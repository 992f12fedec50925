"""Asks the frozen questions and scores the answers: ``make eval``, or ``.venv/bin/python -m benchmarks.eval``.

Starts the product on ports and a database of its own (``--url``: asks one that runs; ``--answers FILE``: scores what
``bot.ask`` wrote) and prints tables; a run that asked writes them to eval.md, and charts to eval.html.
``--development``: other questions, to look at and to tune on; nothing is written.
``--baseline FILE``: answers of another model; exit 1 = this one is worse. How it is scored: frozen/README.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from operator import attrgetter
from pathlib import Path

from benchmarks.evaluation import report
from benchmarks.evaluation.charts import charts_page
from benchmarks.evaluation.comparing import compare
from benchmarks.evaluation.confusions import question_files, worst
from benchmarks.evaluation.product import ask, running_product
from benchmarks.evaluation.questions import (
    DEVELOPMENT,
    FROZEN,
    SETS,
    EvaluationError,
    Question,
    read_answers,
    read_set,
    unseen,
)
from benchmarks.evaluation.records import FOLDER, bundled_records, plain_bm25, read_names
from benchmarks.evaluation.scoring import Verdict, judge_all

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "eval.md"
CHARTS = RESULT.with_suffix(".html")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0; 1 = worse than the baseline; 2 = could not be measured."""
    options = _parser().parse_args(arguments)
    os.chdir(ROOT)
    try:
        return _evaluate(options)
    except EvaluationError as error:
        print(f"eval: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make eval", description="Ask the frozen questions and score the answers.")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--answers", type=_path, metavar="FILE", help="score these answers of bot.ask; ask nothing")
    source.add_argument("--url", help="ask the product that runs there")
    parser.add_argument("--development", action="store_true", help="ask the questions that one may tune on")
    parser.add_argument("--baseline", type=_path, metavar="FILE", help="answers of another model to compare with")
    parser.add_argument("--concurrency", type=int, default=1, help="dialogues asked at once (default: %(default)s)")
    return parser


def _path(text: str) -> Path:
    return Path(text).absolute()


def _evaluate(options: argparse.Namespace) -> int:
    folder = DEVELOPMENT if options.development else FROZEN
    questions = unseen(read_set(folder))
    before = judge_all(questions, read_answers(options.baseline, questions)) if options.baseline else []
    answers = options.answers or _asked(folder, options.url, options.concurrency)
    verdicts = judge_all(questions, read_answers(answers, questions))
    page = "\n".join(_page(folder, questions, verdicts)) + "\n"
    print(page)
    if options.development:
        print(f"Answers: {answers}")
    elif not options.answers:
        RESULT.write_text(page, encoding="utf-8")
        CHARTS.write_text(charts_page(_without_twins(verdicts)), encoding="utf-8")
        print(f"Written: {RESULT}, {CHARTS}; answers, for a later --baseline: {answers}")
    return _refuse_worse(before, verdicts) if before else 0


def _asked(folder: Path, url: str | None, concurrency: int) -> Path:
    """Ask all questions and return where the answers are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    asked, answers = FOLDER / f"{folder.name}-questions.jsonl", FOLDER / f"{folder.name}-answers.jsonl"
    asked.write_bytes(b"".join((folder / f"{name}.jsonl").read_bytes() for name in SETS))
    with nullcontext(url) if url else running_product() as address:
        ask(asked, answers, address, concurrency)
    return answers


def _refuse_worse(before: Sequence[Verdict], now: Sequence[Verdict]) -> int:
    changes = compare(_without_twins(before), _without_twins(now))
    print("\n".join(["## Compared with the baseline", "", *report.change_table(changes)]))
    worse = [change.measure.name for change in changes if change.is_worse]
    if worse:
        print(f"\nRefused, by more than the noise worse than the baseline: {'; '.join(worse)}", file=sys.stderr)
    return 1 if worse else 0


def _without_twins(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Leave out the copies without marks: each would count its question twice."""
    return [verdict for verdict in verdicts if not verdict.question.twin_of]


def _page(folder: Path, questions: Sequence[Question], verdicts: Sequence[Verdict]) -> list[str]:
    with bundled_records() as session:
        names = read_names(session)
    once = _without_twins(verdicts)
    found = _without_twins(judge_all(questions, plain_bm25(names, questions)))
    groups = {"topic": "Topic", "style": "Style", "region": "Region", "turn": "Turn of the dialogue"}
    sections = {
        "The table": report.main_table(_by_set(once), _by_set(found)),
        "Without marks": report.marks_table(verdicts),
        "Speed": [report.latency_line(once)],
        "The ten worst confusions": report.confusion_table(worst(once, question_files()), names),
        **{
            f"By {head.lower()}": report.group_table(once, head, attrgetter(f"question.{key}"))
            for key, head in groups.items()
        },
    }
    return [
        *_head(folder, verdicts),
        *(line for head, body in sections.items() for line in ("", f"## {head}", "", *body)),
    ]


def _by_set(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    return {name: [verdict for verdict in verdicts if verdict.question.set == name] for name in SETS}


def _head(folder: Path, verdicts: Sequence[Verdict]) -> list[str]:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    left_out = len(read_set(folder)) - len(verdicts)
    failed = sum(verdict.answer.outcome == "unavailable" for verdict in verdicts)
    return [
        "# How well citizens are understood",
        "",
        f"`make eval`, {date.today():%Y-%m-%d}, commit {commit}, {os.cpu_count()} cores. {len(verdicts)} {folder.name}",
        f"questions asked through the running product; {left_out} more are left out, because a training sentence",
        f"says the same; {failed} got no answer and count as wrong. In brackets: 95 % intervals (Wilson; where turns",
        "share a dialogue, a bootstrap over dialogues). What is counted and how: [frozen/README.md](frozen/README.md).",
    ]


if __name__ == "__main__":
    sys.exit(main())
