"""The connectors of this installation: the own table always, another system when ``DOSSIER_URL`` names one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import sessionmaker

from knowledge.connectors.base import Connector, Factor
from knowledge.connectors.copies import Copies
from knowledge.connectors.national import Address, NationalSystem
from knowledge.connectors.own import OwnTable
from knowledge.connectors.wire import AnswerReader
from knowledge.profile import Profile

_FILE = "dossiers.yml"


def build_connectors(
    sessions: sessionmaker, profile: Profile, secret: bytes, environ: Mapping[str, str] = os.environ
) -> tuple[Connector, ...]:
    """Return the connectors; none of them asks anything yet."""
    own = OwnTable(sessions, secret)
    url = environ.get("DOSSIER_URL", "").strip()
    if not url:
        return (own,)
    address = Address(url, environ.get("DOSSIER_TOKEN", "").strip(), profile.agency_code)
    return own, _national(address, sessions, profile, secret)


def _national(address: Address, sessions: sessionmaker, profile: Profile, secret: bytes) -> NationalSystem:
    chosen = dossier_settings(profile)["national"]
    factors = frozenset(Factor(name) for name in chosen["factors"])
    reader = AnswerReader(NationalSystem.name, profile, secret, chosen["statuses"], factors)
    return NationalSystem(address, reader, factors, Copies(sessions, NationalSystem.name, secret), secret)


@lru_cache(maxsize=4)
def dossier_settings(profile: Profile) -> Mapping[str, Any]:
    """Return what the province says about its systems of dossiers."""
    return MappingProxyType(profile.read_yaml(_FILE))
