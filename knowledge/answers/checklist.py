"""The papers for one's own case: two or three questions, then what to bring, what it costs and when it may be done.

The answer in a talk and the page that may be printed are made of the same ``OwnCase``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from knowledge.answers import money, whereabouts
from knowledge.answers.bubbles import split
from knowledge.answers.compose import CHECK_PAPERS, Question, context_of, source_line, source_of
from knowledge.answers.papers import checklist, condition, replaced_papers, speaks_of_proxy
from knowledge.answers.parts import Context, link, remarks, text
from knowledge.answers.wording import load_texts
from knowledge.models import Paper
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply, Source
from knowledge.store import current_version

ANSWERS = "answers"
PAGE = "/checklist/"  # where the front server shows the same as a page
QUESTIONS = ("filer", "mode", "case")  # in their order
_SELF, _OTHER, _NONE = "self", "other", "none"
_MOST_CASES = 3  # more make a list that nobody reads; then every case stays in the checklist, with its "if"


@dataclass(frozen=True)
class Choice:
    """An answer to a question, as it is passed on and as it is said."""

    value: str
    title: str


@dataclass(frozen=True)
class Asked:
    """The next question about a case."""

    name: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Sheet:
    """The checklist part by part; ``known`` is false where the record does not hold the papers."""

    title: Block
    papers: tuple[Block, ...]
    replaced: tuple[Block, ...]
    fee: tuple[Block, ...]
    time: tuple[Block, ...]
    place: tuple[Block, ...]
    source: Block
    known: bool


@dataclass(frozen=True)
class OwnCase:
    """A case as far as it was told: ``answers`` by question, those that make sense; then a question, or the sheet."""

    code: str
    name: str
    answers: Mapping[str, Choice]
    mode: str
    asked: Asked | None
    sheet: Sheet | None
    source: Source

    @property
    def path(self) -> str:
        """Where the page of this case is, seen from the front server."""
        query = urlencode({name: choice.value for name, choice in self.answers.items()})
        return f"{PAGE}{self.code}" + (f"?{query}" if query else "")


def own_case(session: Session, code: str, answers: Mapping[str, str], profile: Profile) -> OwnCase | None:
    """Return what is known of a case, None = no such procedure.

    ``answers`` are by question: ``filer`` (self, other), ``mode``, ``case`` (its number, or none). What is no answer to
    its question is left out.
    """
    version = current_version(session, code)
    if version is None:
        return None
    context = context_of(session, version, Question(code), profile)
    choices = {name: _choices(context, name) for name in QUESTIONS}
    told = {name: choice for name in QUESTIONS for choice in choices[name] if choice.value == answers.get(name)}
    open_ = next((name for name in QUESTIONS if choices[name] and name not in told), None)
    mode = told["mode"].value if "mode" in told else next((mode.mode for mode in version.modes), "")
    asked = Asked(open_, context.texts(f"own.ask.{open_}", name=context.name), choices[open_]) if open_ else None
    sheet = None if asked else _sheet(context, told, mode)
    return OwnCase(context.code, context.name, told, mode, asked, sheet, source_of(context))


def own_checklist(session: Session, code: str, answers: Mapping[str, str], profile: Profile) -> Reply | None:
    """Return the next question, or the checklist once all are answered; None = no such procedure."""
    case = own_case(session, code, answers, profile)
    if case is None:
        return None
    if case.asked is not None:
        return _ask(case, case.asked)
    return _answer(case, cast(Sheet, case.sheet))


def _choices(context: Context, name: str) -> tuple[Choice, ...]:
    """Return the answers to a question; none when it makes no difference."""
    found = {"filer": _filers, "mode": _modes, "case": _cases}[name](context)
    return tuple(Choice(value, title) for value, title in found)


def _filers(context: Context) -> list[tuple[str, str]]:
    makes_a_difference = any(map(speaks_of_proxy, context.version.papers))
    return [(name, context.texts(f"own.{name}")) for name in (_SELF, _OTHER)] if makes_a_difference else []


def _modes(context: Context) -> list[tuple[str, str]]:
    modes = [mode.mode for mode in context.version.modes]
    return [(mode, context.texts(f"mode_title.{mode}")) for mode in modes] if len(modes) > 1 else []


def _cases(context: Context) -> list[tuple[str, str]]:
    names = _case_names(context)
    if not 0 < len(names) <= _MOST_CASES:
        return []
    return [*((str(number), name) for number, name in enumerate(names)), (_NONE, context.texts("own.none"))]


def _case_names(context: Context) -> list[str]:
    """Return the cases that want papers of their own, without those about who files."""
    cased = [paper for paper in context.version.papers if paper.case_name and not speaks_of_proxy(paper)]
    return list(dict.fromkeys(paper.case_name for paper in cased))


def _ask(case: OwnCase, asked: Asked) -> Reply:
    given = [f"{question}:{choice.value}" for question, choice in case.answers.items()]
    buttons = tuple(
        Button(choice.title, CHECK_PAPERS, {"procedure": case.code, ANSWERS: [*given, f"{asked.name}:{choice.value}"]})
        for choice in asked.choices
    )
    return Reply("clarify", ((text(asked.text),),), buttons, procedures=(case.code,), aspects=("documents",))


def _answer(case: OwnCase, sheet: Sheet) -> Reply:
    place = sheet.place if case.mode == "in_person" else ()
    page = link(load_texts()("own.page"), case.path)
    figures = [*sheet.fee, *sheet.time, *place, sheet.source, page]
    bubbles = (*split([sheet.title, *sheet.papers]), *split(figures))
    return Reply(
        "answered" if sheet.known else "unknown_fact",
        bubbles,
        _next(case),
        procedures=(case.code,),
        aspects=("documents", "fee", "time"),
        sources=(case.source,),
    )


def _sheet(context: Context, told: Mapping[str, Choice], mode: str) -> Sheet:
    mine, left = _mine(context, told)
    narrowed = replace(context, version=cast(Any, _OneCase(context.version, mode, mine)))
    known, how = bool(context.version.papers_known), ", ".join(_how(context, told, mode))
    unknown = (text(context.texts("documents.none", name=context.name)),)
    replaced = replaced_papers(narrowed)
    return Sheet(
        title=text(context.texts("own.title", name=context.name, how=how)),
        papers=(*(_papers(context, mine, left) if known else unknown), *remarks(context, "documents")),
        replaced=replaced.blocks if replaced.known else (),
        fee=(*money.fee(narrowed).blocks, *remarks(context, "fee")),
        time=(*whereabouts.time(narrowed).blocks, *remarks(context, "time")),
        place=_place(context, mode),
        source=source_line(context),
        known=known,
    )


def _how(context: Context, told: Mapping[str, Choice], mode: str) -> list[str]:
    filer = [told["filer"].title.lower()] if "filer" in told else []
    return [*filer, context.texts(f"mode.{mode}")] if mode else filer


def _place(context: Context, mode: str) -> tuple[Block, ...]:
    """Return where this way of handing in leads: the portal, or an office, which the post brings it to as well."""
    if mode == "online":
        return whereabouts.online(context).blocks
    return (*whereabouts.place(context).blocks, *remarks(context, "place"))


def _mine(context: Context, told: Mapping[str, Choice]) -> tuple[list[Paper], list[Paper]]:
    """Return the papers everybody brings with those of one's own case, and those of cases that were not asked about."""
    is_other = "filer" in told and told["filer"].value == _OTHER
    chosen = _chosen(context, told)

    def is_mine(paper: Paper) -> bool:
        if speaks_of_proxy(paper):
            return is_other or not paper.case_name
        return not paper.case_name or paper.case_name == chosen

    papers = context.version.papers
    mine = [paper for paper in papers if is_mine(paper)]
    open_ = [paper for paper in papers if "case" not in told and paper.case_name and not speaks_of_proxy(paper)]
    return mine, open_


