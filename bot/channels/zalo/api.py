"""The calls of the OpenAPI v3 that an office needs. Sending returns Zalo's id of the message.

All of them raise DeliveryError, by what Zalo's code means. Windows: free for 48 hours after a
citizen's last word, billed up to 7 days, refused later; then only templates go out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.channels.base import Choice
from bot.channels.zalo.client import ZaloClient
from bot.channels.zalo.errors import BUTTONS_REFUSED, Refused, failure
from bot.choices import tap_code
from bot.errors import NeedsOperator, RefreshAndRetry
from nlu.text import nfc

log = structlog.get_logger("zalo")

_FREE, _OPEN = dt.timedelta(hours=48), dt.timedelta(days=7)
_CS = "/v3.0/oa/message/cs"
_LONGEST_TITLE, _LONGEST_SUBTITLE = 100, 500


@dataclass(frozen=True)
class Window:
    """Whether one may write to a citizen at present: free of charge, or at all."""

    is_free: bool
    is_open: bool


@dataclass(frozen=True)
class Account:
    """The account as Zalo knows it; ``kind`` 4 is a government."""

    oa_id: str
    name: str
    is_verified: bool
    package: str
    kind: str


class ZaloApi:
    """``takes_buttons`` is the switch of a capability that is documented for the older interface alone."""

    def __init__(self, client: ZaloClient, business_base: str) -> None:
        self._client = client
        self._business = business_base
        self.takes_buttons = True

    async def send_text(self, user_id: str, text: str, buttons: Sequence[Choice] = (), quote: str = "") -> str:
        """Send a text with its buttons; when Zalo refuses just the buttons, without them from then on."""
        message: dict[str, Any] = {"text": nfc(text), **({"quote_message_id": quote} if quote else {})}
        if not (buttons and self.takes_buttons):
            return await self._send(user_id, message)
        try:
            return await self._sent(user_id, {**message, "attachment": _buttons(buttons)})
        except Refused as error:
            if error.code != BUTTONS_REFUSED:
                raise failure(error.code) from error
        message_id = await self._send(user_id, message)
        self.takes_buttons = False
        log.warning("zalo.buttons_refused")
        return message_id

    async def send_image(self, user_id: str, text: str, url: str = "", attachment_id: str = "") -> str:
        """Send an image by its public address, or by the id of an upload (good for 7 days)."""
        source = {"url": url} if url else {"attachment_id": attachment_id}
        element = {"media_type": "image", **source}
        attachment = _template("media", elements=[element])
        return await self._send(user_id, {**({"text": nfc(text)} if text else {}), "attachment": attachment})

    async def send_file(self, user_id: str, token: str) -> str:
        """Send a file by the token of its upload."""
        return await self._send(user_id, {"attachment": {"type": "file", "payload": {"token": token}}})

    async def request_user_info(self, user_id: str, title: str, subtitle: str, image_url: str) -> str:
        """Ask a citizen to share name, phone and address by Zalo's form."""
        texts = {"title": nfc(title)[:_LONGEST_TITLE], "subtitle": nfc(subtitle)[:_LONGEST_SUBTITLE]}
        attachment = _template("request_user_info", elements=[{**texts, "image_url": image_url}])
        return await self._send(user_id, {"attachment": attachment})

    async def react(self, user_id: str, message_id: str, icon: str = "/-strong") -> None:
        """Put a reaction on a citizen's message; it costs nothing."""
        action = {"react_icon": icon, "react_message_id": message_id}
        body = {"recipient": {"user_id": user_id}, "sender_action": action}
        await self._call("POST", "/v2.0/oa/message", json=body)

    async def upload_image(self, name: str, content: bytes, media_type: str) -> str:
        """Upload a JPEG or PNG of at most 1 MB and return its attachment id."""
        return await self._upload("image", "attachment_id", name, content, media_type)

    async def upload_file(self, name: str, content: bytes, media_type: str) -> str:
        """Upload a PDF, DOC, DOCX or CSV of at most 5 MB and return its token."""
        return await self._upload("file", "token", name, content, media_type)

    async def window(self, user_id: str, now: dt.datetime) -> Window:
        """Ask whether one may write to a citizen at present."""
        data = await self._call("POST", "/v3.0/oa/quota/message", json={"user_id": user_id})
        raw = str(data.get("last_interaction") or "")
        heard = dt.datetime.fromtimestamp(int(raw) / 1000, dt.timezone.utc) if raw.isdecimal() else None
        return Window(heard is not None and now - heard <= _FREE, heard is not None and now - heard <= _OPEN)

    async def send_template(self, user_id: str, template_id: str, values: Mapping[str, str]) -> str:
        """Send an approved template to a citizen who is known by id; there is no window for it."""
        body = {"user_id": user_id, "template_id": template_id, "template_data": dict(values)}
        return _id(await self._call("POST", "/v3.0/oa/message/template", json=body))

    async def send_template_by_phone(
        self, phone: str, template_id: str, values: Mapping[str, str], tracking_id: str
    ) -> str:
        """Send an approved template to a phone number (``84...``); its receipts carry the tracking id."""
        body = {"phone": phone, "template_id": template_id, "template_data": dict(values), "tracking_id": tracking_id}
        return _id(await self._call("POST", "/message/template", self._business, json=body), "msg_id")

    async def profile(self, user_id: str) -> Mapping[str, Any]:
        """Return what Zalo tells of a citizen."""
        return await self._call("GET", "/v3.0/oa/user/detail", params={"data": json.dumps({"user_id": user_id})})

    async def account(self) -> Account:
        """Return the account that the access token is for."""
        data = await self._call("GET", "/v2.0/oa/getoa")
        return Account(
            oa_id=str(data.get("oaid") or data.get("oa_id") or ""),
            name=str(data.get("name") or ""),
            is_verified=bool(data.get("is_verified")),
            package=str(data.get("package_name") or ""),
            kind=str(data.get("oa_type") or ""),
        )

    async def renew(self) -> None:
        """Get another access token than the one that was refused last."""
        await self._client.renew()

    async def _send(self, user_id: str, message: Mapping[str, Any]) -> str:
        try:
            return await self._sent(user_id, message)
        except Refused as error:
            raise failure(error.code) from error

    async def _sent(self, user_id: str, message: Mapping[str, Any]) -> str:
        body = {"recipient": {"user_id": user_id}, "message": message}
        return _id(await self._client.call("POST", _CS, json=body))

    async def _call(self, verb: str, path: str, base: str = "", **more: Any) -> Mapping[str, Any]:
        """Make a call that is not the outbox's, which renews the token itself."""
        try:
            return await self._once(verb, path, base, **more)
        except RefreshAndRetry:
            await self.renew()
        try:
            return await self._once(verb, path, base, **more)
        except RefreshAndRetry as error:
            raise NeedsOperator("token_refused") from error

    async def _once(self, verb: str, path: str, base: str, **more: Any) -> Mapping[str, Any]:
        try:
            return await self._client.call(verb, path, base, **more)
        except Refused as error:
            raise failure(error.code) from error

    async def _upload(self, kind: str, answer: str, name: str, content: bytes, media_type: str) -> str:
        files = {"file": (name, content, media_type)}
        return _id(await self._call("POST", f"/v2.0/oa/upload/{kind}", files=files), answer)


def _template(kind: str, **payload: Any) -> dict[str, Any]:
    return {"type": "template", "payload": {"template_type": kind, **payload}}


def _buttons(buttons: Sequence[Choice]) -> dict[str, Any]:
    """A tap comes back as an ordinary text: the payload."""
    shown = [{"title": one.title, "type": "oa.query.hide", "payload": tap_code(one.tap)} for one in buttons]
    return _template("button", buttons=shown)


def _id(data: Mapping[str, Any], name: str = "message_id") -> str:
    return str(data.get(name) or "")
