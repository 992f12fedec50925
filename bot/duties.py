"""What a front server does as long as it serves. When one of these ends by itself, the whole process must end.

A server that takes messages in and answers none looks alive to everybody; one that has ended is started again.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

log = structlog.get_logger("bot")


class Duties:
    """The duties of one server; ``failed`` is set as soon as one of them has ended before ``release``."""

    def __init__(self) -> None:
        self.failed = threading.Event()
        self._are_over = False

    async def keep(self, name: str, work: Callable[[], Awaitable[None]], may_end: bool = False) -> None:
        """Do a duty; one that ``may_end`` may return, and must not die."""
        try:
            await work()
        except Exception as error:  # the others go on for the moments in which the server stops
            self._fail(name, error)
        except BaseException as error:
            self._fail(name, error)
            raise
        else:
            if not may_end:
                self._fail(name, None)

    def release(self) -> None:
        """Let them all end: the server stops."""
        self._are_over = True

    def _fail(self, name: str, error: BaseException | None) -> None:
        if not self._are_over:
            self.failed.set()
            log.critical("duty.ended", duty=name, why=_told(error) if error else "it returned")


def innermost(error: BaseException) -> BaseException:
    """Return the error, or of a group the first one in it."""
    while isinstance(among := getattr(error, "exceptions", None), tuple):
        error = among[0]
    return error


def _told(error: BaseException) -> str:
    """Return an error's class and where it came up, nothing of its words; of a group the first one's."""
    error = innermost(error)
    places = [f" at {Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return type(error).__name__ + "".join(places[-1:])
