"""A server that speaks the widget's contract over a real socket and fails on command.

Run it alone to look at the widget: ``python -m tests.browser.fake_server 8099``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.browser.fake_conversation import Conversation, Json, Knobs

BOT = Path(__file__).parents[2] / "bot"


class FakeServer:
    """The contract, its conversations and its knobs."""

    def __init__(self) -> None:
        self.url = ""
        self.knobs = Knobs()
        self.conversations: dict[str, Conversation] = {}
        self._opened: list[Conversation] = []
        self._generation = 0
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._contents: dict[int, bytes] = {}
        self.app = Starlette(
            routes=[
                Route("/", lambda request: FileResponse(BOT / "static" / "demo" / "index.html")),
                Route("/api/web/conversations", self.open, methods=["POST"]),
                Route("/api/web/messages", self.send, methods=["POST"]),
                Route("/api/web/files", self.send_file, methods=["POST"]),
                Route("/api/web/files/{seq:int}", self.open_file),
                Route("/api/web/typing", self.type, methods=["POST"]),
                Route("/api/web/events", self.events),
                Route("/api/web/history", self.history),
                Mount("/widget", StaticFiles(directory=BOT / "widget")),
                Mount("/static", StaticFiles(directory=BOT / "static")),
                Mount("/vendor", StaticFiles(directory=Path(__file__).parent / "vendor")),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["GET", "POST"],
                    allow_headers=["*"],
                    expose_headers=["X-Renew-Token", "Content-Disposition"],
                )
            ],
        )

    @property
    def latest(self) -> Conversation:
        """The conversation opened last."""
        return list(self.conversations.values())[-1]

    def stop(self) -> None:
        """End the open streams and what is still being thought about, so that the server can stop."""
        self.knobs.hold_files = False
        self.drop_streams()
        for task in list(self._tasks):
            task.get_loop().call_soon_threadsafe(task.cancel)

    def drop_streams(self) -> None:
        """End every open stream and refuse new ones until ``hold_streams`` is false again."""
        self.knobs.hold_streams = True
        self._generation += 1
        for conversation in self._opened:
            conversation.wake()

    def _find(self, request: Request) -> Conversation | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.knobs.refuse_tokens else self.conversations.get(token)

    async def open(self, request: Request) -> Response:
        """Open or resume a conversation."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token and token not in self.conversations:
            return refusal(401, "token_invalid")
        if not token:
            token = f"token-{next(self._ids)}"
            self.conversations[token] = Conversation(f"conversation-{token}")
            self._opened.append(self.conversations[token])
        self.knobs.refuse_tokens = False
        body = {"conversation_id": self.conversations[token].id, "token": token, "expires_at": "2099-01-01T00:00:00Z"}
        return JSONResponse(body, 201)

    async def send(self, request: Request) -> Response:
        """Take a message once per client_id and answer it later."""
        conversation = self._find(request)
        if conversation is None:
            return refusal(401, "token_invalid")
        body = await request.json()
        self.knobs.posts.append(body)
        if self.knobs.fail_sends:
            self.knobs.fail_sends -= 1
            return refusal(503, "busy", "Máy chủ đang bận.")
        known = [line for line in conversation.messages if line["client_id"] == body["client_id"]]
        line = known[0] if known else self._accept(conversation, body)
        if self.knobs.lose_acknowledgements:
            self.knobs.lose_acknowledgements -= 1
            return refusal(503, "busy", "Máy chủ đang bận.")
        return JSONResponse({"seq": line["seq"]}, 202)

    def _accept(self, conversation: Conversation, body: Json) -> Json:
        text = body.get("text") or self._title(conversation, body["button"])
        line = conversation.add("citizen", text, client_id=body["client_id"])
        task = asyncio.get_running_loop().create_task(self._reply(conversation, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return line

    async def send_file(self, request: Request) -> Response:
        """Take a file once per client_id."""
        conversation = self._find(request)
        if conversation is None:
            return refusal(401, "token_invalid")
        content, client_id = await request.body(), request.query_params["client_id"]
        name = unquote(request.headers["x-file-name"])
        self.knobs.files.append((client_id, name, content))
        while self.knobs.hold_files:
            await asyncio.sleep(0.01)
        if self.knobs.refuse_files:
            return refusal(422, "file_refused", self.knobs.refuse_files)
        if self.knobs.fail_sends:
            self.knobs.fail_sends -= 1
            return refusal(503, "busy", "Máy chủ đang bận.")
        known = [line for line in conversation.messages if line["client_id"] == client_id]
        line = known[0] if known else self._keep(conversation, client_id, name, content)
        return JSONResponse({"seq": line["seq"]}, 202)

    def _keep(self, conversation: Conversation, client_id: str, name: str, content: bytes) -> Json:
        file = {"name": name, "size": len(content)}
        self._contents[len(conversation.messages) + 1] = content
        return conversation.add("citizen", f"[Tệp] {name}", client_id=client_id, file=file)

    async def open_file(self, request: Request) -> Response:
        """Return a file to its sender."""
        content = self._contents.get(request.path_params["seq"])
        if self._find(request) is None or content is None:
            return refusal(404, "not_found", "Không tìm thấy tệp.")
        name = "attachment; filename*=UTF-8''" + quote("giấy tờ.pdf")
        return Response(content, media_type="application/pdf", headers={"Content-Disposition": name})

    @staticmethod
    def _title(conversation: Conversation, button: Json) -> str:
        return conversation.messages[button["seq"] - 1]["reply"]["buttons"][button["index"]]["title"]

    async def _reply(self, conversation: Conversation, text: str) -> None:
        conversation.typing = True
        conversation.wake()
        await asyncio.sleep(self.knobs.delay)
        conversation.typing = False
        for message in self.knobs.answer(text):
            said = (message.get("author", "assistant"), message["text"], message.get("reply"))
            conversation.add(*said, by=message.get("by", ""))
            if "standing" in message:
                conversation.stand(**message["standing"])

    async def type(self, request: Request) -> Response:
        """Count that something is being typed."""
        self.knobs.typed.append((await request.body()).decode())
        return Response(status_code=204)

    async def history(self, request: Request) -> Response:
        """Return what follows a number."""
        conversation = self._find(request)
        if conversation is None:
            return refusal(401, "token_invalid")
        after = int(request.query_params["after"])
        page = conversation.messages[after : after + int(request.query_params["limit"])]
        body = {"messages": page, "last_seq": len(conversation.messages), "handoff": conversation.standing}
        return JSONResponse(body)

    async def events(self, request: Request) -> Response:
        """Stream what follows Last-Event-ID."""
        conversation = self._find(request)
        if conversation is None:
            return refusal(401, "token_invalid")
        if self.knobs.hold_streams:
            return refusal(503, "busy")
        after = int(request.headers["last-event-id"])
        self.knobs.streams.append(after)
        return StreamingResponse(self._stream(conversation, after), media_type="text/event-stream")

    async def _stream(self, conversation: Conversation, after: int) -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n: heartbeat\n\n"
        typing, generation, standing = False, self._generation, None
        while generation == self._generation:
            news = conversation.news
            for message in conversation.messages[after:]:
                event = (
                    f"id:{message['seq']}\nevent: message\ndata: {json.dumps(message, ensure_ascii=False)}\n\n".encode()
                )
                if take(self.knobs.cut_inside, message["seq"]):
                    yield event[: len(event) * 2 // 3]
                    return
                yield event
                after = message["seq"]
                if take(self.knobs.cut_after, after):
                    return
            if conversation.standing != standing:
                standing = conversation.standing
                yield f"event: handoff\ndata: {json.dumps(standing, ensure_ascii=False)}\n\n".encode()
            if conversation.typing != typing:
                typing = conversation.typing
                yield f'event: typing\ndata: {{"on": {str(typing).lower()}}}\n\n'.encode()
            await news.wait()


def take(numbers: set[int], number: int) -> bool:
    """Remove a number from a set; tell whether it was there."""
    if number not in numbers:
        return False
    numbers.remove(number)
    return True


def refusal(status: int, code: str, message: str = "") -> Response:
    """Return an error of the contract."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)


if __name__ == "__main__":
    uvicorn.run(FakeServer().app, port=int(sys.argv[1]), log_level="warning", ws="none")
