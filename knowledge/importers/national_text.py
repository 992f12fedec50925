"""Times, papers, sentences and names of the national portal's rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from knowledge.importers.base import Issue, Reason
from knowledge.importers.phrases import legal_numbers, pattern, phrases
from knowledge.records import LegalRecord, PaperRecord, TimeRecord, TimeUnit

_BULLET = re.compile(r"^[\s\-+*•–—.;,]+")
_RANGE = re.compile(r"^(\d+)\s*-\s*(\d+)")
_STEP = re.compile(r"\n|(?=Bước \d+\s*[.:])")
_SHORT = 90


def read_time(row: dict[str, Any], case: str) -> tuple[TimeRecord | None, Issue | None]:
    """Return the processing time of one mode row and the doubt about it."""
    value, note = str(row.get("time_value") or ""), clean(row.get("note"))
    unit = TimeUnit(phrases()["units"].get((row.get("time_unit") or "").lower(), "unknown"))
    seen = f"{row['mode']}: {row.get('time_raw') or value} ({note[:120]})"
    if "time_fee_glued" in (row.get("flags") or ()):
        return _in_words(note, case), Issue(Reason.TIME_FEE_GLUED, seen)
    span = _RANGE.match(row.get("time_raw") or "")
    if span and int(span[1]) > 0:
        return _counted(int(span[1]), int(span[2]), unit, case, note, seen)
    if not value.isdigit():
        reason = Reason.TIME_NOT_WHOLE if value else Reason.TIME_NOT_GIVEN
        said = clean(row.get("time_raw")) if value else ""
        return _in_words("; ".join(part for part in (said, note) if part), case), Issue(reason, seen)
    if int(value) == 0:
        return _in_words(note, case), Issue(Reason.TIME_NOT_GIVEN, seen)
    return _counted(int(value), None, unit, case, note, seen)


def _counted(
    amount: int, most: int | None, unit: TimeUnit, case: str, note: str, seen: str
) -> tuple[TimeRecord, Issue | None]:
    time = TimeRecord(amount=amount, max_amount=most, unit=unit, case=case, note="" if note == case else note)
    return time, Issue(Reason.TIME_UNIT_MISSING, seen) if unit is TimeUnit.UNKNOWN else None


def _in_words(note: str, case: str) -> TimeRecord | None:
    return TimeRecord(unit=TimeUnit.UNKNOWN, case=case, note="" if note == case else note) if note or case else None


def read_papers(row: dict[str, Any], flags_only: bool) -> tuple[tuple[PaperRecord, ...] | None, list[str], list[Issue]]:
    """Return the checklist (None = not known), the remarks that stood among it, and doubts.

    ``flags_only``: the source's counts mean "wanted", not how many; two of them say nothing.
    """
    documents = row.get("documents") or []
    remarks = [clean(paper["name"]) for paper in documents if paper.get("is_note")]
    issues = [Issue(Reason.NOTE_NOT_PAPER, f"{len(remarks)}: {remarks[0][:160]}")] if remarks else []
    if row.get("documents_parse_ok") is False:
        return None, remarks, [*issues, Issue(Reason.DOCUMENTS_UNPARSED, (row.get("documents_raw") or "")[:160])]
    papers = dict.fromkeys(
        _paper(paper, flags_only) for paper in documents if not paper.get("is_note") and len(clean(paper["name"])) >= 3
    )
    if not papers:
        return None, remarks, [*issues, Issue(Reason.DOCUMENTS_MISSING)]
    return tuple(papers), remarks, issues


def _paper(paper: dict[str, Any], flags_only: bool) -> PaperRecord:
    group = clean(paper.get("group"))
    originals, copies = paper.get("originals") or None, paper.get("copies") or None
    if flags_only and originals and copies:
        originals = copies = None
    return PaperRecord(
        name=clean(paper["name"]).rstrip(" ;"),
        case="" if pattern("papers", "no_case").match(group) else group.rstrip(" :;"),
        originals=originals,
        copies=copies,
        present=bool(pattern("papers", "present_group").search(group)) and "nộp" not in group.lower(),
        form=clean(paper.get("form_file")),
    )


def read_legal(row: dict[str, Any]) -> tuple[tuple[LegalRecord, ...], list[Issue]]:
    """Return the legal texts by number; the defence file's broken numbers are read from the titles."""
    numbers = dict.fromkeys(row.get("legal_basis_numbers") or (), "")
    lost = []
    for text in row.get("legal_basis") or ():
        given, title = str(text.get("number") or ""), clean(text.get("title"))
        found = legal_numbers(given) or legal_numbers(title)
        if found:
            numbers[found[0]] = title
        else:
            lost.append(f"{given}: {title}"[:160])
    issues = [Issue(Reason.LEGAL_NUMBER_UNREADABLE, "; ".join(lost))] if lost else []
    return tuple(LegalRecord(number=number, title=title) for number, title in numbers.items()), issues


def sentences(text: str | None) -> tuple[str, ...]:
    """Return the lines of a running text, without bullets; "Không" and the like say nothing."""
    lines = (clean(line) for line in _STEP.split(text or ""))
    return tuple(line for line in lines if not pattern("papers", "nothing").match(line))


def clean(text: str | None) -> str:
    """Return a text on one line, without bullets in front."""
    return _BULLET.sub("", " ".join((text or "").split()))


def short_name(name: str) -> str:
    """Return a name of at most 90 characters: no "Thủ tục", no brackets when too long, cut with "…" at worst."""
    short = pattern("name_prefix").sub("", clean(name)).rstrip(" .;")
    short = short.lower() if short.isupper() else short
    short = short[:1].upper() + short[1:]
    if len(short) <= _SHORT:
        return short
    for mark in (" (", "; "):
        head = short.split(mark)[0]
        if 25 <= len(head) <= _SHORT:
            return head
    return short[: _SHORT - 1].rsplit(" ", 1)[0].rstrip(" ,;(") + "…"


def mentions_district(texts: Iterable[str]) -> Iterator[str]:
    """Yield the surroundings of each mention of the abolished district level."""
    for text in texts:
        for match in pattern("district").finditer(text):
            yield text[max(0, match.start() - 40) : match.end() + 40]
