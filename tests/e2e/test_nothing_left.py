"""After many look-ups no proof and no number of anybody is in the database, in Rasa's memory or in a log."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

# A thousand: LOOK_UPS=1000 python -m pytest tests/e2e/test_nothing_left.py
LOOK_UPS = int(os.environ.get("LOOK_UPS") or 120)
AT_ONCE, TRIES = 4, 10
PROGRAMS = ("bot", "rasa", "actions")
COUNTED = re.compile(r'"item": \d+')  # the running number of a message may be the digits of a demo dossier
LOGS = Path(__file__).parents[2] / "var" / "log"
# How people give four digits, and what they give instead.
SAID = ["{d}", "số là {d} ạ", "4 số cuối: {d}", "06019900{d}", "sđt 091234{d}", "cccd 060 199 00{a} {b}", "{d} hay {e}"]
# Digits that occur in no code, amount or date of ours; alone, or at the end of a number as above.
WRONG = [f"{number}" for number in range(7310, 7390)]


def look_up(url: str, number: int, codes: list[str], right: dict[str, str]) -> list[str]:
    """Ask for a dossier and prove it, rightly or wrongly; return what was typed as proof."""
    dice = random.Random(number)
    code = dice.choice([*codes, f"000.15.H36-261110-{number:04d}"])
    digits, other = (right[code], "7399") if code in right and dice.random() < 0.3 else dice.sample(WRONG, 2)
    with httpx.Client(verify=False, base_url=url, timeout=120) as client:
        conversation = str(uuid.UUID(int=dice.getrandbits(128)))
        asked = (ask(client, conversation, f"hồ sơ {code} tới đâu rồi em") for _ in range(TRIES))
        assert any("4 số cuối" in text for text in asked)  # a busy machine may first say that it is interrupted
        typed = dice.choice(SAID).format(d=digits, e=other, a=digits[:1], b=digits[1:])
        ask(client, conversation, typed)
        if dice.random() < 0.3:  # and once more, after other words
            ask(client, conversation, "khoan đã")
            ask(client, conversation, other)
    return [typed, digits, other]


def ask(client: httpx.Client, conversation: str, text: str) -> str:
    answer = client.post("/api/rest/messages", json={"conversation": conversation, "text": text})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


def test_look_ups_leave_nothing(product: Any) -> None:
    demo = re.findall(r"(\S+)\s+status \d+\s+last digits (\d{4})", product.printed)
    right = dict(demo)
    assert len(right) > 10
    with ThreadPoolExecutor(AT_ONCE) as places:
        typed = list(places.map(lambda number: look_up(product.url, number, list(right), right), range(LOOK_UPS)))
    numbers = [*WRONG, "7399", *right.values()]
    alone = re.compile(rf"(?<![\w.\-/:])(?:{'|'.join(numbers)})(?![\w.\-/:])")
    at_the_end = re.compile(rf"06019900(?:{'|'.join(numbers)})|091234(?:{'|'.join(numbers)})|060 199 00")
    counted = 0
    for name, text in everything(product.database):
        counted += 1
        assert not at_the_end.search(text), (name, text[:300])
        assert not alone.search(text), (name, text[:300])
    assert counted > LOOK_UPS
    assert len(typed) == LOOK_UPS


def everything(database: Path) -> Iterator[tuple[str, str]]:
    """Yield every text of the database and of Rasa's memory, and every line of the logs."""
    for path in (database, database.parent / "rasa.db"):
        with sqlite3.connect(path) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            assert tables, path
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        if isinstance(value, (str, bytes)):
                            yield (
                                f"{path.name}:{table}",
                                value if isinstance(value, str) else value.decode(errors="replace"),
                            )
    for name in PROGRAMS:
        for line in (LOGS / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines():
            yield name, COUNTED.sub("", line)