def _papers(context: Context, mine: Sequence[Paper], left: Sequence[Paper]) -> tuple[Block, ...]:
    """One's own papers in one list; open cases after it, each with its "if"."""
    blocks = [checklist(context, mine) if mine else text(context.texts("documents.empty", name=context.name))]
    for case in dict.fromkeys(paper.case_name for paper in left):
        blocks.append(text(context.texts("documents.case", case=condition(context, case))))
        blocks.append(checklist(context, [paper for paper in left if paper.case_name == case]))
    return tuple(blocks)


def _chosen(context: Context, told: Mapping[str, Choice]) -> str:
    value = told["case"].value if "case" in told else _NONE
    return "" if value == _NONE else _case_names(context)[int(value)]


def _next(case: OwnCase) -> tuple[Button, ...]:
    texts = load_texts()
    again = Button(texts("own.again"), CHECK_PAPERS, {"procedure": case.code})
    steps = Button(texts("button.steps"), "ask_procedure", {"procedure": case.code, "aspect": ["steps"]})
    return steps, again


class _OneCase:
    """A version seen through one way of handing in and the papers of a case: its time, and its fees."""

    def __init__(self, version: Any, mode: str, papers: Sequence[Paper]) -> None:
        self._version = version
        self.papers = papers
        self.modes = [one for one in version.modes if one.mode == mode] if mode else version.modes
        self.fees = [fee for fee in version.fees if fee.mode in (None, mode)] if mode else version.fees

    def __getattr__(self, name: str) -> Any:
        return getattr(self._version, name)
