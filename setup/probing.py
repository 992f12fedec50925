"""Looking at ports and addresses of this machine: which are free, and which answer."""

from __future__ import annotations

import errno
import http.client
import random
import socket
import urllib.request

# The kernel gives ports from 32768 on to whoever asks for any one: a port of ours could be taken before it is used.
_PORTS = range(20_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on."""
    dice, probes = random.SystemRandom(), list[socket.socket]()
    while len(probes) < count:
        try:
            probes.append(socket.create_server(("127.0.0.1", dice.choice(_PORTS))))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
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
