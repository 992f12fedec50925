"""The conversation about dossiers without a running Rasa: asking, answering, and what is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import sessionmaker

from actions import dossier_form, dossiers
from knowledge.answers.wording import status_texts
from knowledge.connectors.base import ConnectorDown, Factor
from knowledge.connectors.own import OwnTable
from knowledge.database import create_engine, migrate, session_factory
from knowledge.demo import seed
from knowledge.dossiers.desk import Desk
from knowledge.dossiers.proofs import leave
from knowledge.models import Conversation, utc_now
from knowledge.profile import Profile
from knowledge.proof import seal
from knowledge.reply import Reply

KEY = b"a key of at least sixteen"
LATE, OTHER = "000.15.H36-261110-0042", "000.15.H36-261116-0002"
STAGES = dict.fromkeys(("filing", "reception", "processing", "result"), ("own",))
Run = Callable[..., tuple[Reply, dict[str, Any]]]


@pytest.fixture
def sessions(tmp_path: Path, profile: Profile) -> sessionmaker:
    """A database with the demo dossiers and one conversation."""
    url = f"sqlite:///{tmp_path / 'own.db'}"
    migrate(url)
    factory = session_factory(create_engine(url))
    with factory.begin() as session:
        list(seed(session, profile, KEY))
        session.add(Conversation(id="c1", channel="web", external_id="c1"))
    return factory


@pytest.fixture
def desk(sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(sessions, [OwnTable(sessions, KEY)], STAGES, KEY)
    monkeypatch.setattr(dossier_form, "dossier_desk", lambda: made)
    return made


@pytest.fixture
def run(desk: Desk, sessions: sessionmaker) -> Run:
    """Run an action of Rasa's; a proof is left as the front server leaves it. Return the reply and the slots set."""

    def run(action: Any, text: str = "", proof: str = "", entities: Any = (), **slots: Any) -> tuple[Reply, dict]:
        if proof:
            with sessions.begin() as session:
                leave(session, "c1", seal(proof, KEY), KEY, utc_now())
        message = {"text": text, "entities": list(entities)}
        tracker = Tracker("c1", slots, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events = action.run(dispatcher, tracker, {})
        events = asyncio.run(events) if asyncio.iscoroutine(events) else events
        (said,) = dispatcher.messages
        return Reply.from_json(said["custom"]), {event["name"]: event["value"] for event in events}

    return run


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ({"text": f"hồ sơ {LATE.lower()} sao rồi"}, [LATE]),
        ({"text": f"{LATE} với {OTHER} nữa"}, [LATE, OTHER]),
        (
            {"text": "/check_dossier{...}", "entities": [{"entity": "dossier_code", "value": [LATE, OTHER]}]},
            [LATE, OTHER],
        ),
        ({"text": "/check_dossier{...}", "entities": [{"entity": "dossier_code", "value": LATE}]}, [LATE]),
        ({"text": "/check_dossier", "entities": []}, []),
        ({"text": "tra hồ sơ giúp em"}, []),
        ({"text": None}, []),
    ],
)
def test_codes_come_from_words_buttons_and_links(message: dict[str, Any], codes: list[str]) -> None:
    assert dossier_form.said_codes(message) == codes


def test_the_code_is_asked_for_and_then_confirmed_back_with_the_consent(run: Run) -> None:
    asked, slots = run(dossier_form.AskDossierCode(), missed_codes=["x"])
    assert (asked.expects, slots) == ("code", {"missed_codes": None})
    again, _ = run(dossier_form.AskDossierCode(), requested_slot="dossier_code")
    assert again.plain() != asked.plain()
    proof, _ = run(dossier_form.AskProof(), f"{LATE} đó em", dossier_code=[LATE], requested_slot="proof")
    assert proof.expects == "proof"
    said = proof.plain()
    assert f"Để tra hồ sơ {LATE}, em cần thêm 4 số cuối của CCCD hoặc số điện thoại đã đăng ký" in said
    assert "không lưu lại" in said
    once_more, _ = run(dossier_form.AskProof(), "831", dossier_code=[LATE], requested_slot="proof")
    assert "đúng 4 chữ số cuối" in once_more.plain()


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({Factor.IDENTITY}, "4 số cuối của CCCD (hoặc giấy tờ) đã đăng ký"),
        ({Factor.PHONE}, "4 số cuối của số điện thoại đã đăng ký"),
        (set(Factor), "4 số cuối của CCCD hoặc số điện thoại đã đăng ký"),
    ],
)
def test_the_number_that_is_asked_for_is_one_that_can_be_checked(factors: set[Factor], said: str) -> None:
    assert said in dossiers.ask_proof([LATE], factors, is_repeated=False).plain()


def test_the_words_of_the_consent_have_a_version() -> None:
    """Whoever changes the words gives them a new version, and adds it here."""
    known = {"1": "dfc120bf5a44"}
    digest = hashlib.sha256(str(status_texts().get("consent.text")).encode()).hexdigest()[:12]
    assert known[dossiers.consent_version()] == digest


