"""A fake Telegram: the Bot API's wire format, its checks, its way of repeating updates."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.fakes.loopback import CUT, PATIENCE, Loopback

TOKEN = "4242:a-token-that-no-log-may-hold"
BOT = {"id": 4242, "is_bot": True, "first_name": "Trợ lý", "username": "tro_ly_bot", "can_join_groups": False}
_PAUSE = 0.01


def user(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Hà", "language_code": "vi"}


def chat(number: int) -> dict[str, Any]:
    return {"id": number, "type": "private", "first_name": "Hà"}


def message(number: int, message_id: int, **content: Any) -> dict[str, Any]:
    """Return a citizen's message as Telegram writes it."""
    return {"message_id": message_id, "from": user(number), "chat": chat(number), "date": 1700000000, **content}


class FakeTelegram(Loopback):
    """``sent`` are the messages that arrived, ``calls`` every (method, form).

    ``troubles`` come first, one a sendMessage: a status, a whole (status, JSON), or CUT, which means that it
    arrives and the connection ends.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.troubles: list[Any] = []
        self.blocked: set[int] = set()
        self.files: dict[str, bytes] = {}  # by file_id
        self.strangers: set[int] = set()
        self.taps: set[str] = set()  # ids of taps that wait for an answer
        self.webhook = ""
        self.secret = ""
        self.pushes = True
        self.rivals = 0  # so many calls of getUpdates hear of another program
        self.last_error = ""
        self.confirmed = 0
        self.pending: list[dict[str, Any]] = []
        self._update_id, self._message_id = 700, 100
        super().__init__()
        threading.Thread(target=self._push, daemon=True).start()

    @property
    def texts(self) -> list[str]:
        return [form["text"] for form in self.sent]

    def said(self, method: str) -> list[dict[str, str]]:
        return [form for name, form in self.calls if name == method]

    def say(self, number: int, **content: Any) -> dict[str, Any]:
        """Have a citizen send something; return the message."""
        self._message_id += 1
        sent = message(number, self._message_id, **content)
        self.update(message=sent)
        return sent

    def tap(self, number: int, data: str) -> str:
        """Have a citizen tap a button under the newest message; return the tap's id."""
        with self.news:
            tap_id = f"{number}000{len(self.taps)}"
            self.taps.add(tap_id)
        under = {"message_id": 1, "from": BOT, "chat": chat(number), "date": 1700000000, "text": "?"}
        query = {"id": tap_id, "from": user(number), "message": under, "chat_instance": "9", "data": data}
        self.update(callback_query=query)
        return tap_id

    def update(self, **kinds: Any) -> dict[str, Any]:
        """Put an update into the queue; it goes out by whichever way is set."""
        with self.news:
            self._update_id += 1
            found = {"update_id": self._update_id, **kinds}
            self.pending.append(found)
            self.news.notify_all()
        return found

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if verb == "GET":
            return self._file(path)
        with self.news:
            try:
                status, answer = self._route(path, dict(parse_qsl(body.decode(), keep_blank_values=True)))
            finally:
                self.news.notify_all()
        return status, json.dumps(answer).encode()

    def _route(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        start, _, method = path.rpartition("/")
        if start != f"/bot{TOKEN}":
            return _error(401, "Unauthorized")
        self.calls.append((method, form))
        handler = getattr(self, f"_on_{method}", None)
        return handler(form) if handler else _error(404, "Not Found")

    def _file(self, path: str) -> tuple[int, bytes]:
        content = self.files.get(path.removeprefix(f"/file/bot{TOKEN}/photos/"))
        return (200, content) if content is not None else (404, b"")

    def _on_getFile(self, form: dict[str, str]) -> tuple[int, Any]:
        if form["file_id"] not in self.files:
            return _error(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return _ok({"file_id": form["file_id"], "file_unique_id": "u", "file_path": f"photos/{form['file_id']}"})

    def _on_getMe(self, form: dict[str, str]) -> tuple[int, Any]:
        return _ok(BOT)

    def _on_getUpdates(self, form: dict[str, str]) -> tuple[int, Any]:
        if self.webhook:
            return _error(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        if self.rivals:
            self.rivals -= 1
            return _error(409, "Conflict: terminated by other getUpdates request; make sure that only one runs")
        assert "callback_query" in json.loads(form["allowed_updates"])
        offset = int(form.get("offset", 0))
        self.confirmed = max(self.confirmed, offset - 1)
        self.pending = [found for found in self.pending if found["update_id"] >= offset]
        self.news.wait_for(lambda: self.pending or self.webhook or not self.is_up, float(form["timeout"]))
        return _ok(self.pending[:100])

    def _on_setWebhook(self, form: dict[str, str]) -> tuple[int, Any]:
        if not form["url"].startswith(("https://", "http://127.0.0.1")):
            return _error(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook, self.secret = form["url"], form.get("secret_token", "")
        return _ok(True)

    def _on_deleteWebhook(self, form: dict[str, str]) -> tuple[int, Any]:
        assert form.get("drop_pending_updates") != "true"
        self.webhook = ""
        return _ok(True)

    def _on_getWebhookInfo(self, form: dict[str, str]) -> tuple[int, Any]:
        info = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if self.last_error:
            info.update(last_error_date=1700000000, last_error_message=self.last_error)
        return _ok(info)

    def _on_sendMessage(self, form: dict[str, str]) -> tuple[int, Any]:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble not in (None, CUT):
            return trouble if isinstance(trouble, tuple) else _error(trouble, "trouble")
        refusal = self._refusal(form)
        if refusal:
            return refusal
        self.sent.append(form)
        self._message_id += 1
        sent = {"message_id": self._message_id, "from": BOT, "chat": chat(int(form["chat_id"])), "date": 1700000000}
        return (CUT, None) if trouble == CUT else _ok({**sent, "text": form["text"]})

    def _refusal(self, form: dict[str, str]) -> tuple[int, Any] | None:
        number = int(form["chat_id"])
        if number in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        if number in self.strangers:
            return _error(400, "Bad Request: chat not found")
        visible = _visible(form["text"]) if form.get("parse_mode") == "HTML" else form["text"]
        if visible is None:
            return _error(400, "Bad Request: can't parse entities: Unsupported start tag at byte offset 3")
        if not 0 < len(visible) <= 4096:
            return _error(400, "Bad Request: message is too long")
        for row in json.loads(form.get("reply_markup") or "{}").get("inline_keyboard", ()):
            for button in row:
                if len(button.get("callback_data", "").encode()) > 64:
                    return _error(400, "Bad Request: BUTTON_DATA_INVALID")
                if "localhost" in button.get("url", ""):
                    return _error(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL")
        return None

    def _on_sendChatAction(self, form: dict[str, str]) -> tuple[int, Any]:
        return _ok(True)

    def _on_leaveChat(self, form: dict[str, str]) -> tuple[int, Any]:
        return _ok(True)

    def _on_answerCallbackQuery(self, form: dict[str, str]) -> tuple[int, Any]:
        if form["callback_query_id"] not in self.taps:
            return _error(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return _ok(True)

    def _push(self) -> None:
        """Post updates to the webhook, one after the other, each until it is answered by 2xx."""
        with httpx.Client(verify=False, trust_env=False, timeout=PATIENCE) as client:
            while not self.is_over:
                time.sleep(_PAUSE)
                if not (self.pushes and self.webhook and self.pending):
                    continue
                found, headers = self.pending[0], {"X-Telegram-Bot-Api-Secret-Token": self.secret}
                try:
                    is_done = client.post(self.webhook, content=json.dumps(found), headers=headers).is_success
                except httpx.HTTPError:
                    is_done = False
                with self.news:
                    if is_done:
                        self.confirmed = found["update_id"]
                        self.pending = [other for other in self.pending if other is not found]
                    self.news.notify_all()


def _ok(result: Any) -> tuple[int, Any]:
    return 200, {"ok": True, "result": result}


def _error(status: int, description: str, **more: Any) -> tuple[int, Any]:
    return status, {"ok": False, "error_code": status, "description": description, **more}


def too_many(seconds: int) -> tuple[int, Any]:
    description = f"Too Many Requests: retry after {seconds}"
    return _error(429, description, parameters={"retry_after": seconds})


class _Visible(HTMLParser):
    """Reads what Telegram reads as HTML: known tags, each closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.is_wrong = "", False
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.is_wrong |= tag not in ("b", "i", "u", "s", "a", "code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self.is_wrong |= not self.open or self.open.pop() != tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _visible(text: str) -> str | None:
    reader = _Visible()
    reader.feed(text)
    reader.close()
    return None if reader.is_wrong or reader.open else reader.text
