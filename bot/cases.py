"""A case and its code: six characters with which a citizen goes on in another channel.

Staff see the conversations of a case as one. Joining shows the citizen nothing of what was said
elsewhere, not even the procedure: whoever guessed a code must learn nothing from it.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff.moves import begin
from bot.rates import Limiter, Rate
from knowledge.models import Case, CaseMember, Conversation, Handoff, utc_now
from nlu.text import fold

LETTERS, DIGITS = "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789"  # nothing that looks like something else
LENGTH = 6
_LONGEST = 160  # characters of a message that can be about a code; patterns must not labour over more
VALID = dt.timedelta(days=7)
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_TRIES = (Rate(5, 3600.0),)  # of one conversation
_TRIES_OF_CHANNEL = (Rate(100, 3600.0),)  # new conversations are free on the web

_CODE = rf"([{LETTERS.lower()}{DIGITS}]{{3}})[ .-]?([{LETTERS.lower()}{DIGITS}]{{3}})"
_BARE = re.compile(rf"\W*{_CODE.replace('[ .-]?', '')}\W*")
_NAMED = re.compile(
    rf"\W*(?:(?:em|toi|minh|chau|con|anh|chi|da|co|gui|day la|nhap|tiep tuc)\s+)*"
    rf"ma(?:\s+(?:truong hop|tiep tuc))?(?:\s+(?:la|so))?\s*[:\-]?\s*{_CODE}(?:\s+(?:a|nhe|nha|day|em))*\W*"
)
_WISH = re.compile(
    r"\W*ma truong hop\W*"
    r"|.*\b(?:cho|xin|lay|can|muon|gui|cap)\b.*\bma (?:truong hop\b"
    r"|(?:de|tiep tuc|chuyen)\b.*\b(?:zalo|telegram|trang web|website|kenh khac|kenh kia)\b).*",
    re.DOTALL,
)

Outcome = Literal["case_joined", "case_unknown", "case_code"]


def typed_code(text: str, is_form: bool = False) -> str:
    """Return the code that a message consists of ("" = none): alone, or after the word for code.

    Every code has a letter and a digit, so that no word is one. ``is_form``: the conversation waits for
    something else, and only a named code counts.
    """
    if len(text) > _LONGEST:
        return ""
    folded = fold(unicodedata.normalize("NFKC", text)).strip()
    found = _NAMED.fullmatch(folded) or (None if is_form else _BARE.fullmatch(folded))
    code = "".join(found.groups()).upper() if found else ""
    return code if any(char in DIGITS for char in code) and any(char in LETTERS for char in code) else ""


def wishes_code(text: str) -> bool:
    """Tell whether a message asks for a code to go on elsewhere."""
    return len(text) <= _LONGEST and bool(_WISH.fullmatch(fold(text).strip()))


def random_code() -> str:
    """Return a new code: 740 million there are."""
    while True:
        code = "".join(secrets.choice(LETTERS + DIGITS) for _ in range(LENGTH))
        if any(char in DIGITS for char in code) and any(char in LETTERS for char in code):
            return code


def code_of(session: Session, conversation_id: str, now: dt.datetime | None = None) -> Case:
    """Return the conversation's case with a code that holds; a new code when the old one's time is nearly over."""
    now = now or utc_now()
    case = case_of(session, conversation_id)
    if case is None:
        case = Case(code=_free_code(session), expires_at=now + VALID, created_at=now)
        session.add(case)
        session.flush()
        session.add(CaseMember(conversation_id=conversation_id, case_id=case.id, joined_at=now))
    elif case.expires_at < now + VALID / 7:
        case.code, case.expires_at = _free_code(session), now + VALID
    session.flush()
    return case


def _free_code(session: Session) -> str:
    while True:
        code = random_code()
        if session.scalar(sa.select(Case.id).where(Case.code == code)) is None:
            return code


def case_of(session: Session, conversation_id: str) -> Case | None:
    """Return the case of a conversation."""
    mine = sa.select(Case).join(CaseMember, CaseMember.case_id == Case.id)
    return session.scalar(mine.where(CaseMember.conversation_id == conversation_id))


def conversations_of(session: Session, case_id: int) -> list[Conversation]:
    """Return the conversations that staff see as one, the oldest first."""
    members = sa.select(Conversation).join(CaseMember, CaseMember.conversation_id == Conversation.id)
    return list(session.scalars(members.where(CaseMember.case_id == case_id).order_by(Conversation.created_at)))


def until(case: Case) -> str:
    """Return the last day of the code, as citizens read it."""
    return case.expires_at.astimezone(_VIETNAM).strftime("%d/%m/%Y")


@dataclass(frozen=True)
class CaseDesk:
    """Lets conversations into cases, and nobody guess: the limits are kept in this process."""

    of_conversation: Limiter = field(default_factory=lambda: Limiter(_TRIES))
    of_channel: Limiter = field(default_factory=lambda: Limiter(_TRIES_OF_CHANNEL))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, session: Session, conversation: Conversation, text: str) -> Outcome | None:
        """Return the name of our own answer when the text is a code or asks for one; a good code is used at once.

        A wrong code, an old one and one try too many get the same answer.
        """
        if wishes_code(text):
            return "case_code"
        code = typed_code(text, is_form=bool(conversation.expects))
        if not code:
            return None
        if not self._may_try(conversation):
            return "case_unknown"
        return _join(session, conversation, code, utc_now())

    def _may_try(self, conversation: Conversation) -> bool:
        with self._lock:  # what its own limit refuses must not use up everybody's
            return not (self.of_conversation.wait(conversation.id) or self.of_channel.wait(conversation.channel))


def _join(session: Session, conversation: Conversation, code: str, now: dt.datetime) -> Outcome:
    case = session.scalar(sa.select(Case).where(Case.code == code, Case.expires_at > now))
    if case is None or not conversations_of(session, case.id):
        return "case_unknown"
    own = session.get(CaseMember, conversation.id)
    if own is not None and own.case_id == case.id:  # typed again, or where it was given
        return "case_joined" if own.joined_by_code else "case_code"
    if own is None:
        own = CaseMember(conversation_id=conversation.id, case_id=case.id)
        session.add(own)
    own.case_id, own.joined_by_code, own.joined_at = case.id, True, now
    session.flush()
    _bring_wish(session, conversation, case)
    return "case_joined"


def _bring_wish(session: Session, conversation: Conversation, case: Case) -> None:
    """Who waits for a person can be answered here as well; the assistant goes on meanwhile."""
    still_open = sa.select(Handoff).join(CaseMember, CaseMember.conversation_id == Handoff.conversation_id)
    still_open = still_open.where(CaseMember.case_id == case.id, Handoff.closed_at.is_(None)).order_by(Handoff.id)
    waiting = session.scalars(still_open).all()
    is_answered = conversation.owner != "bot" or any(one.conversation_id == conversation.id for one in waiting)
    if not waiting or is_answered:
        return
    first = waiting[0]
    values = {"procedure_code": first.procedure_code, "unit_code": first.unit_code, "promised_at": first.promised_at}
    begin(session, conversation, "ask_later", "citizen", reason="case", **values)
