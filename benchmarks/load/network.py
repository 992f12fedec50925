"""A network of its own, one cable away: a namespace of the kernel whose cable can be pulled."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_NEWNET = 0x40000000  # CLONE_NEWNET of <sched.h>
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = count(1)


class NotAllowed(Exception):
    """This machine makes no networks for us: that needs root, ``ip`` and a kernel with veth."""


class Network:
    """A context; who listens ``inside`` it is reached at ``address``, from this machine alone.

    Raises:
        NotAllowed: on entering.
    """

    def __init__(self) -> None:
        number = next(_numbers)
        self._name = f"tthc-{os.getpid()}-{number}"
        self._near, self._far = (f"t{end}{os.getpid()}-{number}" for end in "nf")  # at most 15 characters
        self._here, self.address = (f"198.18.{number}.{end}" for end in (1, 2))  # RFC 2544: for benchmarks

    def __enter__(self) -> Network:
        try:
            _ip("netns", "add", self._name)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotAllowed from error
        try:
            _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self._name)
            _ip("addr", "add", f"{self._here}/30", "dev", self._near)
            _ip("link", "set", self._near, "up")
            self._ip_inside("addr", "add", f"{self.address}/30", "dev", self._far)
            self.mend()
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise NotAllowed from error
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["ip", "link", "del", self._near], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True, check=False)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let sockets that this thread makes belong to the network, whoever uses them afterwards."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self._name}") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def cut(self) -> None:
        """Pull the cable: what is sent is lost, and nobody is told."""
        self._ip_inside("link", "set", self._far, "down")

    def mend(self) -> None:
        """Plug it in again."""
        self._ip_inside("link", "set", self._far, "up")

    def _ip_inside(self, *words: str) -> None:
        _ip("-n", self._name, *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
