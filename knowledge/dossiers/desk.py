"""The desk at which dossiers are looked up: tries are counted, every connector is asked, one of them is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.orm import sessionmaker

from knowledge.connectors.authority import Found, choose
from knowledge.connectors.base import Connector, ConnectorDown, Factor
from knowledge.dossiers import proofs, tries
from knowledge.dossiers.consents import LOOK_UP, record_consent
from knowledge.dossiers.facts import Facts


@dataclass(frozen=True)
class Seen:
    """What came of one code: ``found`` when it was proven; else ``silent`` when a system did not answer.

    ``recalled_by`` names the system that tells of what is found again without a proof, "" = none does.
    """

    code: str
    found: Found | None = None
    silent: bool = False
    recalled_by: str = ""


@dataclass(frozen=True)
class LookUp:
    """What came of a look-up: each code in its order, or nothing but a pause, or a proof that is worth nothing."""

    seen: tuple[Seen, ...] = ()
    paused_until: dt.datetime | None = None
    is_stale: bool = False


@dataclass(frozen=True)
class Asked:
    """What a citizen asks for: codes, and the version of the words they agreed to when they left their proof."""

    conversation_id: str
    codes: tuple[str, ...]
    consent: str


class Desk:
    """Looks up dossiers; ``authority`` names for each stage the systems to believe, best first."""

    def __init__(
        self,
        sessions: sessionmaker,
        connectors: Sequence[Connector],
        authority: Mapping[str, Sequence[str]],
        secret: bytes,
    ) -> None:
        self._sessions = sessions
        self._connectors = connectors
        self._authority = authority
        self._secret = secret

    def is_connected(self) -> bool:
        """Tell whether there is any system to look into."""
        return any(connector.is_connected() for connector in self._connectors)

    def factors(self) -> frozenset[Factor]:
        """Return the numbers that prove a dossier in some system."""
        return frozenset(factor for connector in self._connectors for factor in connector.factors)

    def look_up(self, asked: Asked, now: dt.datetime) -> LookUp:
        """Return what comes of a look-up; the try is counted first, and taken back for what is found.

        A wrong code and wrong digits are told apart neither by what is returned nor by the way it took.
        """
        counted = tries.subjects(asked.conversation_id, asked.codes, self._secret)
        with self._sessions.begin() as session:
            sealed = proofs.take(session, asked.conversation_id, self._secret, now)
            if sealed is None:
                return LookUp(is_stale=True)
            paused_until = tries.charge(session, counted, now)
            if paused_until is not None:
                return LookUp(paused_until=paused_until)
            record_consent(session, asked.conversation_id, LOOK_UP, asked.consent, now)
        seen = tuple(self.see(asked.codes, sealed))
        if any(one.found for one in seen):
            self._take_back(counted, seen, now)
        return LookUp(seen)

    def _take_back(self, counted: Sequence[str], seen: Sequence[Seen], now: dt.datetime) -> None:
        own, *codes = counted
        with self._sessions.begin() as session:
            tries.refund(session, [subject for subject, one in zip(codes, seen) if one.found], now)
            if all(one.found for one in seen):
                tries.forgive(session, own)
        with self._sessions.begin() as session:
            tries.forget_old(session, now)

    def see(self, codes: Sequence[str], sealed: str) -> list[Seen]:
        """Return what comes of each code; several are asked for at the same time, so that none waits for another."""
        if len(codes) == 1:
            return [self._see(codes[0], sealed)]
        with ThreadPoolExecutor(max_workers=len(codes)) as places:
            return list(places.map(lambda code: self._see(code, sealed), codes))

    def _see(self, code: str, sealed: str) -> Seen:
        told: list[Facts] = []
        recalled_by: dict[str, str] = {}  # by the source that stands in the facts
        silent = False
        for connector in self._connectors:
            try:
                facts = connector.prove(code, sealed)
            except ConnectorDown:
                silent = True
                continue
            if facts is not None:
                told.append(facts)
                recalled_by[facts.source] = connector.name if connector.recalls else ""
        if not told:
            return Seen(code, silent=silent)
        found = choose(told, self._authority)
        return Seen(code, found, recalled_by=recalled_by[found.facts.source])
