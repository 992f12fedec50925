"""The written form of a procedure: what a YAML record may say, checked on reading.

A record that does not hold together is refused with a message that names the file and the
line of thought to fix. A value that nobody knows is left out or said to be ``unknown``; there
is no default amount, no default time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import yaml
from pydantic import BaseModel, Extra, Field, ValidationError, root_validator, validator

from knowledge.errors import RecordError
from knowledge.notes import NoteRecord

# libyaml reads the two hundred records eight times faster than pure Python
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Level(str, Enum):
    """Who receives and decides: commune, province, ministry or another body."""

    COMMUNE = "commune"
    PROVINCE = "province"
    MINISTRY = "ministry"
    OTHER = "other"


class Audience(str, Enum):
    """For whom a procedure is: it decides how readily search offers it."""

    CITIZEN = "citizen"
    BUSINESS = "business"
    ORGANISATION = "organisation"


class ModeName(str, Enum):
    """How a dossier is handed in (cách thức nộp)."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    POST = "post"


class OnlineLevel(str, Enum):
    """How far filing on the portal goes: full = toàn trình, partial = một phần."""

    FULL = "full"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class TimeUnit(str, Enum):
    """Units of processing time; ``same_day`` and ``immediate`` carry no amount."""

    WORKING_DAY = "working_day"
    DAY = "day"
    HOUR = "hour"
    MONTH = "month"
    SAME_DAY = "same_day"
    IMMEDIATE = "immediate"
    UNKNOWN = "unknown"


class FeeKind(str, Enum):
    """amount = a sum in đồng; free; rule = a rule in words; unknown = nobody told us."""

    AMOUNT = "amount"
    FREE = "free"
    RULE = "rule"
    UNKNOWN = "unknown"


