"""The way in for channels of providers: find the conversation, hold back floods, store, wake those who work."""

from __future__ import annotations

from bot.delivery.intake import Accepted
from bot.delivery.spool import Arrival
from bot.inbound import SILENT, TREATMENTS, Inbound
from bot.services import Services
from knowledge.models import utc_now


async def receive(parts: Services, channel: str, external_id: str, inbound: Inbound) -> Accepted | None:
    """Take one thing in; when this returns it is stored and may be acknowledged.

    None = it was only counted, or is written down to be taken in soon (``bot.delivery.spool``).
    ``external_id`` names the conversation in the channel (at most 120 characters). Raises what the
    database raises: then the provider must not be told that all is well.
    """
    parts.metrics.received(channel)
    if TREATMENTS[inbound.kind].fate == "count":
        parts.metrics.ignored(channel, inbound.kind)
        return None
    arrival = Arrival(channel, external_id, inbound, _instead(parts, f"{channel}:{external_id}", inbound))
    try:
        if parts.spool.is_in_use:
            await parts.spool.keep(arrival)
            return None
        accepted = await parts.arrivals.do(parts.intake.receive, channel, external_id, inbound, arrival.instead)
    except BaseException:
        _uncount(parts, arrival)
        raise
    taken(parts, arrival, accepted)
    return accepted


def taken(parts: Services, arrival: Arrival, accepted: Accepted | None) -> None:
    """Count what was taken in, and wake those who work; what was not new does not count for a citizen's rate."""
    if accepted is None or not accepted.is_new:
        _uncount(parts, arrival)
    if accepted is None:
        parts.metrics.ignored(arrival.channel, arrival.inbound.kind)
        return
    if not accepted.is_new:
        parts.metrics.duplicate(arrival.channel)
    parts.worker.wake()


def _uncount(parts: Services, arrival: Arrival) -> None:
    if not arrival.instead and _is_held_back(arrival.inbound):
        parts.message_limiter.give_back(f"{arrival.channel}:{arrival.external_id}")


def _instead(parts: Services, sender: str, inbound: Inbound) -> str:
    """Who writes too fast is told so once; the rest is kept and read by staff, but not asked.

    The provider's time counts: after an outage it brings at once what was said over minutes.
    """
    if inbound.silent:
        return SILENT
    ago = (utc_now() - inbound.at).total_seconds() if inbound.at else 0.0
    if not _is_held_back(inbound) or not parts.message_limiter.wait(sender, ago):
        return ""
    return SILENT if parts.notice_limiter.wait(sender) else "too_fast"


def _is_held_back(inbound: Inbound) -> bool:
    return TREATMENTS[inbound.kind].author == "citizen" and not inbound.silent
