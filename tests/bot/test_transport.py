"""Calls carried by aiohttp: what httpx's callers see of them, and above all whether anything may have left."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.transport import Transport, transport
from tests.fakes.loopback import PATIENCE

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHORT = 0.2  # seconds
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def asked(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return head and body of a request."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head, await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    carried = Transport(ssl.create_default_context())
    async with httpx.AsyncClient(transport=carried, timeout=PATIENCE) as opened:
        yield opened


async def test_what_is_sent_and_answered_is_as_it_was_written(client: httpx.AsyncClient) -> None:
    got: list[tuple[bytes, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await asked(reader))
        body = gzip.compress(json.dumps({"nói": "chào"}).encode())
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with serving(serve) as url:
        answer = await client.post(f"{url}/a%2Fb?q=c%C3%A1", json={"hỏi": "phí"}, headers={"X-One": "1"})
    [(head, body)] = got
    assert head.startswith(b"POST /a%2Fb?q=c%C3%A1 HTTP/1.1\r\n")
    assert (head.lower().count(b"\r\nhost: 127.0.0.1"), b"X-One: 1" in head or b"x-one: 1" in head) == (1, True)
    assert json.loads(body) == {"hỏi": "phí"}
    assert (answer.status_code, answer.json()) == (201, {"nói": "chào"})


async def test_a_file_goes_whole(client: httpx.AsyncClient) -> None:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append((await asked(reader))[1])
        writer.write(OK)
        await writer.drain()

    content = bytes(range(256)) * 4000
    async with serving(serve) as url:
        await client.post(url, files={"file": ("a.pdf", content, "application/pdf")})
    assert content in got[0]


async def test_a_connection_is_used_again_and_a_closed_one_is_not(client: httpx.AsyncClient) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            await asked(reader)
            writer.write(OK)
            await writer.drain()

    async with serving(serve) as url:
        for _ in range(4):
            assert (await client.get(url)).text == "ok"
            await asyncio.sleep(0.05)  # the end of a connection is on its way to us
    assert connections == 2


async def test_refused_nothing_has_left(client: httpx.AsyncClient) -> None:
    async with serving(lambda reader, writer: asyncio.sleep(0)) as url:
        pass
    with pytest.raises(httpx.ConnectError):
        await client.post(url, json={})


async def test_not_connected_in_time_nothing_has_left(client: httpx.AsyncClient) -> None:
    token = uuid.uuid4().hex

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # it shakes no hands

    async with serving(serve) as url:
        with pytest.raises(httpx.ConnectTimeout) as caught:
            await client.post(f"{url.replace('http:', 'https:')}/bot{token}", json={}, timeout=SHORT)
    assert token not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (b"", httpx.ReadError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", httpx.ReadError),
        (b"no HTTP at all\r\n\r\n", httpx.ReadError),
    ],
)
async def test_cut_off_it_may_have_arrived(
    client: httpx.AsyncClient, answer: bytes, meaning: type[httpx.TransportError]
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer)
        await writer.drain()

    async with serving(serve) as url:
        with pytest.raises(meaning):
            await client.post(url, json={})


async def test_an_answer_that_breaks_in_the_middle_is_not_waited_for_for_ever(client: httpx.AsyncClient) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"zz\r\n")  # no length of a chunk
        await writer.drain()

    async with serving(serve) as url:
        with pytest.raises((httpx.ReadError, httpx.ReadTimeout)):
            await asyncio.wait_for(client.post(url, json={}, timeout=SHORT), PATIENCE)


async def test_who_calls_may_be_named_in_the_address(client: httpx.AsyncClient) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await asked(reader))[0])
        writer.write(OK)
        await writer.drain()

    async with serving(serve) as url:
        assert (await client.get(url.replace("//", "//user:word@"))).text == "ok"
    assert heads[0].lower().count(b"authorization: basic") == 1


async def test_a_body_of_unknown_length_is_sent_whole(client: httpx.AsyncClient) -> None:
    got: list[tuple[bytes, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await asked(reader))
        writer.write(OK)
        await writer.drain()

    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with serving(serve) as url:
        await client.post(url, content=parts())
    [(head, body)] = got
    assert (body, b"transfer-encoding" in head.lower()) == (b"one two", False)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_silent_it_may_have_arrived(client: httpx.AsyncClient, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer)
        await reader.read()

    async with serving(serve) as url:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(url, json={}, timeout=SHORT)


@pytest.mark.parametrize(("given", "is_ours"), [("", True), ("http://127.0.0.1:9", False)])
def test_where_a_proxy_is_set_httpx_goes_by_it(monkeypatch: pytest.MonkeyPatch, given: str, is_ours: bool) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if given:
        monkeypatch.setenv("HTTPS_PROXY", given)
    assert (transport(ssl.create_default_context()) is not None) is is_ours
