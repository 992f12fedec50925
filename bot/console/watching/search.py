"""Searching everything at once: what people wrote, notes, procedures, dossier codes, case codes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot import words
from bot.cases import conversations_of, typed_code
from bot.console import procedures
from bot.console.access import asked, require
from bot.console.audit import record
from bot.console.drawer import dossiers
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.console.procedures import Named
from bot.console.scope import visible
from bot.console.veil import veil
from bot.masking import mask
from bot.transactions import transaction
from knowledge.dossiers.codes import find_codes
from knowledge.models import Case, Conversation, Message, Note
from knowledge.profile import load_profile
from nlu.text import fold, nfc

_TALKS, _HITS = 20, 3  # conversations on the page, and lines shown of each
_CHUNK, _CHUNKS = 400, 6  # rows looked at together, and how often before older ones are left out
_BEFORE, _AFTER = 60, 140  # characters around the first hit
_PROCEDURES = 5


@dataclass(frozen=True)
class Piece:
    """A stretch of a line; ``is_hit`` where it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True)
class Line:
    """A message or note that holds the words; ``author`` is citizen, staff or note."""

    author: str
    at: dt.datetime
    pieces: tuple[Piece, ...]


@dataclass
class Talk:
    """A conversation with the newest lines that hold the words."""

    conversation: Conversation
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Talks:
    """Conversations, the newest hit first; ``is_cut``: older ones were not looked at, or not shown."""

    found: tuple[Talk, ...]
    is_cut: bool


@dataclass(frozen=True)
class Result:
    """What was found, by kind; ``dossiers`` are codes in the office's table, each with what is known of it."""

    talks: Talks
    procedures: tuple[Named, ...]
    dossiers: tuple[dossiers.Shown, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found at all."""
        return not (self.talks.found or self.procedures or self.dossiers)


def routes() -> list[BaseRoute]:
    """Return the route of the search."""
    return [Route("/search", show)]


@require("read")
async def show(request: Request, person: Person) -> Response:
    """Show what was found, or the empty field."""
    query = asked(request, "q")["q"].strip()
    found = await transaction(console(request).parts.sessions, search, person, query) if query else None
    return await framed(request, person, "watching/search.html", q=query, result=found)


def search(session: Session, person: Person, query: str) -> Result:
    """Return what a person may see of what the query finds, and note the search in the audit."""
    by_case = _of_case(session, person, typed_code(query))
    found = by_case or talks(session, person, words.words_of(query))
    result = Result(found, tuple(procedures.search_names(session, query, _PROCEDURES)), _dossiers(session, query))
    record(session, person.id, "searched", q=veil(mask(nfc(query)))[:80], rows=len(result.talks.found))
    for shown in result.dossiers:
        record(session, person.id, "dossier_viewed", f"dossier:{shown.dossier.code}")
    return result


def _dossiers(session: Session, query: str) -> tuple[dossiers.Shown, ...]:
    now = dt.datetime.now(dt.timezone.utc)
    shown = (dossiers.find(session, code, load_profile(), now) for code in find_codes(query)[:3])
    return tuple(one for one in shown if one)


def _of_case(session: Session, person: Person, code: str) -> Talks | None:
    case = session.scalar(sa.select(Case).where(Case.code == code)) if code else None
    if case is None:
        return None
    found = conversations_of(session, case.id)
    seen = set(visible(session, person, [one.id for one in found]))
    return Talks(tuple(Talk(one) for one in found if one.id in seen), False)


def talks(session: Session, person: Person, asked_words: Sequence[str]) -> Talks:
    """Return the conversations within a person's scope in which somebody wrote all the words."""
    keys: dict[str, list[tuple[type, int]]] = {}
    is_cut = False
    for table in (Note, Message):
        is_cut = _collect(session, person, table, asked_words, keys) or is_cut
    rows = session.scalars(sa.select(Conversation).where(Conversation.id.in_(list(keys))))
    found = {row.id: Talk(row) for row in rows}
    shown = [found[key] for key in keys if key in found]
    newest = sorted(shown, key=lambda talk: talk.conversation.last_at, reverse=True)[:_TALKS]
    for talk in newest:
        talk.lines = _lines(session, keys[talk.conversation.id], asked_words)
    return Talks(tuple(newest), is_cut or len(shown) > _TALKS)


def _collect(
    session: Session,
    person: Person,
    table: type[Message] | type[Note],
    asked_words: Sequence[str],
    keys: dict[str, list[tuple[type, int]]],
) -> bool:
    """Gather the newest rows by conversation until the page is full; True = older ones were left out."""
    before, enough = None, len(keys) + _TALKS
    for _ in range(_CHUNKS):
        rows = words.newest(session, table, asked_words, before, _CHUNK)
        seen = set(visible(session, person, {key for _, key in rows}))
        for number, key in rows:
            if key in seen and len(keys.setdefault(key, [])) < _HITS:
                keys[key].append((table, number))
        if len(rows) < _CHUNK:
            return False
        if len(keys) >= enough:
            return True
        before = rows[-1][0]
    return True


def _lines(session: Session, hits: Sequence[tuple[type, int]], asked_words: Sequence[str]) -> list[Line]:
    lines = []
    for table, number in hits:
        row = session.get(table, number)
        author = row.author if isinstance(row, Message) else "note"
        lines.append(Line(author, row.created_at, highlighted(row.text, asked_words)))
    return sorted(lines, key=lambda line: line.at, reverse=True)[:_HITS]


def highlighted(text: str, asked_words: Sequence[str]) -> tuple[Piece, ...]:
    """Return the place of a text around the first hit, numbers and addresses covered, cut where hits begin and end."""
    shown = veil(nfc(" ".join(text.split())))
    spans = _spans(shown, asked_words)
    start = max(0, spans[0][0] - _BEFORE) if spans else 0
    end = min(len(shown), start + _BEFORE + _AFTER)
    pieces = [Piece("…", False)] if start else []
    place = start
    for first, last in spans:
        if first >= end:
            break
        pieces += [Piece(shown[place:first], False), Piece(shown[first:last], True)]
        place = last
    pieces += [Piece(shown[place : max(place, end)], False), Piece("…" if end < len(shown) else "", False)]
    return tuple(piece for piece in pieces if piece.text)


def _spans(shown: str, asked_words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the words stand, in order; ``fold`` keeps the places of letters."""
    if not asked_words:
        return []
    *whole, last = asked_words
    choices = [*(rf"{re.escape(word)}(?![^\W_])" for word in whole), rf"{re.escape(last)}[^\W_]*"]
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(choices)})")
    return [match.span() for match in pattern.finditer(fold(shown))]
