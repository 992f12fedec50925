"""Ten thousand guesses of codes and digits: what is said and how long it takes tells nothing, and they are paused."""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from scipy.stats import mannwhitneyu
from sqlalchemy.orm import sessionmaker

from actions.dossiers import outcome
from knowledge.connectors.own import OwnTable
from knowledge.database import create_engine, session_factory
from knowledge.dossiers.desk import Asked, Desk, LookUp
from knowledge.dossiers.proofs import leave
from knowledge.models import Base, Conversation, Dossier, ProofInHand
from knowledge.proof import bind, seal, wrap
from nlu.dossier_codes import match_key
from tests.knowledge.systems import KEY, NOW, PROFILE

CODES, EACH = 1000, 5  # codes of each sort, and guesses at each before it is paused
_SUSPICIOUS = 1e-4  # of the same distribution, one comparison in ten thousand looks like this by chance
_SEEDS = (20261123, 20261124)  # a machine that was busy at one time may look like this too, but not twice


def code(number: int) -> str:
    return f"000.15.H36-261110-{number:04d}"


@pytest.fixture
def fresh() -> Iterator[Callable[[], sessionmaker]]:
    """New databases in memory: no disk adds its noise, so that a difference of ours would be seen sooner."""
    engines = []

    def make() -> sessionmaker:
        engines.append(create_engine("sqlite://"))
        Base.metadata.create_all(engines[-1])
        return session_factory(engines[-1])

    yield make
    for engine in engines:
        engine.dispose()


def furnished(sessions: sessionmaker) -> Desk:
    """Return a desk with a thousand dossiers (even numbers)."""
    with sessions.begin() as session:
        for number in range(0, 2 * CODES, 2):
            kept = {name: bind(seal(digits, KEY), match_key(code(number)), KEY) for name, digits in PROOFS.items()}
            session.add(Dossier(code=code(number), procedure_name="x", source="own", status=4, **kept))
    return Desk(sessions, [OwnTable(sessions, KEY)], dict.fromkeys(("processing",), ["own"]), KEY)


PROOFS = {"id_seal": "1234", "phone_seal": "5678"}


def guesses(sessions: sessionmaker, seed: int) -> list[tuple[str, int]]:
    """Return (conversation, number of the code) in an order of chance; wrong digits wait in each conversation."""
    dice = random.Random(seed)
    order = [number for number in range(2 * CODES) for _ in range(EACH)]
    dice.shuffle(order)
    wrong = [f"{digits:04d}" for digits in range(10_000) if f"{digits:04d}" not in PROOFS.values()]
    names = [f"c{place}" for place in range(len(order))]
    with sessions.begin() as session:
        session.add_all(Conversation(id=name, channel="web", external_id=name) for name in names)
        session.flush()
        for name in names:
            envelope = wrap(seal(dice.choice(wrong), KEY), KEY, NOW.timestamp())
            session.add(ProofInHand(conversation_id=name, envelope=envelope, left_at=NOW))
    return list(zip(names, order))


def test_guesses_learn_nothing(fresh: Callable[[], sessionmaker]) -> None:
    for seed in _SEEDS:
        sessions = fresh()
        desk = furnished(sessions)
        taken = compared(desk, sessions, seed)
        chance = mannwhitneyu(taken[True], taken[False]).pvalue
        if chance > _SUSPICIOUS:
            break
    assert chance > _SUSPICIOUS, [sorted(times)[len(times) // 2] for times in taken.values()]
    # by now each of these codes has been guessed at five times: even right digits are refused, in one and the same way
    refused = {outcome(right(desk, sessions, number), PROFILE, NOW).plain() for number in range(0, 2 * CODES, 20)}
    assert len(refused) == 1
    assert "em tạm dừng tra cứu 15 phút" in refused.pop()


def compared(desk: Desk, sessions: sessionmaker, seed: int) -> dict[bool, list[int]]:
    """Guess at every code; return the nanoseconds that it took, for codes that exist (True) and for others."""
    said: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    taken: dict[bool, list[int]] = {True: [], False: []}
    made = guesses(sessions, seed)
    gc.collect()
    gc.disable()  # its pauses would be noise that has nothing to do with us
    try:
        for conversation, number in made:
            exists = number % 2 == 0
            spent, came = timed(desk, conversation, code(number))
            taken[exists].append(spent)
            said[exists][outcome(came, PROFILE, NOW).plain()] += 1
    finally:
        gc.enable()
    assert said[True] == said[False]
    assert len(said[True]) == 1
    assert sum(said[True].values()) == CODES * EACH == len(taken[False])
    return taken


def timed(desk: Desk, who: str, wanted: str) -> tuple[int, LookUp]:
    started = time.perf_counter_ns()
    came = desk.look_up(Asked(who, (wanted,), "1"), NOW)
    return time.perf_counter_ns() - started, came


def right(desk: Desk, sessions: sessionmaker, number: int) -> LookUp:
    """Look up by the right digits, in a conversation that has not tried before."""
    with sessions.begin() as session:
        session.add(Conversation(id=f"r{number}", channel="web", external_id=f"r{number}"))
        session.flush()
        leave(session, f"r{number}", seal("1234", KEY), KEY, NOW)
    return desk.look_up(Asked(f"r{number}", (code(number),), "1"), NOW)
