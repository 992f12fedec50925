"""Counts what is lost, doubled or out of order when programs are killed at random: ``make bench-faults``.

Citizens of three channels write while the front server, Rasa and the action server are ended by SIGKILL and started
again. Writes its table to faults.md beside this file. Alone it needs trained models (``make train``).
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

from benchmarks.delivery.citizens import MOST_BY_ONE, Crowd, make_questions
from benchmarks.delivery.databases import database
from benchmarks.delivery.killing import Killing, environment, load_records, plan_kills
from benchmarks.delivery.programs import commit
from benchmarks.delivery.providers import Providers
from benchmarks.delivery.verdict import Count, Judge
from knowledge.database import create_engine, session_factory
from tests.bot import postgres

RESULT = Path(__file__).with_suffix(".md")
_CHANNELS = ("zalo", "telegram", "zalo_bot")


@dataclass(frozen=True)
class Run:
    """What came of one run on one database."""

    database: str
    counts: dict[str, Count]
    kills: dict[str, int]
    notes: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether everything was answered once and in order, or staff know of it."""
        return not self.notes and all(count.is_clean for count in self.counts.values())


def main() -> int:
    """Run and write; 1 = something was lost, doubled or out of order."""
    options = _options()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    runs = []
    for kind in kinds:
        if kind == "postgresql" and postgres.find() is None:
            print("bench-faults: PostgreSQL (initdb, pg_ctl) is not installed: skipped", file=sys.stderr)
            continue
        runs.append(run(kind, options))
        page = _page(runs, options)
        RESULT.write_text(page + "\n", encoding="utf-8")
    print(page)
    return 0 if all(one.is_clean for one in runs) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-faults", description="Kill programs while citizens write.")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--citizens", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10, help="in all; at most three in ten are of Rasa")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.commit = commit()  # before the results change files
    if options.messages > options.citizens * MOST_BY_ONE:
        parser.error(f"at most {MOST_BY_ONE} messages of one citizen: who writes more is told to write more slowly")
    return options


def run(kind: str, options: argparse.Namespace) -> Run:
    """Run once on a new database of that kind."""
    print(f"--- {kind}", file=sys.stderr, flush=True)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="tthc-faults-") as name, database(kind, Path(name)) as url:
        folder, providers = Path(name), Providers()
        engine = create_engine(url)
        sessions = session_factory(engine)
        try:
            env = environment({**os.environ, **providers.environment("polling")}, url, folder)
            load_records(env)
            with sessions() as session:
                questions = make_questions(session, options.messages, chance)
            crowd = Crowd(providers, questions, options.citizens, chance)
            crowd.connect(f"http://127.0.0.1:{env['BOT_PORT']}")
            with Killing(env, folder, sessions) as killing:
                killing.run(crowd, plan_kills(options.kills, options.messages, chance))
            with sessions() as session:
                counts, notes = _judged(Judge(session), crowd)
        finally:
            engine.dispose()
            providers.close()
    return Run(kind, counts, dict(Counter(kill.name for kill in killing.killed)), tuple(notes))


def _judged(judge: Judge, crowd: Crowd) -> tuple[dict[str, Count], list[str]]:
    counts = {channel: Count() for channel in _CHANNELS}
    for citizen in crowd.citizens:
        received = crowd.received(citizen)
        judge.judge(citizen.channel, citizen.external_id, citizen.sent, received, counts[citizen.channel])
    untold = judge.untold()
    return counts, [*judge.notes, *([f"staff were not told of {untold} channels"] if untold else [])]


def _page(runs: Sequence[Run], options: argparse.Namespace) -> str:
    rows = [_line(one.database, channel, count) for one in runs for channel, count in one.counts.items()]
    lines = [
        "# Messages while programs are killed",
        "",
        f"`make bench-faults`, {date.today():%Y-%m-%d}, commit {options.commit},",
        f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes.",
        f"{options.messages} messages of {options.citizens} citizens (seed {options.seed}) in three channels, to the",
        "real front server, the trained Rasa and its action server, each ended by SIGKILL at random moments and",
        "started again. Every answer is found by the rows of its message, and compared with what the stand-in of the",
        "provider got.",
        "",
        "| database | channel | sent | answered once, in order | of all: Rasa was away, and that was said"
        " | unsure, told to staff | of these arrived | lost | doubled | out of order |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        *(f"- {one.database}: killed {_killed(one)}." for one in runs),
        *(f"- {one.database}: {note}" for one in runs for note in one.notes[:20]),
        "",
        "Unsure: the process died between the call and the note that it was made. Telegram and Zalo Bot tell nothing",
        "afterwards, so such a message is never sent again and staff are told (docs/adr/0011); Zalo's echo settles it.",
        "A webhook of Zalo that was not taken is posted again after 10 s (by Zalo itself: 30 s), one of Zalo Bot at",
        "once; Telegram is polled. Zalo promises no order of what it repeats: here a citizen's next message is posted",
        "when the one before is taken.",
    ]
    return "\n".join(lines)


def _line(database: str, channel: str, count: Count) -> str:
    sent, once, unavailable, *others = astuple(count)
    return f"| {' | '.join(map(str, (database, channel, sent, once, unavailable, *others)))} |"


def _killed(one: Run) -> str:
    return ", ".join(f"{name} {times} times" for name, times in sorted(one.kills.items())) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
