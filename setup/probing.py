"""Looking at ports and addresses of this machine: which are free, and which answer."""

from __future__ import annotations

import http.client
import socket
import urllib.request


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def answers(url: str) -> bool:
    """Tell whether an address of this machine answers with 200."""
    try:
        # no proxy: these programs are on this machine
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, http.client.HTTPException):
        return False
