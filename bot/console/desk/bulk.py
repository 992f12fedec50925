"""The same step for many conversations: each for itself, and what was not possible is told with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from bot.console.access import Form, form, require
from bot.console.desk.steps import carry_out
from bot.console.errors import PageError
from bot.console.parts import console
from bot.console.person import Person

MOST = 100
_STEPS = {
    "silent": ("close", {"reason": "no_answer", "bot_could": "unsure"}),
    "transfer": ("transfer", {}),
}


@dataclass(frozen=True)
class Outcome:
    """How many went well, and how often each reason (a sentence) stood against it."""

    count: int
    refused: dict[str, int]


@require("answer")
async def act(request: Request, person: Person) -> Response:
    """Close many as silent, or offer many to a unit."""
    given = await form(request)
    keys, (name, fields) = _read(given)
    outcome = await _act(request, person, keys, name, {**fields, "to": f"unit:{given.get('unit', '')}"})
    here = console(request)
    response = here.pages.page(request, "desk/bulk.html", person, outcome=outcome)
    response.headers["HX-Trigger"] = "desk:changed"
    return response


def _read(given: Form) -> tuple[list[str], tuple[str, Form]]:
    try:
        keys = [str(UUID(key)) for key in given.get("ids", "").split(",")]
        step = _STEPS[given.get("do", "")]
    except (ValueError, KeyError):
        raise PageError(422, "bad_request") from None
    if len(keys) > MOST:
        raise PageError(422, "bad_request")
    return list(dict.fromkeys(keys)), step


async def _act(request: Request, person: Person, keys: list[str], name: str, given: Form) -> Outcome:
    count, refused = 0, Counter[str]()
    entries = console(request).words.section("errors")
    for key in keys:
        try:
            await carry_out(request, person, key, name, given)
        except PageError as error:
            refused[entries[error.code]["text"].format(**error.values)] += 1
        else:
            count += 1
    return Outcome(count, dict(refused))
