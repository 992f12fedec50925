"""One line in the log for every action (a form's check is part of its form): which question it was for, and how long it
took. No words of anybody.

``request_id`` is the one in the front server's log (``item.try``).
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Traced:
    """Put before ``Action``: its ``run`` leaves a line, whatever comes of it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "run" in cls.__dict__:
            cls.run = _traced(cls.run)  # type: ignore[attr-defined]


def _traced(run: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap it, awaited or not: the SDK looks which of the two it is."""

    @functools.wraps(run)
    def plain(self: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        began = time.monotonic()
        try:
            result = run(self, dispatcher, tracker, domain)
        except Exception as error:
            _note(self, tracker, began, type(error).__name__)
            raise
        _note(self, tracker, began)
        return result

    @functools.wraps(run)
    async def awaited(self: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        began = time.monotonic()
        try:
            result = await run(self, dispatcher, tracker, domain)
        except Exception as error:
            _note(self, tracker, began, type(error).__name__)
            raise
        _note(self, tracker, began)
        return result

    return awaited if inspect.iscoroutinefunction(run) else plain


def _note(action: Any, tracker: Any, began: float, error: str = "") -> None:
    metadata = (tracker.latest_message or {}).get("metadata") or {}
    line = {
        "event": "action.failed" if error else "action.done",
        "action": action.name(),
        "request_id": str(metadata.get("request_id", "")),
        "ms": round((time.monotonic() - began) * 1000),
    }
    log.log(logging.WARNING if error else logging.INFO, json.dumps({**line, "error": error} if error else line))
