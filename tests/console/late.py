"""Late dossiers and apologies for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from knowledge.calendar import calendar_of
from knowledge.models import Apology, Dossier, utc_now
from knowledge.profile import load_profile

PROFILE = load_profile("lam-dong")
REASON = "Cơ quan thuế chưa xác định xong nghĩa vụ tài chính của thửa đất."


def late_dossier(number: int, unit: str = "Phường La Gi", days: float = 20, **more: Any) -> Dossier:
    """Return a dossier that is being worked on and so many days late."""
    due = utc_now() - dt.timedelta(days=days)
    names = {"procedure_code": "1.013831", "procedure_name": "Đăng ký biến động đất đai", "source": "own"}
    values = {**names, "unit": unit, "status": 4, "due_at": due, "received_at": due - dt.timedelta(days=20), **more}
    return Dossier(id=number, code=f"H36.15-20261101-{number:07d}", **values)


def working_day(days: int = 5) -> dt.date:
    """Return the day so many working days from today."""
    return calendar_of(PROFILE).add_working_days(PROFILE.today(), days)


def apology_for(dossier_id: int, author_id: int, **more: Any) -> Apology:
    """Return a draft."""
    dates = {"due_at": utc_now() - dt.timedelta(days=20), "new_due_at": calendar_of(PROFILE).closing(working_day())}
    return Apology(dossier_id=dossier_id, author_id=author_id, reason=REASON, **{**dates, **more})
