"""One call to Zalo's OpenAPI, and what its failure means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from bot.channels.calls import provider_call
from bot.channels.zalo.errors import Refused
from bot.channels.zalo.tokens import ZaloTokens
from bot.errors import Retry, Uncertain

_TOO_MANY, _UNAVAILABLE = 429, 503


class ZaloClient:
    """Calls with the access token in a header of its own, never in an address."""

    def __init__(self, base: str, http: httpx.AsyncClient, tokens: ZaloTokens) -> None:
        self._base = base
        self._http = http
        self._tokens = tokens
        self._used = ""

    async def call(self, verb: str, path: str, base: str = "", **more: Any) -> Mapping[str, Any]:
        """Return ``data`` of the answer; ``more`` as in httpx (json, params, files).

        Raises:
            Refused: Zalo's error code.
            DeliveryError: no usable answer.
        """
        token = await self._tokens.access()
        with provider_call():
            headers = {"access_token": token}
            response = await self._http.request(verb, f"{base or self._base}{path}", headers=headers, **more)
        try:
            return _data(response)
        except Refused:
            self._used = token
            raise

    async def renew(self) -> None:
        """Get another access token than the one that was refused last."""
        await self._tokens.renew(self._used)


def _data(response: httpx.Response) -> Mapping[str, Any]:
    if response.status_code in (_TOO_MANY, _UNAVAILABLE):
        raise Retry(f"http {response.status_code}")
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Uncertain(f"http {response.status_code}")  # what stands before Zalo may have let it through
    if response.status_code != httpx.codes.OK:
        raise Retry(f"http {response.status_code}")
    try:
        answer = json.loads(response.content)
    except ValueError:
        raise Uncertain("no JSON") from None
    if not isinstance(answer, Mapping) or type(answer.get("error")) is not int:
        raise Uncertain("no error code")
    if answer["error"] != 0:
        raise Refused(answer["error"])
    data = answer.get("data")
    return data if isinstance(data, Mapping) else {}
