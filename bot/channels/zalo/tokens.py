"""The access token of the account: renewed by one task of one process at a time, kept before it is used.

A token that renews is good for one renewal, which ends the old access token at once. Two renewals
with the same token would leave the account without any; so would a new pair that is lost.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from bot.channels.settings import ChannelSettings
from bot.channels.zalo.vault import Held, Pair, Vault
from bot.errors import NeedsOperator, Retry
from bot.transactions import transaction
from knowledge.models import utc_now

log = structlog.get_logger("zalo")

REAUTHORISE = "zalo_reauthorise"
_DEAD_TOKEN = -14014
_TURN = dt.timedelta(seconds=60)  # longer than the call that it protects
_CALL = 30.0  # seconds
_KEEP_PAUSES = (0.2, 1.0, 3.0)  # seconds
_LOOK_AGAIN = 0.1  # seconds, while another process renews
_AFTER_REFUSAL = dt.timedelta(minutes=5)
_KNOWN_FOR = 30.0  # seconds; should another process renew meanwhile, the first call is refused and looks again
_AHEAD = dt.timedelta(hours=20)  # a pair is good for 25


class ZaloTokens:
    """Gives out the access token. The pair in the settings only starts it; later pairs are in the vault."""

    def __init__(
        self, settings: ChannelSettings, sessions: sessionmaker, client: httpx.AsyncClient, vault: Vault
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._client = client
        self._vault = vault
        self._lock = asyncio.Lock()
        self._sown = False
        self._known, self._known_until = "", 0.0

    async def access(self) -> str:
        """Return the access token.

        Raises:
            NeedsOperator: there is none, and none can be had.
            Retry: Zalo cannot be reached to get one.
        """
        if self._known and anyio.current_time() < self._known_until:
            return self._known
        held = await self.held()
        if not held.pair.access:
            await self.renew(refused="")
            held = await self.held()
        self._known, self._known_until = held.pair.access, anyio.current_time() + _KNOWN_FOR
        return self._known

    async def renew(self, refused: str) -> None:
        """See to it that the access token is another one than ``refused``; of many callers one renews it.

        Raises:
            NeedsOperator: the account must be authorised anew, or Zalo refuses our app.
            Retry: Zalo cannot be reached.
        """
        async with self._lock:
            try:
                held = await self._turn(refused)
                if held is not None:
                    with anyio.CancelScope(shield=True):  # a pair that is given and not kept is lost for ever
                        await self._renew(held)
            finally:
                self._known = ""

    async def renew_ahead(self) -> None:
        """Renew before the token ends, when it is time. Raises as ``renew`` does."""
        held = await self.held()
        if not held.pair.access or (held.renew_at and held.renew_at <= utc_now()):
            await self.renew(held.pair.access)

    async def held(self) -> Held:
        """Return what is kept at present."""
        if not self._sown:
            given = Pair(self._settings.zalo_access_token, self._settings.zalo_refresh_token)
            await transaction(self._sessions, self._vault.sow, given, utc_now() + _AHEAD)
            self._sown = True
        return await transaction(self._sessions, self._vault.held)

    async def _turn(self, refused: str) -> Held | None:
        """Wait for our turn to renew; None = somebody else has done it."""
        while True:
            held = await self.held()
            if held.pair.access != refused:
                return None
            self._stop_if_hopeless(held)
            if held.busy_until and held.busy_until > utc_now():
                await anyio.sleep(_LOOK_AGAIN)
            elif await transaction(self._sessions, self._vault.take_turn, held.version, utc_now() + _TURN):
                return held

    def _stop_if_hopeless(self, held: Held) -> None:
        """What was refused is not tried again and again."""
        if not held.pair.refresh or held.error == REAUTHORISE:
            raise NeedsOperator(REAUTHORISE)
        if not self._settings.zalo_app_secret:
            raise NeedsOperator("zalo_app_secret")
        if held.error and held.busy_until and held.busy_until > utc_now():
            raise NeedsOperator(held.error)

    async def _renew(self, held: Held) -> None:
        try:
            pair, life = await self._call(held.pair.refresh)
        except NeedsOperator as error:
            until = None if str(error) == REAUTHORISE else utc_now() + _AFTER_REFUSAL
            await transaction(self._sessions, self._vault.end_turn, held.version, str(error), until)
            raise
        except Retry:
            await transaction(self._sessions, self._vault.end_turn, held.version)
            raise
        await self._keep(held, pair, utc_now() + life)
        log.info("zalo.token_renewed")

    async def _keep(self, held: Held, pair: Pair, renew_at: dt.datetime) -> None:
        """A database that is busy for a moment must not cost the account its authorisation."""
        for pause in _KEEP_PAUSES:
            try:
                await transaction(self._sessions, self._vault.keep, held.version, pair, renew_at)
                return
            except SQLAlchemyError as error:
                log.error("zalo.token_not_kept", error=type(error).__name__)
                await anyio.sleep(pause)
        await transaction(self._sessions, self._vault.keep, held.version, pair, renew_at)

    async def _call(self, refresh: str) -> tuple[Pair, dt.timedelta]:
        form = {"refresh_token": refresh, "app_id": self._settings.zalo_app_id, "grant_type": "refresh_token"}
        address = f"{self._settings.zalo_oauth_base}/v4/oa/access_token"
        headers = {"secret_key": self._settings.zalo_app_secret}
        try:
            with anyio.fail_after(_CALL):
                response = await self._client.post(address, data=form, headers=headers)
        except (httpx.TransportError, TimeoutError) as error:
            raise Retry(type(error).__name__) from None
        return _answer(response)


def _answer(response: httpx.Response) -> tuple[Pair, dt.timedelta]:
    """Read the answer to a renewal. A token that was used before is answered by nothing at all."""
    if response.status_code != httpx.codes.OK:
        raise Retry(f"oauth {response.status_code}")
    if not response.content.strip():
        raise NeedsOperator(REAUTHORISE)
    try:
        data = json.loads(response.content)
    except ValueError:
        raise Retry("oauth: no JSON") from None
    if not isinstance(data, Mapping):
        raise Retry("oauth: no object")
    if data.get("access_token") and data.get("refresh_token"):
        return Pair(str(data["access_token"]), str(data["refresh_token"])), _life(data.get("expires_in"))
    log.warning("zalo.token_refused", code=str(data.get("error"))[:12])
    raise NeedsOperator(REAUTHORISE if data.get("error") == _DEAD_TOKEN else "zalo_oauth")


def _life(expires_in: Any) -> dt.timedelta:
    """Return how long to use a pair: four fifths of its life, which is told in seconds, as a string."""
    raw = str(expires_in)
    if not raw.isascii() or not raw.isdecimal() or not 0 < len(raw) < 9:
        return _AHEAD
    return min(_AHEAD, dt.timedelta(seconds=int(raw) * 0.8))
