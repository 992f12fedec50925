"""Five misses pause a look-up, per conversation and per code, through restarts and from everywhere at once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from knowledge.connectors.own import OwnTable
from knowledge.database import create_engine, session_factory
from knowledge.dossiers import proofs, tries
from knowledge.dossiers.desk import Asked, Desk, LookUp
from knowledge.models import Consent, Conversation, Dossier, LookUpTry, ProofInHand
from knowledge.proof import bind, seal
from nlu.dossier_codes import match_key
from tests.bot import postgres
from tests.knowledge.systems import CODE, KEY, NOW, OTHER

UNKNOWN = "000.15.H36-261110-9999"
MINUTE = dt.timedelta(minutes=1)


class Office:
    """A desk on a database with two dossiers, and citizens who try."""

    def __init__(self, sessions: sessionmaker) -> None:
        self.sessions = sessions
        self.desk = Desk(sessions, [OwnTable(sessions, KEY)], dict.fromkeys(STAGES, ["own"]), KEY)

    def furnish(self) -> None:
        with self.sessions.begin() as session:
            for code in (CODE, OTHER):
                sealed = bind(seal("1234", KEY), match_key(code), KEY)
                session.add(Dossier(code=code, procedure_name="x", source="own", status=4, id_seal=sealed))

    def open(self, *names: str) -> None:
        with self.sessions.begin() as session:
            session.add_all(Conversation(id=name, channel="web", external_id=name) for name in names)

    def look_up(self, who: str, digits: str, *codes: str, at: dt.datetime = NOW) -> LookUp:
        with self.sessions.begin() as session:
            proofs.leave(session, who, seal(digits, KEY), KEY, at)
        return self.desk.look_up(Asked(who, codes or (CODE,), "1"), at)

    def tell(self, *arguments: str, at: dt.datetime = NOW) -> str:
        came = self.look_up(*arguments, at=at)
        if came.paused_until:
            return "paused"
        return "found" if any(one.found for one in came.seen) else "nothing"


STAGES = ("filing", "reception", "processing", "result")


@pytest.fixture
def office(sessions: sessionmaker) -> Office:
    made = Office(sessions)
    made.furnish()
    made.open(*(f"c{number}" for number in range(30)))
    return made


def test_five_misses_pause_one_conversation_whatever_the_codes(office: Office) -> None:
    codes = [CODE, UNKNOWN, OTHER, UNKNOWN, CODE]
    assert [office.tell("c1", "0000", code) for code in codes] == ["nothing"] * 5
    assert office.tell("c1", "1234", CODE) == "paused"
    assert office.tell("c2", "1234", CODE) == "found"


@pytest.mark.parametrize("code", [CODE, UNKNOWN])
def test_five_misses_pause_one_code_whoever_asks_and_whether_it_exists_or_not(office: Office, code: str) -> None:
    spellings = [code, code.lower(), code.replace("-", " - "), code.replace("000.", "OOO."), code]
    assert [office.tell(f"c{n}", "0000", spelt) for n, spelt in enumerate(spellings)] == ["nothing"] * 5
    assert office.tell("c9", "1234", code) == "paused"
    assert office.tell("c9", "1234", OTHER) == "found"


def test_a_pause_outlives_a_restart(office: Office, database_url: str) -> None:
    for number in range(5):
        office.tell(f"c{number}", "0000")
    engine = create_engine(database_url)
    assert Office(session_factory(engine)).tell("c9", "1234") == "paused"
    engine.dispose()


def test_a_pause_ends_and_the_next_ones_are_longer(office: Office) -> None:
    now, pauses = NOW, []
    for turn in range(3):
        for number in range(5):
            assert office.tell(f"c{5 * turn + number}", "0000", at=now) == "nothing"
        until = office.look_up("c29", "1234", at=now).paused_until
        assert until is not None
        pauses.append((until - now) // MINUTE)
        assert office.tell("c28", "1234", at=until - MINUTE) == "paused"
        now = until + MINUTE
    assert pauses == [15, 30, 60]
    assert office.tell("c28", "1234", at=now) == "found"


def test_a_day_later_misses_are_forgotten(office: Office) -> None:
    for number in range(4):
        office.tell(f"c{number}", "0000")
    assert office.tell("c9", "0000", at=NOW + dt.timedelta(days=2)) == "nothing"
    assert office.tell("c9", "1234", at=NOW + dt.timedelta(days=2)) == "found"


def test_success_takes_the_try_back_and_forgives_the_conversation_but_not_the_code(office: Office) -> None:
    for _ in range(3):
        assert [office.tell("c1", "0000", UNKNOWN), office.tell("c1", "1234", CODE)] == ["nothing", "found"]
    # three strangers have missed it, its holder succeeds as often as wanted, two more misses pause it
    assert [office.tell(f"c{n}", "0000", CODE) for n in (2, 3, 4)] == ["nothing"] * 3
    assert [office.tell("c5", "1234", CODE) for _ in range(6)] == ["found"] * 6
    assert [office.tell(f"c{n}", "0000", CODE) for n in (6, 7)] == ["nothing"] * 2
    assert office.tell("c5", "1234", CODE) == "paused"


def test_the_fifth_try_may_be_the_right_one(office: Office) -> None:
    assert [office.tell("c1", "0000") for _ in range(4)] == ["nothing"] * 4
    assert [office.tell("c1", "1234") for _ in range(3)] == ["found"] * 3


def test_of_several_codes_each_counts_for_itself(office: Office) -> None:
    came = office.look_up("c1", "1234", CODE, UNKNOWN, OTHER)
    assert [one.found is not None for one in came.seen] == [True, False, True]
    assert [office.tell(f"c{n}", "0000", UNKNOWN) for n in (2, 3, 4, 5)] == ["nothing"] * 4
    assert office.tell("c6", "1234", UNKNOWN) == "paused"
    assert office.tell("c6", "1234", CODE) == "found"


def test_each_look_up_leaves_the_consent_and_no_proof(office: Office, session: Session) -> None:
    office.look_up("c1", "0000")
    office.look_up("c1", "1234")
    given = session.execute(
        sa.select(Consent.conversation_id, Consent.purpose, Consent.version, Consent.given_at)
    ).all()
    assert given == [("c1", "dossier_look_up", "1", NOW)] * 2
    assert session.scalars(sa.select(ProofInHand)).all() == []


def test_a_proof_is_good_once_and_for_a_quarter_of_an_hour(office: Office) -> None:
    asked = Asked("c1", (CODE,), "1")
    assert office.desk.look_up(asked, NOW).is_stale
    office.look_up("c1", "1234")
    assert office.desk.look_up(asked, NOW).is_stale
    with office.sessions.begin() as session:
        proofs.leave(session, "c1", seal("1234", KEY), KEY, NOW)
    assert office.desk.look_up(asked, NOW + 16 * MINUTE).is_stale
    assert office.tell("c1", "1234") == "found"  # none of it counted as a try


def test_what_no_longer_counts_is_removed(office: Office, session: Session) -> None:
    office.tell("c1", "0000", UNKNOWN)
    office.tell("c2", "1234", CODE, at=NOW + dt.timedelta(days=3))
    kept = session.scalars(sa.select(LookUpTry.subject)).all()
    assert not set(kept) & set(tries.subjects("c1", [UNKNOWN], KEY))


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, office: Office) -> Iterator[Office]:
    """The same office on each database."""
    if request.param == "sqlite":
        yield office
        return
    programs = postgres.find()
    if programs is None:
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    cluster = postgres.Cluster(programs)
    engine = create_engine(cluster.fresh())
    made = Office(session_factory(engine))
    made.furnish()
    made.open(*(f"c{number}" for number in range(30)))
    yield made
    engine.dispose()
    cluster.stop()


def test_guesses_made_at_the_same_moment_are_all_counted(busy: Office) -> None:
    together = threading.Barrier(12, timeout=60)

    def guess(number: int) -> str:
        together.wait()
        return busy.tell(f"c{number}", "0000")

    with ThreadPoolExecutor(12) as places:
        came = list(places.map(guess, range(12)))
    assert sorted(came) == ["nothing"] * 5 + ["paused"] * 7
    assert busy.tell("c20", "1234", OTHER) == "found"
