"""The way in for channels of providers: find the conversation, hold back floods, store, wake those who work."""

from __future__ import annotations

from bot.delivery.intake import Accepted
from bot.inbound import SILENT, TREATMENTS, Inbound
from bot.services import Services
from knowledge.models import utc_now


async def receive(parts: Services, channel: str, external_id: str, inbound: Inbound) -> Accepted | None:
    """Take one thing in; when this returns it is stored and may be acknowledged. None = it was only counted.

    ``external_id`` names the conversation in the channel (at most 120 characters). Raises what the
    database raises: then the provider must not be told that all is well.
    """
    parts.metrics.received(channel)
    if TREATMENTS[inbound.kind].fate == "count":
        parts.metrics.ignored(channel, inbound.kind)
        return None
    accepted = await _counted(parts, channel, external_id, inbound)
    if accepted is None:
        parts.metrics.ignored(channel, inbound.kind)
        return None
    if not accepted.is_new:
        parts.metrics.duplicate(channel)
    parts.worker.wake()
    return accepted


async def _counted(parts: Services, channel: str, external_id: str, inbound: Inbound) -> Accepted | None:
    """Store it, held to the citizen's rate by the provider's time; what was not new, or not stored, does not count."""
    sender, is_new = f"{channel}:{external_id}", False
    instead = _instead(parts, sender, inbound)
    try:
        accepted = await parts.arrivals.do(parts.intake.receive, channel, external_id, inbound, instead)
        is_new = accepted is not None and accepted.is_new
    finally:
        if not is_new and not instead and _is_held_back(inbound):
            parts.message_limiter.give_back(sender)
    return accepted


def _instead(parts: Services, sender: str, inbound: Inbound) -> str:
    """Who writes too fast is told so once; the rest is kept and read by staff, but not asked."""
    if inbound.silent:
        return SILENT
    ago = (utc_now() - inbound.at).total_seconds() if inbound.at else 0.0
    if not _is_held_back(inbound) or not parts.message_limiter.wait(sender, ago):
        return ""
    return SILENT if parts.notice_limiter.wait(sender) else "too_fast"


def _is_held_back(inbound: Inbound) -> bool:
    return TREATMENTS[inbound.kind].author == "citizen" and not inbound.silent
