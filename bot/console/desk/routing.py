"""The addresses of the working screen."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from bot.console import rail
from bot.console.desk import bulk, composing, lists, steps, thread

_ONE = "/conversations/{id:uuid}"


def routes() -> list[BaseRoute]:
    """Return the lists, the thread, and what is done in them."""
    return [
        *(Route(f"/{item.name}", lists.endpoint(item)) for item in rail.LISTS),
        Route("/unit", lists.choose_unit, methods=["POST"]),
        Route("/next", steps.claim_next, methods=["POST"]),
        Route("/bulk", bulk.act, methods=["POST"]),
        Route("/conversations/procedures", thread.procedures),
        Route(_ONE, thread.show),
        Route(f"{_ONE}/lines", thread.lines),
        Route(f"{_ONE}/people", thread.people),
        Route(f"{_ONE}/reply", composing.reply, methods=["POST"]),
        Route(f"{_ONE}/note", composing.note, methods=["POST"]),
        Route(f"{_ONE}/draft", composing.draft, methods=["POST"]),
        Route(f"{_ONE}/typing", composing.typing, methods=["POST"]),
        *(Route(f"{_ONE}/{name}", steps.endpoint(name), methods=["POST"]) for name in steps.STEPS),
    ]
