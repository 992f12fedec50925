"""Fetching a file from a provider: https, known hosts, public addresses, and nothing that leads elsewhere.

The host's name is resolved here, every address is looked at, and the connection goes to the very
address that was looked at, so that a second answer of the name server cannot lead it inside.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio
import httpx

from bot.errors import FileRefused, Retry

_MOST_HOPS = 3
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_AGAIN = (408, 425, 429)
_CHUNK = 64 * 1024

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class FileSources:
    """Where a channel's files may come from.

    ``hosts`` are names, or ``*.name`` for everything below one. ``bases`` are addresses that the
    operator has set (an API base): what lies under them is fetched as it stands.
    """

    hosts: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()

    def trusts(self, url: httpx.URL) -> bool:
        """Tell whether the address lies under one that the operator has set."""
        return any(_lies_under(url, httpx.URL(base)) for base in self.bases if base)

    def allows(self, host: str) -> bool:
        """Tell whether the host is on the list."""
        return any(_matches(host.lower().rstrip("."), pattern) for pattern in self.hosts)


def _lies_under(url: httpx.URL, base: httpx.URL) -> bool:
    same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port) and not url.userinfo
    folder = base.path.rstrip("/") + "/"
    return same and url.path.startswith(folder) and ".." not in url.path.split("/")


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) and len(host) > len(pattern[1:]) if pattern.startswith("*.") else host == pattern


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host.

    Raises:
        Retry: its name cannot be resolved now.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Retry("resolve") from error
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Downloader:
    """Fetches by the rules above. ``resolve`` and ``verify`` are changed by tests alone."""

    resolve: Resolve = resolve
    verify: ssl.SSLContext | bool = True
    port: int = 443

    async def fetch(self, url: str, sources: FileSources) -> AsyncIterator[bytes]:
        """Yield the file's bytes; how long all of it may take is the caller's to limit.

        Raises:
            FileRefused: the address is not allowed, or the file is gone.
            Retry: it may work later.
        """
        async with httpx.AsyncClient(timeout=_TIMEOUT, verify=self.verify, trust_env=False) as client:
            response = await self._open(client, _parse(url), sources)
            try:
                async for chunk in response.aiter_raw(_CHUNK):
                    yield chunk
            finally:
                await response.aclose()

    async def _open(self, client: httpx.AsyncClient, url: httpx.URL, sources: FileSources) -> httpx.Response:
        for _ in range(_MOST_HOPS + 1):
            response = await client.send(await self._request(client, url, sources), stream=True)
            if not response.is_redirect:
                return await _checked(response)
            target = response.headers.get("location", "")
            await response.aclose()
            url = _joined(url, target)
        raise FileRefused("address")

    async def _request(self, client: httpx.AsyncClient, url: httpx.URL, sources: FileSources) -> httpx.Request:
        headers = {"Accept-Encoding": "identity", "Accept": "*/*"}
        if sources.trusts(url):
            return client.build_request("GET", url, headers=headers)
        if url.scheme == "http":  # providers still name it so now and then
            url = url.copy_with(scheme="https", port=None)
        if url.scheme != "https" or url.port is not None or url.userinfo or not sources.allows(url.host):
            raise FileRefused("address")
        pinned = url.copy_with(host=await self._public_address(url.host), port=self.port)
        request = client.build_request("GET", pinned, headers={**headers, "Host": url.host})
        request.extensions["sni_hostname"] = url.host
        return request

    async def _public_address(self, host: str) -> str:
        addresses = await self.resolve(host, self.port)
        if not addresses:
            raise Retry("resolve")
        if not all(is_public(address) for address in addresses):
            raise FileRefused("address")
        return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the open internet, and not to this machine or its network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    return found.is_global and not (found.is_multicast or found.is_reserved or found in _TRANSLATED)


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 addresses of any kind in the clothes of IPv6


def _parse(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FileRefused("address") from error


def _joined(url: httpx.URL, target: str) -> httpx.URL:
    try:
        return url.join(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise FileRefused("address") from error


async def _checked(response: httpx.Response) -> httpx.Response:
    status = response.status_code
    if status == 200:
        return response
    await response.aclose()
    if status in _AGAIN or status >= 500:
        raise Retry(f"status {status}")
    raise FileRefused("gone")
