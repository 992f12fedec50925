"""Official answers that staff put into a reply: the same that the assistant gives, with where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge.answers import Question, answer
from knowledge.models import ProcedureVersion
from knowledge.profile import load_profile
from knowledge.reply import Reply
from knowledge.store import current_version

ASPECTS = ("documents", "fee", "time", "place")


@dataclass(frozen=True)
class Official:
    """An answer as plain text, and its source in one line; ``known`` False = the records do not hold it."""

    text: str
    citation: str
    known: bool


def official(session: Session, code: str, aspect: str, unit_code: str) -> Official | None:
    """Return the answer about one aspect of a procedure, None when there is no such procedure."""
    reply = answer(session, Question(code, (aspect,), unit_code=unit_code), load_profile())
    if reply is None:
        return None
    return Official(_said(reply, source=False), _said(reply, source=True), reply.outcome == "answered")


def _said(reply: Reply, source: bool) -> str:
    bubbles = (
        "\n".join(block.plain() for block in bubble if (block.kind == "source") is source) for bubble in reply.bubbles
    )
    return "\n\n".join(text for text in bubbles if text).replace("**", "")


def version_of(session: Session, code: str) -> ProcedureVersion | None:
    """Return the record that stands, for its status, decision and day of the last check."""
    return current_version(session, code)
