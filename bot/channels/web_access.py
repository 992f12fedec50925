"""Who may do what on the web: the token of a conversation, its renewal, and what no cache may keep."""

from __future__ import annotations

from starlette.requests import Request

from bot.errors import ApiError
from bot.http import bearer, hold_back, network
from bot.messages import is_count
from bot.services import Services, services
from bot.tokens import Claim

NO_STORE = {"Cache-Control": "no-store"}


def authorise(request: Request) -> Claim:
    """Return what the request's token says.

    Raises:
        ApiError: 401 there is none, or it is not good; 429 the address calls too often.
    """
    parts = services(request)
    hold_back(parts.address_limiter, network(request))
    token = bearer(request)
    if not token:
        raise ApiError(401, "token_missing")
    return parts.tokens.read(token)


def renewal(parts: Services, claim: Claim) -> dict[str, str]:
    """Return the header with a fresh token when the old one is in its second half."""
    return {"X-Renew-Token": parts.tokens.issue(claim.conversation_id).token} if claim.is_old else {}


def read_count(raw: str) -> int:
    """Return the number in a header or a query.

    Raises:
        ApiError: 422 it is none.
    """
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 12 and is_count(int(raw))):
        raise ApiError(422, "bad_request")
    return int(raw)
