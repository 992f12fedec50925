"""Files are fetched over https, from known hosts at public addresses, and from the very address that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from bot.errors import BotError, FileRefused, Retry
from bot.files.download import Downloader, FileSources, is_public
from tests.bot.bytes_of import PNG
from tests.fakes.file_host import FileHost

ZALO = FileSources(hosts=("*.zdn.vn", "files.example.vn"))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[FileHost]:
    """``f1.zdn.vn``, as its certificate proves."""
    running = FileHost(tmp_path, "f1.zdn.vn")
    yield running
    running.stop()


def names(*addresses: str) -> Callable[..., object]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.files.download.is_public", lambda address: address == "127.0.0.1" or is_public(address))


async def fetch(
    host: FileHost, url: str, sources: FileSources = ZALO, addresses: Sequence[str] = ("127.0.0.1",)
) -> bytes:
    downloader = Downloader(names(*addresses), host.trust, host.port)  # type: ignore[arg-type]
    return b"".join([chunk async for chunk in downloader.fetch(url, sources)])


@pytest.mark.parametrize(
    "url", ["https://f1.zdn.vn/a.png?x=1", "http://f1.zdn.vn/a.png?x=1", "https://F1.ZDN.VN/a.png?x=1"]
)
async def test_a_file_is_fetched_by_the_name_of_its_host(host: FileHost, loopback_is_public: None, url: str) -> None:
    host.answers["/a.png?x=1"] = (200, {}, PNG)
    assert await fetch(host, url) == PNG
    assert host.asked == [("f1.zdn.vn", "/a.png?x=1")]
    assert host.headers[0]["accept-encoding"] == "identity"


async def test_another_host_at_the_same_address_is_not_believed(host: FileHost, loopback_is_public: None) -> None:
    with pytest.raises(httpx.ConnectError):
        await fetch(host, "https://f2.zdn.vn/a.png")
    assert host.asked == []


FORBIDDEN = [
    "https://evil.vn/a",
    "https://zdn.vn/a",
    "https://zdn.vn.evil.vn/a",
    "https://evilzdn.vn/a",
    "https://f1.zdn.vn@evil.vn/a",
    "https://user:word@f1.zdn.vn/a",
    "https://f1.zdn.vn:8443/a",
    "https://127.0.0.1/a",
    "https://[::1]/a",
    "ftp://f1.zdn.vn/a",
    "file:///etc/passwd",
    "//f1.zdn.vn/a",
    "",
    "x" * 70_000,
    "https://f1.zdn.vn\x00.evil.vn/",
]


@pytest.mark.parametrize("url", FORBIDDEN, ids=range(len(FORBIDDEN)))
async def test_any_other_address_is_refused(host: FileHost, loopback_is_public: None, url: str) -> None:
    with pytest.raises(FileRefused, match="address"):
        await fetch(host, url)
    assert host.asked == []


INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "ff02::1",
    "no address",
]


@pytest.mark.parametrize("address", INSIDE)
async def test_a_known_name_that_leads_inside_is_refused(host: FileHost, address: str) -> None:
    with pytest.raises(FileRefused, match="address"):
        await fetch(host, "https://f1.zdn.vn/a", addresses=("93.184.216.34", address))
    assert not is_public(address)
    assert host.asked == []


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("/b.png", PNG),
        ("https://f1.zdn.vn/b.png", PNG),
        ("https://evil.vn/b.png", "address"),
        ("https://127.0.0.1/b.png", "address"),
        ("file:///etc/passwd", "address"),
        ("/a.png", "address"),
        ("", "address"),
    ],
)
async def test_a_redirect_obeys_the_same_rules(
    host: FileHost, loopback_is_public: None, target: str, outcome: bytes | str
) -> None:
    host.answers["/a.png"] = (302, {"location": target}, b"")
    host.answers["/b.png"] = (200, {}, PNG)
    if isinstance(outcome, bytes):
        assert await fetch(host, "https://f1.zdn.vn/a.png") == outcome
    else:
        with pytest.raises(FileRefused, match=outcome):
            await fetch(host, "https://f1.zdn.vn/a.png")


@pytest.mark.parametrize(
    ("status", "error"), [(404, FileRefused), (403, FileRefused), (410, FileRefused), (429, Retry), (503, Retry)]
)
async def test_what_a_status_means(
    host: FileHost, loopback_is_public: None, status: int, error: type[BotError]
) -> None:
    host.answers["/a.png"] = (status, {}, b"")
    with pytest.raises(error):
        await fetch(host, "https://f1.zdn.vn/a.png")


async def test_what_the_operator_has_set_is_fetched_as_it_stands(tmp_path: Path) -> None:
    plain = FileHost(tmp_path)
    plain.answers["/file/bot/a.png"] = (200, {}, PNG)
    base = f"http://127.0.0.1:{plain.port}/file"
    assert await fetch(plain, f"{base}/bot/a.png", FileSources(bases=(base, ""))) == PNG
    for other in (
        f"http://127.0.0.1:{plain.port}/other",
        f"{base}/../other",
        f"{base}evil",
        "http://127.0.0.1:1/file/a",
    ):
        with pytest.raises(FileRefused, match="address"):
            await fetch(plain, other, FileSources(bases=(base,)))
    plain.stop()


async def test_a_name_that_cannot_be_resolved_is_tried_again() -> None:
    with pytest.raises(Retry):
        async for _ in Downloader(names()).fetch("https://f1.zdn.vn/a", ZALO):  # type: ignore[arg-type]
            pass
