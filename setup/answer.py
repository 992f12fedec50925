"""Asking the product that has just started one real question, and judging the answer."""

from __future__ import annotations

import http.client
import json
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setup.console import SetupError

_QUESTION = Path(__file__).with_name("first-question.json")
_WITHIN = 40.0  # seconds; the server itself gives up earlier and says so


@dataclass(frozen=True)
class Answer:
    """A question, what the citizen reads, and whether it is an answer from the expected record.

    ``is_early``: the programs answer, but what they read at the first question is not read yet.
    """

    question: str
    text: str
    is_true: bool
    is_early: bool


def ask_first_question(address: str, token: str = "") -> Answer:
    """Ask the front server at ``address``.

    Raises:
        SetupError: it does not answer, or not as agreed.
    """
    expected = json.loads(_QUESTION.read_text(encoding="utf-8"))
    try:
        body = {"conversation": f"start-{uuid.uuid4()}", "text": expected["text"]}
        data = _post(f"{address}/api/rest/messages", body, token)
        is_early = data["outcome"] == "unavailable"
        return Answer(expected["text"], str(data["text"]), _is_true(data, expected), is_early)
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        raise SetupError(f"The first question got no answer ({error}): see the logs in var/log.") from error


def rasa_answers(address: str) -> bool:
    """Tell whether the Rasa at ``address`` has a model: without one it says nothing to any question."""
    expected = json.loads(_QUESTION.read_text(encoding="utf-8"))
    body = {"sender": "is-it-well", "message": expected["text"]}
    try:
        return bool(_post(f"{address.rstrip('/')}/webhooks/rest/webhook", body, ""))
    except (OSError, http.client.HTTPException, ValueError):
        return False


def _is_true(data: Mapping[str, object], expected: Mapping[str, str]) -> bool:
    procedures, aspects = data["procedures"], data["aspects"]
    right_record = isinstance(procedures, list) and procedures[:1] == [expected["procedure"]]
    return data["outcome"] == "answered" and right_record and aspects == [expected["aspect"]]


def _post(url: str, body: Mapping[str, str], token: str) -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_WITHIN) as response:
        return json.load(response)
