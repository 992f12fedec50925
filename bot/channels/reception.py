"""How it goes with what a provider sends: an alert while nothing comes in, and messages that cannot be kept."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import clear_alerts, raise_alert
from bot.channels import door
from bot.errors import ApiError, DeliveryError, NeedsOperator, Permanent, Retry
from bot.inbound import Inbound
from bot.services import Services
from bot.transactions import transaction

log = structlog.get_logger("reception")

_KIND = "reception"  # of alerts
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds
# A restart, or a provider that is away for a moment, is nobody's business: some 30 s of trouble are.
_PATIENCE = 5
_TALKATIVE = ("httpx", "httpcore", "telegram")


def keep_tokens_out_of_logs() -> None:
    """Silence libraries that log the addresses they call: there the token is a part of the address."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class Reception:
    """Counts failures in a row, pauses longer each time, and keeps one alert for as long as they last."""

    def __init__(self, sessions: sessionmaker, channel: str) -> None:
        self._sessions = sessions
        self._channel = channel
        self._failures = 0
        self._alerted = True  # perhaps before the last restart

    async def failed(self, error: DeliveryError) -> None:
        """Note a failure and wait until the next try."""
        self._failures += 1
        if self._failures == 1:
            log.warning("reception.failed", channel=self._channel, kind=type(error).__name__, reason=str(error))
        if self._failures >= _PATIENCE:
            await transaction(self._sessions, self._alert, error)
        await anyio.sleep(self._pause(error))

    def _alert(self, session: Session, error: DeliveryError) -> None:
        key = str(error) if isinstance(error, NeedsOperator) else "unreachable"
        raise_alert(session, _KIND, self._channel, key)
        self._alerted = True

    def _pause(self, error: DeliveryError) -> float:
        if isinstance(error, Retry) and error.after is not None:
            return error.after
        return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (min(self._failures, 20) - 1))

    async def insist(self, call: Callable[[], Awaitable[object]], refused: str) -> None:
        """Call until it works; ``refused`` names the alert for a refusal that only a person can do something about."""
        while True:
            try:
                await call()
            except DeliveryError as error:
                await self.failed(NeedsOperator(refused) if isinstance(error, Permanent) else error)
            else:
                await self.works()
                return

    async def works(self) -> None:
        """Note that it works: the alert ends."""
        if self._failures:
            log.info("reception.works", channel=self._channel)
        self._failures = 0
        if self._alerted:
            await transaction(self._sessions, clear_alerts, _KIND, self._channel)
            self._alerted = False


async def take(parts: Services, channel: str, external_id: str, inbound: Inbound) -> None:
    """Store what came in. What can never be stored must not hold up what follows: it becomes an alert.

    Raises what the database raises when it is away: then the provider must send it again.
    """
    try:
        await door.receive(parts, channel, external_id, inbound)
    except Exception as error:
        if _may_work_later(error):
            raise
        log.error("message.unstorable", channel=channel, kind=inbound.kind, error=type(error).__name__)
        parts.metrics.refused(channel, "unstorable")
        await transaction(parts.sessions, raise_alert, "unstorable", channel, "unstorable", {"kind": inbound.kind})


def _may_work_later(error: Exception) -> bool:
    if isinstance(error, sa.exc.DBAPIError):
        return not isinstance(error, sa.exc.DataError)
    return isinstance(error, (sa.exc.SQLAlchemyError, ApiError)) and not isinstance(error, sa.exc.StatementError)
