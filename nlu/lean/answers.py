"""Answers of the action server are held against the shape of the event they name, not against all kinds of events."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_stock = RemoteAction._validate_action_result


def apply() -> None:
    """Let every remote action check its answers so."""
    RemoteAction._validate_action_result = _validate


def _validate(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Return True.

    Raises:
        ValidationError: the answer has another shape; Rasa's own check says which.
    """
    return _fits(result) or bool(_stock(action, result))


def _fits(result: Any) -> bool:
    whole, kinds = _checks()
    if not whole.is_valid(result):
        return False
    for event in result.get("events", ()):
        kind = kinds.get(event["event"])
        if kind is None or not kind.is_valid(event):
            return False
    return True


@lru_cache(maxsize=1)
def _checks() -> tuple[Validator, dict[str, Validator]]:
    """Return the check of an answer in which each event has a name, and of each kind of event by its name.

    Rasa says that exactly one kind fits; each wants another name, so it is the named one or none.
    """
    schema = RemoteAction.action_response_format_spec()
    event = schema["properties"]["events"]["items"]
    common = {key: value for key, value in event.items() if key != "oneOf"}
    properties = {**schema["properties"], "events": {"type": "array", "items": common}}
    check = validator_for(schema)
    kinds = {kind["properties"]["event"]["const"]: check(kind) for kind in event["oneOf"]}
    return check({**schema, "properties": properties}), kinds
