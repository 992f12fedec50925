"""Log lines on stderr that stand in nobody's way: one that cannot be written is dropped and counted.

The file behind stderr often lies on the disk whose being full is what there is to tell.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

import structlog
from prometheus_client import Counter

from bot.errors import SettingsError

LOST = Counter("tthc_log_lines_lost", "Log lines that could not be written, on a full disk for example", registry=None)


class Lines:
    """What structlog writes to: whole lines into an open file, given by its ``descriptor``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_cut = False
        self._lock = threading.Lock()

    def msg(self, line: str) -> None:
        """Write a line, or drop what of it cannot be written; the next one begins anew."""
        with self._lock:
            rest = (b"\n" if self._is_cut else b"") + line.encode("utf-8", "backslashreplace") + b"\n"
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
                    self._is_cut = bool(rest)
            except OSError:
                LOST.inc()

    debug = info = warning = error = critical = msg


def configure_logging(level: str) -> None:
    """Log events as one line each to stderr; message texts are never among them."""
    numeric = logging.getLevelName(level.upper())
    if not isinstance(numeric, int):
        raise SettingsError(f"BOT_LOG_LEVEL={level!r} is not a level such as info")
    lines = Lines(sys.stderr.fileno())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=lambda *_: lines,
    )
