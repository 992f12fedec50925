"""Whether a webhook really comes from Zalo: its signature, its app, its age."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Zalo repeats a webhook with its first timestamp for almost two hours; a restored clock of ours may be off a little.
_OLDEST, _NEWEST = dt.timedelta(hours=24), dt.timedelta(minutes=5)
_LABEL = re.compile(r"mac\s*=\s*", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"\d{10,14}", re.ASCII)


def digest(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """Return Zalo's signature: SHA-256 (no HMAC) of app, body as sent, time and secret, in hexadecimal."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def fault(header: str, body: bytes, event: Mapping[str, Any], app_id: str, secrets: Sequence[str]) -> str:
    """Return why a webhook is refused, "" when it is genuine.

    ``header`` is ``X-ZEvent-Signature``; ``secrets`` are the OA Secret Keys that are good at
    present. Without any secret everything is refused. The reason is a word for metrics.
    """
    given = _LABEL.sub("", header.strip(), count=1).strip().lower()
    if not given:
        return "unsigned"
    timestamp = sent_at(event)
    # only digits: nothing of the body may slip over into the time, and be signed all the same
    if not _DIGEST.fullmatch(given) or not timestamp or not secrets:
        return "signature"
    if event.get("app_id") != app_id:
        return "app"
    wanted = [digest(app_id, body, timestamp, secret) for secret in secrets]
    matches = [hmac.compare_digest(given, one) for one in wanted]  # all of them, whichever fits
    return "" if any(matches) else "signature"


def sent_at(event: Mapping[str, Any]) -> str:
    """Return the event's time as it was sent, in milliseconds since 1970; "" when it has none."""
    raw = event.get("timestamp")
    return raw if isinstance(raw, str) and _TIMESTAMP.fullmatch(raw) else ""


def moment(timestamp: str) -> dt.datetime:
    """Return the moment of a timestamp in milliseconds."""
    return dt.datetime.fromtimestamp(int(timestamp) / 1000, dt.timezone.utc)


def age_fault(at: dt.datetime, now: dt.datetime) -> str:
    """Return why an event's time is not believable, "" when it is."""
    if now - at > _OLDEST:
        return "old"
    return "future" if at - now > _NEWEST else ""
