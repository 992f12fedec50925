"""What the actions need from outside: a database, the province, the secret. Made on first use."""

from __future__ import annotations

import os
from functools import lru_cache

from sqlalchemy.orm import Session, sessionmaker

from knowledge.connectors.registry import build_connectors, dossier_settings
from knowledge.database import DEFAULT_URL, create_engine, session_factory
from knowledge.dossiers.desk import Desk
from knowledge.profile import Profile, load_profile
from knowledge.proof import load_secret


@lru_cache(maxsize=1)
def _sessions() -> sessionmaker:
    return session_factory(create_engine(os.environ.get("DATABASE_URL") or DEFAULT_URL))


def open_session() -> Session:
    """Return a new session on the database of ``DATABASE_URL``; close it with ``with``."""
    session: Session = _sessions()()
    return session


@lru_cache(maxsize=1)
def dossier_desk() -> Desk:
    """Return the desk at which dossiers are looked up."""
    secret = load_secret()
    connectors = build_connectors(_sessions(), province(), secret)
    return Desk(_sessions(), connectors, dossier_settings(province())["authority"], secret)


def province() -> Profile:
    """Return the profile of the province served."""
    return load_profile()
