"""Small shared pieces of every part of an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from knowledge.answers.wording import Texts
from knowledge.models import AdminUnit, Office, ProcedureVersion
from knowledge.notes import kind_of
from knowledge.profile import Profile
from knowledge.reply import Block


@dataclass(frozen=True)
class Context:
    """All an aspect needs: the version, the moment, the words, and the citizen's place if known.

    ``names_of`` looks up the short names of other procedures by their codes.
    """

    code: str
    version: ProcedureVersion
    now: dt.datetime
    texts: Texts
    profile: Profile
    names_of: Callable[[Iterable[str]], Mapping[str, str]]
    unit: AdminUnit | None = None
    office: Office | None = None

    @property
    def today(self) -> dt.date:
        """The day in the province."""
        return self.now.date()

    @property
    def name(self) -> str:
        """The procedure's name as the assistant says it."""
        return str(self.version.short_name)


@dataclass(frozen=True)
class Part:
    """What an answer says about one aspect; ``known`` is false when the record does not know."""

    blocks: tuple[Block, ...]
    known: bool = True


Composer = Callable[[Context], Part]


def text(sentence: str) -> Block:
    """Return a text block."""
    return Block("text", sentence)


def listing(items: list[tuple[str, str]], ordered: bool = False) -> Block:
    """Return a list block of (text, badge) pairs."""
    return Block("list", items=tuple({"text": body, "badge": badge} for body, badge in items), ordered=ordered)


def link(title: str, path: str) -> Block:
    """Return a link to a page of the front server, by its path there."""
    return Block("link", title, url=path)


def remark(context: Context, notes: Iterable[str]) -> Block:
    """Return what is to be borne in mind beside a fact."""
    return text(context.texts("note", notes=" ".join(f"{note.rstrip('.')}." for note in notes)))


def remarks(context: Context, aspect: str) -> tuple[Block, ...]:
    """Return the block of what the record notes about an aspect, if it notes anything."""
    notes = statements(context, kind_of(aspect))
    return (remark(context, notes),) if notes else ()


def unknown(context: Context, key: str) -> Part:
    """Return the honest sentence for a fact the record does not hold."""
    return Part((text(context.texts(key, name=context.name)),), known=False)


def statements(context: Context, kind: str) -> list[str]:
    """Return the version's sentences of a kind (step, condition, result, or notes about an aspect)."""
    return [statement.text for statement in context.version.statements if statement.kind == kind]
