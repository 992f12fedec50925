"""A fake Zalo: the OpenAPI of an account over HTTP, with a clock, windows and tokens that are used up.

Every answer but those of a broken wire is HTTP 200, as with the real one.
"""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.loopback import PATIENCE
from tests.fakes.zalo_rules import DAY, ZaloRules
from tests.fakes.zalo_webhooks import Webhooks


class FakeZalo(ZaloRules):
    """One account of one app. ``sent`` is what citizens got, as the JSON of each call."""

    def __init__(self, app_id: str, oa_id: str, oa_secret: str = "oa-secret", app_secret: str = "app-secret") -> None:
        super().__init__(oa_id)
        self.app_id, self.app_secret = app_id, app_secret
        self.hooks = Webhooks(self, oa_secret)
        self.refreshes: list[str] = []  # every token that somebody tried to renew with
        self.calls: list[str] = []
        self.dead_answers = "code"  # or "empty": how a token that is used up is refused
        self.is_echoing = False
        self.cut_after = 0  # so many messages arrive, but their answers do not
        self.gate: threading.Event | None = None  # answers to renewals wait for it
        self._numbers = itertools.count(1)
        self._listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def texts(self) -> list[str]:
        return [body["message"].get("text", "") for body in self.sent]

    def wait_for(self, count: int) -> list[str]:
        """Return the texts that citizens got, once there are so many."""
        until = time.monotonic() + PATIENCE
        while len(self.sent) < count:
            assert time.monotonic() < until, self.texts
            time.sleep(0.01)
        return self.texts

    def close(self) -> None:
        self.hooks.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()

    def _listen(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(Starlette(routes=self._routes()), log_level="critical", ws="none", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    def _routes(self) -> list[Route]:
        opened: dict[str, tuple[str, Callable[[Request], Awaitable[Response]]]] = {
            "/v3.0/oa/message/cs": ("POST", self._cs),
            "/v3.0/oa/message/template": ("POST", self._template),
            "/message/template": ("POST", self._template_by_phone),
            "/v2.0/oa/message": ("POST", self._old_message),
            "/v2.0/oa/upload/image": ("POST", self._upload),
            "/v2.0/oa/upload/file": ("POST", self._upload),
            "/v3.0/oa/quota/message": ("POST", self._quota),
            "/v3.0/oa/user/detail": ("GET", self._detail),
            "/v2.0/oa/getoa": ("GET", self._account),
        }
        guarded = [Route(path, self._guarded(call), methods=[verb]) for path, (verb, call) in opened.items()]
        return [Route("/v4/oa/access_token", self._renew, methods=["POST"]), *guarded]

    def _guarded(self, call: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self.calls.append(request.url.path)
            if self.status != 200:
                return Response("<html>", self.status)
            code = self.next_error() or self.token_fault(request.headers.get("access_token", ""))
            return refused(code) if code else await call(request)

        return endpoint

    async def _cs(self, request: Request) -> Response:
        body = await request.json()
        code = self.message_fault(body)
        if code:
            return refused(code)
        message_id, user_id = f"zalo-{next(self._numbers)}", body["recipient"]["user_id"]
        self.sent.append(body)
        if self.is_echoing:
            self.hooks.echo(user_id, body["message"], message_id)
        if self.cut_after:
            self.cut_after -= 1
            return Broken()
        sent = {"message_id": message_id, "user_id": user_id, "sent_time": str(self.now())}
        return done({**sent, "quota": {"quota_type": "reply"}})

    async def _old_message(self, request: Request) -> Response:
        body = await request.json()
        if "react_message_id" not in body.get("sender_action", {}):
            return refused(-240)
        self.reactions.append(body)
        return done({"message_id": f"zalo-{next(self._numbers)}", "user_id": body["recipient"]["user_id"]})

    async def _template(self, request: Request) -> Response:
        body = await request.json()
        if set(body) != {"user_id", "template_id", "template_data"}:
            return refused(-201)
        self.templates.append(body)
        return done({"message_id": f"zalo-{next(self._numbers)}"})

    async def _template_by_phone(self, request: Request) -> Response:
        body = await request.json()
        if not {"phone", "template_id", "template_data", "tracking_id"} <= set(body):
            return refused(-201)
        if not (body["phone"].isdecimal() and body["phone"].startswith("84")):
            return refused(-108)
        self.templates.append(body)
        quota = {"dailyQuota": "500", "remainingQuota": "499"}
        return done({"msg_id": f"zns-{next(self._numbers)}", "sent_time": str(self.now()), "quota": quota})

    async def _upload(self, request: Request) -> Response:
        async with request.form() as form:
            file = form["file"]
            assert not isinstance(file, str)
            content = await file.read()
        is_image = request.url.path.endswith("image")
        if len(content) > (1 if is_image else 5) * 2**20 or (
            is_image and content[:3] not in (b"\xff\xd8\xff", b"\x89PN")
        ):
            return refused(-210)
        name = f"upload-{next(self._numbers)}"
        self.uploads[name] = self.now() + 7 * DAY
        return done({"attachment_id": name} if is_image else {"token": name})

    async def _quota(self, request: Request) -> Response:
        user_id = (await request.json())["user_id"]
        heard = self.heard.get(user_id)
        return refused(-213) if heard is None else done({"last_interaction": str(heard), "cs_reply": {"type": "reply"}})

    async def _detail(self, request: Request) -> Response:
        user_id = json.loads(request.query_params["data"])["user_id"]
        if user_id not in self.heard:
            return refused(-213)
        return done({"user_id": user_id, "display_name": "Mẫu", "user_is_follower": True, "shared_info": {}})

    async def _account(self, request: Request) -> Response:
        kind = {"oa_type": 4, "is_verified": self.is_verified, "package_name": self.package}
        return done({"oaid": self.oa_id, "name": "UBND phường Mẫu", **kind})

    async def _renew(self, request: Request) -> Response:
        form = dict(await request.form())
        token = str(form.get("refresh_token", ""))
        self.refreshes.append(token)
        if self.gate is not None:
            await _until(self.gate)
        if self.status != 200:
            return Response("<html>", self.status)
        if request.headers.get("secret_key") != self.app_secret or form.get("app_id") != self.app_id:
            return JSONResponse({"error": -14004, "error_name": "Invalid secret key."})
        if token != self.refresh_token:
            return Response(b"") if self.dead_answers == "empty" else JSONResponse(_DEAD)
        access, refresh = self.new_pair()
        return JSONResponse({"access_token": access, "refresh_token": refresh, "expires_in": "90000"})


_DEAD = {"error": -14014, "error_name": "Invalid refresh token.", "error_description": "Refresh token is invalid."}


async def _until(gate: threading.Event) -> None:
    import anyio.to_thread

    await anyio.to_thread.run_sync(gate.wait, PATIENCE)


class Broken(Response):
    """A connection that ends before the answer."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        raise ConnectionAbortedError


def refused(code: int) -> Response:
    return JSONResponse({"error": code, "message": "refused"})


def done(data: dict[str, Any]) -> Response:
    return JSONResponse({"data": data, "error": 0, "message": "Success"})
