"""A line that is cut holds back, loses nothing, and can be refused altogether."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from benchmarks.load.network import Network, NotAllowed
from benchmarks.load.relay import Relay


@pytest.fixture(params=["played", "network"])
def relay(request: pytest.FixtureRequest) -> Iterator[Relay]:
    """A relay before a server that says everything again; where it is allowed also in a network of its own."""
    with ExitStack() as stack:
        network = None
        if request.param == "network":
            try:
                network = stack.enter_context(Network())
            except NotAllowed:
                pytest.skip("needs root, ip and veth")
        yield stack.enter_context(before_a_server(network))


@contextmanager
def before_a_server(network: Network | None) -> Iterator[Relay]:
    server = socket.create_server(("127.0.0.1", 0))

    def repeat(peer: socket.socket) -> None:
        with peer, suppress(ConnectionError):  # of a line that was cut
            while data := peer.recv(1024):
                peer.sendall(data)

    def serve() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=repeat, args=(peer,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with server, Relay(server.getsockname()[1], network) as found:
        yield found
        server.shutdown(socket.SHUT_RDWR)


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection((relay.host, relay.port), timeout=10.0)


def test_bytes_go_both_ways(relay: Relay) -> None:
    with connect(relay) as line:
        line.sendall(b"one")
        assert line.recv(10) == b"one"


def test_a_cut_line_holds_back_and_loses_nothing(relay: Relay) -> None:
    with connect(relay) as line:
        line.sendall(b"one")
        assert line.recv(10) == b"one"
        relay.cut()
        line.sendall(b"two")
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(10)
        relay.mend()
        line.settimeout(10.0)
        assert line.recv(10) == b"two"


def test_who_connects_over_a_cut_line_hears_nothing(relay: Relay) -> None:
    relay.cut()
    with socket.socket() as line:
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.connect((relay.host, relay.port))
            line.sendall(b"one")
            line.recv(10)
    relay.mend()
    with connect(relay) as line:
        line.sendall(b"two")
        assert line.recv(10) == b"two"


def test_a_refused_line_ends_and_comes_back_at_the_same_place(relay: Relay) -> None:
    before = relay.port
    with connect(relay) as line:
        line.sendall(b"one")
        assert line.recv(10) == b"one"
        relay.refuse()
        with suppress(ConnectionError):  # ended, with or without a good-bye
            assert line.recv(10) == b""
    with pytest.raises(ConnectionError):
        connect(relay)
    relay.mend()
    assert relay.port == before
    with connect(relay) as line:
        line.sendall(b"two")
        assert line.recv(10) == b"two"
