"""The way in for channels of providers: find the conversation, hold back floods, store, wake those who work."""

from __future__ import annotations

import anyio.to_thread

from bot.conversation import find, find_or_open
from bot.delivery.intake import Accepted
from bot.inbound import SILENT, TREATMENTS, Inbound
from bot.services import Services


async def receive(parts: Services, channel: str, external_id: str, inbound: Inbound) -> Accepted | None:
    """Take one thing in; when this returns it is stored and may be acknowledged. None = it was only counted.

    ``external_id`` names the conversation in the channel (at most 120 characters). Raises what the
    database raises: then the provider must not be told that all is well.
    """
    parts.metrics.received(channel)
    if TREATMENTS[inbound.kind].fate == "count":
        parts.metrics.ignored(channel, inbound.kind)
        return None
    instead = _instead(parts, f"{channel}:{external_id}", inbound)
    accepted = await anyio.to_thread.run_sync(_store, parts, channel, external_id, inbound, instead)
    if accepted is None:
        parts.metrics.ignored(channel, inbound.kind)
        return None
    if not accepted.is_new:
        parts.metrics.duplicate(channel)
    parts.worker.wake()
    return accepted


def _store(parts: Services, channel: str, external_id: str, inbound: Inbound, instead: str) -> Accepted | None:
    if inbound.kind == "withdraw":  # repeated later, it must not reach what the citizen has begun since
        repeated = parts.intake.withdrawn(channel, external_id, inbound)
        if repeated:
            return repeated
    if TREATMENTS[inbound.kind].author == "system":
        with parts.sessions.begin() as session:
            if find(session, channel, external_id) is None:  # somebody leaves whom we do not know, or no longer
                return None
    conversation_id = find_or_open(parts.sessions, channel, external_id)
    return parts.intake.accept(conversation_id, inbound, instead)


def _instead(parts: Services, sender: str, inbound: Inbound) -> str:
    """Who writes too fast is told so once; the rest is kept and read by staff, but not asked."""
    if inbound.silent:
        return SILENT
    if TREATMENTS[inbound.kind].author != "citizen" or not parts.message_limiter.wait(sender):
        return ""
    return SILENT if parts.notice_limiter.wait(sender) else "too_fast"
