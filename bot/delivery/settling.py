"""What becomes of a message that is being delivered, step by step, each in one transaction.

Every step may be run twice: a commit whose end was not heard of may have succeeded, and is tried again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import structlog
from sqlalchemy.orm import Session

from bot.alerts import clear_alerts, raise_alert
from bot.channels.base import Channel
from bot.delivery import ledger, recovering
from bot.delivery.ledger import Lane, Outgoing, Step
from bot.errors import Blocked, DeliveryError, NeedsOperator, Permanent, Retry, Uncertain, WindowClosed
from knowledge.dossiers import subscriptions
from knowledge.models import utc_now

log = structlog.get_logger("outbox")

LOOK_EVERY = 1.0  # seconds
_MOST_ATTEMPTS = 12  # failed tries of one part
_OLDEST = dt.timedelta(hours=24)  # after that an answer helps nobody
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0  # seconds
_OPERATOR_PAUSE = 60.0  # seconds between looks whether a person has acted


@dataclass(frozen=True)
class Rules:
    """How the outbox works here: ``confirm_within`` seconds for an echo; ``alone`` on this database or not."""

    choose: str
    confirm_within: float
    alone: bool
    pause: Callable[[int], float]


def growing_pause(attempt: int) -> float:
    """Return the seconds to wait after so many failed tries: doubled each time, and by chance, not all alike."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt) * random.uniform(0.5, 1.0)


class Settling:
    """The steps of one channel; ``wake`` has its lane look again."""

    def __init__(self, channel: Channel, rules: Rules, wake: Callable[[], None]) -> None:
        self._channel = channel
        self._rules = rules
        self._wake = wake
        self._alerted = True  # perhaps: before the last restart, or since it was last looked

    @property
    def lane(self) -> Lane:
        channel = self._channel
        return Lane(channel.name, channel.capabilities, channel.confirms, self._rules.choose)

    def recover(self, session: Session, everything: bool) -> None:
        """Take up what processes that died have left, or ``everything`` of one that was alone; drop what is stale."""
        recovering.name_lanes(session)
        ledger.drop_stale(session, self.lane)
        self._give_up_old(session)
        items = recovering.lost(session, self.lane, everything)
        for item in items:
            recovering.take_up(session, item, self._until_confirmed(item.available_at if everything else None))
        if items:
            log.warning("outbox.recovered", channel=self._channel.name, items=len(items))

    def _give_up_old(self, session: Session) -> None:
        """Give up what could not leave for a whole day; where readers fetch what they missed it does no harm."""
        if not self._channel.capabilities.replayed:
            old = recovering.give_up_old(session, self.lane, utc_now() - _OLDEST)
            if old:
                log.warning("outbox.too_old", channel=self._channel.name, conversations=old)
                self._alert(session, "too_old", {"conversation": old[-1]})

    def _until_confirmed(self, lease: dt.datetime | None = None) -> dt.datetime:
        """Return until when word of a part may come.

        Nobody took its echo while all of us were away, since the ``lease`` of its call was written: it is told again.
        """
        now = utc_now()
        if not self._channel.confirms:
            return now
        until = now + dt.timedelta(seconds=self._rules.confirm_within)
        again = recovering.told_again(lease - ledger.LEASE, now, self._channel.repeats) if lease else now
        return max(until, again)

    def _alert(self, session: Session, key: str, details: Mapping[str, Any]) -> None:
        raise_alert(session, key, self._channel.name, key, details)

    def go_on(self, session: Session, outgoing: Outgoing, place: int) -> bool:
        """Begin the part at that place, or close the item after the last; False = there is nothing to send now."""
        if place == len(outgoing.steps):
            if ledger.close(session, outgoing) == "unsure":
                self._alert(session, "uncertain", _place(outgoing))
            return False
        if ledger.begin(session, outgoing, outgoing.steps[place]):
            return True
        log.warning("outbox.lease_lost", item=outgoing.delivery.item_id)
        return False

    def sent(self, session: Session, outgoing: Outgoing, place: int, external_id: str | None) -> bool:
        """Mark the part at that place as sent, and go on."""
        ledger.sent(session, outgoing.steps[place], external_id)
        if self._alerted:  # until none was open: what was closed here may still be rolled back
            self._alerted = clear_alerts(session, "operator", self._channel.name)
        return self.go_on(session, outgoing, place + 1)

    def failed(self, session: Session, outgoing: Outgoing, place: int, error: DeliveryError) -> bool:
        """Settle a failed try by what it means; True = go on with the next part, which is begun."""
        step = outgoing.steps[place]
        if not ledger.renew(session, outgoing):
            log.warning("outbox.lease_lost", item=outgoing.delivery.item_id)
            return False
        if isinstance(error, Uncertain):
            return self._uncertain(session, outgoing, step, error) and self.go_on(session, outgoing, place + 1)
        if isinstance(error, NeedsOperator):
            self._alerted = True
            raise_alert(session, "operator", self._channel.name, str(error))
        if self.gives_up(outgoing, step, error):
            self._park(session, outgoing, error)
        else:
            self._put_off(session, outgoing, step, error)
        return False

    def gives_up(self, outgoing: Outgoing, step: Step, error: DeliveryError) -> bool:
        """Tell whether a failed try is the last one of its message."""
        if isinstance(error, Uncertain):
            return False
        return isinstance(error, Permanent) or self._is_hopeless(outgoing, step)

    def _uncertain(self, session: Session, outgoing: Outgoing, step: Step, error: DeliveryError) -> bool:
        if self._channel.capabilities.replayed:
            self._put_off(session, outgoing, step, error)
            return False
        if not ledger.set_part(session, step, "uncertain", str(error), step.attempts + 1):
            return True  # its echo came before the call ended
        if self._channel.confirms and not self._is_hopeless(outgoing, step):
            ledger.put_off(session, outgoing, self._until_confirmed(), str(error))
            return False
        return True

    @staticmethod
    def _is_hopeless(outgoing: Outgoing, step: Step) -> bool:
        return step.attempts + 1 >= _MOST_ATTEMPTS or utc_now() - outgoing.created_at > _OLDEST

    def _park(self, session: Session, outgoing: Outgoing, error: DeliveryError) -> None:
        ledger.park(session, outgoing, str(error))
        if isinstance(error, Blocked):
            subscriptions.end(session, outgoing.delivery.conversation_id, "blocked", utc_now())
        key = "window_closed" if isinstance(error, WindowClosed) else "parked"
        self._alert(session, key, {**_place(outgoing), "reason": str(error)})

    def _put_off(self, session: Session, outgoing: Outgoing, step: Step, error: DeliveryError) -> None:
        after = error.after if isinstance(error, Retry) else None
        if isinstance(error, NeedsOperator):
            after = _OPERATOR_PAUSE
        seconds = self._rules.pause(step.attempts) if after is None else after
        attempts = step.attempts + (1 if after is None else 0)
        ledger.set_part(session, step, "pending", str(error), attempts)
        ledger.put_off(session, outgoing, utc_now() + dt.timedelta(seconds=seconds), str(error))
        self._wake_in(seconds)

    def _wake_in(self, seconds: float) -> None:
        """Ring in time for a short pause; this runs in a thread, the bell hangs on the event loop."""
        if seconds < LOOK_EVERY:
            anyio.from_thread.run_sync(lambda: asyncio.get_running_loop().call_later(seconds, self._wake))


def _place(outgoing: Outgoing) -> dict[str, Any]:
    return {"conversation": outgoing.delivery.conversation_id, "seq": outgoing.delivery.seq}
