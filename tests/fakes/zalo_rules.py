"""What the fake Zalo knows and refuses: tokens, windows, forms of messages."""

from __future__ import annotations

import time
from typing import Any

DAY = 24 * 3600 * 1000  # milliseconds
_TOKEN_LIFE = 25 * 3600 * 1000


class ZaloRules:
    """The state of one account; times are in milliseconds since 1970, ``ahead`` moves the clock."""

    def __init__(self, oa_id: str) -> None:
        self.oa_id = oa_id
        self.ahead = 0
        self.status = 200
        self.errors: list[int] = []  # codes for the next calls, one each
        self.takes_buttons = True
        self.is_verified, self.package = True, "Nâng cao"
        self.heard: dict[str, int] = {}  # when a citizen last did something
        self.sent: list[dict[str, Any]] = []
        self.templates: list[dict[str, Any]] = []
        self.reactions: list[dict[str, Any]] = []
        self.uploads: dict[str, int] = {}  # when each ends
        self._pairs = 0
        self.new_pair()

    def now(self) -> int:
        return int(time.time() * 1000) + self.ahead

    def new_pair(self) -> tuple[str, str]:
        """Make a pair; the one before is worth nothing from now on."""
        self._pairs += 1
        self.access_token, self.refresh_token = f"access-{self._pairs}", f"refresh-{self._pairs}"
        self._token_ends = self.now() + _TOKEN_LIFE
        return self.access_token, self.refresh_token

    def next_error(self) -> int:
        return self.errors.pop(0) if self.errors else 0

    def token_fault(self, given: str) -> int:
        if given != self.access_token:
            return -216
        return -220 if self.now() > self._token_ends else 0

    def message_fault(self, body: dict[str, Any]) -> int:
        """Return the code of what is wrong with a message, 0 for nothing."""
        heard, message = self.heard.get(body["recipient"]["user_id"]), body["message"]
        if heard is None:
            return -232
        if self.now() - heard > 7 * DAY:
            return -230
        if len(message.get("text", "")) > 2000:
            return -210
        return (
            self._attachment_fault(message["attachment"]) if "attachment" in message else -201 * ("text" not in message)
        )

    def _attachment_fault(self, attachment: dict[str, Any]) -> int:
        payload = attachment["payload"]
        if attachment["type"] == "file":
            return self._upload_fault(payload["token"])
        kind = payload.get("template_type")
        if kind == "button":
            return self._buttons_fault(payload["buttons"])
        if kind == "media":
            return self._media_fault(payload["elements"][0])
        return 0 if kind == "request_user_info" and payload["elements"][0]["title"] else -201

    def _media_fault(self, element: dict[str, Any]) -> int:
        if ("url" in element) == ("attachment_id" in element):
            return -201
        return self._upload_fault(element["attachment_id"]) if "attachment_id" in element else 0

    def _upload_fault(self, name: str) -> int:
        return 0 if self.uploads.get(name, 0) > self.now() else -100

    def _buttons_fault(self, buttons: list[dict[str, Any]]) -> int:
        fits = all(
            button["type"] in ("oa.query.hide", "oa.query.show")
            and 0 < len(button["title"]) <= 100
            and len(button["payload"]) <= 1000
            for button in buttons
        )
        return 0 if self.takes_buttons and fits and 0 < len(buttons) <= 5 else -201
