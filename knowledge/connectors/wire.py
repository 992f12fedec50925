"""The national sync format: what is asked (``TraCuuHoSo``), and how its answer is read.

Its traps: dates in two shapes or empty, numbers with blanks, an object or a list, other vendors' status
codes, and names, notes and addresses that must not get any further.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.connectors.base import ConnectorDown, Factor
from knowledge.dossiers.cells import CellError, last_digits, read_moment
from knowledge.dossiers.codes import tidy_code
from knowledge.dossiers.facts import Facts
from knowledge.profile import Profile
from knowledge.proof import bind, seal
from nlu.dossier_codes import match_key

SERVICE = "TraCuuHoSo"
_STATUSES = Path(__file__).parent / "statuses.yml"
_NUMBERS = {Factor.IDENTITY: "MaDoiTuong", Factor.PHONE: "SoDienThoai"}
_FINE = (None, "", 0, "0", "00")  # error_code
_LONGEST = 500


@dataclass(frozen=True)
class Told:
    """What a system says about a dossier, and the seals of its holder's numbers ("" where it gives none)."""

    facts: Facts
    seals: tuple[str, str]


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[int, int]]:
    return yaml.safe_load(_STATUSES.read_text(encoding="utf-8"))


def question(code: str, token: str, agency: str) -> dict[str, str]:
    """Return the body that asks for a dossier."""
    return {"session": token, "madonvi": agency, "service": SERVICE, "mahoso": code}


class AnswerReader:
    """Reads answers of one system. ``statuses`` names its list of codes, ``factors`` the numbers to trust."""

    def __init__(self, source: str, profile: Profile, secret: bytes, statuses: str, factors: frozenset[Factor]) -> None:
        self._source = source
        self._profile = profile
        self._secret = secret
        self._statuses = _lists()[statuses]
        self._factors = factors

    def read(self, answer: object, code: str, now: dt.datetime) -> Told | None:
        """Return what is told about the code, None when the system does not hold it.

        Raises:
            ConnectorDown: the answer is an error, or has another shape.
        """
        if not isinstance(answer, Mapping):
            raise ConnectorDown("no object")
        if answer.get("error_code") not in _FINE:
            raise ConnectorDown("error_code")
        listed = answer.get("result") or []
        entries = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else [listed]
        for entry in entries:
            if isinstance(entry, Mapping) and match_key(_text(entry, "MaHoSo")) == match_key(code):
                return Told(self._facts(entry, now), self._seals(entry))
        return None

    def _facts(self, entry: Mapping[str, Any], now: dt.datetime) -> Facts:
        return Facts(
            code=tidy_code(_text(entry, "MaHoSo")),
            procedure_code=_text(entry, "MaTTHC")[:20],
            procedure_name=_text(entry, "TenTTHC") or _text(entry, "MaTTHC"),
            unit=_text(entry, "DonViXuLy"),
            status=self._status(entry.get("TrangThaiHoSo")),
            received_at=self._moment(entry, "NgayTiepNhan"),
            due_at=self._moment(entry, "NgayHenTra", at_end=True),
            new_due_at=self._new_due(entry),
            finished_at=self._moment(entry, "NgayKetThucXuLy"),
            returned_at=self._moment(entry, "NgayTra"),
            changed_at=None,
            seen_at=now,
            source=self._source,
        )

    def _status(self, raw: object) -> int | None:
        text = str(raw if raw is not None else "").strip()
        return self._statuses.get(int(text)) if text.isascii() and text.isdecimal() else None

    def _moment(self, entry: Mapping[str, Any], name: str, at_end: bool = False) -> dt.datetime | None:
        """A date that cannot be read is none: better no promise than a wrong one."""
        try:
            return read_moment(_text(entry, name), self._profile, at_end)
        except CellError:
            return None

    def _new_due(self, entry: Mapping[str, Any]) -> dt.datetime | None:
        """Return the last new date: of the dossier itself, else of its requests for supplements."""
        direct = self._moment(entry, "NgayHenTraMoi", at_end=True)
        listed = entry.get("DanhSachHoSoBoSung")
        supplements = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        moments = [self._moment(one, "NgayHenTraMoi", at_end=True) for one in supplements]
        return direct or max((moment for moment in moments if moment), default=None)

    def _seals(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        identity, phone = (self._seal(entry, factor) for factor in (Factor.IDENTITY, Factor.PHONE))
        return identity, phone

    def _seal(self, entry: Mapping[str, Any], factor: Factor) -> str:
        try:
            digits = last_digits(_text(entry, _NUMBERS[factor])) if factor in self._factors else ""
        except CellError:
            return ""
        key = match_key(_text(entry, "MaHoSo"))
        return bind(seal(digits, self._secret), key, self._secret) if digits else ""


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return str(value).strip()[:_LONGEST] if isinstance(value, (str, int)) else ""
