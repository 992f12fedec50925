"""A system that speaks the national sync format over HTTP, asked with patience and left alone when it is ill."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from dataclasses import dataclass, field

import httpx

from knowledge.connectors.base import ConnectorDown, Factor
from knowledge.connectors.breaker import Breaker
from knowledge.connectors.copies import Copies
from knowledge.connectors.wire import AnswerReader, Told, question
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.table import fits
from knowledge.models import utc_now
from nlu.dossier_codes import match_key

log = logging.getLogger(__name__)

# The front server gives a whole turn 4 s; the tries together must end before.
_BUDGET = 3.2  # seconds
_LEAST = 0.5  # seconds left that make another try worth while
_PAUSES = (0.2, 0.8)
_LARGEST = 1 << 20  # bytes
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Address:
    """Where the system is asked, by which token, in the name of which agency."""

    url: str
    token: str = field(repr=False)
    agency: str


class NationalSystem:
    """Asks for one dossier at a time; ``copies`` speak when the system does not."""

    name = "national"
    recalls = True  # TraCuuHoSo asks by the code alone; it is we who compare the digits

    def __init__(
        self,
        address: Address,
        reader: AnswerReader,
        factors: frozenset[Factor],
        copies: Copies,
        secret: bytes,
    ) -> None:
        self.factors = factors
        self._address = address
        self._reader = reader
        self._copies = copies
        self._secret = secret
        self._breaker = Breaker()
        headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
        self._client = httpx.Client(headers=headers, follow_redirects=False)

    def is_connected(self) -> bool:
        """Tell that there is such a system."""
        return True

    def prove(self, code: str, sealed: str) -> Facts | None:
        """Return the dossier when code and digits fit; a copy of it when the system does not answer.

        Raises:
            ConnectorDown: it does not answer, and there is no copy that the digits fit.
        """
        now = utc_now()
        try:
            told = self._ask(code, now)
        except ConnectorDown:
            copy = self._copies.find_proven(code, sealed, now)
            if copy is None:
                raise
            return copy
        kept = told.seals if told else ("", "")
        if not fits(sealed, match_key(code), kept, self._secret) or told is None:
            return None
        self._copies.keep(told.facts, told.seals)
        return told.facts

    def recall(self, code: str) -> Facts | None:
        """Return the dossier with the code, whose proof was seen before; the copy is brought up to date.

        Raises:
            ConnectorDown: it does not answer. A copy is no news.
        """
        told = self._ask(code, utc_now())
        if told is None:
            return None
        self._copies.keep(told.facts, told.seals)
        return told.facts

    def _ask(self, code: str, now: dt.datetime) -> Told | None:
        if not self._breaker.lets_through():
            raise ConnectorDown("resting")
        try:
            told = self._reader.read(self._answer(code), code, now)
        except ConnectorDown as error:
            self._breaker.failed()
            log.warning("the dossier system %s does not answer: %s", self.name, error)
            raise
        self._breaker.succeeded()
        return told

    def _answer(self, code: str) -> object:
        """Ask again what fails at once, as long as time is left; a slow system gets no second question."""
        body = question(code, self._address.token, self._address.agency)
        until = time.monotonic() + _BUDGET
        for pause in (*_PAUSES, None):
            try:
                status, content = self._post(body, until)
                if status == httpx.codes.OK:
                    return _json(content)
                reason, is_passing = f"status {status}", status in _AGAIN
            except httpx.HTTPError as error:
                reason, is_passing = type(error).__name__, True
            if not is_passing or pause is None or time.monotonic() + pause + _LEAST > until:
                break
            time.sleep(pause)
        raise ConnectorDown(reason)

    def _post(self, body: dict[str, str], until: float) -> tuple[int, bytes]:
        """Return status and content; a content that only trickles in, or does not end, is no answer."""
        left = until - time.monotonic()
        content = b""
        with self._client.stream("POST", self._address.url, json=body, timeout=left) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > until or len(content) > _LARGEST:
                    raise ConnectorDown("endless")
        return response.status_code, content


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConnectorDown("no JSON") from error
