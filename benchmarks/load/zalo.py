"""The stand-in for Zalo as a process of its own, which tells at once what citizens got."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.delivery.providers import ZALO_APP, ZALO_OA, zalo_environment
from tests.fakes.zalo import FakeZalo

_WITHIN = 30.0  # seconds
_LOOK_EVERY = 0.01  # seconds
_FIRST_USER = 8_000_000_000
_ECHO_AGAIN = 10.0  # seconds; by Zalo itself 30


@dataclass(frozen=True)
class Got:
    """A text that reached a citizen at a moment (seconds since 1970)."""

    at: float
    user: str
    text: str


def user_of(citizen: int) -> str:
    """Return the id at Zalo of a citizen by number."""
    return str(_FIRST_USER + citizen)


class ZaloApart:
    """A context. ``got`` are the texts of each user in order; ``listeners`` are called, in a thread, with each."""

    def __init__(self) -> None:
        self.got: defaultdict[str, list[Got]] = defaultdict(list)
        self.listeners: list[Callable[[Got], None]] = []
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
        self._writing = threading.Lock()

    def __enter__(self) -> ZaloApart:
        self._process.start()
        if not self._here.poll(_WITHIN):
            raise RuntimeError("the stand-in for Zalo did not start")
        self.environment: dict[str, str] = self._here.recv()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # it may be gone
            self._say(("end", ""))
        self._process.join(_WITHIN)
        self._process.kill()

    def echo_to(self, url: str) -> None:
        """Send from now on an echo and a receipt of everything to the front server there, as Zalo does."""
        self._say(("echo", url))

    def expect(self, citizens: range) -> None:
        """Let these citizens, by number, be answered: they are about to write."""
        self._say(("heard", [user_of(citizen) for citizen in citizens]))

    def _say(self, what: tuple[str, object]) -> None:
        with self._writing:
            self._here.send(what)

    def _listen(self) -> None:
        while True:
            try:
                news: list[Got] = self._here.recv()
            except (EOFError, OSError):
                return
            for one in news:
                self.got[one.user].append(one)
                for listener in self.listeners:
                    listener(one)


def _serve(end: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    zalo = FakeZalo(ZALO_APP, ZALO_OA)
    end.send(zalo_environment(zalo))
    is_over = False
    while not is_over:
        is_over = end.poll(_LOOK_EVERY) and not _obey(zalo, *end.recv())
        _tell(zalo, end)
    end.close()
    zalo.close()


def _obey(zalo: FakeZalo, what: str, of: object) -> bool:
    if what == "heard" and isinstance(of, list):
        zalo.heard.update(dict.fromkeys(of, zalo.now()))
    elif what == "echo":
        zalo.hooks.url, zalo.hooks.pause, zalo.is_echoing = f"{of}/webhooks/zalo", _ECHO_AGAIN, True
    return what != "end"


def _tell(zalo: FakeZalo, end: Connection) -> None:
    """Pass on what has come, and forget it: a run of an hour must not fill the memory."""
    count, now = len(zalo.sent), time.time()
    if count:
        end.send([Got(now, one["recipient"]["user_id"], one["message"].get("text", "")) for one in zalo.sent[:count]])
        del zalo.sent[:count], zalo.calls[:]
        zalo.hooks.posted.clear()
