"""Citizens of three channels who ask several things in a row and wait for nobody."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.delivery.providers import SECRET, Providers
from knowledge.models import Procedure, ProcedureVersion

# The last one asks something that every record answers, or honestly does not.
_ASPECTS = ("cần giấy tờ gì", "lệ phí bao nhiêu", "mất bao lâu", "nộp ở đâu")
_LONGEST_NAME = 70
_REPEATED_AFTER = 10.0  # seconds until an event is posted again
MOST_BY_ONE = 10  # messages: whoever writes more within 10 seconds is told to write more slowly


@dataclass
class Citizen:
    """Somebody who writes in one channel under ``external_id``; ``sent`` is what they wrote, in order."""

    channel: str
    external_id: str
    to_ask: list[str]
    sent: list[str] = field(default_factory=list)


def every_question(session: Session) -> list[str]:
    """Return all questions about procedures."""
    return _questions(_names(session))


def make_questions(session: Session, count: int, chance: random.Random) -> list[str]:
    """Return so many questions about procedures, no two alike."""
    names = _names(session)
    chance.shuffle(names)
    found = _questions(names)[:count]
    if len(found) < count:
        raise ValueError(f"there are no {count} questions: only {len(found)}")
    chance.shuffle(found)
    return found


def _names(session: Session) -> list[str]:
    current = sa.select(ProcedureVersion.short_name).join(Procedure).where(ProcedureVersion.superseded_at.is_(None))
    return sorted({name for name in session.scalars(current) if _is_plain(name)})


def _questions(names: Sequence[str]) -> list[str]:
    return [f"{name} {aspect}?" for aspect in _ASPECTS for name in names]


def _is_plain(name: str) -> bool:
    """A name whose digits are masked, or that is cut, could not be told again."""
    return len(name) <= _LONGEST_NAME and not any(sign.isdigit() for sign in name)


class Crowd:
    """All citizens. ``write`` has one of them write; how it gets there is the provider's business."""

    def __init__(self, providers: Providers, questions: Sequence[str], count: int, chance: random.Random) -> None:
        self._providers = providers
        self._chance = chance
        channels = ("zalo", "telegram", "zalo_bot")
        self.citizens = [
            Citizen(channels[number % 3], str(7_000_000_000 + number), list(questions[number::count]))
            for number in range(count)
        ]
        self._letters: dict[str, queue.Queue[str]] = {}

    def connect(self, url: str) -> None:
        """Tell the providers where the front server is."""
        zalo, zalo_bot = self._providers.zalo, self._providers.zalo_bot
        zalo.hooks.url, zalo.hooks.pause, zalo.is_echoing = f"{url}/webhooks/zalo", _REPEATED_AFTER, True
        zalo_bot.webhook, zalo_bot.secret = f"{url}/webhooks/zalo-bot", SECRET

    @property
    def is_done(self) -> bool:
        """Whether everybody has written everything."""
        return not any(citizen.to_ask for citizen in self.citizens)

    @property
    def sent(self) -> int:
        """How many messages were written."""
        return sum(len(citizen.sent) for citizen in self.citizens)

    def write(self) -> None:
        """Have somebody write one to four messages in a row."""
        citizen = self._chance.choice([one for one in self.citizens if one.to_ask])
        for _ in range(self._chance.randint(1, 4)):
            if citizen.to_ask:
                text = citizen.to_ask.pop(0)
                citizen.sent.append(text)
                self._send(citizen, text)

    def _send(self, citizen: Citizen, text: str) -> None:
        now = time.time()  # what is old loses its words before it can be compared
        if citizen.channel == "telegram":
            self._providers.telegram.say(int(citizen.external_id), text=text, date=int(now))
        elif citizen.channel == "zalo_bot":
            self._providers.zalo_bot.say(citizen.external_id, text=text, date=int(now * 1000))
        else:
            self._letter(citizen.external_id).put(text)

    def _letter(self, external_id: str) -> queue.Queue[str]:
        """Zalo promises no order; here a citizen's next message is posted when the one before is taken."""
        if external_id not in self._letters:
            self._letters[external_id] = queue.Queue()
            threading.Thread(target=self._post_letters, args=(external_id,), daemon=True).start()
        return self._letters[external_id]

    def _post_letters(self, external_id: str) -> None:
        letters, hooks = self._letters[external_id], self._providers.zalo.hooks
        while True:
            hooks.post(hooks.text(external_id, letters.get()), tries=1000)

    def received(self, citizen: Citizen) -> list[str]:
        """Return the texts that a citizen got, in order."""
        if citizen.channel == "zalo":
            sent = list(self._providers.zalo.sent)
            return [one["message"]["text"] for one in sent if one["recipient"]["user_id"] == citizen.external_id]
        fake = self._providers.telegram if citizen.channel == "telegram" else self._providers.zalo_bot
        return [one["text"] for one in list(fake.sent) if str(one["chat_id"]) == citizen.external_id]