class Status(str, Enum):
    """How far a record was checked against the published text."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    UNVERIFIED = "unverified"


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        frozen = True
        anystr_strip_whitespace = True


class TimeRecord(_Strict):
    """Processing time of one mode, in ``unit``; ``max_amount`` for "up to"."""

    amount: int | None = Field(default=None, gt=0)
    max_amount: int | None = Field(default=None, gt=0)
    unit: TimeUnit
    case: str = ""
    note: str = ""

    @root_validator(skip_on_failure=True)
    def _amount_fits_unit(cls, values: dict) -> dict:
        counted = values["unit"] in (TimeUnit.WORKING_DAY, TimeUnit.DAY, TimeUnit.HOUR, TimeUnit.MONTH)
        if counted and values["amount"] is None:
            raise ValueError("a time with a counted unit needs an amount")
        if values["unit"] in (TimeUnit.SAME_DAY, TimeUnit.IMMEDIATE) and values["amount"] is not None:
            raise ValueError("same_day and immediate carry no amount")
        return values


class FeeRecord(_Strict):
    """One fee line: what, for which mode and case, by which text, in which period.

    ``amount`` is in đồng. ``modes`` empty means every mode. ``rule`` is a sentence in plain
    words. An amount, a rule or "free" needs ``legal_source`` and ``valid_from`` (the first day
    on which it is known to apply; the day the source was read when the text names none).
    """

    kind: FeeKind
    modes: tuple[ModeName, ...] = ()
    case: str = ""
    amount: int | None = Field(default=None, gt=0, lt=1_000_000_000)
    per: str = ""
    rule: str = ""
    paid: str = ""
    legal_source: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    status: Status = Status.PARTIAL
    note: str = ""

    @root_validator(skip_on_failure=True)
    def _holds_together(cls, values: dict) -> dict:
        kind = values["kind"]
        if (values["amount"] is not None) != (kind is FeeKind.AMOUNT):
            raise ValueError("amount is given exactly when kind is 'amount'")
        if bool(values["rule"]) != (kind is FeeKind.RULE):
            raise ValueError("rule is given exactly when kind is 'rule'")
        if kind is not FeeKind.UNKNOWN and not (values["legal_source"] and values["valid_from"]):
            raise ValueError("a known fee needs legal_source and valid_from")
        if values["valid_to"] and values["valid_from"] and values["valid_to"] < values["valid_from"]:
            raise ValueError("valid_to lies before valid_from")
        return values


class ModeRecord(_Strict):
    """One way of handing in, with its times and, online, how far it goes."""

    mode: ModeName
    online_level: OnlineLevel | None = None
    times: tuple[TimeRecord, ...] = ()
    note: str = ""

    @root_validator(skip_on_failure=True)
    def _level_only_online(cls, values: dict) -> dict:
        if values["online_level"] is not None and values["mode"] is not ModeName.ONLINE:
            raise ValueError("online_level belongs to mode 'online'")
        return values


class PaperRecord(_Strict):
    """One line of the checklist, in plain words.

    ``case`` names when it is wanted ("" = always). ``originals`` and ``copies`` are counts,
    None = not stated. ``present`` = shown at the desk and taken back (xuất trình).
    ``form`` names the official form. ``replaced_by_data`` = not handed in when the data is
    in VNeID or a national database.
    """

    name: str = Field(..., min_length=3)
    case: str = ""
    originals: int | None = Field(default=None, ge=0, le=20)
    copies: int | None = Field(default=None, ge=0, le=20)
    present: bool = False
    form: str = ""
    replaced_by_data: bool = False
    note: str = ""


class LegalRecord(_Strict):
    """A legal text: its number and, where known, what it is."""

    number: str = Field(..., min_length=3)
    title: str = ""


class RelatedRecord(_Strict):
    """Another procedure and why: before, after, together, instead, similar."""

    code: str
    relation: str = Field(..., regex="^(before|after|together|instead|similar)$")
    note: str = ""


class AgencyRecord(_Strict):
    """Who decides, and in plain words where a citizen hands the dossier in."""

    name: str
    level: Level
    where: str = ""


class SourceRecord(_Strict):
    """Where the facts were read, and when."""

    name: str
    url: str = ""
    decision: str = ""
    checked_on: dt.date
    note: str = ""


class ProcedureRecord(_Strict):
    """One published procedure (thủ tục hành chính), as written in a YAML file."""

    code: str = Field(..., regex=r"^\d\.\d{6}$")
    name: str = Field(..., min_length=5)
    short_name: str = Field(..., min_length=3, max_length=90)
    field: str
    audience: Audience = Audience.CITIZEN
    summary: str = ""
    aliases: tuple[str, ...] = ()
    former_codes: tuple[str, ...] = ()
    agency: AgencyRecord
    levels: tuple[Level, ...]
    boundary_free: bool | None = None
    modes: tuple[ModeRecord, ...]
    fees: tuple[FeeRecord, ...]
    papers: tuple[PaperRecord, ...] | None = None
    steps: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    legal_basis: tuple[LegalRecord, ...] = ()
    related: tuple[RelatedRecord, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
    source: SourceRecord
    status: Status
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    @validator("notes", pre=True, each_item=True)
    def _plain_note(cls, note: object) -> object:
        return {"text": note} if isinstance(note, str) else note

    @validator("modes")
    def _each_mode_once(cls, modes: tuple[ModeRecord, ...]) -> tuple[ModeRecord, ...]:
        names = [mode.mode for mode in modes]
        if len(set(names)) != len(names):
            raise ValueError("a mode is listed twice")
        return modes

    @validator("aliases")
    def _aliases_distinct(cls, aliases: tuple[str, ...]) -> tuple[str, ...]:
        lowered = [alias.lower() for alias in aliases]
        if len(set(lowered)) != len(lowered):
            raise ValueError("an alias is listed twice")
        return aliases


def read_record(path: Path) -> ProcedureRecord:
    """Read one YAML record.

    Raises:
        RecordError: the file is not YAML or does not follow the schema; the message names the
            file and every wrong field.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        return ProcedureRecord.parse_obj(raw)
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: {error}") from error


def read_records(folder: Path) -> Iterator[tuple[Path, ProcedureRecord]]:
    """Yield every record below the folder with its path, in a stable order."""
    for path in sorted(folder.rglob("*.yml")):
        yield path, read_record(path)
