"""What every importer yields: rows, each with its record, its doubts, or the reason of its refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge.store import Incoming


class Reason(str, Enum):
    """Why a row was refused or is in doubt; ``knowledge/README.md`` explains each."""

    # refused
    NOT_JSON = "not_json"
    BAD_CODE = "bad_code"
    DUPLICATE_CODE = "duplicate_code"
    INVALID_RECORD = "invalid_record"
    UNKNOWN_FILE = "unknown_file"
    BAD_CELL = "bad_cell"
    # doubtful fees
    FREE_LABEL_BUT_NOTE = "free_label_but_note"
    FREE_FOR_SOME = "free_for_some"
    ZERO_MAY_MEAN_EMPTY = "zero_may_mean_empty"
    PROVINCE_SETS_FEE = "province_sets_fee"
    FEE_CHECK_AT_SOURCE = "fee_check_at_source"
    AMOUNT_IN_THOUSANDS = "amount_in_thousands"
    AMOUNT_UNCONFIRMED = "amount_unconfirmed"
    AMOUNT_NOT_IN_NOTE = "amount_not_in_note"
    RATE_IN_NOTE = "rate_in_note"
    PERIOD_ENDED = "period_ended"
    PERIOD_IN_NOTE = "period_in_note"
    FOREIGN_CURRENCY = "foreign_currency"
    FEE_IN_WORDS = "fee_in_words"
    NONE_GIVEN = "none_given"
    SUSPICIOUS_AMOUNT = "suspicious_amount"
    # doubtful times
    TIME_UNIT_MISSING = "time_unit_missing"
    TIME_FEE_GLUED = "time_fee_glued"
    TIME_NOT_GIVEN = "time_not_given"
    TIME_NOT_WHOLE = "time_not_whole"
    # doubtful papers and the rest
    DOCUMENTS_UNPARSED = "documents_unparsed"
    DOCUMENTS_MISSING = "documents_missing"
    STEPS_CUT = "steps_cut"
    NOTE_NOT_PAPER = "note_not_paper"
    SHORTENED_WORDING = "shortened_wording"
    DISTRICT_LEVEL_MENTIONED = "district_level_mentioned"
    LEVEL_UNKNOWN = "level_unknown"
    AGENCY_MISSING = "agency_missing"
    LEGAL_NUMBER_UNREADABLE = "legal_number_unreadable"
    MODE_UNKNOWN = "mode_unknown"
    DIFFERS_FROM_BUNDLED = "differs_from_bundled"


@dataclass(frozen=True)
class Issue:
    """One doubt or refusal; ``detail`` says what was seen."""

    reason: Reason
    detail: str = ""
    code: str = ""
    rejected: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a source (``source`` names the file, ``number`` counts from 1; 0 = the whole file).

    ``incoming`` is None for a refused row, which then carries at least one issue with ``rejected``.
    """

    source: str
    number: int
    incoming: Incoming | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Importer:
    """A kind of source: ``accepts`` looks at the path alone, ``read`` streams its rows.

    ``origin`` is the origin that the records of this importer carry in the store.
    """

    name: str
    accepts: Callable[[Path], bool]
    read: Callable[[Session, Path], Iterator[Row]]


def refused(source: str, number: int, reason: Reason, detail: str, code: str = "") -> Row:
    """Return a refused row."""
    return Row(source, number, None, (Issue(reason, detail, code, rejected=True),))
