"""Who may do what: tokens, origins, rates, the REST door."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from bot.errors import ApiError
from bot.http import network
from bot.rates import Limiter, Rate
from bot.tokens import Tokens
from tests.bot.citizen import Talk
from tests.bot.running import KEY, Running
from tests.fakes.loopback import PATIENCE


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(KEY, life=60, resume=1000, clock=clock)


@pytest.mark.parametrize(
    ("age", "reads", "is_old", "resumes"),
    [(0, True, False, True), (31, True, True, True), (61, False, None, True), (1061, False, None, False)],
)
def test_a_token_ages(tokens: Tokens, clock: Clock, age: int, reads: bool, is_old: bool | None, resumes: bool) -> None:
    token = tokens.issue("c").token
    clock.now += age
    if reads:
        assert (tokens.read(token).conversation_id, tokens.read(token).is_old) == ("c", is_old)
    else:
        _refused(tokens.read, token, "token_expired")
    if resumes:
        assert tokens.read_expired(token) == "c"
    else:
        _refused(tokens.read_expired, token, "token_expired")


def _refused(read: Callable[[str], Any], token: str, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(token)
    assert (refused.value.status, refused.value.code) == (401, code)


def test_foreign_and_changed_tokens_are_refused(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue("c").token
    foreign = Tokens(b"another key that is long enough", 60, 1000, clock).issue("c").token
    for bad in ("", "x", foreign, token[:-1], token[1:], token.replace(".", "", 1)):
        _refused(tokens.read, bad, "token_invalid")


async def test_a_token_opens_its_own_conversation_only(talks: Callable[[], Any]) -> None:
    one, other = await talks(), await talks()
    await one.ask("bí mật")
    assert await other.history() == []
    other.token, own = one.token, other.token
    assert len(await other.history()) == 2
    said, _, signature = own.rpartition(".")  # its last character alone may mean the same as another one
    other.token = f"{said}.{signature[:9]}{'A' if signature[9] != 'A' else 'B'}{signature[10:]}"
    assert (await other.get("/api/web/history")).status_code == 401


async def test_every_call_needs_a_token(talk: Talk) -> None:
    for token, code in (("", "token_missing"), ("abc", "token_invalid")):
        talk.token = token
        for response in (
            await talk.post(client_id="x", text="chào"),
            await talk.get("/api/web/history"),
            await talk.get("/api/web/events"),
        ):
            assert (response.status_code, response.json()["error"]["code"]) == (401, code)


async def test_an_old_token_is_renewed_and_an_expired_one_resumes(serve: Callable[..., Running]) -> None:
    talk = await Talk(serve(token_life=-1, token_resume=100).url).open()
    assert (await talk.get("/api/web/history")).json()["error"]["code"] == "token_expired"
    resumed = await talk.resume()
    assert (resumed.status_code, resumed.json()["conversation_id"]) == (200, talk.conversation_id)
    await talk.close()
    talk = await Talk(serve(token_life=0, token_resume=100).url).open()
    response = await talk.get("/api/web/history")
    assert ("X-Renew-Token" in response.headers) == (response.status_code == 200)
    await talk.close()


async def test_a_fresh_token_is_not_renewed(talk: Talk) -> None:
    assert "X-Renew-Token" not in (await talk.get("/api/web/history")).headers


SITE = "https://xa.lamdong.gov.vn"
ORIGINS = [
    (
        (),
        (None, "{same}", "http://localhost:3000", "http://127.0.0.1"),
        ("https://evil.example", "http://localhost.evil.example", "null", "file://", "http://[", ""),
    ),
    (
        (SITE,),
        (None, "{same}", SITE, "https://XA.lamdong.gov.vn"),
        ("http://xa.lamdong.gov.vn", f"{SITE}.evil.example", f"{SITE}:8443", "http://localhost:3000"),
    ),
]


@pytest.mark.parametrize(("allowed", "welcome", "refused"), ORIGINS)
async def test_only_allowed_sites_may_call(
    serve: Callable[..., Running], allowed: tuple[str, ...], welcome: tuple[str | None, ...], refused: tuple[str, ...]
) -> None:
    server = serve(allowed_origins=allowed)
    async with httpx.AsyncClient(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
        for origin in (*welcome, *refused):
            headers = {} if origin is None else {"Origin": origin.format(same=server.url)}
            response = await client.post("/api/web/conversations", headers=headers)
            assert response.status_code == (201 if origin in welcome else 403), origin
            assert origin in welcome or "access-control-allow-origin" not in response.headers


async def test_a_page_elsewhere_gets_what_its_browser_asks_for(serve: Callable[..., Running]) -> None:
    async with httpx.AsyncClient(
        verify=False, base_url=serve(allowed_origins=(SITE,)).url, timeout=PATIENCE, trust_env=False
    ) as client:
        asked = {
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        preflight = await client.options("/api/web/messages", headers=asked)
        opened = await client.post("/api/web/conversations", headers={"Origin": SITE})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, SITE)
    assert opened.headers["access-control-allow-origin"] == SITE
    assert "X-Renew-Token" in opened.headers["access-control-expose-headers"]
    assert f"frame-ancestors 'self' {SITE}" in opened.headers["content-security-policy"]
    assert opened.headers["x-content-type-options"] == "nosniff"


async def test_one_talker_is_slowed_down_and_others_are_not(serve: Callable[..., Running]) -> None:
    server = serve(message_rates=(Rate(3, 3600.0),))
    fast, other = await Talk(server.url).open(), await Talk(server.url).open()
    for number in range(3):
        await fast.send(f"câu {number}")
    refused = await fast.post(client_id="3f0e7c5e-1a1f-4f0e-9f5f-0f6f4d3c2b1a", text="nữa")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_fast")
    assert int(refused.headers["retry-after"]) > 0
    await other.send("chào")
    await fast.close()
    await other.close()


async def test_an_address_is_slowed_down_generously(serve: Callable[..., Running]) -> None:
    server = serve(opening_rates=(Rate(40, 3600.0),))
    async with httpx.AsyncClient(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
        codes = [(await client.post("/api/web/conversations")).status_code for _ in range(41)]
    assert codes == [201] * 40 + [429]


def test_a_bucket_refills(clock: Clock) -> None:
    limiter = Limiter((Rate(2, 10.0), Rate(3, 100.0)), clock)
    assert [limiter.wait("a") for _ in range(3)] == [0, 0, 5]
    clock.now += 5
    assert limiter.wait("a") == 0
    clock.now += 20
    assert limiter.wait("a") == pytest.approx(25 / 3)  # the long rate: three in a hundred seconds
    assert limiter.wait("b") == 0


# calls by how many seconds ago each was made, and which of them are one too many for two in ten seconds
BACKLOGS = [
    ("said slowly, brought at once", [40, 30, 20, 10, 0], []),
    ("said quickly, brought late", [40, 40, 40, 0], [2]),
    ("said quickly, brought at once", [0, 0, 0], [2]),
    ("brought in another order", [0, 40, 40], [2]),
    ("by a clock ahead of ours", [-60, -60, -60], [2]),
]


@pytest.mark.parametrize(("ago", "refused"), [case[1:] for case in BACKLOGS], ids=[case[0] for case in BACKLOGS])
def test_what_was_held_up_on_its_way_is_no_flood(clock: Clock, ago: list[float], refused: list[int]) -> None:
    limiter = Limiter((Rate(2, 10.0),), clock)
    waits = [limiter.wait("a", seconds) for seconds in ago]
    assert [number for number, wait in enumerate(waits) if wait] == refused


def test_a_call_that_came_to_nothing_is_given_back(clock: Clock) -> None:
    limiter = Limiter((Rate(2, 10.0),), clock)
    for _ in range(5):
        assert limiter.wait("a") == 0
        limiter.give_back("a")
    limiter.give_back("unknown")
    assert [limiter.wait("a") for _ in range(3)] == [0, 0, 5]


def test_python_looks_for_no_garbage_in_buckets(clock: Clock) -> None:
    limiter = Limiter((Rate(2, 10.0), Rate(3, 100.0)), clock)
    before = len(gc.get_objects())
    for key in range(2000):
        limiter.wait(str(key))
    gc.collect()
    assert len(gc.get_objects()) - before < 1000


REST = [
    ({}, {}, 200),
    ({}, {"Origin": "http://localhost"}, 403),
    ({}, {"X-Forwarded-For": "203.0.113.7"}, 403),
    ({"rest_token": "s3cret"}, {}, 403),
    ({"rest_token": "s3cret"}, {"Authorization": "Bearer wrong"}, 403),
    ({"rest_token": "s3cret"}, {"Authorization": "Bearer s3cret"}, 200),
    ({"rest_token": "s3cret"}, {"Authorization": "Bearer s3cret", "X-Forwarded-For": "203.0.113.7"}, 200),
]


@pytest.mark.parametrize(("changes", "headers", "status"), REST)
async def test_the_rest_door_is_for_tools(
    serve: Callable[..., Running], changes: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient(
        verify=False, base_url=serve(**changes).url, headers=headers, timeout=PATIENCE, trust_env=False
    ) as client:
        response = await client.post("/api/rest/messages", json={"conversation": "c", "text": "chào"})
    assert response.status_code == status, response.text


async def test_who_guesses_at_dossiers_is_slowed_down_in_all_conversations_together(
    serve: Callable[..., Running],
) -> None:
    server = serve(proof_rates=(Rate(3, 3600.0),))
    codes = []
    for digits in ("1234", "1235", "số cuối là 1236", "1237"):
        talk = await Talk(server.url).open()
        codes.append((await talk.post(client_id=str(uuid.uuid4()), text=digits)).status_code)
        await talk.send("phí khai sinh là bao nhiêu")
        await talk.close()
    assert codes == [202, 202, 202, 429]


NETWORKS = [
    ("203.0.113.7", "203.0.113.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::1%eth0", "2001:db8:1:2::/64"),
    ("strange:host", "strange:host"),
]


@pytest.mark.parametrize(("host", "counted"), NETWORKS)
def test_addresses_of_one_household_are_counted_as_one(host: str, counted: str) -> None:
    assert network(Request({"type": "http", "client": (host, 1)})) == counted
