"""Reading requests and writing refusals, the same for every endpoint."""

from __future__ import annotations

import hmac
import ipaddress
import json
import math
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.errors import ApiError
from bot.rates import Limiter
from bot.texts import Texts

log = structlog.get_logger("http")

LARGEST_BODY = 64 * 1024
LARGEST_WEBHOOK = 256 * 1024
# What is too large is still read up to here, so that the sender hears the answer instead of a reset.
_LARGEST_DRAIN = 8 * 1024 * 1024
_OWN_NETWORK = 64  # bits of an IPv6 address before those that a household or machine chooses freely
_CODES = {404: "not_found", 405: "method"}


async def read_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """Return the request's body as it was sent, for webhooks whose signature covers its bytes.

    Raises:
        ApiError: 413, it is larger than so many bytes.
    """
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max(_LARGEST_DRAIN, largest):
            break
        if size <= largest:
            body += chunk
    if size > largest:
        raise ApiError(413, "too_large")
    return bytes(body)


async def read_json(request: Request) -> object:
    """Return the request's JSON.

    Raises:
        ApiError: 413 the body is over 64 KB; 400 it is not JSON in UTF-8.
    """
    return parse_json(await read_body(request))


def parse_json(body: bytes) -> object:
    """Return the JSON in a body.

    Raises:
        ApiError: 400, it is not JSON in UTF-8.
    """
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json") from error


def bearer(request: Request) -> str:
    """Return the bearer token of a request, "" when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same_secret(given: str, wanted: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def only_tools(request: Request, wanted: str) -> None:
    """Let tools in: by token where one is set, else from this machine only and never from a web page.

    Raises:
        ApiError: 403.
    """
    if wanted and same_secret(bearer(request), wanted):
        return
    if wanted or "origin" in request.headers or not _is_loopback(address(request)):
        raise ApiError(403, "forbidden")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(request: Request) -> str:
    """Return the caller's address."""
    return request.client.host if request.client else ""


def network(request: Request) -> str:
    """Return whom to count: the caller's address, of IPv6 the network that one household or machine has to itself."""
    host = address(request)
    if ":" not in host:
        return host
    try:
        return str(ipaddress.IPv6Network((host.split("%")[0], _OWN_NETWORK), strict=False))
    except ValueError:
        return host


def hold_back(limiter: Limiter, key: str) -> None:
    """Count a call.

    Raises:
        ApiError: 429, it is one too many.
    """
    seconds = limiter.wait(key)
    if seconds:
        raise ApiError(429, "too_fast", seconds=math.ceil(seconds))


def refusal(texts: Texts, error: ApiError) -> Response:
    """Return the JSON of a refused request."""
    seconds = error.values.get("seconds")
    headers = {"Retry-After": str(seconds)} if seconds else {}
    message = texts.error(error.code, **error.values)
    body = {"error": {"code": error.code, "message": message}}
    return JSONResponse(body, error.status, headers={"Cache-Control": "no-store", **headers})


def handlers(texts: Texts) -> dict[Any, Any]:
    """Return the handlers that turn every exception into a polite refusal."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return refusal(texts, error)

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refusal(texts, ApiError(error.status_code, _CODES.get(error.status_code, "bad_request")))

    async def busy(request: Request, error: Exception) -> Response:
        log.error("database.busy", path=request.url.path)
        return refusal(texts, ApiError(503, "busy"))

    async def failed(request: Request, error: Exception) -> Response:
        log.error("request.failed", path=request.url.path, error=type(error).__name__)
        return refusal(texts, ApiError(500, "internal"))

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=499)

    return {
        ApiError: refused,
        HTTPException: unknown,
        OperationalError: busy,
        ClientDisconnect: gone,
        Exception: failed,
    }
