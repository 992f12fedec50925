"""What the proxy tells the front servers about callers, and which of several takes a conversation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import pytest

from setup.probing import free_ports
from setup.wide import neighbours
from tests.fakes.loopback import PATIENCE, Loopback
from tests.house.repository import ROOT
from tests.wide.conftest import need_programs

TLS_PROXY, STRANGER = "127.0.0.1", "127.0.0.9"  # addresses that they call from


class Mirror(Loopback):
    """Answers with its own name and the headers that it was sent."""

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"who": self.url, **{name.lower(): value for name, value in headers.items()}}).encode()


@dataclass(frozen=True)
class Proxy:
    """A running HAProxy with two mirrors behind each of its ports."""

    public: str
    rasa: str

    def get(self, source: str, path: str = "/", **headers: str) -> httpx.Response:
        """Call from an address of this machine."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx.Client(transport=httpx.HTTPTransport(local_address=source), timeout=PATIENCE) as client:
            return client.get(f"{self.public}{path}", headers=sent)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    need_programs()
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "log").mkdir()
    mirrors = [Mirror() for _ in range(2)]
    ports = [int(mirror.url.rpartition(":")[2]) for mirror in mirrors]
    binds = dict(zip(("PUBLIC_BIND", "RASA_BIND", "ACTIONS_BIND"), free_ports(3)))
    servers = dict.fromkeys(("bot", "rasa", "actions"), ports)
    program = neighbours.proxy(folder, ROOT / "deploy" / "haproxy.cfg", binds, servers, os.environ)
    try:
        program.wait_until_ready(60.0)
        yield Proxy(f"http://127.0.0.1:{binds['PUBLIC_BIND']}", f"http://127.0.0.1:{binds['RASA_BIND']}")
    finally:
        program.kill()
        for mirror in mirrors:
            mirror.down()


def test_a_stranger_says_nothing_about_where_it_comes_from(proxy: Proxy) -> None:
    told = proxy.get(STRANGER, X_Forwarded_For="203.0.113.7", X_Forwarded_Proto="https", X_Request_ID="mine").json()
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == (STRANGER, "http")
    assert "x-request-id" not in told


def test_the_tls_proxy_of_the_office_is_believed(proxy: Proxy) -> None:
    told = proxy.get(TLS_PROXY, X_Forwarded_For="203.0.113.7", X_Forwarded_Proto="https").json()
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("203.0.113.7", "https")
    silent = proxy.get(TLS_PROXY).json()
    assert (silent["x-forwarded-for"], silent["x-forwarded-proto"]) == (TLS_PROXY, "http")


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/%6detrics", "/readyz?x", "/read%79z"])
def test_operators_pages_are_closed_in_every_spelling(proxy: Proxy, path: str) -> None:
    assert proxy.get(TLS_PROXY, path).status_code == 404
    assert proxy.get(TLS_PROXY, "/checklist/1.001193").status_code == 200


def test_one_conversation_in_two_spellings_goes_to_one_rasa(proxy: Proxy) -> None:
    def who(conversation: str) -> str:
        return str(httpx.get(proxy.rasa, headers={"X-Conversation": conversation}, timeout=PATIENCE).json()["who"])

    plain = [who(f"rest:{number} a") for number in range(24)]
    assert len(set(plain)) == 2
    assert [who(f"rest%3A{number}%20a") for number in range(24)] == plain
