"""Every action leaves one line with the name of the question, and nothing of what was said."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import actions, dossier_form, overdue, own_papers
from actions.tracing import Traced


class Fails(Traced):
    def name(self) -> str:
        return "action_fails"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> None:
        raise ValueError("căn cước 001")


class Waits(Fails):
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        return []


def tracker() -> Tracker:
    said = {"text": "căn cước 001", "metadata": {"request_id": "7.1", "channel": "zalo"}}
    return Tracker("c1", {}, said, [], False, None, {}, "action_listen")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_what_fails_is_named_and_goes_on_failing(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError):
        Fails().run(CollectingDispatcher(), tracker(), {})
    (line,) = lines(caplog)
    assert line.pop("ms") >= 0
    assert line == {"event": "action.failed", "action": "action_fails", "request_id": "7.1", "error": "ValueError"}


def test_what_is_awaited_stays_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert inspect.iscoroutinefunction(Waits.run)
    assert asyncio.run(Waits().run(CollectingDispatcher(), tracker(), {})) == []
    assert [line["event"] for line in lines(caplog)] == ["action.done"]
    assert "001" not in caplog.text


def test_every_action_is_traced() -> None:
    ours = [
        found
        for module in (actions, dossier_form, overdue, own_papers)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Action) and found.__module__ == module.__name__
        if "run" in vars(found)
    ]
    assert len(ours) > 8
    assert [found.__name__ for found in ours if not issubclass(found, Traced)] == []
