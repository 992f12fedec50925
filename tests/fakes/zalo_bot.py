"""A fake Zalo Bot Platform: one object a poll, an envelope over HTTP 200, webhooks wrapped or not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

from tests.fakes.loopback import CUT, PATIENCE, Loopback

TOKEN = "1234567890:a-token-that-no-log-may-hold"
_PAUSE = 0.01


def event(name: str, number: str, message_id: str, **content: Any) -> dict[str, Any]:
    """Return an event as the platform writes it."""
    return {
        "event_name": f"message.{name}.received",
        "message": {
            "from": {"id": number, "display_name": "Ted", "is_bot": False},
            "chat": {"id": number, "chat_type": "PRIVATE"},
            "message_id": message_id,
            "date": 1750316131602,
            **content,
        },
    }


class FakeZaloBot(Loopback):
    """``sent`` are the messages that arrived, ``calls`` every (method, body).

    ``troubles`` come first, one a sendMessage: an error code, a whole (status, JSON), or CUT, which means that it
    arrives and the connection ends. ``wraps``: webhooks carry the event within ``result``.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.troubles: list[Any] = []
        self.webhook, self.secret = "", ""
        self.wraps = self.pushes = True
        self.pending: list[dict[str, Any]] = []
        self._count = 0
        super().__init__()
        threading.Thread(target=self._push, daemon=True).start()

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.sent]

    def said(self, method: str) -> list[dict[str, Any]]:
        return [body for name, body in self.calls if name == method]

    def say(self, number: str = "6ede", name: str = "text", **content: Any) -> dict[str, Any]:
        """Have a citizen send something; return the event."""
        self._count += 1
        found = event(name, number, f"2d758cb5{self._count:04x}", **content)
        self.put(found)
        return found

    def put(self, found: dict[str, Any]) -> None:
        """Have an event go out by whichever way is set."""
        with self.news:
            self.pending.append(found)
            self.news.notify_all()

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        with self.news:
            try:
                status, answer = self._route(path, json.loads(body))
            finally:
                self.news.notify_all()
        return status, json.dumps(answer).encode()

    def _route(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        start, _, method = path.rpartition("/")
        if start != f"/bot{TOKEN}":
            return _error(401)
        self.calls.append((method, body))
        handler = getattr(self, f"_on_{method}", None)
        return handler(body) if handler else _error(404)

    def _on_getMe(self, body: dict[str, Any]) -> tuple[int, Any]:
        return _ok({"id": "99", "account_name": "bot.lamdong", "account_type": "BASIC", "can_join_groups": False})

    def _on_getUpdates(self, body: dict[str, Any]) -> tuple[int, Any]:
        """One event, and it is gone: the platform knows no confirmation."""
        if self.webhook:
            return _error(400)
        self.news.wait_for(lambda: self.pending or self.webhook or not self.is_up, float(body["timeout"]))
        return _ok(self.pending.pop(0)) if self.pending and self.is_up else _error(408)

    def _on_setWebhook(self, body: dict[str, Any]) -> tuple[int, Any]:
        if not body["url"].startswith("https://") or not 8 <= len(body["secret_token"]) <= 256:
            return _error(400)
        self.webhook, self.secret = body["url"], body["secret_token"]
        return _ok({"url": self.webhook, "updated_at": 1750316131602})

    def _on_deleteWebhook(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.webhook = ""
        return _ok({"url": "", "updated_at": 1750316131602})

    def _on_getWebhookInfo(self, body: dict[str, Any]) -> tuple[int, Any]:
        return _ok({"url": self.webhook, "updated_at": 1750316131602}) if self.webhook else _error(400)

    def _on_sendMessage(self, body: dict[str, Any]) -> tuple[int, Any]:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble not in (None, CUT):
            return trouble if isinstance(trouble, tuple) else _error(trouble)
        if not isinstance(body["chat_id"], str) or not 1 <= len(body["text"]) <= 2000:
            return _error(400)
        self.sent.append(body)
        return (CUT, None) if trouble == CUT else _ok({"message_id": f"out{len(self.sent)}", "date": 1750316131602})

    def _on_sendChatAction(self, body: dict[str, Any]) -> tuple[int, Any]:
        return _ok(True) if body["action"] == "typing" else _error(400)

    def _push(self) -> None:
        """Post events to the webhook, one after the other, each until it is answered by 2xx."""
        with httpx.Client(verify=False, trust_env=False, timeout=PATIENCE) as client:
            while not self.is_over:
                time.sleep(_PAUSE)
                if not (self.pushes and self.webhook and self.pending):
                    continue
                found, headers = self.pending[0], {"X-Bot-Api-Secret-Token": self.secret}
                body = {"ok": True, "result": found} if self.wraps else found
                try:
                    is_done = client.post(self.webhook, content=json.dumps(body), headers=headers).is_success
                except httpx.HTTPError:
                    is_done = False
                with self.news:
                    if is_done:
                        self.pending = self.pending[1:]
                    self.news.notify_all()


def _ok(result: Any) -> tuple[int, Any]:
    return 200, {"ok": True, "result": result}


def _error(code: int) -> tuple[int, Any]:
    """A refusal comes with HTTP 200 all the same."""
    return 200, {"ok": False, "error_code": code, "description": "refused"}
