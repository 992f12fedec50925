"""The province this installation serves, read from its data folder."""

from __future__ import annotations

import csv
import datetime as dt
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from knowledge.errors import RecordError

PROVINCES = Path(__file__).parent / "data" / "province"


@dataclass(frozen=True)
class Profile:
    """Names, codes and hours of a province. ``hours`` are (from, to) pairs of a working day.

    In ``quiet_hours`` (from, to; it may go past midnight) nothing is sent that nobody asked for just now.
    """

    folder: Path
    province: str
    agency_code: str
    time_zone: ZoneInfo
    portal: str
    hotline: str
    hours: tuple[tuple[dt.time, dt.time], ...]
    saturday: tuple[tuple[dt.time, dt.time], ...]
    hours_confirmed: bool
    same_day_cutoff: dt.time
    quiet_hours: tuple[dt.time, dt.time]

    def now(self) -> dt.datetime:
        """Return the present moment in the province."""
        return dt.datetime.now(self.time_zone)

    def today(self) -> dt.date:
        """Return today's date in the province."""
        return self.now().date()

    def read_yaml(self, name: str) -> Any:
        """Return the content of a YAML file of the province's folder."""
        return yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))

    def read_csv(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV file of the province's folder."""
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def load_profile(name: str | None = None) -> Profile:
    """Return the profile named, else of ``TTHC_PROVINCE``, else of Lâm Đồng.

    Raises:
        RecordError: there is no such province folder, or its profile is incomplete.
    """
    return _read(PROVINCES / (name or os.environ.get("TTHC_PROVINCE") or "lam-dong"))


@lru_cache(maxsize=4)
def _read(folder: Path) -> Profile:
    try:
        raw = yaml.safe_load((folder / "profile.yml").read_text(encoding="utf-8"))
        return Profile(
            folder=folder,
            province=raw["name"],
            agency_code=raw["agency_code"],
            time_zone=ZoneInfo(raw["time_zone"]),
            portal=raw["portal"],
            hotline=raw.get("hotline") or "",
            hours=_spans(raw["hours"]["weekdays"]),
            saturday=_spans(raw["hours"]["saturday"]),
            hours_confirmed=bool(raw["hours"]["confirmed"]),
            same_day_cutoff=_clock(raw["same_day_cutoff"]),
            quiet_hours=_spans([raw["quiet_hours"]])[0],
        )
    except (OSError, KeyError, ValueError, yaml.YAMLError) as error:
        raise RecordError(f"{folder / 'profile.yml'}: {error}") from error


def _spans(pairs: list[list[object]]) -> tuple[tuple[dt.time, dt.time], ...]:
    return tuple((_clock(start), _clock(end)) for start, end in pairs)


def _clock(value: object) -> dt.time:
    """Read "07:00"; YAML 1.1 reads an unquoted 13:30 as the number 810 (minutes)."""
    if isinstance(value, int):
        return dt.time(value // 60, value % 60)
    return dt.time.fromisoformat(str(value))
