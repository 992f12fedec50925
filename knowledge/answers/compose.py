"""From a procedure and the aspects asked to one Reply with its typed outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.answers import money, papers, whereabouts, words
from knowledge.answers.aspects import ordered, reported
from knowledge.answers.bubbles import split
from knowledge.answers.parts import Composer, Context, Part, remark, statements, text
from knowledge.answers.wording import day, load_texts
from knowledge.models import AdminUnit, Office, Procedure, ProcedureVersion
from knowledge.notes import kind_of
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply, Source
from knowledge.store import current_version

_COMPOSERS: dict[str, Composer] = {
    "documents": papers.documents,
    "replaced_papers": papers.replaced_papers,
    "who": papers.who,
    "forms": papers.forms,
    "conditions": words.conditions,
    "fee": money.fee,
    "payment": money.payment,
    "time": whereabouts.time,
    "place": whereabouts.place,
    "elsewhere": whereabouts.elsewhere,
    "post": whereabouts.post,
    "online": whereabouts.online,
    "compare": whereabouts.compare,
    "steps": words.steps,
    "related": words.related,
    "result": words.result,
    "legal_basis": words.legal_basis,
}
_LONG = {"documents", "steps", "related", "legal_basis", "online"}  # a bubble of their own
_TOLD_BY_NOTES = {"conditions": False, "who": True}  # with nothing but a note: whether that answers the question
_NEXT = ("documents", "fee", "place", "online", "time", "steps")
_HUMAN = "ask_human"
CHECK_PAPERS = "check_papers"


@dataclass(frozen=True)
class Question:
    """What is asked: a procedure's code, aspects (may be none), the day and the citizen's unit."""

    code: str
    aspects: tuple[str, ...] = ()
    today: dt.date | None = None
    unit_code: str = ""


def answer(session: Session, question: Question, profile: Profile) -> Reply | None:
    """Return the reply, or None when no such procedure is in the records.

    The outcome is ``unknown_fact`` when none of the aspects asked is in the record.
    """
    version = current_version(session, question.code)
    if version is None:
        return None
    context = context_of(session, version, question, profile)
    aspects = ordered(question.aspects)
    if not aspects:
        return overview(context)
    parts = _parts(context, aspects)
    known = any(part.known for _, part in parts)
    return Reply(
        outcome="answered" if known else "unknown_fact",
        bubbles=_bubbles(context, parts),
        buttons=_buttons(context, aspects, all(part.known for _, part in parts)),
        procedures=(context.code,),
        aspects=reported(aspects),
        sources=(source_of(context),),
    )


def _parts(context: Context, aspects: Iterable[str]) -> list[tuple[str, Part]]:
    """Compose each aspect, with what the record notes about it; a note about several is said once."""
    parts, said = [], set[str]()
    for aspect in aspects:
        part = _COMPOSERS[aspect](context)
        notes = [note for note in statements(context, kind_of(aspect)) if note not in said]
        said.update(notes)
        parts.append((aspect, _with_notes(context, aspect, part, notes)))
    return parts


def _with_notes(context: Context, aspect: str, part: Part, notes: list[str]) -> Part:
    if not notes:
        return part
    said = remark(context, notes)
    if not part.known and aspect in _TOLD_BY_NOTES:  # "the record names none" would deny what is noted
        return Part((said,), known=_TOLD_BY_NOTES[aspect])
    return Part((*part.blocks, said), part.known)


def overview(context: Context) -> Reply:
    """Return the first answer when no aspect was asked: what it is, fee and time by mode."""
    title = text(context.texts("overview.title", name=context.name))
    summary = (text(context.version.summary),) if context.version.summary else ()
    figures = _figures(context)
    ask = text(context.texts("overview.ask"))
    return Reply(
        outcome="answered",
        bubbles=((title, *summary, *figures, source_line(context)), (ask,)),
        buttons=_buttons(context, ("fee", "time"), True),
        procedures=(context.code,),
        sources=(source_of(context),),
    )


def _figures(context: Context) -> tuple[Block, ...]:
    """Return the table of fee and time, or one honest sentence when every cell would be empty."""
    if not context.version.modes:
        return ()
    table, empty = whereabouts.table(context), context.texts("unknown_value")
    if all(cell == empty for row in table.rows[1:] for cell in row[1:]):
        return (text(context.texts("overview.unknown")),)
    return (table,)


def context_of(session: Session, version: ProcedureVersion, question: Question, profile: Profile) -> Context:
    """Return all that the composers need about a version, now or on the day asked about."""
    unit = session.get(AdminUnit, question.unit_code) if question.unit_code else None
    office = session.scalar(sa.select(Office).where(Office.unit_code == question.unit_code)) if unit else None
    return Context(
        code=question.code,
        version=version,
        now=_moment(question.today, profile),
        texts=load_texts(),
        profile=profile,
        unit=unit,
        office=office,
        names_of=partial(_names, session),
    )


def _moment(today: dt.date | None, profile: Profile) -> dt.datetime:
    return dt.datetime.combine(today, profile.hours[0][0], profile.time_zone) if today else profile.now()


def _names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    rows = session.execute(
        sa.select(Procedure.code, ProcedureVersion.short_name)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None), Procedure.code.in_(list(codes)))
    )
    return dict(rows.all())


def _bubbles(context: Context, parts: list[tuple[str, Part]]) -> tuple[tuple[Block, ...], ...]:
    """Short parts share a bubble, long ones stand alone; the source closes the last."""
    bubbles: list[list[Block]] = []
    together = False
    for aspect, part in parts:
        if bubbles and together and aspect not in _LONG:
            bubbles[-1].extend(part.blocks)
        else:
            bubbles.append(list(part.blocks))
        together = aspect not in _LONG
    bubbles[-1].append(source_line(context))
    return tuple(piece for bubble in bubbles for piece in split(bubble))


def source_line(context: Context) -> Block:
    """Return the small line under an answer: code, decision, day of checking, what to be careful about."""
    version, texts = context.version, context.texts
    label = texts("source.label") if version.status == "unverified" else ""
    if version.valid_to and version.valid_to < context.today:
        label += texts("source.expired", day=day(version.valid_to))
    decision = f" · {version.decision}" if version.decision else ""
    line = texts("source.line", code=context.code, decision=decision, day=day(version.checked_on), label="")
    return Block("source", line + (f" · {label.lstrip('· ')}" if label else ""))


def source_of(context: Context) -> Source:
    """Return where the facts come from, for staff and reports."""
    version = context.version
    return Source(
        code=context.code,
        name=version.source_name,
        decision=version.decision,
        checked_on=version.checked_on.isoformat(),
        status=version.status,
        url=version.source_url,
    )


def _buttons(context: Context, said: Iterable[str], sure: bool) -> tuple[Button, ...]:
    open_ = [aspect for aspect in _NEXT if aspect not in set(said)]
    buttons = [
        Button(context.texts(f"button.{aspect}"), "ask_procedure", {"procedure": context.code, "aspect": [aspect]})
        for aspect in open_[: 3 if sure else 2]
    ]
    if sure and "documents" in said:
        buttons[-1:] = [Button(context.texts("button.own_papers"), CHECK_PAPERS, {"procedure": context.code})]
    if not sure:
        buttons.insert(0, Button(context.texts("button.human"), _HUMAN, {"procedure": context.code}))
    return tuple(buttons)
