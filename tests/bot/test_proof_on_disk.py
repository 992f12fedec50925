"""The four digits of a proof are sealed at the door: they never touch the disk, nor Rasa."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from knowledge.dossiers.proofs import take
from knowledge.models import Conversation, InboxItem, utc_now
from knowledge.proof import seal
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.running import KEY, Running

ASKED = "mã hồ sơ đây"


@pytest.fixture
async def waiting(talk: Talk, rasa: FakeRasa) -> Talk:
    """A conversation in which the assistant has just asked for the proof."""
    rasa.script(ASKED, reply("4 số cuối?", expects="proof", outcome="status"))
    await talk.ask(ASKED)
    return talk


@pytest.mark.parametrize(
    "typed",
    [
        *["8317", "số là 8317", "4 số cuối 8317 ạ", "8 3 1 7", "dạ 83 17.", "４ số cuối là ８３１７", "cuối: 8.3.1.7"],
        *["060199008317", "sđt 0912 348 317", "cccd 060 199 008 317"],  # more than was asked for: the last four count
    ],
)
async def test_a_proof_is_sealed(waiting: Talk, rasa: FakeRasa, server: Running, database: Path, typed: str) -> None:
    await waiting.send(typed)
    await waiting.answers(2)
    assert rasa.messages[1] == "/inform_proof"  # Rasa hears that there is a proof, and nothing of it
    with server.sessions.begin() as session:
        assert take(session, waiting.conversation_id, KEY, utc_now()) == seal("8317", KEY)
        assert take(session, waiting.conversation_id, KEY, utc_now()) is None
    assert (await waiting.history())[2]["text"] == "••••"
    kept = _everything_on_disk(database)
    assert ASKED.encode() in kept
    for spelling in {typed, "8317", "８３１７", "8 3 1 7", "83 17", "8.3.1.7", "0601990", "060 199", "0912"}:
        assert spelling.encode() not in kept
    with server.sessions() as session:
        assert session.scalars(sa.select(InboxItem.body)).all() == [{}, {}]


# random names and moments hold any four digits once in a while
_CHANCE = re.compile(
    rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}|[0-9a-f]{32,}"
)


def _everything_on_disk(database: Path) -> bytes:
    files = sorted(database.parent.glob(f"{database.name}*"))
    assert files[0].name == database.name
    # the database last: what a checkpoint takes out of the log in the meantime is then in there
    return _CHANCE.sub(b"", b"".join(_read(path) for path in reversed(files)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("không tra nữa", "không tra nữa"),
        ("tôi sinh ngày 12", "tôi sinh ngày 12"),
        ("hẹn ngày 20/11/2026", "hẹn ngày 20/11/2026"),
        ("thủ tục 1.004222", "thủ tục 1.004222"),
        ("1234 hay 5678", "•••• hay ••••"),
        ("83175", "•••••"),
        ("831", "•••"),
        ("0912.345.678 hay 0987-654-321", "•••••••••••• hay ••••••••••••"),
        ("0912345678 hay 060199001234", "•••••••••• hay ••••••••••••"),
        ("000.15.H36-231221-0001", '/check_dossier{"dossier_code": ["000.15.H36-231221-0001"]}'),
        ("mã 000.15.h36-231221-1, số 8317", '/check_dossier{"dossier_code": ["000.15.H36-231221-0001"]}'),
    ],
)
async def test_other_text_is_not_a_proof_and_holds_none(
    waiting: Talk, rasa: FakeRasa, database: Path, typed: str, asked: str
) -> None:
    await waiting.send(typed)
    await waiting.answers(2)
    assert rasa.messages[1] == asked
    for digits in ("8317", "83175", "1234 hay", "hay 5678", "0912345678"):
        assert digits.encode() not in _everything_on_disk(database)


async def test_digits_beside_a_code_are_masked_though_nobody_asked_for_them(
    talk: Talk, rasa: FakeRasa, database: Path
) -> None:
    await talk.ask("000.15.H36-231221-0001 số 8317, 0912345678")
    assert rasa.messages == ["000.15.H36-231221-0001 số ••••, ••••••••••"]
    assert b"8317" not in _everything_on_disk(database)


@pytest.mark.parametrize("between", ["thôi", "khoan đã em"])
async def test_digits_alone_are_still_a_proof_a_little_later(
    waiting: Talk, rasa: FakeRasa, database: Path, between: str
) -> None:
    await waiting.ask(between)
    await waiting.ask("8317")
    assert rasa.messages[1:] == [between, "/inform_proof"]
    assert b"8317" not in _everything_on_disk(database)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("số phiếu 26.10229 ạ", '/check_dossier{"dossier_code": ["26.10229"]}'),
        ("h36.15 - 261110 - 42 và H36.15-261110-0043", None),
        ("em không nhớ", "em không nhớ"),
        ("1234", "1234"),
    ],
)
async def test_a_code_that_was_asked_for_needs_no_understanding(
    talk: Talk, rasa: FakeRasa, typed: str, asked: str | None
) -> None:
    rasa.script(ASKED, reply("mã nào?", expects="code", outcome="status"))
    await talk.ask(ASKED)
    await talk.ask(typed)
    both = '/check_dossier{"dossier_code": ["H36.15-261110-0042", "H36.15-261110-0043"]}'
    assert rasa.messages[1] == (asked or both)


async def test_digits_are_text_when_no_proof_was_asked_for(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    await talk.ask("năm 2025")
    assert rasa.messages == ["năm 2025"]
    with server.sessions() as session:
        assert session.get(Conversation, talk.conversation_id).expects == ""


async def test_the_expectation_ends_with_the_next_answer(waiting: Talk, rasa: FakeRasa) -> None:
    await waiting.ask("thôi")
    await waiting.ask("năm 2025")
    assert rasa.messages[1:] == ["thôi", "năm 2025"]


async def test_a_proof_given_again_after_an_outage_is_still_sealed(
    waiting: Talk, rasa: FakeRasa, database: Path
) -> None:
    rasa.script("/inform_proof", 500, 500, 500, reply("Đang xử lý", outcome="status"))
    assert (await waiting.ask("8317"))["outcome"] == "unavailable"
    await waiting.ask("/")  # a hint of our own changes nothing either
    assert (await waiting.ask("8317"))["outcome"] == "status"
    assert rasa.messages[1:] == ["/inform_proof"] * 4
    assert b"8317" not in _everything_on_disk(database)


async def test_an_identity_number_is_masked_before_it_is_stored(talk: Talk, rasa: FakeRasa, database: Path) -> None:
    await talk.ask("cccd của tôi 060199001234")
    assert rasa.messages == ["cccd của tôi ••••••••••••"]
    assert b"060199001234" not in _everything_on_disk(database)
