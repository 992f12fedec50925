"""The side of the fake Zalo that calls us: signed events, repeated until they are taken."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.fakes.zalo import FakeZalo

_TRIES = 6  # the first and five repetitions
_WITHIN = 2.0  # seconds


class Webhooks:
    """Posts events to ``url``. ``posted`` keeps (event, statuses of all tries).

    ``tries`` are as many as are made at most, ``pause`` the seconds between two of them.
    """

    def __init__(self, zalo: FakeZalo, secret: str) -> None:
        self._zalo = zalo
        self.secret = secret
        self.url = ""
        self.posted: list[tuple[dict[str, Any], list[int]]] = []
        self.is_on = True  # Zalo gives up on a webhook that fails five times over
        self.tries, self.pause = _TRIES, 0.0
        self._is_over = False
        self._numbers = itertools.count(1)
        self._behind = ThreadPoolExecutor(32)  # those that wait for another try hold up no other
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give up on what is not taken, and end."""
        self._is_over = True
        self._behind.shutdown()

    def sign(self, body: bytes, timestamp: str) -> str:
        whole = self._zalo.app_id.encode() + body + timestamp.encode() + self.secret.encode()
        return f"mac={hashlib.sha256(whole).hexdigest()}"

    def post(self, event: dict[str, Any], tries: int = 0) -> int:
        """Post an event as Zalo does and return the last status, 0 = no connection."""
        body = json.dumps(event, ensure_ascii=False).encode()
        statuses: list[int] = []
        for number in range(tries or self.tries):
            headers = {"X-ZEvent-Signature": self.sign(body, event["timestamp"])}
            headers.update({"num_retry": str(number)} if number else {})
            statuses.append(self.send(body, headers))
            if statuses[-1] == 200 or self._is_over:
                break
            time.sleep(self.pause)
        else:
            self.is_on = False
        with self._lock:
            self.posted.append((event, statuses))
        return statuses[-1]

    def send(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            answer = httpx.post(
                self.url,
                content=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=_WITHIN * 10,  # a busy machine is no fault of the product
                trust_env=False,
                verify=False,  # no certificates to read for every call
            )
        except httpx.TransportError:
            return 0
        return answer.status_code

    def event(self, name: str, user_id: str, **more: Any) -> dict[str, Any]:
        """Return an event of a citizen's, now, and note that the citizen did something."""
        self._zalo.heard[user_id] = self._zalo.now()
        sides = {"sender": {"id": user_id}, "recipient": {"id": self._zalo.oa_id}}
        return {"app_id": self._zalo.app_id, **sides, "event_name": name, **more, "timestamp": str(self._zalo.now())}

    def text(self, user_id: str, text: str, message_id: str = "") -> dict[str, Any]:
        message = {"text": text, "msg_id": message_id or f"in-{next(self._numbers)}"}
        return self.event("user_send_text", user_id, message=message)

    def say(self, user_id: str, text: str) -> int:
        """Have a citizen write."""
        return self.post(self.text(user_id, text))

    def staff(self, user_id: str, text: str) -> int:
        """Have a person answer in Zalo's own console."""
        message = {"text": text, "msg_id": f"staff-{next(self._numbers)}"}
        return self.post(self._of_account("oa_send_text", user_id, message, admin_id="5510029931"))

    def echo(self, user_id: str, message: dict[str, Any], message_id: str) -> None:
        """Send what was sent back, then that it arrived, some time or other."""
        copy = {"text": message.get("text", ""), "msg_id": message_id}
        self._behind.submit(self.post, self._of_account("oa_send_text", user_id, copy))
        arrived = self._of_account("user_received_message", user_id, {"msg_id": message_id})
        self._behind.submit(self.post, arrived)

    def _of_account(self, name: str, user_id: str, message: dict[str, Any], **sender: str) -> dict[str, Any]:
        sides = {"sender": {"id": self._zalo.oa_id, **sender}, "recipient": {"id": user_id}}
        head = {"app_id": self._zalo.app_id, **sides, "event_name": name}
        return {**head, "message": message, "timestamp": str(self._zalo.now())}