def test_the_status_is_told_and_nothing_stays_in_the_slots(run: Run) -> None:
    told, slots = run(dossier_form.DossierStatus(), proof="1002", dossier_code=[OTHER])
    assert "Đã tiếp nhận" in told.plain()
    assert (told.outcome, told.expects, told.procedures) == ("status", "", ("1.004222",))
    assert slots == dict.fromkeys(("proof", "dossier_code", "missed_codes", "overdue"))


def test_after_a_miss_other_digits_can_be_typed_at_once(run: Run) -> None:
    missed, slots = run(dossier_form.DossierStatus(), proof="9999", dossier_code=[OTHER])
    assert (missed.expects, slots["missed_codes"], slots["dossier_code"]) == ("proof", [OTHER], None)
    told, slots = run(dossier_form.DossierStatus(), proof="2002", missed_codes=[OTHER])
    assert "Đã tiếp nhận" in told.plain()
    assert slots["missed_codes"] is None


def test_wrong_code_and_wrong_digits_get_the_same_words(run: Run) -> None:
    wrong_digits, _ = run(dossier_form.DossierStatus(), proof="9999", dossier_code=[OTHER])
    wrong_code, _ = run(dossier_form.DossierStatus(), proof="1002", dossier_code=["000.15.H36-200101-9999"])
    assert wrong_digits == wrong_code
    assert "không tìm thấy hồ sơ khớp với hai thông tin này" in wrong_code.plain()


def test_a_pause_says_how_long_and_offers_a_person(run: Run) -> None:
    for _ in range(5):
        run(dossier_form.DossierStatus(), proof="9999", dossier_code=[OTHER])
    paused, slots = run(dossier_form.DossierStatus(), proof="1002", dossier_code=[OTHER])
    assert "em tạm dừng tra cứu 15 phút" in paused.plain()
    assert [button.intent for button in paused.buttons] == ["ask_human"]
    assert (paused.expects, slots["missed_codes"]) == ("", None)


def test_several_at_once_are_told_one_after_the_other(run: Run) -> None:
    codes = [OTHER, LATE, "000.15.H36-261110-0004", "000.15.H36-261112-0003"]
    asked, _ = run(dossier_form.AskProof(), " ".join(codes), dossier_code=codes)
    assert "Em tra trước 3 hồ sơ đầu" in asked.plain()
    assert codes[3] not in asked.plain()
    told, _ = run(dossier_form.DossierStatus(), proof="1002", dossier_code=codes[:2])
    assert len(told.bubbles) == 2
    assert f"Hồ sơ {OTHER}" in told.plain()
    assert f"Với {LATE}, em không tìm thấy hồ sơ khớp" in told.plain()


def test_a_proof_without_a_code_asks_for_the_code(run: Run) -> None:
    asked, _ = run(dossier_form.DossierStatus(), proof="1002")
    assert asked.expects == "code"


def test_a_proof_that_is_gone_is_asked_for_again(run: Run) -> None:
    asked, slots = run(dossier_form.DossierStatus(), dossier_code=[OTHER])
    assert (asked.expects, slots["missed_codes"]) == ("proof", [OTHER])


def test_where_nothing_is_connected_the_truth_is_told(
    run: Run, sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Desk(sessions, [], STAGES, KEY)
    monkeypatch.setattr(dossier_form, "dossier_desk", lambda: empty)
    for action in (dossier_form.AskDossierCode(), dossier_form.AskProof()):
        said, _ = run(action, dossier_code=[OTHER])
        assert (said.outcome, said.expects) == ("unavailable", "")
        assert "chưa nối em với hệ thống hồ sơ" in said.plain()
        assert "dichvucong.gov.vn" in said.plain()


def test_a_system_that_does_not_answer_is_told_as_that(
    run: Run, sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead(OwnTable):
        def prove(self, code: str, sealed: str) -> None:
            raise ConnectorDown("gone")

    dead = Desk(sessions, [Dead(sessions, KEY)], STAGES, KEY)
    monkeypatch.setattr(dossier_form, "dossier_desk", lambda: dead)
    for code, digits in ((OTHER, "1002"), (OTHER, "9999"), ("H36.1-260101-1", "1002")):
        said, _ = run(dossier_form.DossierStatus(), proof=digits, dossier_code=[code])
        assert said.outcome == "unavailable"
        assert "hệ thống hồ sơ đang không trả lời" in said.plain()


def test_neither_digits_nor_seals_reach_rasa(run: Run) -> None:
    told, slots = run(dossier_form.DossierStatus(), proof="1002", dossier_code=[OTHER])
    left = json.dumps([told.to_json(), slots])
    assert OTHER in left
    assert seal("1002", KEY) not in left
    assert "1002" not in left
