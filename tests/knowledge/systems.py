"""Two systems of dossiers for tests: rows of the own table, and the connector to a fake of the other one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from knowledge.connectors.registry import build_connectors, dossier_settings
from knowledge.dossiers.desk import Desk
from knowledge.models import Dossier
from knowledge.profile import load_profile
from knowledge.proof import bind, seal
from nlu.dossier_codes import match_key
from tests.fakes.dossier_system import TOKEN, DossierSystem

KEY = b"a key of at least sixteen"
PROFILE = load_profile("lam-dong")
CODE, OTHER, NEWER = "000.15.H36-261110-0042", "000.15.H36-261110-0043", "G09.20-20261109-0092637"
RIGHT, PHONE, WRONG = seal("1234", KEY), seal("5678", KEY), seal("9999", KEY)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=PROFILE.time_zone)


def connectors(system: DossierSystem, sessions: sessionmaker) -> Any:
    return build_connectors(sessions, PROFILE, KEY, {"DOSSIER_URL": system.url, "DOSSIER_TOKEN": TOKEN})


def own_row(session: Session, code: str = CODE, status: int = 4, **more: Any) -> None:
    sealed = bind(RIGHT, match_key(code), KEY)
    session.add(Dossier(code=code, procedure_name="x", source="own", status=status, id_seal=sealed, **more))
    session.commit()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PROFILE.time_zone)


def desk(system: DossierSystem, sessions: sessionmaker) -> Desk:
    return Desk(sessions, connectors(system, sessions), dossier_settings(PROFILE)["authority"], KEY)
